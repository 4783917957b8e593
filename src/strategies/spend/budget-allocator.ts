/**
 * @module
 * Budget allocation: as much thinking as this question needs, and no more.
 */
import { elect, type Voted } from "../../answers/elect.js";
import { beta } from "../../answers/stopping.js";
import { Tally } from "../../answers/tally.js";
import { exhaustion, type Call } from "../../core/call.js";
import { InvalidOptionError } from "../../core/errors.js";
import { extend } from "../../core/extend.js";
import type { Model, ModelRequest, ModelResponse, SampleFailure, StopReason } from "../../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../../core/options.js";
import { race } from "../../core/scope.js";
import { sample } from "../../core/sample.js";
import { isModel } from "../../core/stack.js";
import type { Usage } from "../../core/usage.js";
import { wrap } from "../../core/wrap.js";

/** How thoroughly to think. */
export interface Level<R extends ModelResponse = ModelResponse> {
  /** @defaultValue `'level 0'`, `'level 1'`, … */
  readonly name?: string | undefined;
  /** Samples of its model, those of earlier levels counted in: whole, at least 1. */
  readonly samples: number;
  /** Whose samples. @defaultValue the model beneath */
  readonly model?: Model<R> | undefined;
  /** Weight of its samples in the vote, above 0. @defaultValue 1 */
  readonly weight?: number | undefined;
  /** Changes to the request, such as `effort` or `maxOutputTokens`. @defaultValue none */
  readonly settings?: Partial<Omit<ModelRequest, "messages">> | undefined;
}

/** Options of {@link budgetAllocator}. */
export interface BudgetAllocatorOptions<R extends ModelResponse = ModelResponse> {
  /** From cheap to thorough; at least one. @defaultValue 4, 16 and 40 samples of the model beneath */
  readonly levels?: readonly Level<R>[] | undefined;
  /** Sure enough: stops at this confidence, from 0.5 to 1. @defaultValue 0.95 */
  readonly target?: number | undefined;
  /**
   * How hard the question is, from 0 to 1, known before anything is sampled: 0 begins at the first level, 1 at the last.
   * @defaultValue begins at the first; the agreement of its samples decides
   */
  readonly difficulty?: ((request: ModelRequest, call: Call) => number | Promise<number>) | undefined;
  /** How many samples at a time: whole, at least 1. @defaultValue as many as the first level has */
  readonly concurrency?: number | undefined;
}

/** What one level did. */
export interface LevelReport {
  readonly name: string;
  /** Samples it bought. */
  readonly samples: number;
  /** Confidence in the leading answer after it. */
  readonly confidence: number;
  readonly usage: Usage;
}

/** The answer of the vote, and what was spent on it where. */
export type Allocated<R extends ModelResponse = ModelResponse> = Voted<R> & {
  /** Name of the last level that bought samples. */
  readonly level: string;
  /** Those that were entered, in order. */
  readonly levels: readonly LevelReport[];
  /** How hard the question was, from 0 to 1: what `difficulty` said, else the part of the weights that the winner did not get. */
  readonly difficulty: number;
};

/**
 * Samples a question until the vote is sure enough, level by level from cheap to thorough: easy questions cost a few samples, hard ones
 * as many as the budget allows.
 *
 * Shape: one response in, the vote's winner out, with the cost of every level. The answers of all levels vote together; what a level bought
 * is never bought again.
 * Cost: between the samples of the first level and, for each model, the most that a level wants of it; fewer once `target` is reached.
 * `stopped` says why: `'ok'` (the target is reached), `'limit'` (there is no further level), `'budget'`, `'deadline'` or `'failure'` (an error that
 * cannot get better; a level with another model is tried first).
 *
 * @throws {@link InvalidOptionError} when the stack is built; at a call, for a difficulty out of bounds
 * @throws what `difficulty` throws
 * @throws the first failure, when there is no sample at all
 * @see Snell et al. 2024, arXiv:2408.03314 (how much to spend depends on difficulty); Aggarwal et al. 2023, arXiv:2305.11860 (the stopping rule);
 *   Chen et al. 2025, arXiv:2504.00762 (the next model on disagreement)
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), budgetAllocator({ target: 0.95 }));
 * const { answer, level, levels } = await run(solver, "How many legs do three spiders have?", { budget: { tokens: 20_000 } });
 */
