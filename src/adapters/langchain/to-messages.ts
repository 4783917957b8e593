/**
 * @module
 * Messages as LangChain has them.
 */
import { AIMessage, HumanMessage, SystemMessage, ToolMessage, type BaseMessage } from "@langchain/core/messages";
import { fieldsOf } from "../../core/fields.js";
import { textOf, type AssistantMessage, type FilePart, type Message, type TextPart } from "../../core/message.js";
import { fileData } from "../wire/file-data.js";
import { filesWith, type Reads } from "../wire/tool-files.js";
import { jsonText } from "../wire/tool-text.js";

/**
 * The messages of a conversation: as many as there are results for a tool message, else one for each.
 *
 * @param reads - which files go with results of tools
 */
export function langChainMessages(messages: readonly Message[], reads: Reads): BaseMessage[] {
  return messages.flatMap((message): BaseMessage[] => {
    switch (message.role) {
      case "system":
        return [new SystemMessage(message.content)];
      case "user": {
        const { content } = message;
        // Text alone goes as a string: not every model takes blocks.
        if (typeof content === "string" || content.every(({ type }) => type === "text")) {
          return [new HumanMessage(textOf(message))];
        }
        return [new HumanMessage({ content: content.map(blockOf) as never })];
      }
      case "assistant":
        return [assistantMessage(message)];
      case "tool":
        return message.content.map((result) => {
          const { id, name, output, isError = false } = result;
          const text = jsonText(output ?? null);
          const files = filesWith(result, reads).map(blockOf);
          const words = text === "" ? [] : [{ type: "text", text }];
          return new ToolMessage({
            tool_call_id: id,
            name,
            content: files.length === 0 ? text : ([...words, ...files] as never),
            status: isError ? "error" : "success",
          });
        });
    }
  });
}

/** As it came from the model, where that is known and nobody changed its words. */
function assistantMessage(message: AssistantMessage): AIMessage {
  const { content } = message;
  const parts = typeof content === "string" ? [] : content;
  const text = textOf(message);
  const tool_calls = parts
    .filter((part) => part.type === "tool-call")
    .map(({ id, name, input }) => ({ type: "tool_call" as const, id, name, args: (input ?? {}) as never }));
  const own = fieldsOf(parts[0]?.providerMetadata?.langchain);
  if (own?.text === text) return new AIMessage({ ...fieldsOf(own.message), tool_calls });
  return new AIMessage({ content: text, tool_calls });
}

/** Pictures in the form that every model takes, other files in LangChain's own. */
function blockOf(part: TextPart | FilePart): object {
  if (part.type === "text") return { type: "text", text: part.text };
  const { mediaType, filename = "file" } = part;
  const data = fileData(part);
  if (mediaType.startsWith("image/")) {
    const url = "url" in data ? data.url : `data:${mediaType};base64,${data.base64}`;
    return { type: "image_url", image_url: { url } };
  }
  const kind = /^(audio|video)\//.exec(mediaType)?.[1] ?? "file";
  const about = { type: kind, mime_type: mediaType, metadata: { filename } };
  return "url" in data
    ? { ...about, source_type: "url", url: data.url }
    : { ...about, source_type: "base64", data: data.base64 };
}
