/**
 * @module
 * A world of steps that are right with a known probability: for comparing orders of search with what theory says.
 */
import { Random, Search, type SearchNode, type SearchOrder } from "mull";
import { expect } from "vitest";

/** A line: how many steps it has, and whether all of them are right. */
export interface Walk {
  readonly steps: number;
  readonly right: boolean;
}

/** How steps are made and scored. */
export interface World {
  /** How likely a step is right. What stands behind a wrong step is wrong. */
  readonly p: number;
  readonly depth: number;
  readonly score: (walk: Walk, random: Random) => number | undefined;
}

/** Sees all. */
export const perfect = ({ right }: Walk): number => (right ? 0.9 : 0.1);

/** Searches to the end; the answers. */
export function explore(order: SearchOrder, { p, depth, score }: World, seed: number): readonly SearchNode<Walk>[] {
  const random = new Random(seed, 17);
  const search = new Search<Walk>({ steps: 0, right: true }, order, { seed });
  for (let trial = search.ask(); trial !== undefined; trial = search.ask()) {
    const { steps, right } = trial.node.state;
    const walk: Walk = { steps: steps + 1, right: right && random.next() < p };
    search.tell(trial.id, [{ state: walk, score: score(walk, random), leaf: walk.steps === depth }]);
  }
  return search.leaves;
}

/** How often each count of right answers came up, over so many seeds. */
export function rightCounts(order: SearchOrder, world: World, runs: number): readonly number[] {
  const counts: number[] = [];
  for (let seed = 0; seed < runs; seed++) {
    const right = explore(order, world, seed).filter(({ state }) => state.right).length;
    counts[right] = (counts[right] ?? 0) + 1;
  }
  return Array.from(counts, (count: number | undefined) => (count ?? 0) / runs);
}

/** Probabilities of k hits in n. */
export function binomial(n: number, p: number): readonly number[] {
  let row = [1];
  for (let i = 0; i < n; i++)
    row = Array.from({ length: row.length + 1 }, (_, k) => (row[k] ?? 0) * (1 - p) + (row[k - 1] ?? 0) * p);
  return row;
}

/** One generation: each of these nodes scored; what is tried in the next, by their index, and those at their end. */
export function nextTrials(
  order: SearchOrder,
  found: readonly { readonly score: number | undefined; readonly leaf?: boolean }[],
  seed: number = 1,
): { readonly ways: readonly number[]; readonly leaves: readonly number[] } {
  const search = new Search(-1, order, { seed });
  const first: number[] = [];
  for (let trial = search.ask(); trial !== undefined; trial = search.ask()) first.push(trial.id);
  for (const [index, id] of first.entries()) {
    const one = found[index];
    search.tell(id, one === undefined ? [] : [{ state: index, ...one }]);
  }
  const ways = found.map(() => 0);
  for (let trial = search.ask(); trial !== undefined; trial = search.ask()) ways[trial.node.state]!++;
  return { ways, leaves: search.leaves.map(({ state }) => state) };
}

/** Expects a share that was seen in so many runs to be the one that theory says, but for what chance does once in 100,000 times. */
export function expectShare(seen: number, expected: number, runs: number): void {
  const error = Math.sqrt((expected * (1 - expected)) / runs);
  expect(Math.abs(seen - expected)).toBeLessThanOrEqual(4.5 * error + 1e-9);
}

/** Expects that an order that asks for all it may asks for what it says, and has this name. */
export function expectSaid(order: SearchOrder, name: string, most: number): void {
  expect(order.name).toBe(name);
  expect(order.mostTrials?.(10)).toBe(most);
  expect(order.concurrency).toBe(Infinity);
  const search = new Search(0, order, { maxDepth: 10 });
  for (let trial = search.ask(); trial !== undefined; trial = search.ask())
    search.tell(trial.id, [{ state: trial.id, score: 0.5 }]);
  expect(search.asked).toBe(most);
}

/** With a scorer that knows nothing, how often an answer is right. */
export function shareRight(order: SearchOrder, p: number, depth: number, runs: number): number {
  let [right, all] = [0, 0];
  for (let seed = 0; seed < runs; seed++)
    for (const { state } of explore(order, { p, depth, score: () => 0.5 }, seed)) {
      all++;
      if (state.right) right++;
    }
  return right / all;
}
