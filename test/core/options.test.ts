/**
 * @module
 * Checks of options.
 */
import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "mull";
import { checkInteger, checkNumber, checkOptions } from "../../src/core/options.js";

/** The message of what a check throws, or the value it gives. */
function outcome(check: () => unknown): unknown {
  try {
    return check();
  } catch (error) {
    expect(InvalidOptionError.is(error)).toBe(true);
    return (error as Error).message;
  }
}

describe("checkOptions", () => {
  test.each<[options: unknown, message: string | undefined]>([
    [{}, undefined],
    [{ a: 1, b: undefined }, undefined],
    [{ c: 1 }, 'thing: an option must be one of a, b, got "c"'],
    [{ a: 1, A: 1 }, 'thing: an option must be one of a, b, got "A"'],
    [null, "thing: options must be an object, got null"],
    [undefined, "thing: options must be an object, got undefined"],
    [[], "thing: options must be an object, got an empty array"],
    ["a", 'thing: options must be an object, got "a"'],
    [5, "thing: options must be an object, got 5"],
  ])("%o: %s", (options, message) => {
    expect(outcome(() => checkOptions("thing", options as object, ["a", "b"]))).toBe(message);
  });
});

describe("checkInteger", () => {
  test.each<[value: unknown, max: number | undefined, result: unknown]>([
    [1, undefined, 1],
    [5, 5, 5],
    [1e9, undefined, 1e9],
    [0, undefined, "thing: n must be an integer of at least 1, got 0"],
    [6, 5, "thing: n must be an integer from 1 to 5, got 6"],
    [1.5, 5, "thing: n must be an integer from 1 to 5, got 1.5"],
    [NaN, undefined, "thing: n must be an integer of at least 1, got NaN"],
    [Infinity, undefined, "thing: n must be an integer of at least 1, got Infinity"],
    ["3", undefined, 'thing: n must be an integer of at least 1, got "3"'],
    [[3], undefined, "thing: n must be an integer of at least 1, got an array"],
    [null, undefined, "thing: n must be an integer of at least 1, got null"],
    [3n, undefined, "thing: n must be an integer of at least 1, got 3"],
  ])("%o up to %s: %s", (value, max, result) => {
    expect(outcome(() => checkInteger("thing", "n", value as number, 1, max))).toBe(result);
  });
});

describe("checkNumber", () => {
  test.each<[value: unknown, max: number | undefined, result: unknown]>([
    [0, undefined, 0],
    [0.5, 1, 0.5],
    [1, 1, 1],
    [Infinity, undefined, Infinity],
    [Infinity, 1, "thing: x must be a number from 0 to 1, got Infinity"],
    [-0.1, undefined, "thing: x must be a number of at least 0, got -0.1"],
    [1.01, 1, "thing: x must be a number from 0 to 1, got 1.01"],
    [NaN, undefined, "thing: x must be a number of at least 0, got NaN"],
    ["1", undefined, 'thing: x must be a number of at least 0, got "1"'],
    [null, undefined, "thing: x must be a number of at least 0, got null"],
    [true, undefined, "thing: x must be a number of at least 0, got true"],
    [new Date(5), undefined, "thing: x must be a number of at least 0, got an object"],
  ])("%o up to %s: %s", (value, max, result) => {
    expect(outcome(() => checkNumber("thing", "x", value as number, 0, max))).toBe(result);
  });
});
