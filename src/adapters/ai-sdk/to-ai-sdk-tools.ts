/**
 * @module
 * Tools for the AI SDK.
 */
import { InvalidOptionError } from "../../core/errors.js";
import type { Model, ModelResponse } from "../../core/model.js";
import { checkOptions } from "../../core/options.js";
import { run, type RunOptions } from "../../core/run.js";
import { race } from "../../core/scope.js";
import { showIssues, type StandardResult } from "../../core/standard-schema.js";
import type { Tool } from "../../core/tool.js";
import { ToolOutput } from "../../core/tool-output.js";

/** A schema as the AI SDK takes it: Standard Schema, and Standard JSON Schema. */
export interface AiSdkSchema {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<unknown> | Promise<StandardResult<unknown>>;
    readonly jsonSchema: {
      readonly input: () => Record<string, unknown>;
      readonly output: () => Record<string, unknown>;
    };
  };
}

/** A tool as the AI SDK takes it. */
export interface AiSdkTool {
  readonly description: string;
  readonly inputSchema: AiSdkSchema;
  readonly execute: (input: unknown, options: { readonly abortSignal?: AbortSignal | undefined }) => Promise<unknown>;
}

/** Options of {@link toAiSdkTools}: those of a run, which every use of a tool is. */
export type ToAiSdkToolsOptions = Omit<RunOptions, "signal">;

const where = "toAiSdkTools";

/**
 * Makes tools of the AI SDK of ours, by name.
 *
 * Shape: `generateText({ tools: toAiSdkTools([weather]) })`. The schema is kept as it is; what the tool's own schema makes of the arguments is what
 * it gets. A tool that calls models does so within `budget`, anew in each use, and ends when the AI SDK's signal aborts.
 * Cost: none of its own.
 * What a tool throws leaves as it came: the AI SDK tells the model.
 *
 * @throws `InvalidOptionError` for what is no tool, a name that occurs twice, or an unknown option
 * @example
 * const { text } = await generateText({ model: openai("gpt-5"), tools: toAiSdkTools([calculator()]), stopWhen: stepCountIs(5), prompt: "…" });
 */
export function toAiSdkTools(tools: readonly Tool[], options: ToAiSdkToolsOptions = {}): Record<string, AiSdkTool> {
  checkOptions(where, options, ["budget", "seed", "onEvent", "events", "clock"]);
  if (!Array.isArray(tools)) throw new InvalidOptionError(where, "tools", "a list of tools", tools);
  const all: Record<string, AiSdkTool> = {};
  for (const [index, tool] of (tools as readonly Tool[]).entries()) {
    if (typeof tool?.execute !== "function" || typeof tool.parse !== "function" || typeof tool.name !== "string") {
      throw new InvalidOptionError(where, `tools[${index}]`, "a tool, as tool(…) makes them", tool);
    }
    if (Object.hasOwn(all, tool.name)) {
      throw new InvalidOptionError(where, `tools[${index}]`, "a tool whose name no other has", tool.name);
    }
    all[tool.name] = {
      description: tool.description,
      inputSchema: schemaOf(tool),
      execute: (input, { abortSignal }) => use(tool, input, { ...options, signal: abortSignal }),
    };
  }
  return all;
}

/** Uses a tool in a run of its own. */
async function use(tool: Tool, input: unknown, options: RunOptions): Promise<unknown> {
  const user: Model<ModelResponse & { readonly output: unknown }> = {
    id: tool.name,
    capabilities: {},
    generate: async (_, call) => {
      const child = call.child(tool.name, { thought: true });
      const output = words(await race(child, () => tool.execute(input, child)));
      return { text: "", finishReason: "stop", usage: call.usage, output: output ?? null };
    },
  };
  const { output } = await run(user, { messages: [{ role: "user", content: tool.name }] }, options);
  return output;
}

/** What a model may read of a result. One that is an error is thrown, as tools of the AI SDK throw theirs. */
function words(given: unknown): unknown {
  if (!ToolOutput.is(given)) return given;
  const { output, isError } = given;
  if (isError) throw new Error(typeof output === "string" ? output : JSON.stringify(output));
  return output;
}

/** A schema with the marks of both kinds that the AI SDK takes, so that it takes the JSON Schema as it is. */
function schemaOf(tool: Tool): AiSdkSchema {
  const jsonSchema = (): Record<string, unknown> => ({ ...tool.inputSchema });
  const standard: AiSdkSchema = {
    "~standard": {
      version: 1,
      vendor: "mull",
      validate: (value) => tool.parse(value),
      jsonSchema: { input: jsonSchema, output: jsonSchema },
    },
  };
  return Object.assign(standard, {
    [Symbol.for("vercel.ai.schema")]: true,
    _type: undefined,
    jsonSchema: tool.inputSchema,
    validate: async (value: unknown) => {
      const parsed = await tool.parse(value);
      return parsed.issues === undefined
        ? { success: true, value: parsed.value }
        : { success: false, error: new Error(showIssues(parsed.issues)) };
    },
  });
}
