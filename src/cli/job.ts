/**
 * @module
 * The job: every problem, answered in every way.
 */
import type { Reasoned } from "../answers/reasoning.js";
import { BudgetExceededError } from "../core/errors.js";
import { run } from "../core/run.js";
import type { Usage } from "../core/usage.js";
import type { Problem } from "../tiny/problems.js";
import type { Method } from "./methods.js";

/** One problem, answered in one way. */
export interface Attempt {
  readonly problem: Problem;
  /** `undefined` where the budget ended before there was any. */
  readonly response: Reasoned<number> | undefined;
  readonly right: boolean;
  readonly usage: Usage;
  readonly ms: number;
}

/** What one way did. */
export interface Outcome {
  readonly method: Method;
  /** In the order of the problems. */
  readonly attempts: readonly Attempt[];
}

/** What all ways have in common. */
export interface JobOptions {
  readonly seed: number;
  readonly maxTokens: number;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** Told after every answer. */
  readonly onProgress: (method: Method, done: number) => void;
}

/** Answers all problems, way after way. Problem i has the same seed in every run, whatever the timing. */
export async function runJob(
  methods: readonly Method[],
  problems: readonly Problem[],
  options: JobOptions,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const method of methods) {
    const attempts: Attempt[] = [];
    let next = 0;
    let done = 0;
    options.onProgress(method, 0);
    const work = async (): Promise<void> => {
      while (next < problems.length) {
        const index = next++;
        attempts[index] = await attempt(method, problems[index] as Problem, index, options);
        options.onProgress(method, ++done);
      }
    };
    await Promise.all(Array.from({ length: Math.min(options.concurrency, problems.length) }, work));
    outcomes.push({ method, attempts });
  }
  return outcomes;
}

async function attempt(
  { solver, tokens }: Method,
  problem: Problem,
  index: number,
  { seed, maxTokens, signal }: JobOptions,
): Promise<Attempt> {
  const began = performance.now();
  const request = { messages: [{ role: "user", content: problem.question } as const], maxOutputTokens: maxTokens };
  try {
    const budget = tokens === undefined ? undefined : { tokens };
    const response = await run(solver, request, { seed: seed * 1_000_003 + index, budget, signal });
    const { usage, answer } = response;
    return { problem, response, right: answer === problem.answer, usage, ms: performance.now() - began };
  } catch (error) {
    if (!BudgetExceededError.is(error) || error.usage === undefined) throw error;
    return { problem, response: undefined, right: false, usage: error.usage, ms: performance.now() - began };
  }
}
