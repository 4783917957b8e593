/**
 * @module
 * Equality of requests.
 */
import { isDeepStrictEqual } from "node:util";
import { fc, test as prop } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { sameRequest } from "../../src/core/same-request.js";

const bytes = new Uint8Array([1, 2]);
const url = new URL("https://example.com/a.png");

test.each<[what: string, a: unknown, b: unknown, same: boolean]>([
  ["equal in every field", { a: 1, b: [{ c: "x" }] }, { b: [{ c: "x" }], a: 1 }, true],
  ["a field more", { a: 1 }, { a: 1, b: 2 }, false],
  ["a field that is undefined is a field", { a: 1 }, { a: 1, b: undefined }, false],
  ["another name", { a: undefined }, { b: undefined }, false],
  ["a list that is longer", [1], [1, 2], false],
  ["a list and an object", [], {}, false],
  ["null and an object", null, {}, false],
  ["null and null", null, null, true],
  ["NaN", { a: NaN }, { a: NaN }, true],
  ["a number and a text", { a: 1 }, { a: "1" }, false],
  ["the same bytes", { data: bytes }, { data: bytes }, true],
  ["bytes that look alike", { data: bytes }, { data: new Uint8Array([1, 2]) }, false],
  ["the same address", { data: url }, { data: url }, true],
  ["addresses that look alike", { data: url }, { data: new URL(url) }, false],
  ["dates", { at: new Date(0) }, { at: new Date(0) }, false],
])("%s: %#", (_, a, b, same) => {
  expect(sameRequest(a, b)).toBe(same);
  expect(sameRequest(b, a)).toBe(same);
});

prop.prop([fc.jsonValue(), fc.jsonValue()])("of JSON it is equality", (a, b) => {
  expect(sameRequest(a, structuredClone(a))).toBe(true);
  expect(sameRequest(a, b)).toBe(isDeepStrictEqual(plain(a), plain(b)));
});

/** Node tells -0 from 0 in the same way; objects without a prototype are not ours. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, inner: unknown) => (Object.is(inner, -0) ? "-0" : inner)));
}
