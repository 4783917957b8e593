/**
 * @module
 * Thoughts that were drawn, kept for whoever probes them next.
 */
import { canonical } from "../../core/canonical.js";
import type { ModelRequest } from "../../core/model.js";
import type { ReasoningKind } from "./reasoning-kind.js";

/** A line of thought, and what it came to. */
export interface Thought<A = unknown> {
  /** Without the answer; `""` where no thought is shown. */
  readonly text: string;
  /** Did it come apart from the text of the answer? Then no prefill reaches it. */
  readonly apart: boolean;
  readonly kind: ReasoningKind;
  /** `undefined` where it cannot be read. */
  readonly answer: A | undefined;
  readonly key: string | undefined;
}

/** Thoughts that were drawn, by what was asked. Outlives a call: what one probe drew, the next one need not draw again. Of one model. */
export class Thoughts<A = unknown> {
  private readonly _known = new Map<string, Thought<A>>();

  /** How many there are. */
  get size(): number {
    return this._known.size;
  }

  /** The thought number `sample` of those that were drawn of a request, from 0. */
  get(request: ModelRequest, sample: number): Thought<A> | undefined {
    return this._known.get(keyOf(request, sample));
  }

  /** Keeps one. */
  set(request: ModelRequest, sample: number, thought: Thought<A>): void {
    this._known.set(keyOf(request, sample), thought);
  }
}

function keyOf(request: ModelRequest, sample: number): string {
  return `${sample} ${canonical(request)}`;
}
