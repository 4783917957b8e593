/**
 * @module
 * What a stack knows of its answer and OpenAI's format has no place for.
 */
import { listOf } from "../core/fields.js";
import type { ModelResponse, Warning } from "../core/model.js";

/** What stands in `mull` beside an answer; what is not known is left out. */
export interface Details {
  /** How sure the stack is, from 0 to 1. */
  readonly confidence?: number;
  /** Why it stopped thinking. */
  readonly stopped?: string;
  /** The answer as it was compared: what the votes are counted by. */
  readonly key?: string;
  /** Every answer and its weight, which is the number of its samples unless they were weighted. Most first. */
  readonly votes?: readonly (readonly [key: string, weight: number])[];
  readonly warnings?: readonly Warning[];
}

/** Reads the fields that layers add. `notes` stand before the warnings of the stack. */
export function detailsOf(response: ModelResponse, notes: readonly Warning[]): Details {
  const { confidence, key, stopped, votes } = response as ModelResponse & Readonly<Record<string, unknown>>;
  // What a listener of the server threw is no business of the caller's.
  const warnings = [...notes, ...(response.warnings ?? []).filter(({ code }) => code !== "listener")];
  return {
    ...(typeof confidence === "number" && { confidence }),
    ...(stopped !== undefined && { stopped }),
    ...(typeof key === "string" && { key }),
    ...(Array.isArray(votes) && {
      votes: listOf(votes).map((vote) => [String(vote.key), Number(vote.weight)] as const),
    }),
    ...(warnings.length > 0 && { warnings }),
  };
}
