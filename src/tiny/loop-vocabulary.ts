/**
 * @module
 * The words of the looped model, in the order of their tokens; `training/loop/data.py` has the same.
 */

/** What can be done to the digit. */
export const operations: readonly string[] = [
  ...Array.from({ length: 9 }, (_, i) => `+${i + 1}`),
  ...Array.from({ length: 9 }, (_, i) => `-${i + 1}`),
  "*3",
  "*7",
  "*9",
];

/** The most operations that are written out, step by step. */
export const mostSteps: number = 8;

/** Digits in a row; as many pause tokens are known. */
export const rowLength: number = 6;

const digits = "0 1 2 3 4 5 6 7 8 9".split(" ");

/** All of them. */
export const loopVocabulary: readonly string[] = [
  ..."<pad> <eos> <state> <think> = <pause>".split(" "),
  ...digits,
  ...operations,
];

const tokens: ReadonlyMap<string, number> = new Map(loopVocabulary.map((word, token) => [word, token]));

/** The token of a word; `undefined` for one that it does not know. */
export function loopToken(word: string): number | undefined {
  return tokens.get(word);
}
