/**
 * @module
 * The Standard Schema interface (standardschema.dev, version 1), by which zod, valibot, arktype and others validate.
 */
import { InvalidOptionError } from "./errors.js";
import type { JsonSchema } from "./message.js";

/** A schema of any library that follows Standard Schema v1. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    /** Standard JSON Schema, where the library offers it. */
    readonly jsonSchema?:
      | {
          readonly input: (options: { readonly target: string }) => Record<string, unknown>;
          readonly output: (options: { readonly target: string }) => Record<string, unknown>;
        }
      | undefined;
  };
}

/** What a validation gives. */
export type StandardResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] };

/** One complaint. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * The JSON Schema (draft 2020-12) of what a schema takes (`'input'`, for a tool's arguments) or gives (`'output'`, for an answer).
 *
 * @throws {@link InvalidOptionError} for what is no Standard Schema, or one that cannot become JSON Schema
 */
export function jsonSchemaOf(
  where: string,
  option: string,
  schema: StandardSchema,
  io: "input" | "output",
): JsonSchema {
  const standard = (schema as Partial<StandardSchema> | null | undefined)?.["~standard"];
  if (typeof standard?.validate !== "function") {
    throw new InvalidOptionError(where, option, "a Standard Schema (zod, valibot, arktype, …)", schema);
  }
  const convert = standard.jsonSchema?.[io];
  if (convert === undefined) {
    const bound = `a schema that can become JSON Schema (zod from 4.2 on, arktype, valibot's toStandardJsonSchema); ${standard.vendor}'s has no ~standard.jsonSchema`;
    throw new InvalidOptionError(where, option, bound, schema);
  }
  try {
    const { $schema: _, ...jsonSchema } = convert({ target: "draft-2020-12" });
    return jsonSchema as JsonSchema;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidOptionError(where, option, `a schema that can become JSON Schema (${why})`, schema);
  }
}

/** The complaints in one line: `price: expected number; name: required`. */
export function showIssues(issues: readonly StandardIssue[]): string {
  return issues
    .map(({ message, path }) => {
      const where = (path ?? []).map((p) => String(typeof p === "object" ? p.key : p)).join(".");
      return where === "" ? message : `${where}: ${message}`;
    })
    .join("; ");
}
