/**
 * @module
 * A turn of the model that a framework's messages cannot tell as it was: thoughts are shown before anybody knows whose they are, signatures come
 * last, or there is no place for either. So the turn itself rides along in their metadata, and is found there when the conversation comes back.
 */
import { base64 } from "../../core/base64.js";
import { turnOf } from "../../core/conversation.js";
import { fieldsOf, listOf, type Fields } from "../../core/fields.js";
import { textOf, type AssistantMessage, type JsonValue } from "../../core/message.js";
import type { ModelResponse } from "../../core/model.js";

type Parts = Exclude<AssistantMessage["content"], string>;

/** The turn as JSON; `undefined` where text and tool calls say it all. */
export function turnToCarry(response: ModelResponse): JsonValue | undefined {
  const { content, reasoning } = response;
  if (content === undefined && reasoning === undefined) return undefined;
  const said = turnOf(response).content;
  const parts: Parts = typeof said === "string" ? [{ type: "text", text: said }] : said;
  const thought = content === undefined && reasoning !== undefined ? [{ type: "reasoning", text: reasoning }] : [];
  return [...thought, ...parts.map(jsonPart)] as JsonValue;
}

/**
 * The turn that rode along with a message; `undefined` for none, and where the message was changed since.
 *
 * @param turn - what {@link turnToCarry} gave
 * @param text - the words of the message; they may begin with more, said before a tool was used
 * @param calls - the ids of its tool calls
 */
export function carriedTurn(turn: unknown, text: string, calls: readonly unknown[]): Parts | undefined {
  const parts = listOf(turn).map(revived) as unknown as Parts;
  if (parts.length === 0 || !text.endsWith(textOf({ role: "assistant", content: parts }))) return undefined;
  const own = parts.filter((part) => part.type === "tool-call").map(({ id }) => id);
  return own.length === calls.length && own.every((id) => calls.includes(id)) ? parts : undefined;
}

/** Bytes become base64, addresses are marked. */
function jsonPart(part: Parts[number]): object {
  if (part.type !== "file") return part;
  if (part.data instanceof Uint8Array) return { ...part, data: base64(part.data) };
  return part.data instanceof URL ? { ...part, data: { url: part.data.href } } : part;
}

function revived(part: Fields): object {
  const url = fieldsOf(part.data)?.url;
  return typeof url === "string" ? { ...part, data: new URL(url) } : part;
}
