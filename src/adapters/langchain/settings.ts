/**
 * @module
 * A request as fields of a chat model, which LangChain keeps its settings in, and as call options.
 */
import type { ModelRequest, Warning } from "../../core/model.js";
import { downgrade } from "../wire/downgrade.js";
import type { CallableChatModel } from "./chat-model.js";
import type { Dialect } from "./dialects.js";
import { fieldOf, viewOf } from "./view.js";

type Setting = "temperature" | "topP" | "topK" | "presencePenalty" | "frequencyPenalty" | "maxOutputTokens" | "seed";

/** Settings, and what chat models call them; the first that a model has is taken. */
export const fieldNames: Readonly<Record<Setting, readonly string[]>> = {
  temperature: ["temperature"],
  topP: ["topP"],
  topK: ["topK"],
  presencePenalty: ["presencePenalty"],
  frequencyPenalty: ["frequencyPenalty"],
  maxOutputTokens: ["maxTokens", "maxOutputTokens", "numPredict"],
  seed: ["seed", "randomSeed"],
};

/** A chat model that is ready to be called. */
export interface Prepared {
  readonly model: CallableChatModel;
  readonly options: Record<string, unknown>;
  /** What the model has no place for. */
  readonly warnings: readonly Warning[];
}

/** Prepares a chat model for one request: tools bound by its own `bindTools`, settings laid over its fields, all else in call options. */
export function prepare(
  model: CallableChatModel,
  request: ModelRequest,
  dialect: Dialect,
  common: object,
  signal: AbortSignal,
): Prepared {
  const warnings: Warning[] = [];
  const fields: Record<string, unknown> = {};
  for (const [setting, names] of Object.entries(fieldNames)) {
    const value = request[setting as Setting];
    if (value === undefined) continue;
    const name = fieldOf(model, names);
    if (name !== undefined) fields[name] = value;
    else if (setting !== "seed") {
      warnings.push(downgrade(setting, `the chat model has no field for ${setting}: it was left out`));
    }
  }
  const { logprobs, stop, seed, schema, effort, tools = [], toolChoice } = request;
  if (logprobs !== undefined) {
    fields.logprobs = true;
    if (logprobs > 0) fields.topLogprobs = logprobs;
  }
  const choice = typeof toolChoice === "object" ? toolChoice.name : toolChoice === "required" ? "any" : toolChoice;
  const bound =
    tools.length > 0
      ? model.bindTools?.(
          tools.map(({ name, description, inputSchema }) => ({
            type: "function",
            function: { name, description, parameters: inputSchema },
          })),
          choice === undefined ? {} : { tool_choice: choice },
        )
      : undefined;
  const options = {
    ...common,
    ...(stop?.length && { stop: [...stop] }),
    ...(seed !== undefined && { seed }),
    ...(schema !== undefined && dialect.schema?.(schema)),
    ...(effort !== undefined && dialect.effort?.(effort)),
    ...request.providerOptions?.langchain,
    signal,
  };
  return { model: viewOf((bound as CallableChatModel | undefined) ?? model, fields), options, warnings };
}
