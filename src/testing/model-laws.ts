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
import type { Stage } from "./stage.js";
import { abortHangsUp } from "./wire-laws/abort-hangs-up.js";
import { brokenRepliesAreErrors } from "./wire-laws/broken-replies-are-errors.js";
import { logprobsComeAlong } from "./wire-laws/logprobs-come-along.js";
import { picturesPassThrough } from "./wire-laws/pictures-pass-through.js";
import { reasoningComesApart } from "./wire-laws/reasoning-comes-apart.js";
import { refusalsAreTold } from "./wire-laws/refusals-are-told.js";
import { refusalsSayWhen } from "./wire-laws/refusals-say-when.js";
import { repliesComeWhole } from "./wire-laws/replies-come-whole.js";
import { samplesShareARequest } from "./wire-laws/samples-share-a-request.js";
import { schemaReachesTheProvider } from "./wire-laws/schema-reaches-the-provider.js";
import { toolCallsComeParsed } from "./wire-laws/tool-calls-come-parsed.js";

/** Options of {@link modelLaws}. */
export interface ModelLawsOptions {
  /** What the model is asked; its answer should have more than 16 tokens. @defaultValue a question about spiders */
  readonly prompt?: string | ModelRequest | undefined;
  /** How many requests reached the provider so far, where a test can tell. @defaultValue not looked at */
  readonly requests?: (() => number) | undefined;
  /**
   * Puts up a server that speaks the provider's format, with a model in front of it. Adds the laws of the wire: what the server says arrives whole, what
   * fails there is told, and nothing hangs.
   * @defaultValue none: those laws are left out
   */
  readonly stage?: Stage | undefined;
  /** Laws that the model does not keep on purpose, by name, each with the reason. @defaultValue none */
  readonly skip?: Readonly<Record<string, string>> | undefined;
}

/**
 * The laws that every model must keep that is no layer: an adapter's, or any made with `source`.
 *
 * Shape: a function that makes the model anew in; a list of laws out, for a loop around the `test` of any runner.
 * Cost: about sixty requests, in real time; as many more with a `stage`.
 *
 * @throws `InvalidOptionError` for an unknown option, or the name of no law in `skip`
 * @example
 * for (const { name, check } of modelLaws(() => openaiCompatible({ baseURL, model: "m" }))) test(name, check);
 */
export function modelLaws(make: () => Model | Promise<Model>, options: ModelLawsOptions = {}): readonly Law[] {
  checkOptions("modelLaws", options, ["prompt", "requests", "stage", "skip"]);
  if (typeof make !== "function") {
    throw new InvalidOptionError("modelLaws", "make", "a function that makes the model", make);
  }
  const { prompt = question, requests = () => 0, stage, skip = {} } = options;
  const request = typeof prompt === "string" ? { messages: [{ role: "user" as const, content: prompt }] } : prompt;
  const bench: ModelBench = { make, request, requests };
  return withoutSkipped(
    "modelLaws",
    [...laws.map((one) => one(bench)), ...(stage === undefined ? [] : wireLaws.map((one) => one(stage)))],
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

const wireLaws: readonly ((stage: Stage) => Law)[] = [
  repliesComeWhole,
  reasoningComesApart,
  toolCallsComeParsed,
  schemaReachesTheProvider,
  logprobsComeAlong,
  samplesShareARequest,
  picturesPassThrough,
  refusalsAreTold,
  refusalsSayWhen,
  brokenRepliesAreErrors,
  abortHangsUp,
];

const question = "How many legs do three spiders have? Think step by step, then answer.";
