/**
 * @module
 * Red flags: signs that a line of thought went wrong, whatever it says.
 */
import { InvalidOptionError } from "../../core/errors.js";
import type { FinishReason, ModelResponse } from "../../core/model.js";
import { checkInteger, checkOptions } from "../../core/options.js";

/** Options of {@link redFlags}. */
export interface RedFlagsOptions {
  /** More tokens written than this are a red flag: whole, at least 1. @defaultValue none */
  readonly maxTokens?: number | undefined;
  /** Ends that are a red flag. @defaultValue `'length'` and `'content-filter'` */
  readonly finishReasons?: readonly FinishReason[] | undefined;
}

/**
 * Says which samples are to be discarded before a vote: those that are over-long, cut, or of which no answer could be read.
 *
 * Shape: a function of a sample, for `majorityVote({ discard })`. Tokens are those that the sample's calls wrote, judging left out; where the
 * provider does not say, the length of the sample is no flag.
 *
 * @throws {@link InvalidOptionError} for an option out of bounds
 * @see Meyerson et al. 2025, MAKER, arXiv:2511.09030 (red-flagging). Deviation: a flagged sample is left out, and not drawn again.
 * @example
 * const step = stack(model, chainOfThought({ answer: number() }), sampleN(9), majorityVote({ stop: aheadBy(3), discard: redFlags({ maxTokens: 700 }) }));
 */
export function redFlags(options: RedFlagsOptions = {}): (sample: ModelResponse) => boolean {
  checkOptions("redFlags", options, ["maxTokens", "finishReasons"]);
  const { maxTokens = Infinity, finishReasons = ["length", "content-filter"] } = options;
  if (maxTokens !== Infinity) checkInteger("redFlags", "maxTokens", maxTokens, 1);
  if (!Array.isArray(finishReasons))
    throw new InvalidOptionError("redFlags", "finishReasons", "a list of finish reasons", finishReasons);
  for (const reason of finishReasons as readonly FinishReason[]) {
    if (!known.includes(reason))
      throw new InvalidOptionError("redFlags", "finishReasons", `some of ${known.join(", ")}`, reason);
  }
  return (sample) =>
    finishReasons.includes(sample.finishReason) ||
    written(sample) > maxTokens ||
    ("key" in sample && sample.key === undefined);
}

const known: readonly string[] = ["stop", "length", "tool-calls", "content-filter", "other"] satisfies FinishReason[];

function written({ usage: { outputTokens = 0, judging } }: ModelResponse): number {
  return outputTokens - (judging?.outputTokens ?? 0);
}
