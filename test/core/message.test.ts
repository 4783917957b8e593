/**
 * @module
 * Messages: their words.
 */
import { describe, expect, test } from "vitest";
import { textOf, type Message } from "mull";

const file = { type: "file", mediaType: "image/png", data: "AAAA" } as const;
const toolCall = { type: "tool-call", id: "1", name: "look", input: {} } as const;

describe("textOf", () => {
  test.each<[message: Message, text: string]>([
    [{ role: "system", content: "be brief" }, "be brief"],
    [{ role: "user", content: [{ type: "text", text: "a" }, file, { type: "text", text: "b" }] }, "ab"],
    [
      { role: "assistant", content: [{ type: "reasoning", text: "hm" }, { type: "text", text: "yes" }, toolCall] },
      "yes",
    ],
    [{ role: "tool", content: [{ type: "tool-result", id: "1", name: "look", output: "seen" }] }, ""],
    [{ role: "user", content: [] }, ""],
  ])("%j", (message, text) => {
    expect(textOf(message)).toBe(text);
  });
});
