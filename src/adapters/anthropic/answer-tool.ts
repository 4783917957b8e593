/**
 * @module
 * A tool in place of a format: for models that cannot be held to a schema, but can be made to call.
 */
import { fieldsOf, inputOf } from "../../core/fields.js";
import type { ModelRequest, ResponseSchema } from "../../core/model.js";
import type { Block } from "./turns.js";

/** The tool whose input is the answer. */
export interface AnswerTool {
  readonly name: string;
  /** Tools take objects: an answer that is none stands in a field of one. */
  readonly wrapped: boolean;
  /** The tool on the wire. */
  readonly tool: Block;
}

/** The tool for a schema, by a name that no tool of the request has. */
export function answerToolOf({ name = "answer", jsonSchema }: ResponseSchema, request: ModelRequest): AnswerTool {
  const taken = new Set(request.tools?.map((tool) => tool.name));
  let own = name.replace(/[^\w-]/g, "_").slice(0, 56) || "answer";
  while (taken.has(own)) own += "_";
  const wrapped = jsonSchema.type !== "object" && jsonSchema.properties === undefined;
  const input_schema = wrapped
    ? { type: "object", properties: { answer: jsonSchema }, required: ["answer"] }
    : { type: "object", ...jsonSchema };
  return { name: own, wrapped, tool: { name: own, description: "Gives the final answer.", input_schema } };
}

/** The answer as text; `json` is the input of the tool, as far as the model wrote it. */
export function answerText(json: string, { wrapped }: AnswerTool): string {
  if (!wrapped) return json;
  const answer = fieldsOf(inputOf(json))?.answer;
  return answer === undefined ? json : JSON.stringify(answer);
}
