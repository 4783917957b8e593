/**
 * @module
 * Messages as trainers read them: a role and plain text.
 */
import { InvalidOptionError } from "../../core/errors.js";
import { textOf, type Message } from "../../core/message.js";

/** A message in a file of training data. */
export interface ChatLine {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** One line, before it is JSON. */
export type Line = Readonly<Record<string, unknown>>;

/** Why a message cannot stand in training data; `undefined` where it can. */
export function obstacleIn({ role, content }: Message): "tools" | "files" | undefined {
  if (role === "tool") return "tools";
  if (typeof content === "string") return undefined;
  const types = new Set(content.map(({ type }) => type));
  if (types.has("tool-call")) return "tools";
  return types.has("file") ? "files" : undefined;
}

/**
 * What was asked.
 *
 * @throws {@link InvalidOptionError} for no messages, and for tools and files
 */
export function conversation(messages: readonly Message[]): readonly ChatLine[] {
  if (!Array.isArray(messages) || messages.length === 0)
    throw new InvalidOptionError("toJsonl", "messages", "a list of at least one message", messages);
  return (messages as readonly Message[]).map((message) => {
    const obstacle = obstacleIn(message);
    if (obstacle !== undefined)
      throw new InvalidOptionError(
        "toJsonl",
        "a message",
        "text alone, without tool calls, their results and files",
        obstacle,
      );
    return { role: message.role as ChatLine["role"], content: textOf(message) };
  });
}

/**
 * What the model shall say.
 *
 * @throws {@link InvalidOptionError} for nothing
 */
export function said(content: string): ChatLine {
  if (typeof content !== "string" || content.trim() === "")
    throw new InvalidOptionError("toJsonl", "a completion", "a text that is not empty", content);
  return { role: "assistant", content };
}

/** User and assistant in turn, beginning with the user; what the system says apart. */
export function alternating(prompt: readonly ChatLine[], last: ChatLine): Line {
  const system = prompt.filter(({ role }) => role === "system").map(({ content }) => content);
  const messages: ChatLine[] = [];
  for (const line of prompt) {
    const before = messages.at(-1);
    if (line.role === "system") continue;
    if (before?.role === line.role)
      messages[messages.length - 1] = { ...before, content: `${before.content}\n\n${line.content}` };
    else messages.push(line);
  }
  if (messages[0]?.role !== "user" || messages.at(-1)?.role !== "user")
    throw new InvalidOptionError(
      "toJsonl",
      "messages",
      "turns of which the first and the last are the user's",
      "others",
    );
  return { ...(system.length > 0 && { system: system.join("\n\n") }), messages: [...messages, last] };
}
