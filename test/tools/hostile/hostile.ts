/**
 * @module
 * What a table of hostile programs is made of.
 */
import type { JsonValue } from "mull";

/** How a program may end: as one of these. */
export type Ending = "ok" | "syntax" | "error" | "timeout" | "memory" | "output" | "value";

/** A program that does harm, or tries to. */
export interface Hostile {
  readonly name: string;
  readonly program: string;
  /** More than one where it depends on how fast the machine is. */
  readonly ends: Ending | readonly Ending[];
  /** What it comes to, where it ends well. */
  readonly value?: JsonValue;
}

/** A row of a table. */
export function hostile(name: string, program: string, ends: Ending | readonly Ending[], value?: JsonValue): Hostile {
  return value === undefined ? { name, program, ends } : { name, program, ends, value };
}
