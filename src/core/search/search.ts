/**
 * @module
 * Search: a tree of lines of thought that grows by ask and tell. It calls nothing: whoever asks makes the trial, and tells what it found.
 */
import { InvalidOptionError } from "../errors.js";
import { checkInteger, checkOptions } from "../options.js";
import { hashText, Random } from "../random.js";

/** A place in the tree. */
export interface SearchNode<S> {
  /** In the order they were told, the root 0. */
  readonly id: number;
  readonly parent: SearchNode<S> | undefined;
  /** Steps from the root. */
  readonly depth: number;
  readonly state: S;
  /** Higher is better; `undefined` where nobody could say, and at the root. */
  readonly score: number | undefined;
  /** Is it an answer? Then it may be one of the {@link Search.leaves}. */
  readonly leaf: boolean;
  /** What makes two nodes the same, for orders that try each once; `undefined`: it is like no other. */
  readonly key: string | undefined;
  /** The trial that found it; -1 at the root. */
  readonly trial: number;
}

/** What is to be tried: to go on from a node. */
export interface Trial<S> {
  /** From 0, in the order they were asked. */
  readonly id: number;
  readonly node: SearchNode<S>;
  /** Which of several ways to go on, from 0: which model, which prompt. */
  readonly action: number;
}

/** What a trial found: a node to be. */
export interface Found<S> {
  readonly state: S;
  /** Finite. @defaultValue unknown: it comes after all others */
  readonly score?: number | undefined;
  /** @defaultValue `false` */
  readonly leaf?: boolean | undefined;
  /** What makes two nodes the same. @defaultValue it is like no other */
  readonly key?: string | undefined;
}

/** Keeps the nodes that may be tried next. One per search; all its state is in it. */
export interface Frontier<S> {
  /** What to try next; `undefined`: nothing, unless something that is on its way changes that. */
  next(): { readonly node: SearchNode<S>; readonly action?: number | undefined } | undefined;
  /** What a trial found, in the order it was found; nothing, where it failed. */
  told(trial: Trial<S>, nodes: readonly SearchNode<S>[]): void;
}

/** What a frontier begins with. */
export interface FrontierStart<S> {
  readonly root: SearchNode<S>;
  readonly random: Random;
  /** Nodes so deep are not gone on from; at least 1. */
  readonly maxDepth: number;
  /** How many ways to go on there are. */
  readonly actions: number;
  /** Lets a leaf through as an answer; the same one twice counts twice. */
  readonly keep: (leaf: SearchNode<S>) => void;
}

/** An order of search: which node is tried next. The same values begin the same frontiers. */
export interface SearchOrder {
  /** For {@link outline}: `'breadthFirst(5)'`. */
  readonly name: string;
  /** How many trials it is meant to have on their way. @defaultValue 1 */
  readonly concurrency?: number | undefined;
  /** The most trials that it asks for, where it knows. */
  mostTrials?(maxDepth: number): number;
  begin<S>(start: FrontierStart<S>): Frontier<S>;
}

/** What was told of one trial, to be kept as one line of JSON where `S` allows it. */
export interface SearchLine<S> {
  readonly trial: number;
  /** How many trials had been asked by then. */
  readonly asked: number;
  readonly found: readonly Found<S>[];
}

/** Options of {@link Search}. */
export interface SearchOptions<S> {
  /** The random numbers of the order: an integer, or their source. @defaultValue 0 */
  readonly seed?: number | Random | undefined;
  /** Nodes so deep are not gone on from: whole, at least 1. @defaultValue no limit */
  readonly maxDepth?: number | undefined;
  /** How many ways to go on there are, for orders that choose among them: whole, at least 1. @defaultValue 1 */
  readonly actions?: number | undefined;
  /** What an earlier search was told, in that order: the search goes on where that one broke off. @defaultValue none */
  readonly lines?: Iterable<SearchLine<S>> | undefined;
}

/**
 * A search as ask and tell: `ask` says what to try next, `tell` takes what was found. Trials may be made side by side, anywhere, and told in any order.
 *
 * The tree depends on the order, the seed, and the sequence of asks and tells alone. `lines` has all of it: kept line by line, a search that was killed goes on with the same
 * tree; trials that were asked, but not told, stand in `pending`, and are made again. A trial that is told twice counts once.
 * Cost: no calls. An ask or a tell takes the order's time: up to a logarithm of the number of nodes for `breadthFirst`, `depthFirst` and `particles`, a draw for every child on the way down for `abMcts`.
 *
 * @throws {@link InvalidOptionError} for an order that is none, and for what was told of no trial, or is no finite score
 * @see Sakana AI, TreeQuest (ask and tell for tree search over answers of models)
 * @example
 * const search = new Search([4, 9, 10, 13], breadthFirst(5));
 * for (let trial = search.ask(); trial !== undefined; trial = search.ask()) {
 *   search.tell(trial.id, successors(trial.node.state).map((state) => ({ state, score: promise(state), leaf: state.length === 1 })));
 * }
 * search.leaves; // the best of the last level
 */
export class Search<S> {
  readonly root: SearchNode<S>;
  private readonly _frontier: Frontier<S>;
  private readonly _nodes: SearchNode<S>[] = [];
  private readonly _leaves: SearchNode<S>[] = [];
  private readonly _lines: SearchLine<S>[] = [];
  private readonly _pending = new Map<number, Trial<S>>();
  private _asked = 0;

