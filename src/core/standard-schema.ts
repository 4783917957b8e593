/**
 * @module
 * The Standard Schema interface (standardschema.dev, version 1), by which zod, valibot, arktype and others validate.
 */

/** A schema of any library that follows Standard Schema v1. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    /** Standard JSON Schema, where the library offers it. */
    readonly jsonSchema?:
      | { readonly input: (options: { readonly target: string }) => Record<string, unknown> }
      | undefined;
  };
}

/** What a validation gives. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** One complaint. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
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
