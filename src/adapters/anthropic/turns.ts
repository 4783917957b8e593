/**
 * @module
 * Messages as the turns of the wire: user and assistant by turns, each of blocks.
 */
import { CapabilityError } from "../../core/errors.js";
import { fieldsOf, wordsOf, type Fields } from "../../core/fields.js";
import type {
  AssistantMessage,
  Message,
  PartMetadata,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from "../../core/message.js";
import { filesWith } from "../wire/tool-files.js";
import { jsonText, resultText } from "../wire/tool-text.js";
import { fileBlock, readsFile } from "./file-block.js";

/** A block on the wire. */
export type Block = Fields;

/** What one side says until the other speaks. */
export interface Turn {
  readonly role: "user" | "assistant";
  readonly blocks: readonly Block[];
}

/** A conversation on the wire. */
export interface Conversation {
  readonly system: readonly Block[];
  readonly turns: readonly Turn[];
}

/**
 * Puts messages in turns: those of one side that follow each other become one, with the results of tools at its beginning. Blank texts are left
 * out, which the API refuses, and so are thoughts that did not come from this adapter.
 *
 * @param prefill - the start of the answer, which becomes the last turn
 * @throws {@link CapabilityError} for a file that the API does not take
 */
export function turnsOf(messages: readonly Message[], prefill: string | undefined, id: string): Conversation {
  const system: Block[] = [];
  const turns: { role: "user" | "assistant"; blocks: Block[] }[] = [];
  const say = (role: "user" | "assistant", blocks: readonly Block[]): void => {
    if (blocks.length === 0) return;
    const last = turns.at(-1);
    if (last?.role === role) last.blocks.push(...blocks);
    else turns.push({ role, blocks: [...blocks] });
  };
  for (const message of messages) {
    switch (message.role) {
      case "system":
        system.push(...textBlocks(message.content));
        break;
      case "user":
        say("user", userBlocks(message.content, id));
        break;
      case "assistant":
        say("assistant", assistantBlocks(message, id));
        break;
      case "tool":
        say(
          "user",
          message.content.map((result) => resultBlock(result, id)),
        );
        break;
    }
  }
  for (const turn of turns) if (turn.role === "user") turn.blocks.sort(resultsFirst);
  if (prefill !== undefined) say("assistant", textBlocks(prefill));
  const last = turns.at(-1);
  if (last?.role === "assistant") last.blocks.push(...last.blocks.splice(-1).map(trimmed));
  return { system, turns };
}

function userBlocks(content: Extract<Message, { role: "user" }>["content"], id: string): readonly Block[] {
  if (typeof content === "string") return textBlocks(content);
  return content.flatMap((part) => {
    if (part.type === "text") return textBlocks(part.text, part.providerMetadata);
    return [{ ...fileBlock(part, id), ...markOf(part.providerMetadata) }];
  });
}

function assistantBlocks({ content }: AssistantMessage, id: string): readonly Block[] {
  if (typeof content === "string") return textBlocks(content);
  return content.flatMap((part) => {
    switch (part.type) {
      case "text":
        return saidBlocks(part);
      case "reasoning":
        return thoughtBlocks(part);
      case "tool-call":
        return [callBlock(part)];
      case "file":
        throw new CapabilityError(
          "files",
          id,
          `${id} cannot take a file in what the assistant said; give it to the user's turn`,
        );
    }
  });
}

/** Words of the model, or a block of its that we have no part for. */
function saidBlocks({ text, providerMetadata }: TextPart): readonly Block[] {
  const { block, citations } = fieldsOf(providerMetadata?.anthropic) ?? {};
  const raw = fieldsOf(block);
  if (raw !== undefined) return [raw];
  return textBlocks(text, providerMetadata).map((said) => (citations === undefined ? said : { ...said, citations }));
}

/** A thought as it came, to the letter: the API refuses any other. */
function thoughtBlocks({ text, providerMetadata }: ReasoningPart): readonly Block[] {
  const own = fieldsOf(providerMetadata?.anthropic);
  if (own === undefined) return [];
  const { signature, redactedData } = own;
  if (redactedData !== undefined) return [{ type: "redacted_thinking", data: redactedData }];
  return [{ type: "thinking", thinking: text, ...(signature !== undefined && { signature }) }];
}

function callBlock({ id, name, input, providerMetadata }: ToolCallPart): Block {
  const { caller, toolsetName } = fieldsOf(providerMetadata?.anthropic) ?? {};
  return {
    type: "tool_use",
    id: idOf(id),
    name,
    // The API takes nothing but an object, and a model may have written anything.
    input: fieldsOf(input) ?? { input: input ?? null },
    ...(caller !== undefined && { caller }),
    ...(toolsetName !== undefined && { toolset_name: toolsetName }),
    ...markOf(providerMetadata),
  };
}

function resultBlock(result: ToolResultPart, model: string): Block {
  const { id, output, isError } = result;
  const block = { type: "tool_result", tool_use_id: idOf(id) };
  const files = filesWith(result, readsFile);
  if (files.length === 0) {
    return { ...block, content: jsonText(output ?? null), ...(isError === true && { is_error: true }) };
  }
  // The API refuses files beside `is_error`: the words say it.
  return { ...block, content: [...textBlocks(resultText(result)), ...files.map((file) => fileBlock(file, model))] };
}

/** Other providers name their calls with characters that this one refuses. */
function idOf(id: string): string {
  return id.replace(/[^\w-]/g, "_");
}

function textBlocks(text: string, metadata?: PartMetadata): readonly Block[] {
  return text.trim() === "" ? [] : [{ type: "text", text, ...markOf(metadata) }];
}

function markOf(metadata: PartMetadata | undefined): Block {
  const mark = fieldsOf(fieldsOf(metadata?.anthropic)?.cacheControl);
  return mark === undefined ? {} : { cache_control: mark };
}

function resultsFirst(a: Block, b: Block): number {
  return Number(b.type === "tool_result") - Number(a.type === "tool_result");
}

/** Without the space at its end, which the API refuses where an answer was started. */
function trimmed(block: Block): Block {
  const text = wordsOf(block.text);
  return text === undefined ? block : { ...block, text: text.trimEnd() };
}
