/**
 * @module
 * One text for all equal values, and different ones for others.
 */
import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { InvalidOptionError } from "mull";
import { canonical } from "../../src/core/canonical.js";

describe("one text", () => {
  test.each<[value: unknown, text: string]>([
    [{ b: 1, a: [true, null, "x"] }, '{"a":[true,null,"x"],"b":1}'],
    [{ a: undefined, b: { c: undefined } }, '{"b":{}}'],
    [[undefined, 1], "[null,1]"],
    [Object.assign(Object.create(null) as object, { a: 1 }), '{"a":1}'],
    [new Uint8Array([1, 2, 3]), 'bytes"AQID"'],
    [Buffer.from([1, 2, 3]), 'bytes"AQID"'],
    [new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4), 'bytes"AQID"'],
    [new URL("http://a/b"), 'url"http://a/b"'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [-0, "0"],
    [NaN, "NaN"],
    ["\ud800", '"\\ud800"'],
  ])("%j: %s", (value, text) => {
    expect(canonical(value)).toBe(text);
  });

  test.prop([fc.jsonValue(), fc.integer()])("law: the order of keys does not matter", (value, seed) => {
    const turned = (inner: unknown): unknown => {
      if (Array.isArray(inner)) return inner.map(turned);
      if (typeof inner !== "object" || inner === null) return inner;
      const entries = Object.entries(inner).map(([key, field]) => [key, turned(field)] as const);
      return Object.fromEntries(seed % 2 === 0 ? entries.reverse() : entries.sort(([a], [b]) => (a < b ? 1 : -1)));
    };
    expect(canonical(turned(value))).toBe(canonical(value));
  });
});

test.prop([fc.jsonValue(), fc.jsonValue()])("law: texts are equal exactly where the values are", (a, b) => {
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
  let equal = true;
  try {
    expect(plain(a)).toEqual(plain(b));
  } catch {
    equal = false;
  }
  expect(canonical(a) === canonical(b)).toBe(equal);
  expect(plain(JSON.parse(canonical(a)))).toEqual(plain(a));
});

test("a bigint is no number", () => {
  expect(canonical([10n, 10])).toBe("[10n,10]");
});

test("no text is taken for bytes, or for a URL", () => {
  const texts = [new Uint8Array([1]), "AQ==", 'bytes"AQ=="', new URL("http://a/"), "http://a/", 'url"http://a/"'];
  expect(new Set(texts.map(canonical)).size).toBe(texts.length);
});

test.each([new Map(), new Set([1]), () => 1, Symbol("x"), new InvalidOptionError("a", "b", "c", 1), /x/])(
  "refuses %o",
  (odd) => {
    expect(() => canonical({ odd })).toThrow(TypeError);
  },
);

test("refuses what holds itself", () => {
  const own: { self?: unknown } = {};
  own.self = own;
  expect(() => canonical(own)).toThrow(RangeError);
});
