/**
 * @module
 * What an MCP client is told of a run.
 */
import {
  BudgetExceededError,
  CallTimeoutError,
  CapabilityError,
  InvalidOptionError,
  MalformedResponseError,
  NoAnswerError,
  ProviderError,
  ToolError,
} from "../../core/errors.js";
import type { ModelResponse } from "../../core/model.js";

/** The result of a tool, as MCP has it. */
export interface McpAnswer {
  readonly content: readonly { readonly type: "text"; readonly text: string }[];
  readonly structuredContent?: Readonly<Record<string, unknown>>;
  readonly isError?: boolean;
}

/** The words, and what the stack knows of them. */
export function answerOf(response: ModelResponse): McpAnswer {
  const { text, stopped, usage } = response;
  const { answer, confidence } = response as ModelResponse & Readonly<Record<string, unknown>>;
  // What a listener of the server threw is no business of the client's.
  const warnings = (response.warnings ?? []).filter(({ code }) => code !== "listener");
  const known = {
    text,
    answer,
    ...(typeof confidence === "number" && { confidence }),
    stopped,
    usage,
    ...(warnings.length > 0 && { warnings }),
  };
  return { content: [{ type: "text", text }], structuredContent: plain(known) ?? { text } };
}

/** As JSON has it; `undefined` for what JSON cannot hold. */
function plain(value: object): Record<string, unknown> | undefined {
  try {
    const text = JSON.stringify(value, (_, field: unknown) => (typeof field === "bigint" ? String(field) : field));
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** What a client may hear of a failure. The words are written here: those of the failure may quote the prompt, or name what is behind the stack. */
export function failureText(error: unknown): string {
  if (InvalidOptionError.is(error)) {
    // Without what was given: that may be the prompt.
    const [rule = ""] = error.message.split(", got ", 1);
    return `The model cannot take this request: ${rule}.`;
  }
  if (BudgetExceededError.is(error)) {
    return error.limit === "ms"
      ? "The time for this call was over before there was an answer."
      : `The budget of this call (${error.limit}) ended before there was an answer.`;
  }
  if (CallTimeoutError.is(error)) return "The model took too long.";
  if (CapabilityError.is(error)) return `The model does not support ${error.capability}.`;
  if (ProviderError.is(error)) {
    return error.status === 429 ? "The model's provider is busy: try again later." : "The model's provider failed.";
  }
  if (MalformedResponseError.is(error)) return "The model gave what is no answer.";
  if (NoAnswerError.is(error)) return "The model found no answer.";
  if (ToolError.is(error)) return "A tool of the model failed.";
  return "Something went wrong on the server.";
}
