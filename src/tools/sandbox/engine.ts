/**
 * @module
 * What a sandbox knows of its language: the text of the worker, and what that needs to start.
 */

/** A language, and how its workers start. */
export interface Engine {
  /** The name of the sandbox, for errors: `'quickjs'`. */
  readonly name: string;
  readonly language: "javascript" | "python";
  /** What the worker evaluates. */
  readonly source: string;
  /** What the first worker needs to start; throws where the package is missing. */
  readonly needs: () => object;
  /** The longest a worker may take to start, in ms. */
  readonly startMs: number;
  /** The most a worker may take of the heap of JavaScript, in MB; what programs take is limited elsewhere. */
  readonly heapMb: number;
  /** Is a worker that ended replaced at once, because it takes long to start? */
  readonly eager: boolean;
}
