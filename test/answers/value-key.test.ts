import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { valueKey } from "../../src/answers/value-key.js";

test.each<[a: unknown, b: unknown, same: boolean]>([
  [0.1 + 0.2, 0.3, true],
  [-0, 0, true],
  [9007199254740991, 9007199254740990, false],
  [1e21, 1e21 + 1e8, true],
  ["1", 1, false],
  [null, "null", false],
  [true, "true", false],
  [[0.1 + 0.2, "a"], [0.3, "a"], true],
  [[1, 2], [2, 1], false],
  [[1, [2]], [[1], 2], false],
  [{ a: 1, b: [0.1 + 0.2] }, { b: [0.3], a: 1 }, true],
  [{ a: 1 }, { a: 2 }, false],
  [{ a: 1 }, { b: 1 }, false],
  [{}, [], false],
  [["a,b"], ["a", "b"], false],
])("%j and %j", (a, b, same) => {
  expect(valueKey(a as never) === valueKey(b as never)).toBe(same);
});

const some = fc.object({
  values: [fc.integer({ min: 0, max: 3 }), fc.constantFrom("", "1", "a"), fc.boolean(), fc.constant(null)],
  key: fc.constantFrom("a", "b"),
  maxDepth: 2,
});

test.prop([some, some])("two values have the same key if they are equal, and only then", (a, b) => {
  let equal = true;
  try {
    expect(a).toEqual(b);
  } catch {
    equal = false;
  }
  expect(valueKey(a as never) === valueKey(b as never)).toBe(equal);
});
