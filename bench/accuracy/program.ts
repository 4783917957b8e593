/**
 * What is it worth that a program works the answer out? The chains of the embedded model, written as programs and run; and recorded programs, run anew.
 */
import {
  chainOfThought,
  code,
  majorityVote,
  never,
  number,
  program,
  Random,
  run,
  sameBehaviour,
  sampleN,
  source,
  stack,
  tests,
  wrap,
  type Model,
  type Reasoned,
  type Sandbox,
} from "mull";
import { problems, tiny, type Grade } from "mull/tiny";
import { python } from "mull/tools/python";
import { quickjs } from "mull/tools/quickjs";
import { linesOf, load } from "./data.js";
import { Deck, type Replayed } from "./replay.js";
import { estimate, scale, type Estimate } from "./stats.js";
import { difference, figure, type Section } from "./table.js";

const percent = (values: readonly number[]): Estimate => scale(estimate(values), 100);

/** A sandbox that runs each program once: they are pure. */
function once(sandbox: Sandbox): Sandbox {
  const known = new Map<string, ReturnType<Sandbox["run"]>>();
  return {
    language: sandbox.language,
    close: () => sandbox.close(),
    run: (words, options) => {
      let result = known.get(words);
      if (result === undefined) known.set(words, (result = sandbox.run(words, { timeoutMs: options?.timeoutMs })));
      return result;
    },
  };
}

/**
 * A chain of the embedded model as a program: the left side of each line, with the result of the line before in the place of what the chain says it was. So what the
 * chain misread stays, and what it miscalculated does not.
 */
function written(chain: string): string {
  const lines: string[] = [];
  let last: string | undefined;
  for (const [, left = "", operation = "", right = "", result = ""] of chain.matchAll(
    /(\d+) ([-+*/]) (\d+) = (\d+)/g,
  )) {
    const from = left === last ? `x${lines.length}` : left;
    lines.push(`  const x${lines.length + 1} = ${from} ${operation} ${right};`);
    last = result;
  }
  const body = [...lines, `  return ${lines.length === 0 ? "null" : `x${lines.length}`};`].join("\n");
  return `\`\`\`javascript\nfunction solution() {\n${body}\n}\n\`\`\``;
}

/** Gives these texts, one after the other. */
function saying(texts: readonly string[]): Model {
  let next = 0;
  return source("recorded", {}, () => Promise.resolve({ text: texts[next++] ?? "" }));
}

interface Row {
  readonly grade: Grade;
  readonly chain: readonly Reasoned<number>[];
  readonly answer: number;
}

/** Chains of thought as they were written, and as programs that are run. */
async function chainSection(count: number = 150, n: number = 8): Promise<Section> {
  const model = await tiny();
  const unseen = problems({ seed: 4_001, count });
  const sandbox = quickjs();
  const rows: string[][] = [];
  const data: unknown[] = [];
  for (const temperature of [1, 0]) {
    const samples = temperature === 0 ? 1 : n;
    const drawn: Row[] = [];
    for (const [index, { question, answer, grade }] of unseen.entries()) {
      const solver = stack(model, chainOfThought({ answer: number() }), sampleN(samples));
      const request = { messages: [{ role: "user" as const, content: question }], temperature };
      drawn.push({ grade, answer, chain: (await run(solver, request, { seed: index })).samples });
    }
    const executed: { readonly single: number; readonly vote: number }[] = [];
    for (const { chain, answer } of drawn) {
      const writer = saying(chain.map(({ text }) => written(text)));
      const layer = program({ sandbox, answer: number(), repairs: 0 });
      const solver = stack(writer, layer, sampleN(samples, { concurrency: 1 }), majorityVote({ stop: never }));
      const { votes, answer: elected } = await run(solver, "q");
      const right = votes.find(({ sample }) => sample.answer === answer)?.count ?? 0;
      executed.push({ single: right / samples, vote: Number(elected === answer) });
    }
    const plain: typeof executed = [];
    for (const { chain, answer } of drawn) {
      const voter = stack(
        saying(chain.map(({ text }) => text)),
        chainOfThought({ answer: number(), askAgain: false }),
        sampleN(samples, { concurrency: 1 }),
        majorityVote({ stop: never }),
      );
      const { answer: elected } = await run(voter, "q");
      const right = chain.filter((sample) => sample.answer === answer).length;
      plain.push({ single: right / samples, vote: Number(elected === answer) });
    }
    for (const way of temperature === 0 ? (["single"] as const) : (["single", "vote"] as const)) {
      const gain = percent(executed.map((each, i) => each[way] - (plain[i]?.[way] ?? 0)));
      const name = `T = ${temperature}, ${way === "single" ? "one chain" : `vote of ${n}`}`;
      const grades = (values: typeof executed): readonly Estimate[] =>
        (["easy", "medium", "hard"] as const).map((grade) =>
          percent(values.filter((_, i) => drawn[i]?.grade === grade).map((each) => each[way])),
        );
      rows.push([
        name,
        figure(percent(plain.map((each) => each[way]))),
        figure(percent(executed.map((each) => each[way]))),
        difference(gain, 1),
        `${grades(plain)
          .map(({ mean }) => mean.toFixed(0))
          .join(" / ")} → ${grades(executed)
          .map(({ mean }) => mean.toFixed(0))
          .join(" / ")}`,
      ]);
      data.push({
        temperature,
        way,
        plain: percent(plain.map((each) => each[way])),
        executed: percent(executed.map((each) => each[way])),
        gain,
      });
    }
  }
  await sandbox.close();
  return {
    title: "What is it worth that a program calculates? The embedded model",
    note: `${count} unseen problems. The embedded model writes no programs: a double writes the left sides of its chains as JavaScript, which is run, so that the same chains are compared as they were calculated by the model and by a program. What was misread stays wrong.`,
    columns: ["", "chain, right, %", "program, right, %", "difference", "easy / medium / hard"],
    rows,
    data,
  };
}

