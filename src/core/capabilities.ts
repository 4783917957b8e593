/**
 * @module
 * What a model can do. `true`: it can; `false`: it cannot; absent: unknown, and passed on as it is.
 */
import type { LatentRequest } from "./model.js";

/** A way to think in steps that are not words, called as its field of {@link ModelRequest.latent}. */
export type LatentAbility = keyof LatentRequest;

/** What lies at the bottom of a stack; every layer passes it up unchanged unless it adds to it. */
export interface Capabilities {
  /** Several completions of one prompt in one request; a number is the most it gives. */
  readonly n?: boolean | number;
  /** Log-probabilities of the tokens it writes. */
  readonly logprobs?: boolean;
  /** Continues a started answer ({@link ModelRequest.prefill}). */
  readonly prefill?: boolean;
  /** Honours a seed. */
  readonly seed?: boolean;
  /** Accepts a temperature; `false` for models that lock it. */
  readonly temperature?: boolean;
  /** Has a knob for how long it thinks ({@link ModelRequest.effort}). */
  readonly effort?: boolean;
  /** Calls tools natively. */
  readonly tools?: boolean;
  /** Answers in a JSON Schema by constrained decoding. */
  readonly schema?: boolean;
  /**
   * Thinks in steps that are not words: the fields of {@link ModelRequest.latent} that it was trained for, such as `["steps", "halt"]`.
   * Absent: it counts as `false` for the layers that need it.
   */
  readonly latent?: boolean | readonly LatentAbility[];
  /** Tells how likely a given text is ({@link ModelRequest.score}). Absent is `false`: a model that does not know the field would write an answer. */
  readonly score?: boolean;
  /** What its reasoning text is: the thought itself, a summary of it, or nothing. */
  readonly reasoning?: "raw" | "summary" | "none";
}

/** Was it trained to think in this way? `undefined` where nobody says. */
export function thinksIn({ latent }: Capabilities, ability: LatentAbility): boolean | undefined {
  return typeof latent === "object" ? latent.includes(ability) : latent;
}
