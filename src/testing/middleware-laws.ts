/**
 * @module
 * The laws that every layer must keep.
 */
import type { Capabilities } from "../core/capabilities.js";
import { InvalidOptionError } from "../core/errors.js";
import type { Model, ModelRequest, ModelResponse } from "../core/model.js";
import { checkOptions } from "../core/options.js";
import type { Bench } from "./bench.js";
import { withoutSkipped, type Law } from "./law.js";
import { abortReachesAll } from "./middleware-laws/abort-reaches-all.js";
import { abortedStartsNothing } from "./middleware-laws/aborted-starts-nothing.js";
import { budgetIsNeverExceeded } from "./middleware-laws/budget-is-never-exceeded.js";
import { everyStartHasItsEnd } from "./middleware-laws/every-start-has-its-end.js";
import { failuresComeThrough } from "./middleware-laws/failures-come-through.js";
import { listeningChangesNothing } from "./middleware-laws/listening-changes-nothing.js";
import { nothingIsMutated } from "./middleware-laws/nothing-is-mutated.js";
import { nothingStaysBehind } from "./middleware-laws/nothing-stays-behind.js";
import { secondUseBehavesLikeFirst } from "./middleware-laws/second-use-behaves-like-first.js";
import { stackIsAssociative } from "./middleware-laws/stack-is-associative.js";
import { timingChangesNothing } from "./middleware-laws/timing-changes-nothing.js";
import { unknownFieldsPassThrough } from "./middleware-laws/unknown-fields-pass-through.js";
import { unlimitedBudgetChangesNothing } from "./middleware-laws/unlimited-budget-changes-nothing.js";
import { usageIsWhatWasSpent } from "./middleware-laws/usage-is-what-was-spent.js";
import type { Script, ScriptedReply } from "./scripted.js";

/** Options of {@link middlewareLaws}. */
export interface MiddlewareLawsOptions {
  /** What the layer is asked. @defaultValue a question about spiders */
  readonly prompt?: string | ModelRequest | undefined;
  /**
   * What the model beneath says: a list from which each call draws, or a function. Draw from `call.random` there, not from `index`:
   * the order of arrival depends on the timing. @defaultValue texts of several lengths that end with `Answer: 1` to `Answer: 3`
   */
  readonly replies?: readonly ScriptedReply[] | Script | undefined;
  /** Capabilities of the model beneath. @defaultValue all unknown */
  readonly capabilities?: Capabilities | undefined;
  /** Laws that the layer does not keep on purpose, by name, each with the reason. @defaultValue none */
  readonly skip?: Readonly<Record<string, string>> | undefined;
}

/**
 * The laws that every layer must keep, whatever it does. {@link Law.check} runs the layer many times over a model that watches it, on a
 * clock moved by hand.
 *
 * Shape: a layer in, or a function that stacks several; a list of laws out, for a loop around the `test` of any runner.
 * Cost: no time but that of the computer; a few hundred runs of the layer in all.
 *
 * @throws `InvalidOptionError` for an unknown option, or the name of no law in `skip`
 * @example
 * for (const { name, check } of middlewareLaws((model) => stack(model, sampleN(3), majorityVote()))) test(name, check);
 */
export function middlewareLaws<Out extends ModelResponse>(
  layer: (model: Model) => Model<Out>,
  options: MiddlewareLawsOptions = {},
): readonly Law[] {
  checkOptions("middlewareLaws", options, ["prompt", "replies", "capabilities", "skip"]);
  if (typeof layer !== "function") {
    throw new InvalidOptionError("middlewareLaws", "layer", "a function from model to model", layer);
  }
  const { prompt = question, replies = someAnswer, capabilities = {}, skip = {} } = options;
  const bench: Bench = {
    layer,
    request: typeof prompt === "string" ? { messages: [{ role: "user", content: prompt }] } : prompt,
    replies: typeof replies === "function" ? replies : oneOf(replies),
    capabilities,
  };
  return withoutSkipped(
    "middlewareLaws",
    laws.map((make) => make(bench)),
    skip,
  );
}

const laws: readonly ((bench: Bench) => Law)[] = [
  abortedStartsNothing,
  abortReachesAll,
  nothingStaysBehind,
  usageIsWhatWasSpent,
  everyStartHasItsEnd,
  budgetIsNeverExceeded,
  unlimitedBudgetChangesNothing,
  secondUseBehavesLikeFirst,
  timingChangesNothing,
  listeningChangesNothing,
  stackIsAssociative,
  nothingIsMutated,
  unknownFieldsPassThrough,
  failuresComeThrough,
];

const question = "How many legs do three spiders have?";

const someAnswer: Script = (_, { random }) =>
  `${"so ".repeat(random.integer(12))}each has eight. Answer: ${1 + random.integer(3)}`;

/** Draws one of them for each call. */
function oneOf(replies: readonly ScriptedReply[]): Script {
  const { length } = replies;
  if (!(length > 0)) {
    throw new InvalidOptionError("middlewareLaws", "replies", "a function, or a list of at least one", replies);
  }
  return (_, { random }) => replies[random.integer(length)] as ScriptedReply;
}