/** Programs of thought for AQuA: votes by the letter that each value was matched with, and by the value. */
async function aquaSection(sandbox: Sandbox, repetitions: number = 20): Promise<Section | undefined> {
  const file = "aqua-codex002-pot30";
  const recorded = load(file);
  const programs = linesOf<{ readonly samples: readonly AquaProgram[] }>(file)?.flatMap(({ samples }) => samples);
  if (recorded === undefined || programs === undefined) return undefined;
  const alone = programs.filter(({ text }) => !/sympy|Symbol|solve_it|\bsolve\(/.test(text));
  let [numbers, same] = [0, 0];
  await Promise.all(
    alone.map(async ({ text, output }) => {
      const value = Number(output ?? NaN);
      if (Number.isNaN(value)) return;
      // They were written for a place that has the module already.
      const result = await sandbox.run(`import math\n${text}\nans`);
      numbers++;
      same += Number(result.ok && Math.abs(Number(result.value) - value) <= 1e-6 * Math.max(1, Math.abs(value)));
    }),
  );
  const replayed = recordedSandbox(programs);
  const fenced = (model: Model<Replayed>): Model<Replayed> =>
    wrap("fenced", model, async (request, call) => {
      const response = await model.generate(request, call);
      return { ...response, text: `\`\`\`python\n${response.text}\nans\n\`\`\`` };
    });
  const rows: string[][] = [];
  const data: unknown[] = [];
  for (const n of [1, 5, 10, 30]) {
    const right: Record<"letter" | "value", number[]> = { letter: [], value: [] };
    for (const [index, problem] of recorded.entries()) {
      const sums = { letter: 0, value: 0 };
      for (let r = 0; r < (n === 30 ? 3 : repetitions); r++) {
        const deck = (): Model<Replayed> => new Deck([problem], new Random(r, index)).model("recorded");
        const byLetter = stack(deck(), sampleN(n, { concurrency: 1 }), majorityVote<Replayed>({ stop: never }));
        const byValue = stack(
          fenced(deck()),
          program({ sandbox: replayed, repairs: 0, instruction: "Write a program." }),
          sampleN(n, { concurrency: 1 }),
          majorityVote({ stop: never }),
        );
        const options = { seed: r };
        const letter = await run(byLetter, problem.id, options);
        const value = await run(byValue, idRequest(problem.id), options);
        sums.letter += Number(letter.key !== undefined && letter.correct);
        sums.value += Number(value.key !== undefined && value.correct);
      }
      const times = n === 30 ? 3 : repetitions;
      right.letter.push(sums.letter / times);
      right.value.push(sums.value / times);
    }
    const gain = percent(right.value.map((each, i) => each - (right.letter[i] ?? 0)));
    rows.push([`${n}`, figure(percent(right.letter)), figure(percent(right.value)), difference(gain, 1)]);
    data.push({ n, letter: percent(right.letter), value: percent(right.value), gain });
  }
  return {
    title: "Vote by what programs come to? AQuA",
    note: `Codex, ${recorded.length} questions, 30 programs each (T = 0.3), with the values that were recorded. ${show(alone.length, programs.length)} need no SymPy, which the Python sandbox has not: run there again, ${show(same, numbers)} of their numbers are those that were recorded. A value is matched with the nearest of five options for its letter.`,
    columns: ["programs", "vote by letter, right, %", "vote by value, right, %", "difference"],
    rows,
    data,
  };
}

interface AquaProgram {
  readonly text: string;
  readonly output: string | null;
}

/** Gives what was recorded of these programs. */
function recordedSandbox(programs: readonly AquaProgram[]): Sandbox {
  const outputs = new Map(programs.map(({ text, output }) => [`${text}\nans`.trim(), output]));
  return {
    language: "python",
    close: () => Promise.resolve(),
    run: (words) => {
      const output = outputs.get(words) ?? undefined;
      if (output === undefined || output === "None") {
        const error = { kind: "error" as const, name: "Error", message: "it was recorded without a value" };
        return Promise.resolve({ ok: false, error, output: "" });
      }
      const value = Number(output);
      return Promise.resolve({ ok: true, value: Number.isFinite(value) ? value : output, output: "" });
    },
  };
}

/** The layer adds words behind the question: the id stays the first message. */
function idRequest(id: string): { readonly messages: readonly { readonly role: "user"; readonly content: string }[] } {
  return {
    messages: [
      { role: "user", content: id },
      { role: "user", content: "?" },
    ],
  };
}

interface HumanEvalLine {
  readonly id: string;
  readonly question: string;
  readonly entry_point: string;
  readonly test: string;
  readonly generated_tests: readonly string[];
  readonly samples: readonly { readonly text: string; readonly answer: string | null; readonly correct: boolean }[];
}

/** HumanEval: votes by words and by behaviour, and tests, on the same samples. */
async function humanEvalSection(sandbox: Sandbox, n: number = 10, inputs: number = 5): Promise<Section | undefined> {
  const lines = linesOf<HumanEvalLine>("humaneval-codegen16b-50");
  if (lines === undefined) return undefined;
  let [agreeing, all] = [0, 0];
  const right = { one: none(), words: none(), recorded: none(), behaviour: none(), tests: none() };
  for (const { id, question, entry_point: name, test, generated_tests: generated, samples } of lines) {
    const taken = samples.slice(0, n);
    const full = (text: string): string => `${question}${text}`;
    const hidden = tests({ hidden: { run: `${test}\ncheck(${name})` } }, { sandbox, program: ({ text }) => text });
    const passed: boolean[] = [];
    for (const { text, correct } of taken) {
      const judged = wrap("judged", saying([full(text)]), async (request, call) => {
        const [only] = [await saying([full(text)]).generate(request, call)];
        const { ok } = await hidden(only, { request, call, model: saying([]), round: 0 });
        return { ...only, ok };
      });
      const { ok } = await run(judged, id);
      passed.push(ok);
      agreeing += Number(ok === correct);
      all++;
    }
    const calls = generated.flatMap((line) => /^assert (.+\)) == /.exec(line)?.[1] ?? []).slice(0, inputs);
    const fenced = taken.map(({ text }) => `\`\`\`python\n${full(text)}\n\`\`\``);
    const sampled = (): ReturnType<typeof draw> => draw(fenced);
    const indexOf = (text: string): number => fenced.indexOf(text);
    const elected = async (same?: ReturnType<typeof sameBehaviour>): Promise<number> => {
      const { text } = await run(stack(sampled(), majorityVote({ stop: never, same })), id);
      return Number(taken[indexOf(text)]?.correct ?? false);
    };
    right.one.push(taken.filter(({ correct }) => correct).length / taken.length);
    right.words.push(await elected());
    right.behaviour.push(
      calls.length === 0 ? await elected() : await elected(sameBehaviour({ sandbox, inputs: calls })),
    );
    right.recorded.push(recordedVote(taken));
    right.tests.push(Number(taken.some(({ correct }, i) => correct && passed[i])));
  }
  const names: Readonly<Record<keyof typeof right, string>> = {
    one: "one program",
    words: "vote by the words of the program",
    behaviour: `vote by behaviour, run here on ${inputs} generated inputs`,
    recorded: "vote by behaviour, as recorded on up to 15",
    tests: "the hidden tests choose (any right)",
  };
  return {
    title: "Can programs vote? HumanEval",
    note: `CodeGen-16B, ${lines.length} questions, the first ${n} of 50 programs each (T = 0.8), run in the Python sandbox. Our run of the hidden tests says the same as the record of ${show(agreeing, all)} programs.`,
    columns: ["", "right, %"],
    rows: Object.entries(names).map(([key, name]) => [name, figure(percent(right[key as keyof typeof right]))]),
    data: Object.fromEntries(Object.entries(right).map(([name, values]) => [name, percent(values)])),
  };
}

/** Figures to come. */
function none(): number[] {
  return [];
}

/** These texts as samples with programs. */
function draw(texts: readonly string[]) {
  const layer = chainOfThought({ answer: code({ language: "python" }), askAgain: false, instruction: "" });
  return stack(saying(texts), layer, sampleN(texts.length, { concurrency: 1 }));
}

/** Is the most frequent recorded behaviour right? Ties by the first. */
function recordedVote(samples: HumanEvalLine["samples"]): number {
  const counts = new Map<string, { count: number; readonly correct: boolean }>();
  for (const { answer, correct } of samples) {
    if (answer === null) continue;
    const known = counts.get(answer) ?? { count: 0, correct };
    known.count++;
    counts.set(answer, known);
  }
  const [first] = [...counts.values()].sort((a, b) => b.count - a.count);
  return Number(first?.correct ?? false);
}

function show(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} % of ${whole}`;
}

export async function programSections(): Promise<readonly Section[]> {
  const chain = await chainSection();
  const sandbox = once(python());
  try {
    const recorded = [await aquaSection(sandbox), await humanEvalSection(sandbox)];
    return [chain, ...recorded.filter((section) => section !== undefined)];
  } finally {
    await sandbox.close();
  }
}
