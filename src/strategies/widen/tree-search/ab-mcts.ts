/**
 * @module
 * AB-MCTS: adaptive branching Monte Carlo tree search. Wider or deeper, and by which model, as the scores so far suggest.
 */
import { drawBeta, drawGamma, drawNormal } from "../../../answers/chance/draws.js";
import { InvalidOptionError } from "../../../core/errors.js";
import { checkOptions } from "../../../core/options.js";
import type { Random } from "../../../core/random.js";
import type { Frontier, FrontierStart, SearchNode, SearchOrder, Trial } from "../../../core/search/search.js";

/** Options of {@link abMcts}. */
export interface AbMctsOptions {
  /** What is believed of scores: `'gaussian'` of any, around those from 0 to 1; `'beta'` of those from 0 to 1 alone. @defaultValue `'gaussian'` */
  readonly belief?: "gaussian" | "beta" | undefined;
}

/**
 * At every node on the way down, draws whether to go on from there with something new, or to go down into what was found from there, and then into which;
 * each by Thompson sampling of the scores found that way. So it goes wider where new answers score well, and deeper where mended ones do. Every answer is let
 * through at once, and may be gone on from. Which action (which model) makes a new node is drawn in the same way, by the scores of each action in the whole tree.
 *
 * Cost: an ask draws once for every child of every node on the way. Trials on their way are not known to it: many at a time make it go wider than it should. It has
 * no end of its own: give it a `stop` or a limit of trials.
 *
 * @throws {@link InvalidOptionError} for options out of bounds
 * @see Inoue et al. 2025, arXiv:2503.04412 (AB-MCTS-A: node aggregation), with the priors of the authors' TreeQuest: mean 0, one observation's worth, variance 0.1;
 *   Beta(1/2, 1/2). Deviation: what is drawn is the mean of a score, not a score.
 */
export function abMcts(options: AbMctsOptions = {}): SearchOrder {
  checkOptions("abMcts", options, ["belief"]);
  const { belief = "gaussian" } = options;
  if (belief !== "gaussian" && belief !== "beta")
    throw new InvalidOptionError("abMcts", "belief", "'gaussian' or 'beta'", belief);
  const fresh = belief === "gaussian" ? (): Belief => new Gaussian() : (): Belief => new Beta();
  return {
    name: `abMcts(${belief})`,
    begin: (start) => new Adaptive(start, fresh),
  };
}

/** What is believed of the mean of some scores. */
interface Belief {
  add(score: number): void;
  draw(random: Random): number;
}

/** A normal distribution of unknown mean and variance: its prior is a normal-inverse-chi-squared one. */
class Gaussian implements Belief {
  private _mean = 0;
  private _kappa = 1;
  private _nu = 1;
  /** nu · tau²: the sum of squares. */
  private _squares = 0.1;

  add(score: number): void {
    const gap = score - this._mean;
    this._squares += (this._kappa / (this._kappa + 1)) * gap * gap;
    this._mean += gap / (this._kappa + 1);
    this._kappa++;
    this._nu++;
  }

  draw(random: Random): number {
    const variance = this._squares / (2 * drawGamma(random, this._nu / 2));
    return this._mean + Math.sqrt(variance / this._kappa) * drawNormal(random);
  }
}

class Beta implements Belief {
  private _a = 0.5;
  private _b = 0.5;

  add(score: number): void {
    if (!(score >= 0 && score <= 1))
      throw new InvalidOptionError("abMcts", "a score, where the belief is 'beta'", "a number from 0 to 1", score);
    this._a += score;
    this._b += 1 - score;
  }

  draw(random: Random): number {
    return drawBeta(random, this._a, this._b);
  }
}

/** What is known of a node. */
interface Place<S> {
  readonly node: SearchNode<S>;
  readonly parent: Place<S> | undefined;
  /** Of what was found from here directly. */
  readonly wider: Belief;
  /** Of what was found beneath that. */
  readonly deeper: Belief;
  /** Of the node itself, and of all beneath it. */
  readonly whole: Belief;
  readonly children: Place<S>[];
}

class Adaptive<S> implements Frontier<S> {
  private readonly _start: FrontierStart<S>;
  private readonly _fresh: () => Belief;
  private readonly _root: Place<S>;
  private readonly _places = new Map<SearchNode<S>, Place<S>>();
  private readonly _actions: readonly Belief[];

  constructor(start: FrontierStart<S>, fresh: () => Belief) {
    this._start = start;
    this._fresh = fresh;
    this._root = this._placeOf(start.root, undefined);
    this._actions = Array.from({ length: start.actions }, fresh);
  }

  next(): { readonly node: SearchNode<S>; readonly action: number } {
    const { random, maxDepth } = this._start;
    let place = this._root;
    while (place.children.length > 0 && place.deeper.draw(random) > place.wider.draw(random)) {
      const child = likeliest(place.children, ({ whole }) => whole, random);
      if (child.node.depth >= maxDepth) break;
      place = child;
    }
    const action = this._actions.length === 1 ? 0 : this._actions.indexOf(likeliest(this._actions, itself, random));
    return { node: place.node, action };
  }

  told({ node, action }: Trial<S>, nodes: readonly SearchNode<S>[]): void {
    const parent = this._places.get(node) as Place<S>;
    for (const found of nodes) {
      const place = this._placeOf(found, parent);
      parent.children.push(place);
      if (found.leaf) this._start.keep(found);
      const { score } = found;
      if (score === undefined) continue;
      this._actions[action]?.add(score);
      parent.wider.add(score);
      place.whole.add(score);
      for (let at = parent; at.parent !== undefined; at = at.parent) {
        at.whole.add(score);
        at.parent.deeper.add(score);
      }
    }
  }

  private _placeOf(node: SearchNode<S>, parent: Place<S> | undefined): Place<S> {
    const [wider, deeper, whole] = [this._fresh(), this._fresh(), this._fresh()];
    const place: Place<S> = { node, parent, wider, deeper, whole, children: [] };
    this._places.set(node, place);
    return place;
  }
}

/** The one whose draw is the highest. */
function likeliest<T>(items: readonly T[], belief: (item: T) => Belief, random: Random): T {
  let best = items[0] as T;
  let highest = -Infinity;
  for (const item of items) {
    const drawn = belief(item).draw(random);
    if (drawn > highest) [best, highest] = [item, drawn];
  }
  return best;
}

function itself(belief: Belief): Belief {
  return belief;
}
