import { abMcts, Random, Search, type AbMctsOptions, type SearchNode } from "mull";
import { describe, expect, test } from "vitest";

interface World {
  /** The score of a new answer by an action. */
  readonly fresh: (action: number, random: Random) => number;
  /** The score of an answer that was mended. */
  readonly mended: (from: number, action: number, random: Random) => number;
}

/** Searches a world in which nodes are scores, for so many trials. */
function searched(
  world: World,
  options: AbMctsOptions & { readonly actions?: number },
  trials: number,
  seed: number,
  maxDepth = Infinity,
): Search<number> {
  const { actions, ...rest } = options;
  const search = new Search(0, abMcts(rest), { seed, maxDepth, actions });
  const random = new Random(seed, 99);
  for (let i = 0; i < trials; i++) {
    const trial = search.ask();
    if (trial === undefined) throw new Error("it has no end of its own");
    const { node, action } = trial;
    const score = node.parent === undefined ? world.fresh(action, random) : world.mended(node.state, action, random);
    search.tell(trial.id, [{ state: score, score, leaf: true }]);
  }
  return search;
}

const flat = (_: number, random: Random): number => random.next();
const mean = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
const depthOf = (search: Search<number>): number => mean(search.leaves.map(({ depth }) => depth));
const seeds = Array.from({ length: 20 }, (_, seed) => seed);

describe.each<[belief: "gaussian" | "beta"]>([["gaussian"], ["beta"]])("%s", (belief) => {
  test("the first trial is from the question, and every answer is let through at once", () => {
    const search = searched({ fresh: flat, mended: flat as never }, { belief }, 1, 1);
    expect(search.leaves.map(({ depth }) => depth)).toEqual([1]);
  });

  test("it goes deeper where mending helps, and wider where it spoils", () => {
    const better: World = { fresh: () => 0.3, mended: (from) => Math.min(1, from + 0.2) };
    const worse: World = { fresh: () => 0.6, mended: (from) => from / 4 };
    const [deep, wide] = [better, worse].map((world) =>
      mean(seeds.map((seed) => depthOf(searched(world, { belief }, 60, seed)))),
    ) as [number, number];
    expect(deep).toBeGreaterThan(2.5);
    expect(wide).toBeLessThan(1.6);
  });

  test("the action that scores better is taken more often", () => {
    const world: World = {
      fresh: (action, random) => (action === 1 ? 0.7 : 0.3) + 0.2 * (random.next() - 0.5),
      mended: (_, action, random) => (action === 1 ? 0.7 : 0.3) + 0.2 * (random.next() - 0.5),
    };
    const share = mean(
      seeds.map((seed) =>
        mean(searched(world, { belief, actions: 3 }, 60, seed).leaves.map(({ score = 0 }) => Number(score > 0.5))),
      ),
    );
    expect(share).toBeGreaterThan(0.75);
  });

  test("with better answers to be found by mending it finds them sooner than by new ones alone", () => {
    const world: World = {
      fresh: (_, random) => 0.5 * random.next(),
      mended: (from, _, random) => Math.max(0, Math.min(1, from + 0.3 * (random.next() - 0.3))),
    };
    const best = (search: Search<number>): number => Math.max(...search.leaves.map(({ state }) => state));
    const adaptive = mean(seeds.map((seed) => best(searched(world, { belief }, 40, seed))));
    const anew = mean(seeds.map((seed) => best(searched(world, { belief }, 40, seed, 1))));
    expect(anew).toBeLessThanOrEqual(0.5);
    expect(adaptive).toBeGreaterThan(0.7);
  });

  test("no deeper than allowed", () => {
    const search = searched({ fresh: () => 0.1, mended: () => 1 }, { belief }, 80, 3, 2);
    expect(Math.max(...search.nodes.map(({ depth }) => depth))).toBe(2);
  });

  test("what failed, or nobody can score, says nothing, and it goes on", () => {
    const search = new Search(0, abMcts({ belief }), { seed: 5 });
    for (let i = 0; i < 20; i++) {
      const trial = search.ask();
      search.tell(trial?.id ?? -1, i % 2 === 0 ? [] : [{ state: i, leaf: true }]);
    }
    expect(search.leaves).toHaveLength(10);
  });
});

test("many trials at a time are all begun from the question, for nothing is known yet", () => {
  const search = new Search(0, abMcts(), { seed: 1 });
  const asked = Array.from({ length: 8 }, () => search.ask()?.node as SearchNode<number>);
  expect(asked.every((node) => node === search.root)).toBe(true);
});

test("a score that the belief does not allow is refused", () => {
  const search = new Search(0, abMcts({ belief: "beta" }));
  search.ask();
  expect(() => search.tell(0, [{ state: 0, score: 20 }])).toThrow(
    "abMcts: a score, where the belief is 'beta' must be a number from 0 to 1, got 20",
  );
});

test.each<[options: AbMctsOptions, message: string]>([
  [{ belief: "cauchy" as never }, "abMcts: belief must be 'gaussian' or 'beta', got \"cauchy\""],
  [{ priors: 1 } as AbMctsOptions, 'abMcts: an option must be one of belief, got "priors"'],
])("%j is refused", (options, message) => {
  expect(() => abMcts(options)).toThrow(message);
});
