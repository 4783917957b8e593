/**
 * The recorded outputs of real models, read in place. They lie beside the project, where there are any, and are never copied into it.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

/** One recorded output. */
export interface Recorded {
  /** What it votes for; `undefined` where no answer could be read. */
  readonly key: string | undefined;
  readonly correct: boolean;
  /** Tokens written: characters / 4, unless the source counted. */
  readonly tokens: number;
  readonly source?: string | undefined;
  readonly score?: number | undefined;
  readonly text?: string | undefined;
}

/** A question, and what was answered to it. */
export interface Problem {
  readonly id: string;
  readonly question: string;
  /** Of sets that hold several. */
  readonly task?: string | undefined;
  readonly samples: readonly Recorded[];
}

/** A set of questions, all with as many samples. */
export interface DataSet {
  readonly name: string;
  readonly problems: readonly Problem[];
  /** Samples of each question. */
  readonly n: number;
}

interface Line {
  readonly id: string;
  readonly question?: string;
  readonly task?: string;
  readonly tokens_total?: number;
  readonly samples: readonly {
    readonly answer: unknown;
    readonly correct: boolean;
    readonly text?: string;
    readonly output?: string;
    readonly chars?: number;
    readonly source?: string;
    readonly score?: number;
  }[];
}

const folder = fileURLToPath(new URL("../../../shared/data/", import.meta.url));

/** Are there recorded outputs? */
export const present: boolean = existsSync(folder);

/** The lines of a file of recorded outputs, with all that stands in them; `undefined` where it is not there. */
export function linesOf<T>(file: string): readonly T[] | undefined {
  const path = `${folder}${file}-dev.jsonl.gz`;
  if (!existsSync(path)) return undefined;
  const lines = gunzipSync(readFileSync(path)).toString("utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as T);
}

/** Reads a file of recorded outputs; `undefined` where it is not there. */
export function load(file: string): readonly Problem[] | undefined {
  return linesOf<Line>(file)?.map(({ id, question = "", task, samples, tokens_total: total = 0 }) => {
    return {
      id,
      question,
      task,
      samples: samples.map(({ answer, correct, text, output, chars, source, score }) => ({
        key: answer === null ? undefined : typeof answer === "string" ? answer : JSON.stringify(answer),
        correct,
        // One recorded count is negative: it is no count.
        tokens: !(total > 0) ? (chars ?? (text ?? output ?? String(answer)).length) / 4 : total / samples.length,
        source,
        score,
        text,
      })),
    };
  });
}

/** Sets of independent samples of one model, by the name they have in the tables. */
const independent: Readonly<Record<string, string>> = {
  aqua: "aqua-codex002-pot30",
  date: "date-gpt35-np10",
  humaneval: "humaneval-codegen16b-50",
  "game24 cot": "game24-gpt4-cot100",
  "game24 direct": "game24-gpt4-io100",
  "cruxeval output": "cruxeval-output-codellama7b-10",
  "cruxeval input": "cruxeval-input-codellama7b-10",
  math: "math-qwen2.5math-rm8",
};

export function independentSets(): readonly DataSet[] {
  return Object.entries(independent).flatMap(([name, file]) => {
    const problems = load(file);
    return problems === undefined ? [] : [{ name, problems, n: Math.max(...problems.map((p) => p.samples.length)) }];
  });
}

/** How hard a question is for its model: the share of its samples that are right. */
export function bandOf({ samples }: Problem): "easy" | "medium" | "hard" {
  const share = samples.filter(({ correct }) => correct).length / samples.length;
  return share >= 2 / 3 ? "easy" : share >= 1 / 3 ? "medium" : "hard";
}
export const bands = ["easy", "medium", "hard"] as const;

/** Of figures for each problem, those of each band. */
export function byBand<T>(problems: readonly Problem[], figures: readonly T[]): readonly (readonly T[])[] {
  return bands.map((band) => figures.filter((_, index) => bandOf(problems[index] as Problem) === band));
}
