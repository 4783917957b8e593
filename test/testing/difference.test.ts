/**
 * @module
 * Comparing results: what the laws say when they are broken.
 */
import { expect, test } from "vitest";
import { copyWithout, difference, show } from "../../src/testing/difference.js";

class Point {
  constructor(readonly x: number) {}
}

test.each<[what: string, a: unknown, b: unknown, found: string | undefined]>([
  ["equal values", { a: [1, { b: "x" }] }, { a: [1, { b: "x" }] }, undefined],
  ["NaN", { a: NaN }, { a: NaN }, undefined],
  ["functions", { a: () => 1 }, { a: () => 2 }, undefined],
  ["values", { a: [1, { b: "x" }] }, { a: [1, { b: "y" }] }, 'a[1].b: "x", then "y"'],
  ["a value and nothing", { a: 1 }, {}, "a: 1, then undefined"],
  ["nothing and a value", [1], [1, 2], "[1]: undefined, then 2"],
  ["an object and null", { a: {} }, { a: null }, "a: {}, then null"],
  ["an object and an array", { a: {} }, { a: [] }, "a: {}, then []"],
  ["kinds", { a: 1 }, { a: "1" }, 'a: 1, then "1"'],
  ["the whole", 1, 2, "all of it: 1, then 2"],
  ["errors of one message", new TypeError("x"), new TypeError("x"), undefined],
  ["errors of two messages", { e: new Error("x") }, { e: new Error("y") }, 'e: "Error: x", then "Error: y"'],
  ["maps", new Map([["a", 1]]), new Map([["a", 2]]), "[0][1]: 1, then 2"],
  ["sets", new Set([1]), new Set([1]), undefined],
  ["objects of a class", new Point(1), new Point(2), "x: 1, then 2"],
])("difference: %s", (_, a, b, found) => {
  expect(difference(a, b)).toBe(found);
});

test("a copy is apart from what it is a copy of, and without what was named", () => {
  const point = new Point(1);
  const original = { a: [{ usage: 1, b: 2 }], usage: 3, point };
  const copy = copyWithout(original, ["usage"]) as typeof original;
  expect(copy).toEqual({ a: [{ b: 2 }], point });
  original.a[0]!.b = 5;
  expect(copy.a[0]!.b).toBe(2);
  expect(copy.point).toBe(point);
});

const circle: { self?: unknown } = {};
circle.self = circle;

test.each<[unknown, string]>([
  ["x", '"x"'],
  [undefined, "undefined"],
  [() => 1, "a function"],
  [new TypeError("x"), "TypeError: x"],
  [circle, "an object"],
  ["ab".repeat(3), '"ababab"'],
  [{ a: "a".repeat(300) }, `{"a":"${"a".repeat(194)}…`],
])("show %o", (value, text) => {
  expect(show(value)).toBe(text);
});
