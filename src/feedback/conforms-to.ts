/**
 * @module
 * Feedback from a schema: what a right answer must look like.
 */
import { jsonIn } from "../answers/json.js";
import { InvalidOptionError } from "../core/errors.js";
import type { Feedback } from "../core/feedback.js";
import { jsonSchemaOf, showIssues, type StandardIssue, type StandardSchema } from "../core/standard-schema.js";

/**
 * Feedback that validates the JSON in a response: the message names what does not fit, and where.
 *
 * Shape: a schema of any library that follows Standard Schema in, {@link Feedback} out. It may validate asynchronously.
 * Cost: no model calls of its own.
 * The JSON is looked for as `json()` does: the whole text, the last block between fences, or what stands in the prose. The score is 1 where it fits,
 * 0 where there is no JSON, and else the lower the more is wrong with it: 1/2 for one issue, 1/3 for two. A validator that throws is an issue.
 *
 * @throws {@link InvalidOptionError} for what is no Standard Schema
 * @example
 * const order = z.object({ item: z.string(), count: z.number().int().min(1) }); // import * as z from "zod"
 * const solver = stack(model, reviseLoop({ feedback: conformsTo(order) }));
 */
export function conformsTo(schema: StandardSchema): Feedback {
  if (typeof (schema as Partial<StandardSchema> | null | undefined)?.["~standard"]?.validate !== "function") {
    throw new InvalidOptionError("conformsTo", "schema", "a Standard Schema (zod, valibot, arktype, …)", schema);
  }
  const wanted = describe(schema);

  return async ({ text }) => {
    let wrong: readonly StandardIssue[] | undefined;
    for (const value of jsonIn(text)) {
      const issues = await issuesOf(schema, value);
      if (issues === undefined) return { ok: true, score: 1 };
      wrong ??= issues;
    }
    if (wrong === undefined) return { ok: false, score: 0, message: `There is no JSON in your answer.${wanted}` };
    const score = 1 / (1 + Math.max(1, wrong.length));
    return { ok: false, score, message: `The JSON in your answer does not fit: ${showIssues(wrong)}.` };
  };
}

/** What is wrong with a value; `undefined` where it fits. */
async function issuesOf(schema: StandardSchema, value: unknown): Promise<readonly StandardIssue[] | undefined> {
  try {
    return (await schema["~standard"].validate(value)).issues;
  } catch (error) {
    return [{ message: `could not be checked: ${error instanceof Error ? error.message : String(error)}` }];
  }
}

/** Tells the model what to write, where the schema can become JSON Schema. */
function describe(schema: StandardSchema): string {
  try {
    return ` Write it as JSON of this JSON Schema: ${JSON.stringify(jsonSchemaOf("conformsTo", "schema", schema, "input"))}`;
  } catch {
    return "";
  }
}
