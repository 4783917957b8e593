/**
 * @module
 * A tree that is known beforehand, for the tests of orders: what a trial finds is written down.
 */
import { Search, type SearchOptions, type SearchOrder } from "mull";

/** By name: its children, as `name score`, `name score!` for a leaf, `name ?` where nobody can say. */
export type Tree = Readonly<Record<string, readonly string[]>>;

/** Grows the tree, `atOnce` trials at a time, and says in which order the nodes were gone on from, and which answers were let through. */
export function grown(
  tree: Tree,
  order: SearchOrder,
  {
    atOnce = 1,
    most = 100,
    ...options
  }: SearchOptions<string> & { readonly atOnce?: number; readonly most?: number } = {},
): { readonly tried: string; readonly leaves: string } {
  const search = new Search("root", order, options);
  const tried: string[] = [];
  for (;;) {
    while (search.pending.length < atOnce && search.asked < most) {
      const trial = search.ask();
      if (trial === undefined) break;
      tried.push(trial.node.state);
    }
    const [trial] = search.pending;
    if (trial === undefined) break;
    const children = tree[trial.node.state] ?? [];
    search.tell(
      trial.id,
      children.map((child) => {
        const [state = "", score = "?", key] = child.split(" ");
        return { state, leaf: score.endsWith("!"), score: score === "?" ? undefined : Number.parseFloat(score), key };
      }),
    );
  }
  return { tried: tried.join(" "), leaves: search.leaves.map(({ state }) => state).join(" ") };
}