  constructor(root: S, order: SearchOrder, options: SearchOptions<S> = {}) {
    checkOptions("Search", options, ["seed", "maxDepth", "actions", "lines"]);
    const { seed = 0, maxDepth = Infinity, actions = 1, lines = [] } = options;
    if (maxDepth !== Infinity) checkInteger("Search", "maxDepth", maxDepth, 1);
    checkInteger("Search", "actions", actions, 1);
    checkOrder("Search", order);
    const unknown = { parent: undefined, score: undefined, key: undefined } as const;
    this.root = { id: 0, depth: 0, state: root, leaf: false, trial: -1, ...unknown };
    this._nodes.push(this.root);
    this._frontier = order.begin({
      root: this.root,
      random: typeof seed === "number" ? seeded(seed) : seed,
      maxDepth,
      actions,
      keep: (leaf) => void this._leaves.push(leaf),
    });
    for (const line of lines) this._repeat(line);
  }

  /** All nodes, by their id. */
  get nodes(): readonly SearchNode<S>[] {
    return this._nodes;
  }

  /** The answers that the order let through, in that order. */
  get leaves(): readonly SearchNode<S>[] {
    return this._leaves;
  }

  /** Trials that were asked for and not told yet. */
  get pending(): readonly Trial<S>[] {
    return [...this._pending.values()];
  }

  /** How many trials were asked for. */
  get asked(): number {
    return this._asked;
  }

  /** What was told so far; the last line is the latest. */
  get lines(): readonly SearchLine<S>[] {
    return this._lines;
  }

  /** What to try next. `undefined`: nothing until more is told, and if nothing is pending, nothing at all. */
  ask(): Trial<S> | undefined {
    const next = this._frontier.next();
    if (next === undefined) return undefined;
    const trial: Trial<S> = { id: this._asked++, node: next.node, action: next.action ?? 0 };
    this._pending.set(trial.id, trial);
    return trial;
  }

  /** Takes what a trial found; an empty list says that it failed. Gives the new nodes; none where it had been told before. */
  tell(trial: number, found: readonly Found<S>[]): readonly SearchNode<S>[] {
    const asked = this._pending.get(trial);
    if (asked === undefined) {
      if (Number.isInteger(trial) && trial >= 0 && trial < this._asked) return [];
      throw new InvalidOptionError("Search.tell", "trial", `one that was asked, below ${this._asked}`, trial);
    }
    for (const { score } of found) {
      if (score !== undefined && !Number.isFinite(score))
        throw new InvalidOptionError("Search.tell", "a score", "a finite number, or undefined", score);
    }
    this._pending.delete(trial);
    this._lines.push({ trial, asked: this._asked, found });
    const nodes = found.map((one) => this._add(asked, one));
    this._frontier.told(asked, nodes);
    return nodes;
  }

  private _add({ node: parent, id: trial }: Trial<S>, found: Found<S>): SearchNode<S> {
    const { state, score, leaf = false, key } = found;
    const node: SearchNode<S> = {
      id: this._nodes.length,
      parent,
      depth: parent.depth + 1,
      state,
      score,
      leaf,
      key,
      trial,
    };
    this._nodes.push(node);
    return node;
  }

  private _repeat({ trial, asked, found }: SearchLine<S>): void {
    while (this._asked < asked) {
      if (this.ask() === undefined)
        throw new InvalidOptionError("Search", "lines", "those of a search of the same order and seed", trial);
    }
    this.tell(trial, found);
  }
}

/**
 * Throws for what is no order of search.
 *
 * @throws {@link InvalidOptionError}
 */
export function checkOrder(where: string, order: Partial<SearchOrder> | null): void {
  if (typeof order !== "object" || typeof order?.begin !== "function" || typeof order.name !== "string")
    throw new InvalidOptionError(where, "order", "an order of search, such as breadthFirst(5)", order);
}

/** Does `a` come before `b`? The higher score does, of equal ones the earlier node; what has no score comes last. */
export function better(a: SearchNode<unknown>, b: SearchNode<unknown>): boolean {
  const [one, other] = [a.score ?? -Infinity, b.score ?? -Infinity];
  return one > other || (one === other && a.id < b.id);
}

/** The best first; of equal ones the earlier. */
export function ranked<S>(nodes: readonly SearchNode<S>[]): SearchNode<S>[] {
  return nodes.toSorted((a, b) => (a === b ? 0 : better(a, b) ? -1 : 1));
}

/** Of nodes with the same key the first. */
export function distinct<S>(nodes: readonly SearchNode<S>[]): readonly SearchNode<S>[] {
  const keys = new Set<string>();
  return nodes.filter(({ key }) => key === undefined || (!keys.has(key) && keys.add(key)));
}

/** The nodes from the first step to this one, the root left out. */
export function pathTo<S>(node: SearchNode<S>): SearchNode<S>[] {
  const path: SearchNode<S>[] = [];
  for (let at = node; at.parent !== undefined; at = at.parent) path.push(at);
  return path.reverse();
}

function seeded(seed: number): Random {
  if (!Number.isSafeInteger(seed)) throw new InvalidOptionError("Search", "seed", "an integer", seed);
  return new Random(hashText(0, String(seed)), hashText(1, String(seed)));
}
