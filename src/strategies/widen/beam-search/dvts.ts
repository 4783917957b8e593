/**
 * @module
 * Diverse verifier tree search: several beams of one line each, that do not know of each other.
 */
import { checkInteger, checkOptions } from "../../../core/options.js";
import { Rounds } from "../../../core/search/rounds.js";
import { better, type SearchNode, type SearchOrder } from "../../../core/search/search.js";
import { copies, type BeamOptions } from "./beam.js";

/**
 * `width` trees grow side by side: in each, the best of `expand` ways goes on after every step, whatever the others are worth. So the lines stay different. Each tree ends
 * with one line, let through in the order of the trees.
 *
 * Cost: `width` × `expand` trials a round; less by `expand` for each tree at its end.
 *
 * @throws {@link InvalidOptionError} for options out of bounds
 * @see Beeching, Tunstall and Rush 2024, Scaling test-time compute with open models (Hugging Face)
 */
export function dvts(options: BeamOptions = {}): SearchOrder {
  checkOptions("dvts", options, ["width", "expand"]);
  const { width = 4, expand = 4 } = options;
  checkInteger("dvts", "width", width, 1);
  checkInteger("dvts", "expand", expand, 1);
  return {
    name: `dvts(${width} × ${expand})`,
    concurrency: Infinity,
    mostTrials: (maxDepth) => width * expand * maxDepth,
    begin: (start) =>
      new Rounds(start, width * expand, (members) => {
        const bests = new Map<number, SearchNode<unknown>>();
        for (const node of members) {
          const tree = Math.floor(firstOf(node).trial / expand);
          const best = bests.get(tree);
          if (best === undefined || better(node, best)) bests.set(tree, node);
        }
        const chosen = new Set(bests.values());
        return members.filter((node) => chosen.has(node)).flatMap((node) => copies(node, expand));
      }),
  };
}

/** The step from the root that a line began with: the first trials are those of the first tree, and so on. */
function firstOf(node: SearchNode<unknown>): SearchNode<unknown> {
  let at = node;
  while (at.parent?.parent !== undefined) at = at.parent;
  return at;
}
