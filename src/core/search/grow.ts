/**
 * @module
 * Growing a search by calls of models: trials side by side, told in the order they were asked, its leaves drawn one by one.
 */
import { exhaustion, type Call, type CallNode } from "../call.js";
import { NoAnswerError } from "../errors.js";
import { inTurn, type Outcome, type Turns } from "../in-turn.js";
import type { ModelResponse, SampleFailure, StopReason } from "../model.js";
import { hopeless, type Draw } from "../sample.js";
import { ranked, Search, type Found, type SearchNode, type SearchOrder, type Trial } from "./search.js";

/** How a search is grown. */
export interface Growth<S, R extends ModelResponse> {
  readonly root: S;
  readonly order: SearchOrder;
  readonly maxDepth: number;
  readonly actions: number;
  /** The most trials. */
  readonly maxTrials: number;
  /** How many trials are ahead of the one that is told next, itself counted in. */
  readonly concurrency: number;
  /** Asked after every leaf that was found; ends the search. */
  readonly stop?: ((leaf: SearchNode<S>) => boolean) | undefined;
  /** Makes a trial. */
  expand(trial: Trial<S>, call: Call): Promise<Tried<S>>;
  /** Told what a trial found, before the next is asked for. */
  told?(nodes: readonly SearchNode<S>[]): void;
  /** The sample of a node. */
  sample(node: SearchNode<S>): R;
}

/** What a trial came to. */
export interface Tried<S> {
  readonly found: readonly Found<S>[];
  /** What went wrong beside it. */
  readonly error?: unknown;
}

/** A search being grown, as samples being drawn: its leaves, in the order the search lets them through. */
export interface Growing<S, R extends ModelResponse> extends Draw<R> {
  readonly search: Search<S>;
}

/**
 * Grows a search. The tree depends on the seed and the replies alone, never on the timing: trials are told in the order they were asked.
 *
 * Shape: its leaves as samples; leaving the loop gives up the trials on their way. A failed trial finds nothing, and is listed. Out of budget or time, what is on
 * its way is still told. A search that ends with no leaf let through gives those it found, the best first; without any, the best line of thought it has, one.
 *
 * @throws the first failure, or what ended it, when there is nothing at all
 */
export function grow<S, R extends ModelResponse>(call: Call, growth: Growth<S, R>): Growing<S, R> {
  return new Grower(call as CallNode, growth);
}

class Grower<S, R extends ModelResponse> implements Growing<S, R>, Turns<Trial<S>, Tried<S>> {
  readonly search: Search<S>;
  readonly samples: R[] = [];
  readonly failures: SampleFailure[] = [];
  readonly planned: number = Infinity;
  readonly concurrency: number;
  stopped: StopReason = "done";

  private readonly _call: CallNode;
  private readonly _growth: Growth<S, R>;
  private _over = false;
  private _satisfied = false;
  private _error: unknown;

  constructor(call: CallNode, growth: Growth<S, R>) {
    this._call = call;
    this._growth = growth;
    this.concurrency = growth.concurrency;
    const { root, order, maxDepth, actions } = growth;
    this.search = new Search(root, order, { seed: call.random, maxDepth, actions });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<R, void, undefined> {
    let given = 0;
    let left = true;
    try {
      for await (const _ of inTurn(this._call, this)) {
        if (this._satisfied) break;
        const { leaves } = this.search;
        while (given < leaves.length) yield this._give(leaves[given++] as SearchNode<S>);
      }
      if (given === 0 || this._satisfied) for (const node of this._rest(given)) yield this._give(node);
      left = false;
    } finally {
      if (left) this.stopped = "decided";
    }
  }

  next(): Trial<S> | undefined {
    if (this._over) return undefined;
    if (this.search.asked >= this._growth.maxTrials) {
      this.stopped = "limit";
      return undefined;
    }
    return this.search.ask();
  }

  begin(trial: Trial<S>, inside: (name: string) => CallNode): Promise<Tried<S>> {
    return this._growth.expand(trial, inside(`#${trial.id}`));
  }

  land({ id }: Trial<S>, outcome: Outcome<Tried<S>>): void {
    const { found, error }: Tried<S> = "value" in outcome ? outcome.value : { found: [], error: outcome.error };
    if ("error" in outcome || error !== undefined) this._lose(id, error);
    const nodes = this.search.tell(id, found);
    this._growth.told?.(nodes);
    for (const node of nodes) {
      if (!node.leaf || this._satisfied || this._growth.stop?.(node) !== true) continue;
      this._satisfied = this._over = true;
      this.stopped = "ok";
    }
  }

  private _lose(index: number, error: unknown): void {
    const end = exhaustion(error);
    if (end === undefined) this.failures.push({ index, error });
    if (end === undefined && !hopeless(error)) return;
    this._over = true;
    this.stopped = end ?? "failure";
    this._error ??= error;
  }

  /** What is given where the order let nothing through, or where the search was left. */
  private _rest(given: number): readonly SearchNode<S>[] {
    const { nodes, leaves } = this.search;
    const known = new Set(leaves.slice(0, given));
    const more = ranked(nodes.filter((node) => node.leaf && !known.has(node)));
    if (more.length > 0 || given > 0) return more;
    const parents = new Set(nodes.map(({ parent }) => parent));
    const [best] = ranked(nodes.filter((node) => node.parent !== undefined && !parents.has(node)));
    if (best !== undefined) {
      if (this.stopped === "done") this.stopped = "limit";
      return [best];
    }
    const [failure] = this.failures;
    if (this._error !== undefined) throw this._error;
    if (failure !== undefined) throw failure.error;
    throw new NoAnswerError("the search found nothing");
  }

  private _give(node: SearchNode<S>): R {
    const sample = this._growth.sample(node);
    this.samples.push(sample);
    if (this._call.listening) {
      const { key } = sample as { readonly key?: string };
      this._call.emit({ type: "sample", path: this._call.path, index: this.samples.length - 1, key });
    }
    return sample;
  }
}
