/**
 * @module
 * Breadth first: level by level, the best of each.
 */
import { checkInteger } from "../../../core/options.js";
import { Rounds } from "../../../core/search/rounds.js";
import { distinct, ranked, type SearchOrder } from "../../../core/search/search.js";

/**
 * Goes on from the `breadth` best of a level, until they are all answers; of equal nodes one. Those are let through, the best first.
 *
 * Cost: 1 trial, and at most `breadth` for each further level.
 *
 * @param breadth - whole, at least 1
 * @throws {@link InvalidOptionError} for a breadth out of bounds
 * @see Yao et al. 2023, arXiv:2305.10601, algorithm 1 (ToT-BFS). Deviation: an answer keeps its place among the best; the paper's levels all have the same depth.
 */
export function breadthFirst(breadth: number = 5): SearchOrder {
  checkInteger("breadthFirst", "breadth", breadth, 1);
  return {
    name: `breadthFirst(${breadth})`,
    concurrency: Infinity,
    mostTrials: (maxDepth) => 1 + (maxDepth - 1) * breadth,
    begin: (start) => new Rounds(start, 1, (members) => ranked(distinct(members)).slice(0, breadth)),
  };
}
