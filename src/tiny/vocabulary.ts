/**
 * @module
 * The words of the embedded model, in the order of their tokens; `training/data.py` has the same.
 */

/** Those who own things in the problems. */
export const names: readonly string[] = ["Tom", "Ann", "Ben", "Mia", "Sam", "Eve", "Max", "Zoe"];

/** What they own. */
export const things: readonly string[] = ["apples", "books", "coins", "cards", "shells", "pens", "stamps", "eggs"];

/** The largest number. */
export const largestNumber: number = 299;

const marks = "<pad> <eos> <unk> \n [direct] [cot] [tool] [check] <calc> </calc> Answer: ok fix + - * / =".split(" ");
const words = "has buys more gives loses sells Now times as many keeps one of equal piles How does have".split(" ");

/** All of them. */
export const vocabulary: readonly string[] = [
  ...marks,
  ...Array.from({ length: largestNumber + 1 }, (_, number) => String(number)),
  ".",
  "?",
  ...words,
  ...names,
  ...things,
];
