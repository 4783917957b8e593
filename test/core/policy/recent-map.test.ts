/**
 * @module
 * A map that keeps what was used last.
 */
import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { RecentMap } from "../../../src/core/policy/recent-map.js";

const uses = fc.array(fc.record({ key: fc.constantFrom("a", "b", "c", "d", "e"), set: fc.boolean() }), {
  maxLength: 40,
});

test.prop([fc.integer({ min: 1, max: 4 }), uses])("law: it knows exactly the keys that were used last", (most, all) => {
  const map = new RecentMap<number>(most);
  let model: [string, number][] = [];
  all.forEach(({ key, set }, i) => {
    const known = model.find(([name]) => name === key);
    if (set) map.set(key, i);
    else expect(map.get(key)).toBe(known?.[1]);
    if (!set && known === undefined) return;
    model = [...model.filter((entry) => entry !== known), [key, set ? i : known![1]] as [string, number]].slice(-most);
    expect(map.size).toBe(model.length);
  });
  for (const [key, value] of model) expect(map.get(key)).toBe(value);
});
