/**
 * @module
 * Budget allocation: as much thinking as this question needs, and no more.
 */
import type { Difficulty, DifficultyProbe } from "../../answers/difficulty.js";
import { elect, type Voted } from "../../answers/elect.js";
import type { LevelPolicy } from "../../answers/level-policy.js";
import { LevelVote } from "./budget-allocator/level-vote.js";
import { checkLevels, nameOf, planLevels, type Level, type LevelReport } from "./budget-allocator/levels.js";
import { beta } from "../../answers/stopping/stopping.js";
import { exhaustion, type Call } from "../../core/call.js";
import { InvalidOptionError } from "../../core/errors.js";
import { extend } from "../../core/extend.js";
import type { Model, ModelRequest, ModelResponse, StopReason, Warning } from "../../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../../core/options.js";
import { race } from "../../core/scope.js";
import { wrap } from "../../core/wrap.js";

/** Options of {@link budgetAllocator}. */
export interface BudgetAllocatorOptions<R extends ModelResponse = ModelResponse> {
  /** From cheap to thorough; at least one. @defaultValue 4, 16 and 40 samples of the model beneath */
  readonly levels?: readonly Level<R>[] | undefined;
  /** Sure enough: stops at this confidence, from 0.5 to 1. @defaultValue 0.95 */
  readonly target?: number | undefined;
  /**
   * How hard the question is, from 0 to 1, known before anything is sampled, or by a few samples: {@link probeDifficulty}, {@link promptDifficulty}, or a
   * function. Without a `policy`, 0 begins at the first level, 1 at the last. @defaultValue begins at the first; the agreement of its samples decides
   */
  readonly difficulty?: Difficulty | undefined;
  /**
   * Names the one level for a question of this difficulty: a function, or what {@link levelPolicy} learned. The others are left to questions of theirs, unless
   * the model of this one fails. @defaultValue none: level after level until it is sure
   */
  readonly policy?: LevelPolicy | undefined;
  /** How many samples at a time: whole, at least 1. @defaultValue as many as the first level has */
  readonly concurrency?: number | undefined;
}

/** The answer of the vote, and what was spent on it where. */
export type Allocated<R extends ModelResponse = ModelResponse> = Voted<R> & {
  /** Name of the level that `policy` chose; else of the last that bought samples, `'probe'` where those that `difficulty` drew were enough. */
  readonly level: string;
  /** Those that were entered, in order; what `difficulty` drew is called `'probe'`. */
  readonly levels: readonly LevelReport[];
  /** How hard the question was, from 0 to 1: what `difficulty` said, else the part of the weights that the winner did not get. */
  readonly difficulty: number;
};

/**
 * Samples a question until the vote is sure enough, level by level from cheap to thorough: easy questions cost a few samples, hard ones
 * as many as the budget allows. Or, with a `policy`, takes the one level that pays for questions of this difficulty.
 *
 * Shape: one response in, the vote's winner out, with the cost of every level. The answers of all levels vote together; what a level bought
 * is never bought again.
 * Cost: between the samples of the first level and, for each model, the most that a level wants of it; fewer once `target` is reached. With a `policy` those of
 * one level. What `difficulty` asks comes to that, counted as `usage.judging`; what it draws does not, up to what its level wants of the model beneath.
 * `stopped` says why: `'ok'` (the target is reached), `'limit'` (there is no further level), `'budget'`, `'deadline'` or `'failure'` (an error that
 * cannot get better; a level with another model is tried first).
 * A `difficulty` that fails after it drew samples leaves the difficulty unknown, with a warning.
 *
 * @throws {@link InvalidOptionError} when the stack is built; at a call, for a difficulty out of bounds, for a level that there is not, and what levels throw of that kind
 * @throws what `difficulty` throws where it drew no samples, and what `policy` throws
 * @throws the first failure, when there is no sample at all
 * @see Snell et al. 2024, arXiv:2408.03314 (how much to spend, and whether to think on or to think again, depends on difficulty); Damani et al. 2024,
 *   arXiv:2410.04707 (spending where it gains most); Aggarwal et al. 2023, arXiv:2305.11860 (the stopping rule); Chen et al. 2025, arXiv:2504.00762 (the next model
 *   on disagreement)
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), budgetAllocator({ target: 0.95 }));
 * const { answer, level, levels } = await run(solver, "How many legs do three spiders have?", { budget: { tokens: 20_000 } });
 */
