/**
 * @module
 * The body of `POST /chat/completions`, as a request to a model.
 */
import { efforts } from "../core/efforts.js";
import type { Fields } from "../core/fields.js";
import type { JsonSchema, JsonValue } from "../core/message.js";
import type { Model, ModelRequest, ResponseSchema, ToolDescription } from "../core/model.js";
import { HttpError } from "./http-error.js";
import { messagesOf } from "./messages.js";
import { flag, integer, list, number, object, oneOf, optional, text, words, wrong } from "./readers.js";

/** What a caller wants. */
export interface Question {
  /** The name under which the model is served. */
  readonly name: string;
  readonly model: Model;
  readonly request: ModelRequest;
  /** How many choices. */
  readonly n: number;
  /** Of the run, not of the request: every sample of a stack draws its own from it. */
  readonly seed: number | undefined;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** Fields that nothing was done with. */
  readonly ignored: readonly string[];
}

/**
 * Reads the body. A field that is `null` is missing. Fields that mull has no place for are listed in `ignored`, but for those that are only the
 * caller's own notes.
 *
 * @throws `HttpError` 400 for the first field that is wrong, 404 for a model that is not served
 */
export function questionOf(body: unknown, models: ReadonlyMap<string, Model>, maxN: number): Question {
  const fields = object(body, "the body");
  const name = words(fields.model, "model");
  const model = modelOf(name, models);
  if (fields.functions !== undefined || fields.function_call !== undefined) {
    throw new HttpError(400, "functions are called tools now: use tools and tool_choice", {
      param: "functions",
      code: "unsupported_value",
    });
  }
  const modalities = optional(fields, "modalities", list(text)) ?? [];
  if (modalities.some((modality) => modality !== "text")) throw wrong("modalities", 'only "text"');
  const options = optional(fields, "stream_options", object) ?? {};
  return {
    name,
    model,
    request: requestOf(fields),
    n: optional(fields, "n", integer(1, maxN)) ?? 1,
    seed: optional(fields, "seed", integer(Number.MIN_SAFE_INTEGER)),
    stream: optional(fields, "stream", flag) ?? false,
    includeUsage: optional(options, "include_usage", flag, "stream_options.") ?? false,
    ignored: Object.keys(fields)
      .filter((field) => !known.has(field) && fields[field] !== null)
      .slice(0, 20)
      .map((field) => field.slice(0, 60)),
  };
}

/** The model of a name. */
export function modelOf(name: string, models: ReadonlyMap<string, Model>): Model {
  const model = models.get(name);
  if (model !== undefined) return model;
  const shown = JSON.stringify(name.slice(0, 100));
  throw new HttpError(404, `there is no model ${shown} here`, { param: "model", code: "model_not_found" });
}

function requestOf(fields: Fields): ModelRequest {
  let messages = messagesOf(fields.messages, "messages");
  let prefill: string | undefined;
  if (optional(fields, "continue_final_message", flag) === true) {
    const last = messages.at(-1);
    if (last?.role !== "assistant" || typeof last.content !== "string") {
      throw wrong("continue_final_message", "false, or the last message one of the assistant's with text alone");
    }
    prefill = last.content;
    messages = messages.slice(0, -1);
  }
  const tools = optional(fields, "tools", list(toolOf)) ?? [];
  const topK = optional(fields, "top_k", integer(-1));
  return defined<ModelRequest>({
    messages,
    prefill,
    tools: tools.length > 0 ? tools : undefined,
    toolChoice: optional(fields, "tool_choice", (value, param) => toolChoiceOf(value, param, tools)),
    schema: optional(fields, "response_format", schemaOf),
    temperature: optional(fields, "temperature", number(0, 2)),
    topP: optional(fields, "top_p", number(0, 1)),
    topK: topK !== undefined && topK > 0 ? topK : undefined,
    presencePenalty: optional(fields, "presence_penalty", number(-2, 2)),
    frequencyPenalty: optional(fields, "frequency_penalty", number(-2, 2)),
    stop: optional(fields, "stop", stopOf),
    maxOutputTokens:
      optional(fields, "max_completion_tokens", integer(1)) ?? optional(fields, "max_tokens", integer(1)),
    logprobs: logprobsOf(fields),
    effort: optional(fields, "reasoning_effort", oneOf(efforts)),
    latent: optional(fields, "latent", latentOf),
  });
}

