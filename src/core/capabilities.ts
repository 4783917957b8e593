/**
 * @module
 * What a model can do. `true`: it can; `false`: it cannot; absent: unknown, and passed on as it is.
 */

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
  /** Thinks in steps that are not words ({@link ModelRequest.latent}). */
  readonly latent?: boolean;
  /** What its reasoning text is: the thought itself, a summary of it, or nothing. */
  readonly reasoning?: "raw" | "summary" | "none";
}