export function budgetAllocator<R extends ModelResponse>(
  options: BudgetAllocatorOptions<NoInfer<R>> = {},
): (next: Model<R>) => Model<Allocated<R>> {
  checkOptions("budgetAllocator", options, ["levels", "target", "difficulty", "policy", "concurrency"]);
  const { target = 0.95, difficulty, policy } = options;
  const levels: readonly Level<R>[] = options.levels ?? defaultLevels;
  checkLevels("budgetAllocator", levels);
  const { concurrency = levels[0]?.samples } = options;
  checkNumber("budgetAllocator", "target", target, 0.5, 1);
  if (concurrency !== undefined && concurrency !== Infinity)
    checkInteger("budgetAllocator", "concurrency", concurrency, 1);
  if (difficulty !== undefined && typeof difficulty !== "function") {
    throw new InvalidOptionError("budgetAllocator", "difficulty", "a function of the request", difficulty);
  }
  const names = levels.map(nameOf);
  if (policy !== undefined) checkPolicy(policy, names);
  const sure = beta(target);

  return (next) => {
    const plan = planLevels("budgetAllocator", levels, next);
    const models = [...new Set([next, ...plan.map(({ model }) => model)])];
    // A probe asks the model beneath as the first level does that has it, so that the level need not ask again.
    const own = plan.find(({ model }) => model === next) ?? { index: -1, model: next, weight: 1, settings: undefined };
    const maxWeight = Math.max(own.weight, ...plan.map(({ weight }) => weight));

    /** How hard it is, and where the samples already end it. */
    const estimate = async (request: ModelRequest, call: Call, vote: LevelVote<R>): Promise<Estimate> => {
      if (difficulty === undefined) return {};
      let end: StopReason | undefined;
      const draw = async (samples: number): Promise<void> => {
        const level = { ...own, name: "probe", samples };
        if (end !== undefined || vote.has(level) || vote.lost(level)) return;
        const why = await vote.buy(level, request);
        if (why === "ok" || why === "budget" || why === "deadline") end = why;
      };
      let drawn = Promise.resolve();
      const probe: DifficultyProbe = async (samples) => {
        checkInteger("budgetAllocator", "the samples of a probe", samples, 1);
        drawn = drawn.then(() => draw(samples));
        await drawn;
        return vote.tally;
      };
      const inner = call.child("difficulty", { thought: true, judging: true });
      try {
        const value = await race(call, () => difficulty(request, inner, probe));
        await drawn;
        checkNumber("budgetAllocator", "what difficulty returns", value, 0, 1);
        return { value, end };
      } catch (error) {
        // What is drawn when the time ends is still told what became of it.
        await drawn.catch(ignore);
        if (call.scope.aborted && exhaustion(call.scope.reason) === undefined) throw error;
        if (vote.samples.length === 0 || InvalidOptionError.is(error)) throw error;
        return { end: end ?? exhaustion(error), warning: unestimated };
      }
    };

    const allocate = async (request: ModelRequest, call: Call): Promise<Allocated<R>> => {
      const vote = new LevelVote<R>(call, { sure, maxWeight, concurrency });
      const { value, end, warning } = await estimate(request, call, vote);
      let stopped = end ?? "limit";
      let chosen: string | undefined;
      if (end === undefined) {
        const first = policy === undefined ? begin(value, plan.length) : checkChoice(policy(value), names);
        // Levels before the first are for questions that nobody has answered yet.
        for (const level of [...plan.slice(first), ...plan.slice(0, first)]) {
          if (level.index < first && vote.samples.length > 0) break;
          if (vote.lost(level) || (policy === undefined && vote.has(level))) continue;
          if (call.listening) {
            const { index, name } = level;
            const confidence = vote.reports.at(-1)?.confidence;
            call.emit({ type: "level", path: call.path, level: index, name, confidence });
          }
          stopped = await vote.buy(level, request);
          if (stopped === "failure") continue;
          if (policy !== undefined) chosen = level.name;
          if (stopped !== "limit" || policy !== undefined) break;
        }
      }
      const { tally, samples, failures, reports } = vote;
      // No model gave a single sample.
      if (samples.length === 0) throw vote.error;
      const voted = elect(tally, { samples, failures, stopped });
      return extend(voted, {
        level: chosen ?? reports.findLast((report) => report.samples > 0)?.name ?? "",
        levels: reports,
        difficulty: value ?? 1 - (tally.winner?.share ?? 0),
        ...(warning !== undefined && end === undefined && { warnings: [...(voted.warnings ?? []), warning] }),
      });
    };

    return wrap("budgetAllocator", next, allocate, {
      outline: {
        detail: plan.map(({ name, samples }) => `${name}: ${samples}`).join(", "),
        inner: models,
        cost: (inner, inputTokens) => {
          const costs = models.map((model, index) => {
            const wanted = plan.filter((level) => level.model === model).map(({ samples }) => samples);
            const most = Math.max(model === next ? (difficulty?.samples ?? 0) : 0, ...wanted);
            const { calls, tokens } = inner(inputTokens, index);
            return { calls: most * calls, tokens: most * tokens };
          });
          return { calls: sum(costs.map(({ calls }) => calls)), tokens: sum(costs.map(({ tokens }) => tokens)) };
        },
      },
    });
  };
}

const defaultLevels: readonly Pick<Level, "name" | "samples">[] = [
  { name: "quick", samples: 4 },
  { name: "thorough", samples: 16 },
  { name: "exhaustive", samples: 40 },
];
const unestimated: Warning = {
  code: "difficulty-failed",
  message: "how hard the question is could not be found out: it counts as unknown",
};

interface Estimate {
  /** `undefined` where nobody knows. */
  readonly value?: number;
  /** Why nothing more is to be bought. */
  readonly end?: StopReason | undefined;
  readonly warning?: Warning;
}

/** The level to begin at: as far up as the question is hard. */
function begin(difficulty: number | undefined, levels: number): number {
  return difficulty === undefined ? 0 : Math.min(levels - 1, Math.floor(difficulty * levels));
}

function checkPolicy(policy: LevelPolicy, names: readonly string[]): void {
  if (typeof policy !== "function")
    throw new InvalidOptionError("budgetAllocator", "policy", "a function of the difficulty", policy);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined)
    throw new InvalidOptionError("budgetAllocator", "the name of a level", "its own, where a policy names it", twice);
  for (const name of policy.levels ?? []) {
    if (!names.includes(name))
      throw new InvalidOptionError("budgetAllocator", "a level of policy", `one of ${names.join(", ")}`, name);
  }
}

/** Where the level stands that a policy names. */
function checkChoice(name: string, names: readonly string[]): number {
  const index = names.indexOf(name);
  if (index < 0)
    throw new InvalidOptionError("budgetAllocator", "what policy returns", `one of ${names.join(", ")}`, name);
  return index;
}

function ignore(): void {
  // It is told where it is awaited.
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
