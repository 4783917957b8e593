/**
 * @module
 * Tree search: lines of thought that branch, of which the promising ones go on.
 */
import type { Answer } from "../../answers/answer.js";
import { isMarked } from "../../answers/marker.js";
import { checkAnswer } from "../../answers/reasoning.js";
import type { Expander, Searched } from "../../answers/search/line.js";
import { lineSearch } from "../../answers/search/line-search.js";
import type { ScoreStoppingRule } from "../../answers/stopping/score-stopping.js";
import { InvalidOptionError } from "../../core/errors.js";
import type { Scorer } from "../../core/feedback.js";
import type { Model, ModelResponse, Sampler } from "../../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../../core/options.js";
import { checkOrder, type SearchOrder } from "../../core/search/search.js";
import { breadthFirst } from "./tree-search/breadth-first.js";
import { proposals } from "./tree-search/proposals.js";

/** Options of {@link treeSearch}. */
export interface TreeSearchOptions<A, R extends ModelResponse = ModelResponse> {
  /** How the answer is asked for, read and compared. */
  readonly answer: Answer<A>;
  /** Says how promising a line of thought is, and how good an answer: `stateValue()`, `tests(…)`, `judge(…)`, or a function of yours. */
  readonly scorer: Scorer<R>;
  /** How a line goes on: `proposals()`, `revisions()`, or a function of yours. @defaultValue {@link proposals} */
  readonly expand?: Expander<R> | undefined;
  /** Which line goes on next: `breadthFirst(5)`, `depthFirst()`, `abMcts()`. @defaultValue `breadthFirst(5)` */
  readonly order?: SearchOrder | undefined;
  /** Is a line at its end? Asked with the whole line and its last step. @defaultValue where the last step marks an answer: `Answer: …` */
  readonly done?: ((text: string, step: string) => boolean) | undefined;
  /** What makes two lines the same, of which one goes on and is scored once. @defaultValue the text */
  readonly key?: ((text: string) => string) | undefined;
  /** The most steps of a line: whole, at least 1. @defaultValue 10 */
  readonly maxSteps?: number | undefined;
  /** The most lines gone on from: whole, at least 1. @defaultValue 100 */
  readonly maxTrials?: number | undefined;
  /** Asked after every answer, with its score; ends the search: `atLeast(1)`. @defaultValue none */
  readonly stop?: ScoreStoppingRule | undefined;
  /** How many lines at a time: whole, at least 1. @defaultValue the order's: all of a level for `breadthFirst`, else 1 */
  readonly concurrency?: number | undefined;
  /** Asks for the thought, in front of what the answer asks for. @defaultValue `""` */
  readonly instruction?: string | undefined;
  /** Sampling temperature, at least 0, for requests that name none. @defaultValue the provider's */
  readonly temperature?: number | undefined;
}

/**
 * Searches a tree of lines of thought: each goes on in several ways, a scorer says how promising every one is, and an order says which goes on next.
 *
 * Shape: one response in; the answers that were found as samples, in the place of `chainOfThought` and `sampleN`; a narrower above draws them as they
 * come, and ends the search by leaving. Alone, the answer with the best score. With `breadthFirst` the samples are the best of the last level, the best first.
 * Cost: what `expand` calls for every line gone on from (one call for `proposals` and `revisions`), `maxTrials` at most, and what the scorer calls for every new
 * line, counted as `usage.judging`.
 * Out of budget or time, or steps, the answers so far are given, the best first; without any, the most promising line. A trial that fails finds nothing, and is listed in
 * `failures`; a line that could not be scored comes last. The same seed and replies give the same tree, whatever the timing; with `record` beneath, a
 * search that was killed goes on where it was.
 *
 * @throws {@link InvalidOptionError} when the stack is built; at a call, for what `expand` or the scorer returns
 * @throws {@link CapabilityError} when the stack is built, for a scorer that reads log-probabilities over a model without
 * @see Yao et al. 2023, arXiv:2305.10601 (tree of thoughts); Inoue et al. 2025, arXiv:2503.04412 (AB-MCTS)
 * @example
 * const solver = stack(model, treeSearch({ answer: number(), scorer: stateValue(), maxSteps: 4 }), majorityVote());
 * const { answer } = await run(solver, "How many different sums can two dice give?");
 */
export function treeSearch<A, R extends ModelResponse = ModelResponse>(
  options: TreeSearchOptions<A, NoInfer<R>>,
): (next: Model<R>) => Sampler<Searched<A, R>> {
  const where = "treeSearch";
  checkOptions(where, options, known);
  const { answer, scorer, expand = proposals(), order = breadthFirst(5), done = marked, key = itself } = options;
  const { maxSteps = 10, maxTrials = 100, stop, concurrency, instruction = "", temperature } = options;
  checkAnswer(where, answer);
  checkOrder(where, order);
  for (const [name, given] of Object.entries({ scorer, expand, done, key, stop })) {
    if (typeof given !== "function" && !(name === "stop" && given === undefined))
      throw new InvalidOptionError(where, name, bounds[name as keyof typeof bounds], given);
  }
  checkInteger(where, "maxSteps", maxSteps, 1);
  checkInteger(where, "maxTrials", maxTrials, 1);
  if (concurrency !== undefined && concurrency !== Infinity) checkInteger(where, "concurrency", concurrency, 1);
  if (typeof instruction !== "string") throw new InvalidOptionError(where, "instruction", "a text", instruction);
  if (temperature !== undefined) checkNumber(where, "temperature", temperature, 0);
  const { label = expand.name } = expand;

  return (next) =>
    lineSearch<A, R>(next, {
      name: where,
      detail: `${order.name}${label === "" ? "" : `, ${label}`}, maxTrials = ${maxTrials}`,
      answer,
      instruction,
      scorer,
      order,
      expand,
      done,
      keyOf: key,
      maxSteps,
      maxTrials,
      concurrency,
      stop,
      temperature,
    });
}

const known = [
  ...["answer", "scorer", "expand", "order", "done", "key", "maxSteps", "maxTrials", "stop", "concurrency"],
  ...["instruction", "temperature"],
];

const bounds = {
  scorer: "a function that says how good a line is; stateValue(), tests(…) and judge(…) make one",
  expand: "a function that says how a line goes on; proposals() and revisions() make one",
  done: "a function of a line and its last step",
  key: "a function of a line",
  stop: "a stopping rule for scores, such as atLeast(1)",
};

function marked(_: string, step: string): boolean {
  return isMarked(step);
}

function itself(text: string): string {
  return text;
}
