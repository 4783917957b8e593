/**
 * @module
 * Tokens by estimate: never fewer than there are.
 */
import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import type { ModelRequest } from "mull";
import { estimateText, estimateTokens } from "../../src/core/estimate.js";

const user = (content: string): ModelRequest => ({ messages: [{ role: "user", content }] });

test("estimateText: a text alone, nothing around it", () => {
  expect(["", "abc", "abcd", "漢字"].map(estimateText)).toEqual([0, 1, 2, 2]);
});

describe("estimateTokens", () => {
  test.each<[what: string, request: ModelRequest, tokens: number]>([
    ["nothing: what frames it", { messages: [] }, 4],
    ["a message: 4 more", user(""), 8],
    ["three letters", user("abc"), 9],
    ["four letters", user("abcd"), 10],
    ["two bytes each", user("äöü"), 10],
    ["three bytes each", user("漢字かな"), 12],
    ["four bytes each", user("😀😀😀"), 12],
    ["a prefill", { ...user("abc"), prefill: "abc" }, 10],
    [
      "parts",
      {
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "abc" },
              { type: "file", mediaType: "image/png", data: "AAAA".repeat(9999) },
            ],
          },
        ],
      },
      1509,
    ],
    ["a thought", { messages: [{ role: "assistant", content: [{ type: "reasoning", text: "abcdef" }] }] }, 10],
    [
      "a tool call",
      { messages: [{ role: "assistant", content: [{ type: "tool-call", id: "1", name: "abc", input: { a: 1 } }] }] },
      12,
    ],
    [
      "arguments as text",
      { messages: [{ role: "assistant", content: [{ type: "tool-call", id: "1", name: "abc", input: "{{{" }] }] },
      10,
    ],
    [
      "a tool's result",
      { messages: [{ role: "tool", content: [{ type: "tool-result", id: "1", name: "abc", output: "abcdef" }] }] },
      11,
    ],
    [
      "files of a tool's result",
      {
        messages: [
          {
            role: "tool",
            content: [
              {
                type: "tool-result",
                id: "1",
                name: "abc",
                output: "abcdef",
                files: [
                  { type: "file", mediaType: "image/png", data: "AAAA".repeat(9999) },
                  { type: "file", mediaType: "application/zip", data: new Uint8Array(9999) },
                ],
              },
            ],
          },
        ],
      },
      3011,
    ],
    [
      "a tool that gave nothing",
      { messages: [{ role: "tool", content: [{ type: "tool-result", id: "1", name: "abc", output: undefined }] }] },
      9,
    ],
    ["tools", { ...user(""), tools: [{ name: "abc", description: "abc", inputSchema: {} }] }, 19],
    ["a schema", { ...user(""), schema: { jsonSchema: { a: 1 } } }, 11],
  ])("%s", (_, request, tokens) => {
    expect(estimateTokens(request)).toBe(tokens);
  });

  prop.prop([fc.string({ unit: "grapheme" })])("a text: its bytes in UTF-8 / 3, rounded up, and 8", (text) => {
    expect(estimateTokens(user(text))).toBe(Math.ceil(Buffer.byteLength(text, "utf8") / 3) + 8);
  });

  prop.prop([fc.string({ unit: "binary" }), fc.string({ unit: "binary" })])(
    "more words are never fewer tokens",
    (a, b) => {
      expect(estimateTokens(user(a + b))).toBeGreaterThanOrEqual(estimateTokens(user(a)));
    },
  );
});
