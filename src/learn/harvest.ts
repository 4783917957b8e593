/**
 * @module
 * Harvest: training data from what runs have already paid for.
 */
import { CapabilityError, InvalidOptionError } from "../core/errors.js";
import type { Feedback } from "../core/feedback.js";
import type { Model, ModelRequest, ModelResponse, StopReason } from "../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../core/options.js";
import { run, type RunOptions } from "../core/run.js";
import { source } from "../core/source.js";
import { isModel } from "../core/stack.js";
import type { LabelledSolution, PreferencePair, TrainingExample } from "../core/trainer.js";
import { noUsage, type Usage } from "../core/usage.js";
import { wrap } from "../core/wrap.js";
import { check, type Task } from "./harvest/checks.js";
import { dropDuplicates, Questions, type DropReason } from "./harvest/questions.js";
import { sort } from "./harvest/sort.js";
import { byGold, byMajority, byScore, standing } from "./harvest/truth.js";

/** A question that was answered. What `allocate` gives is one. */
export interface HarvestRun<R extends ModelResponse = ModelResponse> {
  readonly request: string | ModelRequest;
  /** `undefined` for a run that failed. */
  readonly response: R | undefined;
  /** Key of the right answer, such as `number().key(17)`, for `truth: 'gold'`. @defaultValue unknown */
  readonly gold?: string | undefined;
}

/** Options of {@link harvest}. */
export interface HarvestOptions<R extends ModelResponse = ModelResponse> extends RunOptions {
  /**
   * What says which answers are right: `'gold'` (the run's own `gold`), `'majority'` (the answer that most solutions of the question gave, at least two of
   * them), `'score'` (what the run's own scorers said), or feedback, asked about every solution.
   */
  readonly truth: "gold" | "majority" | "score" | Feedback<R>;
  /** Says of a right answer whether the way to it is right, too; others are flagged and not learnt from. Not for a monitor: see the page. @defaultValue none */
  readonly reason?: Feedback<R> | undefined;
  /** With `'majority'`: a winner with less of the votes is no truth, from 0 to 1. @defaultValue 0 */
  readonly minShare?: number | undefined;
  /** The most right solutions of one question, and the most wrong ones: whole, at least 1. @defaultValue 10 */
  readonly perQuestion?: number | undefined;
  /** Where a thought that stands apart from the text goes: in front of it as `<think>…</think>`, or nowhere. @defaultValue `'think'` */
  readonly reasoning?: "think" | "omit" | undefined;
  /** Questions kept for measuring: runs that ask one of them in any of their messages are left out. Compared by words, but for case and spaces. @defaultValue none */
  readonly heldOut?: Iterable<string | ModelRequest> | undefined;
  /** What feedback gets as the model that answered. @defaultValue none: feedback that asks it throws */
  readonly model?: Model | undefined;
  /** How many solutions feedback is asked about at a time: whole, at least 1. @defaultValue 8 */
  readonly concurrency?: number | undefined;
}

/** What became of the solutions: `solutions` is the sum of `right`, `wrong`, `rightAnswerWrongReason` and all that was dropped. */
export interface HarvestReport {
  /** Different ones, of runs with a response. */
  readonly questions: number;
  /** Runs without a response. */
  readonly failedRuns: number;
  readonly solutions: number;
  readonly right: number;
  readonly wrong: number;
  readonly rightAnswerWrongReason: number;
  /** By reason; those that occurred. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** What feedback spent. */
  readonly usage: Usage;
  /** `'budget'` or `'deadline'` where it ended before all was checked; else `'done'`. */
  readonly stopped: StopReason;
}

/** Training data of three kinds, of the same solutions. */
export interface Harvest {
  /** The right solutions. */
  readonly sft: readonly TrainingExample[];
  /** Right against wrong ones of the same question, each in one pair at most. */
  readonly preferences: readonly PreferencePair[];
  /** Right and wrong ones. Those that bare numbers compare are left out: the best of a question may be wrong. */
  readonly verifier: readonly LabelledSolution[];
  readonly report: HarvestReport;
}

/**
 * Makes training data of runs: of every sample, draft and attempt that stands in their responses, not only of the answer that was returned.
 *
 * Shape: runs with their requests in, {@link Harvest} out: examples for fine-tuning, pairs for preference methods, labelled solutions for a verifier, for
 * {@link toJsonl} or a {@link Trainer}. Runs of one question are put together. The prompt is the request's messages, without what layers added to it.
 * Cost: none, but for `truth` and `reason` that are feedback: once for each solution that is no duplicate; counted as judging.
 * A solution that calls tools or rests on results of tools is dropped, as are files, and completions that were cut. What was dropped, and why, is in the report.
 * Out of budget or time, solutions that were not checked are dropped; feedback that fails drops its solution.
 *
 * @throws {@link InvalidOptionError} for a wrong option or run, and for feedback that gives no verdict
 * @throws {@link CapabilityError} for feedback that asks the model that answered, without `model`
 * @throws `signal.reason`, when the caller gives up
 * @see Zelikman et al. 2022, arXiv:2203.14465 (right ones are learnt from); Huang et al. 2022, arXiv:2210.11610, and Wang et al. 2022, arXiv:2207.00747 (the majority as truth; here
 *   ties give none); Hosseini et al. 2024, arXiv:2402.06457 (wrong ones teach a verifier); Singh et al. 2023, arXiv:2312.06585 (the cap of 10)
 * @example
 * const { sft, report } = await harvest(allocate(solver, questions, { budget: { calls: 500 } }), { truth: "majority" });
 * await writeFile("train.jsonl", toJsonl(sft, "chat"));
 */
