/**
 * What does a tell cost? `npm run bench:search`: a million tells in memory, by order; and whether the time grows in proportion.
 */
import { abMcts, breadthFirst, depthFirst, Search, type SearchOrder } from "mull";

/** Grows a tree of so many trials, with two children each, and says how long that took. */
function grown(order: SearchOrder, trials: number): { readonly seconds: number; readonly bytes: number } {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const began = performance.now();
  const search = new Search(1, order, { seed: 1 });
  for (let told = 0; told < trials; told++) {
    const trial = search.ask();
    if (trial === undefined) throw new Error(`${order.name} ended after ${told} trials`);
    const { state } = trial.node;
    // A good mix of the bits of the state, as a score.
    search.tell(
      trial.id,
      [2 * state, 2 * state + 1].map((next) => ({
        state: next % 1_000_003,
        score: ((next * 2_654_435_761) % 1_000) / 1_000,
      })),
    );
  }
  const seconds = (performance.now() - began) / 1_000;
  return { seconds, bytes: (process.memoryUsage().heapUsed - before) / trials };
}

const sizes: readonly (readonly [order: SearchOrder, sizes: readonly number[]])[] = [
  [breadthFirst(10_000), [250_000, 500_000, 1_000_000]],
  [depthFirst(), [250_000, 500_000, 1_000_000]],
  [abMcts(), [1_000, 2_000, 4_000, 8_000]],
];
console.log("| order | tells | seconds | µs a tell | bytes a tell |\n| --- | --- | --- | --- | --- |");
for (const [order, trials] of sizes) {
  for (const count of trials) {
    const { seconds, bytes } = grown(order, count);
    const row = [
      order.name,
      count.toLocaleString("en-US"),
      seconds.toFixed(2),
      ((seconds / count) * 1e6).toFixed(2),
      bytes.toFixed(0),
    ];
    console.log(`| ${row.join(" | ")} |`);
  }
}
