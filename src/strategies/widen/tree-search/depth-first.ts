/**
 * @module
 * Depth first: the most promising way to its end, then back.
 */
import { checkInteger, checkOptions } from "../../../core/options.js";
import { InvalidOptionError } from "../../../core/errors.js";
import {
  ranked,
  type Frontier,
  type FrontierStart,
  type SearchNode,
  type SearchOrder,
  type Trial,
} from "../../../core/search/search.js";

/** Options of {@link depthFirst}. */
export interface DepthFirstOptions {
  /** Nodes that score less are not gone on from: finite. @defaultValue none: all are */
  readonly threshold?: number | undefined;
  /** Of what one trial finds, so many are gone on from, the best: whole, at least 1. @defaultValue all */
  readonly breadth?: number | undefined;
}

/**
 * Goes on from the best of what was found last; where nothing promising was, back to what was found before. Every answer is let through at once. Of equal
 * nodes only the first is gone on from. It ends when all was tried, so give it a `stop` or a limit of trials.
 *
 * @throws {@link InvalidOptionError} for options out of bounds
 * @see Yao et al. 2023, arXiv:2305.10601, algorithm 2 (ToT-DFS)
 */
export function depthFirst(options: DepthFirstOptions = {}): SearchOrder {
  checkOptions("depthFirst", options, ["threshold", "breadth"]);
  const { threshold = -Infinity, breadth = Infinity } = options;
  if (options.threshold !== undefined && !Number.isFinite(threshold))
    throw new InvalidOptionError("depthFirst", "threshold", "a finite number", threshold);
  if (breadth !== Infinity) checkInteger("depthFirst", "breadth", breadth, 1);
  const settings = [
    ...(threshold > -Infinity ? [`threshold = ${threshold}`] : []),
    ...(breadth < Infinity ? [`breadth = ${breadth}`] : []),
  ];
  return {
    name: `depthFirst(${settings.join(", ")})`,
    begin: (start) => new Stack(start, threshold, breadth),
  };
}

class Stack<S> implements Frontier<S> {
  private readonly _start: FrontierStart<S>;
  private readonly _threshold: number;
  private readonly _breadth: number;
  /** The next to be tried is the last. */
  private readonly _open: SearchNode<S>[];
  private readonly _seen = new Set<string>();

  constructor(start: FrontierStart<S>, threshold: number, breadth: number) {
    this._start = start;
    this._threshold = threshold;
    this._breadth = breadth;
    this._open = [start.root];
  }

  next(): { readonly node: SearchNode<S> } | undefined {
    const node = this._open.pop();
    return node && { node };
  }

  told(_: Trial<S>, nodes: readonly SearchNode<S>[]): void {
    const { keep, maxDepth } = this._start;
    for (const node of nodes) if (node.leaf) keep(node);
    const promising = nodes.filter(
      (node) =>
        !node.leaf && node.depth < maxDepth && (node.score ?? -Infinity) >= this._threshold && this._isNew(node),
    );
    this._open.push(...ranked(promising).slice(0, this._breadth).reverse());
  }

  private _isNew({ key }: SearchNode<S>): boolean {
    if (key === undefined) return true;
    const isNew = !this._seen.has(key);
    this._seen.add(key);
    return isNew;
  }
}
