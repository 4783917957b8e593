import { breadthFirst } from "mull";
import { describe, expect, test } from "vitest";
import { grown, type Tree } from "./tree.js";

const tree: Tree = {
  root: ["a 1", "b 3", "c 2", "d ?"],
  a: ["aa 9!"],
  b: ["ba 1", "bb 5!"],
  c: ["ca 4", "cb 5!", "cc 2"],
  d: ["da 8!"],
  ba: ["baa 7!"],
  ca: ["caa 3!", "cab 6!"],
};

describe("behaviour", () => {
  test.each<[what: string, breadth: number, options: object, tried: string, leaves: string]>([
    ["the best of each level go on, the best first", 2, {}, "root b c", "bb cb"],
    ["an answer keeps its place among the best", 3, {}, "root b c a", "aa bb cb"],
    ["what nobody can score comes last", 4, {}, "root b c a d", "aa da bb cb"],
    ["one", 1, {}, "root b", "bb"],
    ["a level side by side", 3, { atOnce: 8 }, "root b c a", "aa bb cb"],
    ["no deeper than allowed, where there is no answer", 3, { maxDepth: 1 }, "root", ""],
    ["no more trials than allowed", 3, { most: 2 }, "root b", ""],
  ])("%s", (_, breadth, options, tried, leaves) => {
    expect(grown(tree, breadthFirst(breadth), options)).toEqual({ tried, leaves });
  });

  test("an answer of an earlier level competes with those of later ones", () => {
    const deep: Tree = { root: ["a 5!", "b 6"], b: ["ba 7", "bb 4!"], ba: ["baa 1!"] };
    expect(grown(deep, breadthFirst(2))).toEqual({ tried: "root b ba", leaves: "a baa" });
    const shut: Tree = { root: ["a 5!", "b 6"], b: ["ba 7!", "bb 8!"] };
    expect(grown(shut, breadthFirst(2))).toEqual({ tried: "root b", leaves: "bb ba" });
  });

  test("of equal nodes in a level the first is kept", () => {
    const twins: Tree = { root: ["a 3 x", "b 3 x", "c 1 y"], a: ["aa 1!"], c: ["ca 1!"] };
    expect(grown(twins, breadthFirst(2))).toEqual({ tried: "root a c", leaves: "aa ca" });
  });

  test("a level that finds nothing ends it", () => {
    expect(grown({ root: ["a 1"] }, breadthFirst(2))).toEqual({ tried: "root a", leaves: "" });
    expect(grown({}, breadthFirst(2))).toEqual({ tried: "root", leaves: "" });
  });

  test("of equal scores the earlier comes first", () => {
    expect(grown({ root: ["a 1!", "b 1!", "c 1!"] }, breadthFirst(2)).leaves).toBe("a b");
  });
});

test("the most trials are known", () => {
  expect(breadthFirst(5).mostTrials?.(4)).toBe(16);
  expect(breadthFirst(1).mostTrials?.(1)).toBe(1);
});

test.each([0, 1.5, NaN, Infinity, "3" as never])("a breadth of %j is refused", (breadth) => {
  expect(() => breadthFirst(breadth)).toThrow("breadthFirst: breadth must be an integer of at least 1");
});

test("its name says how broad it is", () => {
  expect(breadthFirst().name).toBe("breadthFirst(5)");
});
