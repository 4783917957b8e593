/**
 * @module
 * One of some choices as the answer.
 */
import { InvalidOptionError } from "../core/errors.js";
import type { Answer } from "./answer.js";
import { plain } from "./marker.js";
import { optionReader } from "./option.js";

/**
 * One of some choices.
 *
 * Reads what the last mark of an answer marks: the choice it begins with (`B`, `(b)`, `**B**`, `Option B: Paris`), or the only one that is
 * mentioned in that line. Case does not matter; what comes out is written as it was given. Without a mark, only a last line that is a choice
 * and nothing else is read, or a text of one line that begins with it (`B) Paris`). `A or B`, `not B` and the article `a` are no answer.
 *
 * @param options - at least two, different whatever their case: letters, words or sentences. Letters stand for themselves, not for the
 *   place in the list.
 * @throws {@link InvalidOptionError} for fewer than two, one that is empty, or two that are the same
 * @example
 * const solver = stack(model, chainOfThought({ answer: choice(["A", "B", "C", "D"]) }));
 */
export function choice<const C extends string>(options: readonly C[]): Answer<C> {
  const given: readonly unknown[] = Array.isArray(options) ? options : [];
  const bound = "at least two different texts that are not empty";
  if (given.length < 2) throw new InvalidOptionError("choice", "options", bound, options);
  const seen = new Set<string>();
  for (const option of given) {
    // Compared as they are read: without emphasis and case.
    const word = typeof option === "string" ? plain(option).toLowerCase().replace(/\s+/g, " ") : "";
    if (word === "" || seen.has(word)) throw new InvalidOptionError("choice", "options", bound, option);
    seen.add(word);
  }
  const read = optionReader(options.map((option) => [option, option] as const));
  const list = options.map((option) => (/[,"]/.test(option) ? JSON.stringify(option) : option)).join(", ");
  return {
    instruction: `End with "Answer: " and exactly one of: ${list}.`,
    parse: read,
    key: (value) => value,
  };
}
