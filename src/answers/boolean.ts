/**
 * @module
 * Yes or no as the answer.
 */
import type { Answer } from "./answer.js";
import { optionReader } from "./option.js";

/**
 * Yes or no.
 *
 * Reads `yes` and `true`, `no` and `false`, whatever their case, where {@link choice} reads its choices: behind the last mark of an
 * answer, as all of the last line, or as the beginning of an only line (`Yes, because …`). `correct` and `right` are no answer, for
 * `the answer is correct` is said of an answer.
 *
 * @example
 * const solver = stack(model, chainOfThought({ answer: boolean() }), sampleN(5), majorityVote());
 */
export function boolean(): Answer<boolean> {
  return {
    instruction: 'End with "Answer: " and yes or no.',
    parse: optionReader([
      ["yes", true],
      ["true", true],
      ["no", false],
      ["false", false],
    ]),
    key: String,
  };
}
