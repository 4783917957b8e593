/**
 * @module
 * Tools of the AI SDK.
 */
import type { Call } from "../../core/call.js";
import { InvalidOptionError } from "../../core/errors.js";
import { fieldsOf, type Fields } from "../../core/fields.js";
import type { JsonSchema } from "../../core/message.js";
import { checkOptions } from "../../core/options.js";
import {
  jsonSchemaOf,
  type StandardIssue,
  type StandardResult,
  type StandardSchema,
} from "../../core/standard-schema.js";
import type { Tool } from "../../core/tool.js";
import { ToolOutput } from "../../core/tool-output.js";
import { toolResultOf } from "./tool-output.js";

/** What of a tool of the AI SDK is looked at: its description, schema and function. */
export type AiSdkToolSet = Readonly<Record<string, object>>;

/** Options of {@link fromAiSdkTools}. */
export interface FromAiSdkToolsOptions {
  /** Given to every tool as `context` (`ai` 7) and `experimental_context` (`ai` 6). @defaultValue none */
  readonly context?: unknown;
}

const where = "fromAiSdkTools";

/**
 * Makes tools of those of the AI SDK: written for it, or of an MCP server that it is connected to.
 *
 * Shape: the object that `generateText` takes in; a list for `toolLoop` out. Schemas are kept; a tool gets the signal of the call. What
 * `toModelOutput` makes of a result is what the model is told; of results that come in steps, the last.
 * Cost: none of its own.
 * Tools that somebody has to allow are refused: in `toolLoop` nobody is asked.
 *
 * @throws `InvalidOptionError` for a tool without `execute`, one that needs an approval, or a schema that cannot become JSON Schema at once
 * @example
 * const solver = stack(model, toolLoop({ tools: fromAiSdkTools({ weather }) }));
 */
export function fromAiSdkTools(tools: AiSdkToolSet, options: FromAiSdkToolsOptions = {}): Tool[] {
  checkOptions(where, options, ["context"]);
  if (fieldsOf(tools) === undefined) throw new InvalidOptionError(where, "tools", "an object of tools, by name", tools);
  return Object.entries(tools).map(([name, given]) => toolOf(name, fieldsOf(given) ?? {}, options.context));
}

function toolOf(name: string, tool: Fields, context: unknown): Tool {
  const { description, inputSchema, execute, needsApproval, toModelOutput } = tool;
  if (typeof execute !== "function") {
    throw new InvalidOptionError(where, name, "a tool with execute: nobody else can run it", execute);
  }
  if (needsApproval !== undefined && needsApproval !== false) {
    throw new InvalidOptionError(where, name, "a tool that needs no approval: nobody is asked", needsApproval);
  }
  const schema = schemaOf(name, inputSchema);
  const run = execute as (input: unknown, options: object) => unknown;
  return {
    name,
    description: descriptionOf(name, description, context),
    inputSchema: schema.jsonSchema,
    parse: schema.parse,
    execute: async (input, call) => {
      const toolCallId = `call_${call.random.bits().toString(36)}`;
      const about = { toolCallId, messages: [], context, experimental_context: context, abortSignal: call.signal };
      const output = await last(run.call(tool, input, about), call);
      if (typeof toModelOutput !== "function") return output;
      const told = toolResultOf(await toModelOutput.call(tool, { toolCallId, input, output }));
      if (told.isError === true)
        throw new Error(typeof told.output === "string" ? told.output : JSON.stringify(told.output));
      return told.files === undefined ? told.output : new ToolOutput(told.output, { files: told.files });
    },
  };
}

/** `ai` 7 may make the description of the context. */
function descriptionOf(name: string, given: unknown, context: unknown): string {
  const description = typeof given === "function" ? (given as (about: object) => unknown)({ context }) : given;
  return typeof description === "string" && description !== "" ? description : name;
}

/** The result; of several that come in turn, the last. */
async function last(given: unknown, { scope }: Pick<Call, "scope">): Promise<unknown> {
  const result = await given;
  if (typeof (result as Partial<AsyncIterable<unknown>> | null | undefined)?.[Symbol.asyncIterator] !== "function")
    return result;
  let output: unknown;
  for await (const one of result as AsyncIterable<unknown>) {
    output = one;
    // The loop around no longer waits; leaving this one lets the tool clean up.
    if (scope.aborted) throw scope.reason;
  }
  return output;
}

interface ReadSchema {
  readonly jsonSchema: JsonSchema;
  readonly parse: Tool["parse"];
}

/** A schema that the AI SDK made (`jsonSchema`, `zodSchema`), one of any library that follows Standard Schema, or a function that returns one. */
function schemaOf(name: string, given: unknown): ReadSchema {
  const schema = typeof given === "function" && !("~standard" in given) ? (given as () => unknown)() : given;
  const fields = fieldsOf(schema) ?? {};
  if (!(Symbol.for("vercel.ai.schema") in fields)) {
    const standard = schema as StandardSchema;
    return {
      jsonSchema: jsonSchemaOf(where, name, standard, "input"),
      parse: (value) => sure(() => standard["~standard"].validate(value)),
    };
  }
  const jsonSchema = fieldsOf(fields.jsonSchema);
  if (jsonSchema === undefined || typeof jsonSchema.then === "function") {
    throw new InvalidOptionError(
      where,
      name,
      "a tool whose JSON Schema is there at once, not a promise",
      fields.jsonSchema,
    );
  }
  const { $schema: _, ...rest } = jsonSchema;
  const validate = fields.validate as ((value: unknown) => unknown) | undefined;
  return {
    jsonSchema: rest as JsonSchema,
    parse: (value) =>
      validate === undefined
        ? { value }
        : sure(async () => {
            const result = fieldsOf(await validate(value)) ?? {};
            return result.success === true ? { value: result.value } : issuesOf(result.error);
          }),
  };
}

/** A validator that throws is an issue like any other. */
async function sure(
  validate: () => StandardResult<unknown> | Promise<StandardResult<unknown>>,
): Promise<StandardResult<unknown>> {
  try {
    return await validate();
  } catch (error) {
    return { issues: [{ message: `could not be checked: ${messageOf(error)}` }] };
  }
}

/** Of zod's errors, the issues. */
function issuesOf(error: unknown): StandardResult<unknown> {
  const { issues } = fieldsOf(error) ?? {};
  return Array.isArray(issues)
    ? { issues: issues as readonly StandardIssue[] }
    : { issues: [{ message: messageOf(error) }] };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
