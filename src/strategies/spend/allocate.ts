/**
 * @module
 * Allocation: one budget over many questions, the next sample always where it is worth most.
 */
import type { Voted } from "../../answers/elect.js";
import type { BudgetLimits } from "../../core/amounts.js";
import { Budget } from "../../core/budget.js";
import { InvalidOptionError } from "../../core/errors.js";
import { feed } from "../../core/feed.js";
import type { Feedback } from "../../core/feedback.js";
import type { Model, ModelRequest, ModelResponse, StopReason } from "../../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../../core/options.js";
import { checkRequest, run, type RunOptions } from "../../core/run.js";
import { isModel } from "../../core/stack.js";
import { noUsage, type Usage } from "../../core/usage.js";
import { wrap } from "../../core/wrap.js";
import { Batch } from "./allocate/batch.js";

/** Options of {@link allocate}. */
export interface AllocateOptions<R extends ModelResponse = ModelResponse> extends RunOptions {
  /** Limits of the whole batch, or a {@link Budget} shared with others. Never exceeded. */
  readonly budget: BudgetLimits | Budget;
  /** The most samples of one request: whole, at least 1. @defaultValue 40 */
  readonly samples?: number | undefined;
  /** How many samples at a time, over the whole batch: whole, at least 1. @defaultValue 8 */
  readonly concurrency?: number | undefined;
  /** A request whose next sample is worth less than this gets no more, even if budget is left: from 0 to 1. @defaultValue 0 */
  readonly leastWorth?: number | undefined;
  /** A sample of which this says `ok` answers its request at once: tests, a checker. @defaultValue none: the majority decides */
  readonly accept?: Feedback<R> | undefined;
  /** What {@link Allocation.state} gave: its samples are not drawn again, and count as spent. @defaultValue nothing */
  readonly resume?: AllocationState<R> | undefined;
}

/** One request of the batch, answered as well as the budget allowed. */
export interface AllocationResult<R extends ModelResponse = ModelResponse> {
  /** Of the request in the batch, from 0. */
  readonly index: number;
  readonly request: ModelRequest;
  /** The accepted sample, else the winner of the vote; `undefined` without any sample. */
  readonly response: Voted<R> | undefined;
  /** Why there is no response. */
  readonly error?: unknown;
  /**
   * `'ok'`: accepted; `'decided'`: no further sample was worth it; `'limit'`: all its samples are drawn; `'failure'`: an error that cannot get
   * better, or three that might; `'budget'` or `'deadline'`: the batch ended.
   */
  readonly stopped: StopReason;
}

/** What was drawn so far: plain data, to go on from. */
export interface AllocationState<R extends ModelResponse = ModelResponse> {
  /** Of the batch. */
  readonly requests: number;
  readonly samples: readonly { readonly index: number; readonly response: R; readonly accepted: boolean }[];
  readonly usage: Usage;
}

/** The results of a batch, to be looped over once: each as soon as it is final, the others at the end in the order of their requests. */
export interface Allocation<R extends ModelResponse = ModelResponse> extends AsyncIterable<AllocationResult<R>> {
  /** What the batch spent, when it is over. */
  readonly usage: Promise<Usage>;
  /** What was drawn so far. */
  state(): AllocationState<R>;
}

/**
 * Answers a batch of requests within one budget. Each gets one sample; every further sample goes to the request where it is worth most: where the
 * vote is open, not where it is settled or hopeless.
 *
 * Shape: requests in, {@link AllocationResult}s out as they become final. Leaving the loop gives the rest up.
 * Cost: the budget at most; `samples` calls of the model for each request at most. With limits on tokens or money the worth of a sample is taken
 * for what it costs. Samples are counted in the order they were begun, so that the same seed and replies give the same allocation, whatever
 * the timing. Without any sample a result has the `error` instead: the `BudgetExceededError`, or the failure.
 *
 * @throws {@link InvalidOptionError} at once, for no requests, a wrong request or option
 * @throws `signal.reason` from the loop, when the caller gives up
 * @see Li et al. 2025, Blend-ASC, arXiv:2511.12309 (samples across a batch by confidence); Damani et al. 2024, arXiv:2410.04707 (marginal gains).
 *   Deviation: the worth is the knowledge gradient of the vote share over several samples (Frazier & Powell 2010), without anything to tune.
 *   With `accept`: Xia et al. 2026, Reset-and-Discard, arXiv:2601.21522 (one try each, solved ones leave, again)
 * @example
 * for await (const { index, response } of allocate(solver, questions, { budget: { tokens: 100_000 } })) {
 *   console.log(index, response?.answer);
 * }
 */
export function allocate<R extends ModelResponse>(
  model: Model<R>,
  requests: readonly (string | ModelRequest)[],
  options: AllocateOptions<NoInfer<R>>,
): Allocation<R> {
  checkOptions("allocate", options, known);
  const { samples = 40, concurrency = 8, leastWorth = 0, accept, resume, budget, ...rest } = options;
  if (!isModel(model))
    throw new InvalidOptionError("allocate", "the first argument", "a model (id, capabilities, generate)", model);
  if (!Array.isArray(requests) || requests.length === 0)
    throw new InvalidOptionError("allocate", "requests", "a list of at least one request", requests);
  checkInteger("allocate", "samples", samples, 1);
  if (concurrency !== Infinity) checkInteger("allocate", "concurrency", concurrency, 1);
  checkNumber("allocate", "leastWorth", leastWorth, 0, 1);
  if (accept !== undefined && typeof accept !== "function")
    throw new InvalidOptionError("allocate", "accept", "a function that says how good a response is", accept);
  const asked = requests.map((request: string | ModelRequest) => checkRequest(request, "allocate"));
  if (resume !== undefined && resume.requests !== asked.length)
    throw new InvalidOptionError(
      "allocate",
      "resume.requests",
      `${asked.length}, as many as there are`,
      resume.requests,
    );

  const batch = new Batch(model, asked, { samples, concurrency, leastWorth, accept }, resume);
  const limits = budget instanceof Budget ? budget : batch.within(budget);
  const results = feed<AllocationResult<R>, ModelResponse>(rest, (push, inner) => {
    const whole = wrap("allocate", model, async (_, call) => {
      await batch.draw(call, push, limits);
      return { text: "", finishReason: "stop", usage: noUsage };
    });
    return run(whole, asked[0] as ModelRequest, { ...inner, budget: limits });
  });
  const usage = results.response.then(() => batch.usage);
  usage.catch(() => undefined); // the loop tells of it
  return { usage, state: () => batch.state(), [Symbol.asyncIterator]: () => results[Symbol.asyncIterator]() };
}

const known = [
  "budget",
  "samples",
  "concurrency",
  "leastWorth",
  "accept",
  "resume",
  "signal",
  "seed",
  "onEvent",
  "events",
  "clock",
];
