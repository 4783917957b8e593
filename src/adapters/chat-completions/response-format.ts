/**
 * @module
 * The format of an answer, as OpenAI's interfaces have it.
 */
import type { ResponseSchema } from "../../core/model.js";
import { isStrict } from "./strict.js";

/** Name, schema and whether it is decoded strictly: whenever the schema allows it. */
export function responseFormat({ name = "answer", jsonSchema }: ResponseSchema): Readonly<Record<string, unknown>> {
  return {
    name: name.replace(/[^\w-]/g, "_").slice(0, 64) || "answer",
    schema: jsonSchema,
    ...(isStrict(jsonSchema) && { strict: true }),
  };
}
