/**
 * @module
 * The laws that every model at the bottom of a stack must keep.
 */
import { InvalidOptionError } from "../core/errors.js";
import type { Model, ModelRequest } from "../core/model.js";
import { checkOptions } from "../core/options.js";
import { withoutSkipped, type Law } from "./law.js";
import type { ModelBench } from "./model-bench.js";
import { abortRejectsAtOnce } from "./model-laws/abort-rejects-at-once.js";
import { abortedSendsNothing } from "./model-laws/aborted-sends-nothing.js";
import { answersWithText } from "./model-laws/answers-with-text.js";
import { deltasAreTheText } from "./model-laws/deltas-are-the-text.js";
import { listenersDoNotMatter } from "./model-laws/listeners-do-not-matter.js";
import { nothingIsLeft } from "./model-laws/nothing-is-left.js";
import { outputCapIsObeyed } from "./model-laws/output-cap-is-obeyed.js";
import { requestIsNotMutated } from "./model-laws/request-is-not-mutated.js";
import { runsWithinBudget } from "./model-laws/runs-within-budget.js";
import { sameSeedSameWords } from "./model-laws/same-seed-same-words.js";
import { secondUseIsLikeFirst } from "./model-laws/second-use-is-like-first.js";
import { usageIsKept } from "./model-laws/usage-is-kept.js";

/** Options of {@link modelLaws}. */
export interface ModelLawsOptions {
  /** What the model is asked; its answer should have more than 16 tokens. @defaultValue a question about spiders */
  readonly prompt?: string | ModelRequest | undefined;
  /** How many requests reached the provider so far, where a test can tell. @defaultValue not looked at */
  readonly requests?: (() => number) | undefined;
  /** Laws that the model does not keep on purpose, by name, each with the reason. @defaultValue none */
  readonly skip?: Readonly<Record<string, string>> | undefined;
}

/**
 * The laws that every model must keep that is no layer: an adapter's, or any made with `source`.
 *
 * Shape: a function that makes the model anew in; a list of laws out, for a loop around the `test` of any runner.
 * Cost: about sixty requests, in real time.
 *
 * @throws `InvalidOptionError` for an unknown option, or the name of no law in `skip`
 * @example
 * for (const { name, check } of modelLaws(() => openaiCompatible({ baseURL, model: "m" }))) test(name, check);
 */
export function modelLaws(make: () => Model | Promise<Model>, options: ModelLawsOptions = {}): readonly Law[] {
  checkOptions("modelLaws", options, ["prompt", "requests", "skip"]);
  if (typeof make !== "function") {
    throw new InvalidOptionError("modelLaws", "make", "a function that makes the model", make);
  }
  const { prompt = question, requests = () => 0, skip = {} } = options;
  const request = typeof prompt === "string" ? { messages: [{ role: "user" as const, content: prompt }] } : prompt;
  const bench: ModelBench = { make, request, requests };
  return withoutSkipped(
    "modelLaws",
    laws.map((one) => one(bench)),
    skip,
  );
}

const laws: readonly ((bench: ModelBench) => Law)[] = [
  answersWithText,
  usageIsKept,
  abortedSendsNothing,
  abortRejectsAtOnce,
  nothingIsLeft,
  deltasAreTheText,
  listenersDoNotMatter,
  requestIsNotMutated,
  secondUseIsLikeFirst,
  runsWithinBudget,
  outputCapIsObeyed,
  sameSeedSameWords,
];

const question = "How many legs do three spiders have? Think step by step, then answer.";
