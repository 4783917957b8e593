/**
 * @module
 * Objects with more fields.
 */
import { expect, expectTypeOf, test } from "vitest";
import { extend } from "../../src/core/extend.js";

test("a copy with fields added and replaced; neither operand is touched", () => {
  const base: { readonly a: number; readonly b: string; readonly extra: readonly number[] } = {
    a: 1,
    b: "x",
    extra: [1],
  };
  const fields: { readonly b: string; readonly c: undefined } = { b: "y", c: undefined };
  const extended = extend(Object.freeze(base), Object.freeze(fields));
  expect(extended).toEqual({ a: 1, b: "y", c: undefined, extra: [1] });
  expect("c" in extended).toBe(true);
  expect(extended.extra).toBe(base.extra);
  expectTypeOf(extended.a).toEqualTypeOf<number>();
});
