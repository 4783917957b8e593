import { depthFirst, type DepthFirstOptions } from "mull";
import { describe, expect, test } from "vitest";
import { grown, type Tree } from "./tree.js";

const tree: Tree = {
  root: ["a 1", "b 3", "c 2", "d ?"],
  a: ["aa 9!"],
  b: ["ba 1", "bb 5"],
  c: ["ca 4!"],
  d: ["da 8!"],
  ba: ["baa 7!"],
  bb: ["bba 0!", "bbb 0"],
};

describe("behaviour", () => {
  test.each<[what: string, options: DepthFirstOptions, how: object, tried: string, leaves: string]>([
    ["the best first, to its end, then back", {}, {}, "root b bb bbb ba c a d", "bba baa ca aa da"],
    ["what scores too little is left", { threshold: 1.5 }, {}, "root b bb c", "bba ca"],
    [
      "what nobody can score is left where there is a threshold",
      { threshold: -9 },
      {},
      "root b bb bbb ba c a",
      "bba baa ca aa",
    ],
    ["the best of what one trial finds", { breadth: 1 }, {}, "root b bb bbb", "bba"],
    ["no deeper than allowed", {}, { maxDepth: 2 }, "root b c a d", "ca aa da"],
    ["no more trials than allowed", {}, { most: 3 }, "root b bb", "bba"],
    [
      "two at a time: the next best is begun before it is known what the best finds",
      {},
      { atOnce: 2 },
      "root b c bb ba bbb a d",
      "ca bba baa aa da",
    ],
  ])("%s", (_, options, how, tried, leaves) => {
    expect(grown(tree, depthFirst(options), how)).toEqual({ tried, leaves });
  });

  test("of equal nodes anywhere in the tree only the first is gone on from", () => {
    const graph: Tree = { root: ["a 2", "b 1"], a: ["x 1 x"], b: ["y 5 x"], x: ["xx 1!"], y: ["yy 1!"] };
    expect(grown(graph, depthFirst())).toEqual({ tried: "root a x b", leaves: "xx" });
  });

  test("an answer that is equal to another is let through", () => {
    expect(grown({ root: ["a 2! x", "b 1! x"] }, depthFirst()).leaves).toBe("a b");
  });
});

test.each<[options: DepthFirstOptions, message: string]>([
  [{ threshold: NaN }, "depthFirst: threshold must be a finite number, got NaN"],
  [{ threshold: Infinity }, "depthFirst: threshold must be a finite number, got Infinity"],
  [{ breadth: 0 }, "depthFirst: breadth must be an integer of at least 1, got 0"],
  [{ width: 2 } as DepthFirstOptions, 'depthFirst: an option must be one of threshold, breadth, got "width"'],
])("%j is refused", (options, message) => {
  expect(() => depthFirst(options)).toThrow(message);
});

test("its name says how it is set", () => {
  expect(depthFirst().name).toBe("depthFirst()");
  expect(depthFirst({ threshold: 0.5, breadth: 3 }).name).toBe("depthFirst(threshold = 0.5, breadth = 3)");
});
