/**
 * @module
 * Parts that mull has no type for go as the one that is nearest, and their metadata says what they are, so that they come back as they were.
 */
import { fieldsOf } from "../../core/fields.js";
import type { PartMetadata } from "../../core/message.js";

/** What a part really is. */
export interface Unmasked {
  /** What its provider said of it. */
  readonly metadata: PartMetadata | undefined;
  /** Its type, where that is another. */
  readonly type: string | undefined;
  /** Of a custom part: which. */
  readonly kind: string | undefined;
}

const key = "aiSdk";

/** Metadata that also says what the part really is. */
export function masked(metadata: unknown, type: string, kind?: unknown): PartMetadata {
  const real = typeof kind === "string" ? { type, kind } : { type };
  return { ...(fieldsOf(metadata) as PartMetadata | undefined), [key]: real };
}

/** Reads such metadata, or any other. */
export function unmasked(metadata: PartMetadata | undefined): Unmasked {
  const { [key]: real, ...rest } = metadata ?? {};
  const { type, kind } = fieldsOf(real) ?? {};
  return {
    metadata: Object.keys(rest).length > 0 ? rest : undefined,
    type: typeof type === "string" ? type : undefined,
    kind: typeof kind === "string" ? kind : undefined,
  };
}