function toolOf(value: unknown, at: string): ToolDescription {
  const tool = object(value, at);
  oneOf(["function"])(tool.type, `${at}.type`);
  const described = object(tool.function, `${at}.function`);
  return {
    name: words(described.name, `${at}.function.name`),
    description: optional(described, "description", text, `${at}.function.`) ?? "",
    inputSchema: (optional(described, "parameters", object, `${at}.function.`) ?? noArguments) as JsonSchema,
  };
}

function toolChoiceOf(value: unknown, param: string, tools: readonly ToolDescription[]): ModelRequest["toolChoice"] {
  if (typeof value === "string") {
    const choice = oneOf(["auto", "none", "required"])(value, param);
    if (choice === "required" && tools.length === 0) throw wrong(param, "left out where there are no tools");
    return tools.length === 0 ? undefined : choice;
  }
  const choice = object(value, param);
  oneOf(["function"])(choice.type, `${param}.type`);
  const name = words(object(choice.function, `${param}.function`).name, `${param}.function.name`);
  if (tools.some((tool) => tool.name === name)) return { name };
  throw wrong(`${param}.function.name`, "the name of one of the tools");
}

function schemaOf(value: unknown, param: string): ResponseSchema | undefined {
  const format = object(value, param);
  switch (oneOf(["text", "json_object", "json_schema"])(format.type, `${param}.type`)) {
    case "text":
      return undefined;
    case "json_object":
      return { jsonSchema: { type: "object" } };
    case "json_schema": {
      const asked = object(format.json_schema, `${param}.json_schema`);
      const name = optional(asked, "name", words, `${param}.json_schema.`);
      const jsonSchema = object(asked.schema, `${param}.json_schema.schema`) as Record<string, JsonValue>;
      return { ...(name !== undefined && { name }), jsonSchema };
    }
  }
}

function stopOf(value: unknown, param: string): readonly string[] | undefined {
  const stops = typeof value === "string" ? [words(value, param)] : list(words)(value, param);
  return stops.length > 0 ? stops : undefined;
}

function logprobsOf(fields: Fields): number | undefined {
  const wanted = optional(fields, "logprobs", flag) ?? false;
  const top = optional(fields, "top_logprobs", integer(0, 20));
  if (!wanted && top !== undefined && top > 0) throw wrong("top_logprobs", "left out, unless logprobs is true");
  return wanted ? (top ?? 0) : undefined;
}

function latentOf(value: unknown, param: string): ModelRequest["latent"] {
  const latent = object(value, param);
  // Thinking otherwise than was asked for would not be noticed.
  const strange = Object.keys(latent).find((name) => !latentFields.includes(name));
  if (strange !== undefined) throw wrong(`${param}.${strange}`, `left out: there are ${latentFields.join(", ")}`);
  const steps = optional(latent, "steps", integer(1), `${param}.`);
  const halt = optional(latent, "halt", positive, `${param}.`);
  const pauseTokens = optional(latent, "pauseTokens", integer(0), `${param}.`);
  const state = optional(latent, "state", words, `${param}.`);
  return defined({ steps, halt, pauseTokens, state });
}

function positive(value: unknown, param: string): number {
  if (typeof value === "number" && value > 0 && value < Infinity) return value;
  throw wrong(param, "a number above 0");
}

/** The fields that have a value. */
function defined<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

const latentFields = ["steps", "halt", "pauseTokens", "state"];
const noArguments = { type: "object", properties: {} };

const known: ReadonlySet<string> = new Set(
  (
    "model messages tools tool_choice response_format temperature top_p top_k presence_penalty frequency_penalty stop max_completion_tokens max_tokens " +
    "logprobs top_logprobs reasoning_effort latent continue_final_message add_generation_prompt modalities n seed stream stream_options " +
    // Notes of the caller, which change no answer.
    "user metadata store safety_identifier prompt_cache_key service_tier"
  ).split(" "),
);