export function budgetAllocator<R extends ModelResponse>(
  options: BudgetAllocatorOptions<NoInfer<R>> = {},
): (next: Model<R>) => Model<Allocated<R>> {
  checkOptions("budgetAllocator", options, ["levels", "target", "difficulty", "concurrency"]);
  const { target = 0.95, difficulty } = options;
  const levels: readonly Level<R>[] = options.levels ?? defaultLevels;
  checkLevels(levels);
  const { concurrency = levels[0]?.samples } = options;
  checkNumber("budgetAllocator", "target", target, 0.5, 1);
  if (concurrency !== undefined && concurrency !== Infinity)
    checkInteger("budgetAllocator", "concurrency", concurrency, 1);
  if (difficulty !== undefined && typeof difficulty !== "function") {
    throw new InvalidOptionError("budgetAllocator", "difficulty", "a function of the request", difficulty);
  }
  const sure = beta(target);
  const maxWeight = Math.max(...levels.map(({ weight = 1 }) => weight));

  return (next) => {
    const plan = levels.map(({ name, samples, model = next, weight = 1, settings }, index) => {
      return { name: name ?? `level ${index}`, samples, model, weight, settings };
    });
    const models = [...new Set([next, ...plan.map(({ model }) => model)])];

    const allocate = async (request: ModelRequest, call: Call): Promise<Allocated<R>> => {
      const tally = new Tally<R>({ maxWeight });
      const samples: R[] = [];
      const failures: SampleFailure[] = [];
      const reports: LevelReport[] = [];
      const bought = new Map<Model, number>();
      const broken = new Map<Model, unknown>();
      let stopped: StopReason = "limit";

      /** Draws what a level still wants of its model, until the vote is sure. */
      const buy = async ({
        name,
        samples: wanted,
        model,
        weight,
        settings,
      }: (typeof plan)[number]): Promise<StopReason> => {
        const had = bought.get(model) ?? 0;
        const inner = call.child(name, { thought: true });
        const asked = settings === undefined ? request : { ...request, ...settings };
        const drawing = sample(model, asked, inner, {
          n: wanted - had,
          concurrency,
          quorum: samples.length > 0 ? 0 : 1,
        });
        let end: StopReason = "limit";
        try {
          for await (const response of drawing) {
            samples.push(response);
            tally.add(response, weight);
            if (sure(tally)) {
              end = "ok";
              break;
            }
          }
          if (drawing.stopped !== "done" && drawing.stopped !== "decided") end = drawing.stopped;
        } catch (error) {
          if (call.scope.aborted || exhaustion(error) !== undefined) throw error;
          broken.set(model, error);
          end = "failure";
        }
        if (end === "failure" && !broken.has(model)) broken.set(model, drawing.failures.at(-1)?.error);
        bought.set(model, had + drawing.samples.length);
        failures.push(...drawing.failures);
        reports.push({ name, samples: drawing.samples.length, confidence: tally.confidence, usage: inner.usage });
        return end;
      };

      const expected = await expectedDifficulty(difficulty, request, call);
      const first = expected === undefined ? 0 : Math.min(plan.length - 1, Math.floor(expected * plan.length));
      for (const [index, level] of plan.entries()) {
        if (index < first || broken.has(level.model) || (bought.get(level.model) ?? 0) >= level.samples) continue;
        if (call.listening) {
          call.emit({
            type: "level",
            path: call.path,
            level: index,
            name: level.name,
            confidence: reports.at(-1)?.confidence,
          });
        }
        stopped = await buy(level);
        if (stopped === "ok" || stopped === "budget" || stopped === "deadline") break;
      }
      // No model gave a single sample.
      if (samples.length === 0) throw [...broken.values()][0];
      return extend(elect(tally, { samples, failures, stopped }), {
        level: reports.findLast((report) => report.samples > 0)?.name ?? "",
        levels: reports,
        difficulty: expected ?? 1 - (tally.winner?.share ?? 0),
      });
    };

    return wrap("budgetAllocator", next, allocate, {
      outline: {
        detail: plan.map(({ name, samples }) => `${name}: ${samples}`).join(", "),
        inner: models,
        cost: (inner, inputTokens) => {
          const costs = models.map((model, index) => {
            const most = Math.max(0, ...plan.filter((level) => level.model === model).map(({ samples }) => samples));
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

async function expectedDifficulty(
  difficulty: BudgetAllocatorOptions["difficulty"],
  request: ModelRequest,
  call: Call,
): Promise<number | undefined> {
  if (difficulty === undefined) return undefined;
  const inner = call.child("difficulty", { thought: true, judging: true });
  const value = await race(call, () => difficulty(request, inner));
  return checkNumber("budgetAllocator", "what difficulty returns", value, 0, 1);
}

function checkLevels<R extends ModelResponse>(levels: readonly Level<R>[]): void {
  if (!Array.isArray(levels) || levels.length === 0) {
    throw new InvalidOptionError("budgetAllocator", "levels", "a list of at least one level", levels);
  }
  levels.forEach((level: Level<R>, index) => {
    const where = `budgetAllocator: levels[${index}]`;
    checkOptions(where, level, ["name", "samples", "model", "weight", "settings"]);
    const { name = "level", samples, model, weight = 1, settings } = level;
    if (typeof name !== "string" || name === "")
      throw new InvalidOptionError(where, "name", "a text that is not empty", name);
    checkInteger(where, "samples", samples, 1);
    if (!(checkNumber(where, "weight", weight, 0) > 0))
      throw new InvalidOptionError(where, "weight", "a number above 0", weight);
    if (model !== undefined && !isModel(model)) throw new InvalidOptionError(where, "model", "a model", model);
    if (settings !== undefined && (Object(settings) !== settings || "messages" in settings)) {
      throw new InvalidOptionError(where, "settings", "an object of fields of a request, without messages", settings);
    }
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
