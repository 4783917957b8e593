/**
 * @module
 * Messages: what goes to a model and what comes back, in parts.
 */

/** Anything JSON can hold. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A JSON Schema (draft 2020-12 or 7) as a plain object. */
export type JsonSchema = Readonly<Record<string, JsonValue>>;

/**
 * What a provider says of a part, or wants to hear of it, by provider name: `{ anthropic: { signature: "…" } }`.
 * Given back unchanged, so that the provider accepts its own thoughts again.
 */
export type PartMetadata = Readonly<Record<string, JsonValue>>;

/** Words. */
export interface TextPart {
  readonly type: "text";
  readonly text: string;
  readonly providerMetadata?: PartMetadata;
}

/** Words the model thought; given back unchanged to a provider that wants them back. */
export interface ReasoningPart {
  readonly type: "reasoning";
  readonly text: string;
  readonly providerMetadata?: PartMetadata;
}

/** A picture, a document, a sound. */
export interface FilePart {
  readonly type: "file";
  /** IANA media type, such as `image/png`. */
  readonly mediaType: string;
  /** The bytes, base64 text, or where to fetch them. */
  readonly data: Uint8Array | string | URL;
  readonly filename?: string;
  readonly providerMetadata?: PartMetadata;
}

/** The model asks for a tool. */
export interface ToolCallPart {
  readonly type: "tool-call";
  readonly id: string;
  readonly name: string;
  /** Arguments as the model wrote them, parsed from JSON; a string where they were not JSON. */
  readonly input: unknown;
  readonly providerMetadata?: PartMetadata;
}

/** What a tool gave back. */
export interface ToolResultPart {
  readonly type: "tool-result";
  /** The {@link ToolCallPart.id} this answers. */
  readonly id: string;
  readonly name: string;
  readonly output: unknown;
  /** `true` when `output` says what went wrong. */
  readonly isError?: boolean;
  /** Pictures and other files that came with it, which `output` names in words. Adapters send those that the provider reads in results of tools. */
  readonly files?: readonly FilePart[];
}

/** Standing instructions. */
export interface SystemMessage {
  readonly role: "system";
  readonly content: string;
}

/** What the user says or shows. */
export interface UserMessage {
  readonly role: "user";
  readonly content: string | readonly (TextPart | FilePart)[];
}

/** What the model said. */
export interface AssistantMessage {
  readonly role: "assistant";
  readonly content: string | readonly (TextPart | ReasoningPart | FilePart | ToolCallPart)[];
}

/** What the tools gave back. */
export interface ToolMessage {
  readonly role: "tool";
  readonly content: readonly ToolResultPart[];
}

/** One turn of a conversation. */
export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage;

/** The words of a message: its text parts, joined. Reasoning, files and tools are left out. */
export function textOf(message: Message): string {
  const { content } = message;
  if (typeof content === "string") return content;
  let text = "";
  for (const part of content) if (part.type === "text") text += part.text;
  return text;
}
