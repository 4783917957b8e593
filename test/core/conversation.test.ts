/**
 * @module
 * Longer conversations.
 */
import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { textOf, type Message, type ModelRequest, type ModelResponse, type ToolCallPart } from "mull";
import { addToPrompt, callsTools, insertAfterSystem, reply, transcript, turnOf } from "../../src/core/conversation.js";
import { noUsage } from "../../src/core/usage.js";

const request = (...messages: readonly Message[]): ModelRequest => ({ messages, temperature: 0.5 });
const response = (fields: Partial<ModelResponse>): ModelResponse => ({
  text: "",
  finishReason: "stop",
  usage: noUsage,
  ...fields,
});
const file = { type: "file", mediaType: "image/png", data: "AAAA" } as const;
const toolCall: ToolCallPart = { type: "tool-call", id: "1", name: "look", input: {} };

describe("addToPrompt", () => {
  test.each<[what: string, before: readonly Message[], after: readonly Message[]]>([
    ["a text", [{ role: "user", content: "hi" }], [{ role: "user", content: "hi\n\nmore" }]],
    ["parts", [{ role: "user", content: [file] }], [{ role: "user", content: [file, { type: "text", text: "more" }] }]],
    [
      "the last message of the user, wherever it stands",
      [
        { role: "user", content: "a" },
        { role: "user", content: "b" },
        { role: "assistant", content: "c" },
      ],
      [
        { role: "user", content: "a" },
        { role: "user", content: "b\n\nmore" },
        { role: "assistant", content: "c" },
      ],
    ],
    [
      "no user at all",
      [{ role: "system", content: "s" }],
      [
        { role: "system", content: "s" },
        { role: "user", content: "more" },
      ],
    ],
  ])("%s", (_, before, after) => {
    const asked = request(...before);
    expect(addToPrompt(asked, "more")).toEqual({ temperature: 0.5, messages: after });
    expect(asked.messages).toEqual(before);
  });

  test("nothing added is the very same request", () => {
    const asked = request({ role: "user", content: "hi" });
    expect(addToPrompt(asked, "")).toBe(asked);
  });
});

describe("reply", () => {
  test("the model's turn, then what the user says; a prefill becomes part of it", () => {
    const asked = { ...request({ role: "user", content: "hi" }), prefill: "Well, " };
    expect(reply(asked, response({ text: "hello" }), "go on")).toEqual({
      temperature: 0.5,
      messages: [
        { role: "user", content: "hi" },
        { role: "assistant", content: "Well, hello" },
        { role: "user", content: "go on" },
      ],
    });
    expect(asked.prefill).toBe("Well, ");
  });
});

describe("turnOf", () => {
  test.each<[what: string, fields: Partial<ModelResponse>, content: unknown]>([
    ["words", { text: "hello" }, "hello"],
    ["words, and no tool calls", { text: "hello", toolCalls: [] }, "hello"],
    [
      "words and tool calls",
      { text: "let me look", toolCalls: [toolCall] },
      [{ type: "text", text: "let me look" }, toolCall],
    ],
    ["tool calls alone", { toolCalls: [toolCall] }, [toolCall]],
    ["content as the provider gave it", { text: "hello", toolCalls: [toolCall], content: [file] }, [file]],
  ])("%s", (_, fields, content) => {
    expect(turnOf(response(fields))).toEqual({ role: "assistant", content });
  });
});

describe("insertAfterSystem", () => {
  const [s, u, a] = [
    { role: "system", content: "s" },
    { role: "user", content: "u" },
    { role: "assistant", content: "a" },
  ] as const;
  const turns = [{ role: "user", content: "example" }] as const;
  test.each<[before: readonly Message[], after: readonly Message[]]>([
    [[u], [...turns, u]],
    [
      [s, u, a],
      [s, ...turns, u, a],
    ],
    [
      [s, s, u, s],
      [s, s, ...turns, u, s],
    ],
    [[s], [s, ...turns]],
    [[], [...turns]],
  ])("%#", (before, after) => {
    expect(insertAfterSystem(request(...before), turns)).toEqual(request(...after));
  });

  test("nothing inserted is the very same request", () => {
    const asked = request(u);
    expect(insertAfterSystem(asked, [])).toBe(asked);
  });
});

test.each<[fields: Partial<ModelResponse>, calls: boolean]>([
  [{ text: "a" }, false],
  [{ toolCalls: [] }, false],
  [{ toolCalls: [toolCall] }, true],
  [{ finishReason: "tool-calls" }, true],
])("does %j call tools? %s", (fields, calls) => {
  expect(callsTools(response(fields))).toBe(calls);
});

const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ role: fc.constantFrom("system" as const, "user" as const, "assistant" as const), content: fc.string() }),
  fc.record({
    role: fc.constant("user" as const),
    content: fc.array(fc.record({ type: fc.constant("text" as const), text: fc.string() })),
  }),
);

describe("transcript", () => {
  test.each<[what: string, messages: readonly Message[], words: string]>([
    ["a question", [{ role: "user", content: "hi" }], "# Question\nhi"],
    ["its words alone", [{ role: "user", content: [{ type: "text", text: "hi" }, file] }], "# Question\nhi"],
    ["nothing", [], "# Conversation\n"],
    [
      "turns",
      [
        { role: "system", content: "s" },
        { role: "user", content: "hi" },
        { role: "assistant", content: [{ type: "text", text: "I look." }, toolCall] },
        {
          role: "tool",
          content: [
            { type: "tool-result", id: "1", name: "look", output: "seen" },
            { type: "tool-result", id: "2", name: "look", output: { n: 1 }, files: [file] },
          ],
        },
      ],
      '# Conversation\nsystem: s\n\nuser: hi\n\nassistant: I look.\n\ntool: seen\n{"n":1}',
    ],
  ])("%s", (_, messages, words) => {
    expect(transcript(messages)).toBe(words);
  });
});

prop.prop([fc.array(message), fc.string(), fc.string()])(
  "requests are never touched, and no words are lost",
  (messages, words, said) => {
    const asked = freeze(request(...messages));
    const before = messages.map(textOf).join("|");
    for (const longer of [
      addToPrompt(asked, words),
      reply(asked, response({ text: said }), words),
      insertAfterSystem(asked, [{ role: "user", content: words }]),
    ]) {
      const text = longer.messages.map(textOf).join("|");
      expect(text).toContain(words);
      for (const each of messages) expect(text).toContain(textOf(each));
      expect(longer.temperature).toBe(0.5);
    }
    expect(asked.messages.map(textOf).join("|")).toBe(before);
  },
);

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null)
    for (const inner of Object.values(Object.freeze(value))) freeze(inner);
  return value;
}
