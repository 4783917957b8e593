/**
 * @module
 * Search by ask and tell: whatever is asked and told in whatever order, a search that was killed goes on with the same tree.
 */
import { fc, test as prop } from "@fast-check/vitest";
import {
  abMcts,
  breadthFirst,
  depthFirst,
  InvalidOptionError,
  Random,
  Search,
  type Found,
  type SearchLine,
  type SearchOptions,
  type SearchOrder,
  type Trial,
} from "mull";
import { describe, expect, test } from "vitest";
import { pathTo } from "../../../src/core/search/search.js";

/** What a trial finds, decided by its number and where it begins: it may fail, find leaves, or equal nodes. */
function findings({ id, node }: Trial<string>, maxDepth = 4): Found<string>[] {
  const random = new Random(id * 31 + node.id, 7);
  return Array.from({ length: random.integer(4) }, (_, index) => {
    const state = `${node.state}${index}`;
    const leaf = node.depth + 1 >= maxDepth || random.next() < 0.2;
    return {
      state,
      leaf,
      score: random.next() < 0.1 ? undefined : Math.round(random.next() * 8) / 8,
      key: random.next() < 0.3 ? "same" : state,
    };
  });
}

/** Asks and tells as the schedule says: an even number asks, an odd one tells one of the pending. At most `most` trials. */
function play(search: Search<string>, schedule: readonly number[], most = 60): void {
  for (const move of schedule) {
    const { pending } = search;
    if (pending.length === 0 || (move % 2 === 0 && search.asked < most)) {
      if (search.asked >= most || search.ask() === undefined) continue;
    } else {
      const trial = pending[(move >> 1) % pending.length] as Trial<string>;
      search.tell(trial.id, findings(trial));
    }
  }
}

/** Plays a search to its end, one trial at a time. */
function finish(search: Search<string>, most = 60): void {
  for (;;) {
    for (const trial of search.pending) search.tell(trial.id, findings(trial));
    if (search.asked >= most || search.ask() === undefined) return;
  }
}

/** All that can be seen of a search. */
function sightOf({ nodes, leaves, pending, asked }: Search<string>): unknown {
  return {
    nodes: nodes.map(({ id, parent, depth, state, score, leaf, trial }) => [
      id,
      parent?.id,
      depth,
      state,
      score,
      leaf,
      trial,
    ]),
    leaves: leaves.map(({ id }) => id),
    pending: pending.map(({ id, node, action }) => [id, node.id, action]),
    asked,
  };
}

const orders: readonly (readonly [name: string, order: SearchOrder])[] = [
  ["breadth first", breadthFirst(3)],
  ["depth first", depthFirst({ threshold: 0.25, breadth: 2 })],
  ["AB-MCTS", abMcts()],
  ["AB-MCTS, beta", abMcts({ belief: "beta" })],
];
const schedules = fc.array(fc.nat({ max: 1000 }), { maxLength: 120 });

describe.each(orders)("%s", (_, order) => {
  prop.prop([schedules, fc.nat(), fc.nat({ max: 120 }), schedules])(
    "a search that is killed at any moment, and goes on from its lines, is the one that was never killed",
    (schedule, seed, killed, rest) => {
      const whole = new Search("", order, { seed, maxDepth: 4, actions: 2 });
      play(whole, schedule.slice(0, killed));
      // Through JSON, as they come back from a file; what was asked behind the last line is asked again.
      const lines = JSON.parse(JSON.stringify(whole.lines)) as SearchLine<string>[];
      const again = new Search("", order, { seed, maxDepth: 4, actions: 2, lines });
      while (again.asked < whole.asked) again.ask();
      expect(sightOf(again)).toEqual(sightOf(whole));
      for (const search of [whole, again]) {
        play(search, rest);
        finish(search);
      }
      expect(sightOf(again)).toEqual(sightOf(whole));
      expect(again.lines).toEqual(whole.lines);
    },
  );

  prop.prop([schedules, fc.nat()])("a trial that is told twice counts once", (schedule, seed) => {
    const search = new Search("", order, { seed, maxDepth: 4, actions: 2 });
    play(search, schedule);
    const before = sightOf(search);
    for (const { trial } of search.lines) expect(search.tell(trial, [{ state: "again", score: 1 }])).toEqual([]);
    expect(sightOf(search)).toEqual(before);
  });

  prop.prop([schedules, fc.nat()])(
    "nodes are numbered as they are told, and know where they come from",
    (schedule, seed) => {
      const search = new Search("", order, { seed, maxDepth: 4, actions: 2 });
      play(search, schedule);
      search.nodes.forEach((node, index) => {
        expect(node.id).toBe(index);
        expect(node.depth).toBe(pathTo(node).length);
        if (node.parent !== undefined) expect(node.state.startsWith(node.parent.state)).toBe(true);
      });
      expect(search.leaves.every(({ leaf }) => leaf)).toBe(true);
    },
  );

  prop.prop([fc.nat()])("the same seed gives the same tree", (seed) => {
    const [one, other] = [seed, seed].map((s) => new Search("", order, { seed: s, maxDepth: 4, actions: 2 })) as [
      Search<string>,
      Search<string>,
    ];
    finish(one);
    finish(other);
    expect(sightOf(one)).toEqual(sightOf(other));
  });
});

test("a lot of tells take no more than their time", () => {
  const search = new Search(0, breadthFirst(1000), { maxDepth: 101 });
  let told = 0;
  for (let trial = search.ask(); trial !== undefined; trial = search.ask()) {
    const { state } = trial.node;
    const found = Array.from({ length: state === 0 ? 1000 : 1 }, (_, index) => ({
      state: state + index + 1,
      score: index,
    }));
    search.tell(trial.id, found);
    told++;
  }
  expect(told).toBe(1 + 100 * 1000);
  expect(search.nodes).toHaveLength(1 + 1000 + 100 * 1000);
});

describe("what is wrong is said", () => {
  test.each<[options: SearchOptions<string>, message: string]>([
    [{ seed: 1.5 }, "Search: seed must be an integer, got 1.5"],
    [{ maxDepth: 0 }, "Search: maxDepth must be an integer of at least 1, got 0"],
    [{ actions: 0 }, "Search: actions must be an integer of at least 1, got 0"],
    [{ depth: 3 } as object, 'Search: an option must be one of seed, maxDepth, actions, lines, got "depth"'],
    [
      { lines: [{ trial: 0, asked: 2, found: [] }] },
      "Search: lines must be those of a search of the same order and seed, got 0",
    ],
  ])("%j", (options, message) => {
    expect(() => new Search("", breadthFirst(1), options)).toThrow(InvalidOptionError);
    expect(() => new Search("", breadthFirst(1), options)).toThrow(message);
  });

  test("an order that is none", () => {
    expect(() => new Search("", (() => 1) as never)).toThrow(
      "Search: order must be an order of search, such as breadthFirst(5)",
    );
    expect(() => new Search("", null as never)).toThrow("Search: order must be");
  });

  test.each([0, -1, 1.5, NaN])("told of trial %d, which was not asked", (trial) => {
    const search = new Search("", breadthFirst(1));
    expect(() => search.tell(trial, [])).toThrow("Search.tell: trial must be one that was asked, below 0");
  });

  test.each([NaN, Infinity, -Infinity])("a score of %d, and the trial can still be told", (score) => {
    const search = new Search("", breadthFirst(1));
    search.ask();
    expect(() => search.tell(0, [{ state: "a", score }])).toThrow(
      "Search.tell: a score must be a finite number, or undefined",
    );
    expect(search.tell(0, [{ state: "a", score: 1 }])).toHaveLength(1);
  });
});
