/**
 * @module
 * A beam: of all lines the best few go on, in several ways each.
 */
import { InvalidOptionError } from "../../../core/errors.js";
import { checkInteger, checkOptions } from "../../../core/options.js";
import { Rounds } from "../../../core/search/rounds.js";
import { distinct, ranked, type SearchNode, type SearchOrder } from "../../../core/search/search.js";

/** Options of {@link beam} and {@link dvts}. */
export interface BeamOptions {
  /** How many lines go on: whole, at least 1. @defaultValue 4 */
  readonly width?: number | undefined;
  /** In how many ways each: whole, at least 1. @defaultValue 4 */
  readonly expand?: number | undefined;
}

/**
 * After every step the `width` best lines go on, in `expand` ways each; of equal lines one does. A line that came to its end keeps its place as long as it is among the
 * best, and is let through in the end, the best first.
 *
 * Cost: `width` × `expand` trials a round; less by `expand` for each line at its end.
 *
 * @throws {@link InvalidOptionError} for options out of bounds
 * @see Snell et al. 2024, arXiv:2408.03314, section 5; Hugging Face, search-and-learn. Deviation: there lines at their end are set aside, and others take their places
 */
export function beam(options: BeamOptions & { readonly distinct?: boolean | undefined } = {}): SearchOrder {
  checkOptions("beam", options, ["width", "expand", "distinct"]);
  const { width = 4, expand = 4, distinct: filter = true } = options;
  checkInteger("beam", "width", width, 1);
  checkInteger("beam", "expand", expand, 1);
  if (typeof filter !== "boolean") throw new InvalidOptionError("beam", "distinct", "true or false", filter);
  return {
    name: `beam(${width} × ${expand})`,
    concurrency: Infinity,
    mostTrials: (maxDepth) => width * expand * maxDepth,
    begin: (start) =>
      new Rounds(start, width * expand, (members) =>
        ranked(filter ? distinct(members) : members)
          .slice(0, width)
          .flatMap((node) => copies(node, expand)),
      ),
  };
}

/** A line that goes on in so many ways; one at its end stands there once. */
export function copies<S>(node: SearchNode<S>, count: number): readonly SearchNode<S>[] {
  return node.leaf ? [node] : Array.from({ length: count }, () => node);
}