export async function harvest<R extends ModelResponse>(
  runs: Iterable<HarvestRun<R>> | AsyncIterable<HarvestRun<R>>,
  options: HarvestOptions<NoInfer<R>>,
): Promise<Harvest> {
  checkOptions("harvest", options, known);
  const { truth, reason, minShare = 0, perQuestion = 10, reasoning = "think", heldOut = [], concurrency = 8 } = options;
  const { model = nobody() } = options;
  checkSettings(options);
  checkNumber("harvest", "minShare", minShare, 0, 1);
  checkInteger("harvest", "perQuestion", perQuestion, 1);
  if (concurrency !== Infinity) checkInteger("harvest", "concurrency", concurrency, 1);

  const asked = new Questions<R>({ reasoning, heldOut });
  for await (const one of runs) asked.add(one);
  const questions = [...asked.all.values()];
  const tasks: Task<R>[] = [];
  for (const question of questions) {
    if (truth === "majority") byMajority(question, minShare);
    else if (truth === "score") byScore(question);
    else if (truth === "gold") byGold(question);
    dropDuplicates(question);
    const { request } = question;
    for (const entry of standing(question.entries)) {
      if (typeof truth === "function" || (reason !== undefined && entry.right === true)) tasks.push({ request, entry });
    }
  }

  const { usage, stopped } = await checked(tasks, options, {
    truth: typeof truth === "function" ? truth : undefined,
    reason,
    model,
    concurrency,
  });
  const sorted = sort(questions, {
    perQuestion,
    labelled: (entry) => truth !== "score" || entry.solution.verdict !== undefined,
  });
  const report = { ...sorted.counts, questions: questions.length, failedRuns: asked.failed, usage, stopped };
  return { ...sorted.kinds, report };
}

const known = [
  ...["truth", "reason", "minShare", "perQuestion", "reasoning", "heldOut", "model", "concurrency"],
  ...["signal", "budget", "seed", "onEvent", "events", "clock"],
];

/** Stands for the model that answered, where nobody says which. */
function nobody(): Model {
  const message =
    "harvest: this feedback asks the model that answered, which is not known: give `model`, or the feedback a model of its own";
  return source("nobody", {}, () => Promise.reject(new CapabilityError("model", "nobody", message)));
}

function checkSettings({ truth, reason, minShare, reasoning, heldOut, model }: HarvestOptions<never>): void {
  const fail = (option: string, bound: string, value: unknown): never => {
    throw new InvalidOptionError("harvest", option, bound, value);
  };
  if (typeof truth !== "function" && !["gold", "majority", "score"].includes(truth))
    fail("truth", "'gold', 'majority', 'score', or feedback", truth);
  if (reason !== undefined && typeof reason !== "function") fail("reason", "feedback on a response", reason);
  if (minShare !== undefined && truth !== "majority") fail("minShare", "left out, but for truth: 'majority'", minShare);
  if (reasoning !== undefined && reasoning !== "think" && reasoning !== "omit")
    fail("reasoning", "'think' or 'omit'", reasoning);
  if (heldOut !== undefined && (typeof heldOut === "string" || typeof heldOut[Symbol.iterator] !== "function"))
    fail("heldOut", "a list of questions", heldOut);
  if (model !== undefined && !isModel(model)) fail("model", "a model (id, capabilities, generate)", model);
}

/** Asks feedback about the solutions, as one run. */
async function checked<R extends ModelResponse>(
  tasks: readonly Task<R>[],
  options: HarvestOptions<R>,
  checks: Parameters<typeof check<R>>[2],
): Promise<Pick<HarvestReport, "usage" | "stopped">> {
  const { signal, budget, seed, onEvent, events, clock } = options;
  signal?.throwIfAborted();
  const [first] = tasks;
  if (first === undefined) return { usage: noUsage, stopped: "done" };
  const layer = wrap("harvest", checks.model, async (_, call) => {
    const stopped = await check(call.child("check", { thought: true, judging: true }), tasks, checks);
    return { text: "", finishReason: "stop", usage: noUsage, stopped };
  });
  const { usage, stopped } = await run(layer, first.request, { signal, budget, seed, onEvent, events, clock });
  return { usage, stopped };
}
