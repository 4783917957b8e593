/**
 * @module
 * A completion as the wire has it, read as replies.
 */
import { MalformedResponseError } from "../../core/errors.js";
import { fieldsOf, inputOf, listOf, countOf, wordsOf, type Fields } from "../../core/fields.js";
import type { JsonValue, ToolCallPart } from "../../core/message.js";
import type { FinishReason, LatentReport, ModelRequest, Warning } from "../../core/model.js";
import type { Reply, SourceCall } from "../../core/source.js";
import type { Dialect } from "./dialect.js";
import { withoutEcho } from "./echo.js";
import { logprobOf } from "./logprobs.js";
import { sharesOf } from "./usage.js";

/** What a completion answers. */
export interface Question {
  readonly id: string;
  readonly dialect: Dialect;
  readonly request: ModelRequest;
  /** What there is to say about the request. */
  readonly warnings: readonly Warning[];
}

/**
 * Reads a completion: one reply for each of its choices, in the order of their index, `call.n` at most.
 *
 * @throws {@link MalformedResponseError} for a completion without choices
 */
export function repliesOf(completion: Fields, question: Question, call: SourceCall): readonly Reply[] {
  const { id, dialect, warnings } = question;
  const choices = listOf(completion.choices)
    .toSorted((a, b) => (countOf(a.index) ?? 0) - (countOf(b.index) ?? 0))
    .slice(0, call.n);
  if (choices.length === 0) throw new MalformedResponseError(`${id} returned a completion without choices`);
  const told = latentOf(completion.latent);
  const replies = choices.map((choice) => ({ ...(told && { latent: told }), ...replyOf(choice, question, call) }));
  const shares = sharesOf(completion, replies.map(lengthOf), dialect.tellsCost);
  const metadata = metadataOf(completion);
  return replies.map((reply, i) => ({
    ...reply,
    ...(warnings.length > 0 && { warnings }),
    ...(metadata !== undefined && { providerMetadata: { [dialect.provider]: metadata } }),
    usage: shares[i],
  }));
}

/** The words of a message, or of a piece of one. */
export function contentOf(message: Fields): { readonly text: string; readonly reasoning: string } {
  // Endpoints that changed the field's name send both for a while, with the same words.
  let reasoning = wordsOf(message.reasoning_content) ?? wordsOf(message.reasoning) ?? "";
  const { content } = message;
  if (typeof content === "string") return { text: content, reasoning };
  let text = "";
  for (const part of listOf(content)) {
    text += wordsOf(part.text) ?? "";
    for (const thought of listOf(part.thinking)) reasoning += wordsOf(thought.text) ?? "";
  }
  return { text, reasoning };
}

function replyOf(choice: Fields, { dialect, request }: Question, call: SourceCall): Reply {
  const message = fieldsOf(choice.message) ?? {};
  const { text: words, reasoning } = contentOf(message);
  const text = dialect.echoesPrefill ? withoutEcho(words, request.prefill) : words;
  const toolCalls = listOf(message.tool_calls).map((part) => toolCallOf(part, call));
  const logprobs = listOf(fieldsOf(choice.logprobs)?.content).map(logprobOf);
  const refused = text === "" && wordsOf(message.refusal) !== undefined;
  const finishReason = refused ? "content-filter" : finishOf(choice.finish_reason, toolCalls.length > 0);
  const content = partsOf(text, reasoning, toolCalls, listOf(message.reasoning_details), dialect);
  const latent = latentOf(message.latent);
  return {
    text,
    ...(reasoning !== "" && { reasoning }),
    ...(content !== undefined && { content }),
    ...(toolCalls.length > 0 && { toolCalls }),
    ...(logprobs.length > 0 && { logprobs }),
    ...(latent !== undefined && { latent }),
    ...(finishReason !== undefined && { finishReason }),
  };
}

/** What the endpoint tells of thinking that is not words; what is no such thing is left out. */
function latentOf(value: unknown): LatentReport | undefined {
  const told = fieldsOf(value) ?? {};
  const [steps, state] = [countOf(told.steps), wordsOf(told.state)];
  if (steps === undefined && state === undefined) return undefined;
  return { ...(steps !== undefined && { steps }), ...(state !== undefined && { state }) };
}

/** The parts of the model's turn, where its thought is to be sent back with them. */
function partsOf(
  text: string,
  reasoning: string,
  toolCalls: readonly ToolCallPart[],
  details: readonly Fields[],
  { provider, reasoningField }: Dialect,
): Reply["content"] {
  const returns = details.length > 0 || (reasoningField !== undefined && reasoning !== "");
  if (!returns) return undefined;
  const providerMetadata = { [provider]: { reasoning_details: details as readonly JsonValue[] } };
  return [
    { type: "reasoning", text: reasoning, ...(details.length > 0 && { providerMetadata }) },
    ...(text === "" ? [] : [{ type: "text", text } as const]),
    ...toolCalls,
  ];
}

function toolCallOf(part: Fields, call: SourceCall): ToolCallPart {
  const { name, arguments: input } = fieldsOf(part.function) ?? {};
  return {
    type: "tool-call",
    // Not every endpoint names its calls, but a result must say which one it answers.
    id: wordsOf(part.id) ?? `call_${call.random.bits().toString(36)}`,
    name: wordsOf(name) ?? "",
    input: typeof input === "string" ? inputOf(input) : (input ?? {}),
  };
}

function finishOf(reason: unknown, calls: boolean): FinishReason | undefined {
  switch (reason) {
    case undefined:
    case null:
    case "":
      return undefined;
    case "stop":
      // What some endpoints say of tool calls, too.
      return calls ? "tool-calls" : "stop";
    case "length":
      return "length";
    case "tool_calls":
    case "function_call":
      return "tool-calls";
    case "content_filter":
      return "content-filter";
    default:
      return "other";
  }
}

function metadataOf(completion: Fields): JsonValue | undefined {
  const names = ["id", "model", "system_fingerprint", "service_tier", "provider"];
  const told = names.filter((name) => wordsOf(completion[name]) !== undefined);
  return told.length === 0 ? undefined : Object.fromEntries(told.map((name) => [name, completion[name] as string]));
}

/** How much a reply wrote, as far as it shows. */
function lengthOf({ text, reasoning = "", toolCalls = [] }: Reply): number {
  return toolCalls.reduce(
    (sum, { name, input }) => sum + name.length + JSON.stringify(input).length,
    text.length + reasoning.length,
  );
}
