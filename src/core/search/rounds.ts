/**
 * @module
 * Rounds: orders of search that try a whole generation side by side, and choose the next one when all of it was told.
 */
import type { Frontier, FrontierStart, SearchNode, Trial } from "./search.js";

/**
 * Chooses the next generation; a node that stands in it twice is tried twice. Leaves are not tried, but stay.
 *
 * @param members - the leaves of this generation, and what was found from the others, in the order of the generation
 * @param round - how many rounds were made, this one counted in
 */
export type ChooseNext<S> = (members: readonly SearchNode<S>[], round: number) => readonly SearchNode<S>[];

/** A frontier that goes round by round. In the end the leaves of the last generation are let through, in their order. */
export class Rounds<S> implements Frontier<S> {
  private readonly _keep: FrontierStart<S>["keep"];
  private readonly _choose: ChooseNext<S>;
  private readonly _most: number;
  private _generation: readonly SearchNode<S>[] = [];
  /** By their place in the generation: what was found from there; the node itself where it is a leaf. */
  private _members: (readonly SearchNode<S>[])[] = [];
  /** The places of those that are to be tried. */
  private _places: number[] = [];
  private _next = 0;
  private _told = 0;
  /** How many trials earlier rounds made. */
  private _before = 0;
  private _round = 0;

  /** @param width - how often the root is tried, in the first round */
  constructor({ root, keep, maxDepth }: FrontierStart<S>, width: number, choose: ChooseNext<S>) {
    this._keep = keep;
    this._choose = choose;
    this._most = maxDepth;
    this._begin(Array.from({ length: width }, () => root));
  }

  next(): { readonly node: SearchNode<S> } | undefined {
    const place = this._places[this._next];
    if (place === undefined) return undefined;
    this._next++;
    return { node: this._generation[place] as SearchNode<S> };
  }

  told({ id }: Trial<S>, nodes: readonly SearchNode<S>[]): void {
    this._members[this._places[id - this._before] as number] = nodes;
    if (++this._told < this._places.length) return;
    this._before += this._places.length;
    this._round++;
    const chosen = this._choose(this._members.flat(), this._round);
    if (this._round < this._most && !chosen.every(isLeaf)) {
      this._begin(chosen);
      return;
    }
    this._places = [];
    for (const node of chosen) if (node.leaf) this._keep(node);
  }

  private _begin(generation: readonly SearchNode<S>[]): void {
    this._generation = generation;
    this._members = generation.map((node) => (node.leaf ? [node] : []));
    this._places = generation.flatMap((node, place) => (node.leaf ? [] : [place]));
    this._next = 0;
    this._told = 0;
  }
}

function isLeaf({ leaf }: SearchNode<unknown>): boolean {
  return leaf;
}
