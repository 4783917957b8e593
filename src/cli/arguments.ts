/**
 * @module
 * The command line of the main job: what may be said on it, and what is wrong with what was said.
 */
import { parseArgs } from "node:util";
import { InvalidOptionError } from "../core/errors.js";
import { checkInteger } from "../core/options.js";

/** What was asked for. */
export interface Arguments {
  /** Answer this, instead of the whole job. */
  readonly question: string | undefined;
  readonly help: boolean;
  readonly seed: number;
  /** Problems of the job. */
  readonly problems: number;
  /** Samples of the vote. */
  readonly samples: number;
  /** Tokens that the allocator may spend on one question. */
  readonly budget: number;
  /** The most tokens that one call may write. */
  readonly maxTokens: number;
  /** Questions at the same time. */
  readonly concurrency: number;
  /** An OpenAI-compatible endpoint instead of the embedded model. */
  readonly endpoint:
    { readonly baseURL: string; readonly model: string; readonly apiKey: string | undefined } | undefined;
}

export const usage = `npm start                          the whole job on the embedded model: five ways to answer, one table
npm start -- "a question"          answers that question
npm start -- --base-url URL --model NAME ["a question"]
                                   the same on any OpenAI-compatible endpoint; the key is read from
                                   MULL_API_KEY or OPENAI_API_KEY

  --problems N      problems of the job, from 3 (60)
  --samples N       samples of the vote (16)
  --budget N        tokens the allocator may spend on one question (1600; 40000 with --base-url)
  --max-tokens N    the most tokens one call may write (160; 2048 with --base-url)
  --concurrency N   questions at the same time (1; 4 with --base-url)
  --seed N          the same seed asks and draws the same (1)
  --help            this text`;

/**
 * Reads the command line.
 *
 * @throws {@link InvalidOptionError} or a `TypeError` of Node for what it does not understand
 */
export function readArguments(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Arguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      "base-url": { type: "string" },
      model: { type: "string" },
      problems: { type: "string" },
      samples: { type: "string" },
      budget: { type: "string" },
      "max-tokens": { type: "string" },
      concurrency: { type: "string" },
      seed: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  const whole = (name: keyof typeof values, fallback: number, min: number): number => {
    const value = values[name];
    return value === undefined ? fallback : checkInteger("npm start", `--${name}`, Number(value), min);
  };
  const { "base-url": baseURL, model, help = false } = values;
  if ((baseURL === undefined) !== (model === undefined)) {
    const missing = baseURL === undefined ? "--base-url" : "--model";
    throw new InvalidOptionError(
      "npm start",
      missing,
      "given, too: an endpoint is a URL and the name of a model",
      undefined,
    );
  }
  const remote = baseURL !== undefined;
  const question = positionals.join(" ").trim();
  return {
    question: question === "" ? undefined : question,
    help,
    seed: whole("seed", 1, 0),
    problems: whole("problems", 60, 3),
    samples: whole("samples", 16, 1),
    budget: whole("budget", remote ? 40_000 : 1600, 1),
    maxTokens: whole("max-tokens", remote ? 2048 : 160, 1),
    concurrency: whole("concurrency", remote ? 4 : 1, 1),
    endpoint:
      baseURL === undefined || model === undefined
        ? undefined
        : { baseURL, model, apiKey: env.MULL_API_KEY ?? env.OPENAI_API_KEY },
  };
}
