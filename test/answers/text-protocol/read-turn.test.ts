import { fc, test } from "@fast-check/vitest";
import { textOf, type Message, type ToolCallPart, type ToolDescription } from "mull";
import { describe, expect } from "vitest";
import { readTurn } from "../../../src/answers/text-protocol/read-turn.js";
import { writesCalls } from "../../../src/answers/text-protocol/writes-calls.js";
import { writeTurns } from "../../../src/answers/text-protocol/write-turns.js";

const field = (name: string, type: string): ToolDescription => ({
  name,
  description: name,
  inputSchema: { type: "object", properties: { [`${name}ed`]: { type } } },
});
const tools: readonly ToolDescription[] = [
  field("search", "string"),
  field("count", "number"),
  {
    name: "add",
    description: "Adds.",
    inputSchema: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } },
  },
  {
    name: "run-code",
    description: "Runs.",
    inputSchema: { type: "object", properties: { code: { type: "string" }, limit: {} }, required: ["code"] },
  },
];

/** What a text comes to: thoughts, calls and the answer, with nothing around them. */
function read(text: string, cut = false, known = tools) {
  const { thoughts, calls, answer } = readTurn(text, { tools: known, cut });
  const words = ([start, end]: readonly [number, number]): string => text.slice(start, end).trim();
  return {
    ...(thoughts.length > 0 && { thoughts: thoughts.map(words) }),
    ...(calls.length > 0 && { calls: calls.map(({ name, input }) => [name, input]) }),
    ...(answer && { answer: words(answer) }),
  };
}

describe("turns", () => {
  test.each<[what: string, text: string, turn: object]>([
    [
      "a thought and an action",
      'Thought: Sum.\nAction: add\nAction Input: {"a": 1, "b": 2}',
      { thoughts: ["Sum."], calls: [["add", { a: 1, b: 2 }]] },
    ],
    [
      "as the paper numbers them",
      "Thought 1: Look.\nAction 1: Search[the moon]",
      { thoughts: ["Look."], calls: [["search", { searched: "the moon" }]] },
    ],
    [
      "the paper's last action",
      "Thought 2: I have it.\nAction 2: Finish[42]",
      { thoughts: ["I have it."], answer: "42" },
    ],
    ["a final answer", "Thought: Easy.\nFinal Answer: 42", { thoughts: ["Easy."], answer: "42" }],
    ["a final answer in several lines", "Final Answer:\nfirst\n\nsecond", { answer: "first\n\nsecond" }],
    [
      "bold labels",
      '**Thought:** Sum.\n**Action:** add\n**Action Input:** {"a": 1}',
      { thoughts: ["Sum."], calls: [["add", { a: 1 }]] },
    ],
    ["labels in other spellings", "Final answer: 42", { answer: "42" }],
    ["no label", "It is 42.", { thoughts: ["It is 42."] }],
    ["words before the first label", "Well.\nAction: add", { thoughts: ["Well."], calls: [["add", {}]] }],
    ["several thoughts", "Thought: One.\nThought: Two.\nFinal Answer: 3", { thoughts: ["One.", "Two."], answer: "3" }],
    [
      "several actions",
      'Action: add\nAction Input: {"a": 1}\nThought: And.\nAction: count\nAction Input: 2',
      {
        thoughts: ["And."],
        calls: [
          ["add", { a: 1 }],
          ["count", { counted: 2 }],
        ],
      },
    ],
    [
      "an invented observation",
      "Action: count\nAction Input: 2\nObservation: 7\nThought: So.\nFinal Answer: 7",
      { calls: [["count", { counted: 2 }]] },
    ],
    [
      "an invented observation behind a thought",
      "Thought: Hm.\nObservation: 7\nFinal Answer: 7",
      { thoughts: ["Hm."] },
    ],
    ["an observation where the text begins", "Observation: 7 is odd.", { thoughts: ["Observation: 7 is odd."] }],
    [
      "an answer before its result",
      "Action: count\nAction Input: 2\nFinal Answer: 7",
      { calls: [["count", { counted: 2 }]] },
    ],
    ["an action that is none", "Thought: Easy.\nAction: None\nFinal Answer: 7", { thoughts: ["Easy."], answer: "7" }],
    ["an unknown name", "Action: shout\nAction Input: loud", { calls: [["shout", "loud"]] }],
    ["an answer that goes on", "Final Answer: 42\n\nThought: Or not.\nAction: add", { answer: "42" }],
    ["an answer followed by an action", "Final Answer: 42\nAction: add\nAction Input: {}", { answer: "42" }],
    ["an answer followed by an observation", "Final Answer: 42\nObservation: 42", { answer: "42" }],
    [
      "an answer in which a line is called action",
      "Final Answer: the plan\nAction: call the bank\nDone.",
      { answer: "the plan\nAction: call the bank\nDone." },
    ],
    ["an answer that is mended", "Final Answer: 41\nNo.\nFinal Answer: 42", { answer: "41\nNo.\nFinal Answer: 42" }],
    ["the same in a block", "```\nThought: Easy.\nFinal Answer: 42", { thoughts: ["Easy."], answer: "42" }],
    ["input without an action", "Action Input: 5", { thoughts: ["Action Input: 5"] }],
    [
      "words that are no labels",
      "Thoughts: a\nactions: b\nReaction: c\n- Action: d\nFinal Answers: e",
      { thoughts: ["Thoughts: a\nactions: b\nReaction: c\n- Action: d\nFinal Answers: e"] },
    ],
    ["nothing", "", {}],
  ])("%s", (_, text, turn) => {
    expect(read(text)).toEqual(turn);
  });

  test("a tool may be called Finish, or as no other name is written", () => {
    expect(read("Action: Finish[42]", false, [field("finish", "string")])).toEqual({
      calls: [["finish", { finished: "42" }]],
    });
    expect(read("Action: *a tool* [x]", false, [field("*a tool* [x]", "string")])).toEqual({
      calls: [["*a tool* [x]", {}]],
    });
  });

  test("a name in another case is one tool or none", () => {
    expect(read("Action: ADD")).toEqual({ calls: [["add", {}]] });
    expect(read("Action: ADD", false, [field("add", "string"), field("Add", "string")])).toEqual({
      calls: [["ADD", {}]],
    });
    expect(read("Action: Add", false, [field("add", "string"), field("Add", "string")])).toEqual({
      calls: [["Add", {}]],
    });
  });
});

describe("actions", () => {
  const code = 'print(1)\nThought: "x"\nprint(2)';

  test.each<[what: string, action: string, name: string, input: unknown]>([
    ["an object", 'add\nAction Input: {"a": 1}', "add", { a: 1 }],
    ["in several lines", 'add\nAction Input: {\n  "a": 1,\n  "b": 2\n}', "add", { a: 1, b: 2 }],
    ["between fences", 'add\nAction Input:\n```json\n{"a": 1}\n```', "add", { a: 1 }],
    ["with words behind it", 'add\nAction Input: {"a": 1}\nI wait for the result.', "add", { a: 1 }],
    [
      "with braces in a text",
      'search\nAction Input: {"searched": "}{ \\" }"} and so on',
      "search",
      { searched: '}{ " }' },
    ],
    [
      "with line ends in a text, which JSON forbids",
      `run-code\nAction Input: {"code": "a\nFinal Answer: b\tc"}`,
      "run-code",
      { code: "a\nFinal Answer: b\tc" },
    ],
    ["without a label", 'add\n{"a": 1}', "add", { a: 1 }],
    ["in the same line", 'add: {"a": 1}', "add", { a: 1 }],
    ["no arguments", "add", "add", {}],
    ["empty arguments", "add\nAction Input:\n", "add", {}],
    ["the only argument", "search\nAction Input: the moon", "search", { searched: "the moon" }],
    ["the only argument in quotes", 'search\nAction Input: "the moon"', "search", { searched: "the moon" }],
    ["the only argument in ticks", "search\nAction Input: `the moon`", "search", { searched: "the moon" }],
    ["the only argument in brackets", 'search["the moon"]', "search", { searched: "the moon" }],
    ["the only argument in parentheses", "search(the moon)", "search", { searched: "the moon" }],
    ["digits for a text", "search\nAction Input: 42", "search", { searched: "42" }],
    ["digits for a number", "count\nAction Input: 42", "count", { counted: 42 }],
    [
      "the only argument that must be there, in a block",
      `run-code\nAction Input:\n\`\`\`python\n${code}\n\`\`\``,
      "run-code",
      { code },
    ],
    ["a name in ticks", "`search`\nAction Input: x", "search", { searched: "x" }],
    ["a name with a full stop", "Search.\nAction Input: x", "search", { searched: "x" }],
    ["one text for two arguments", "add[1, 2]", "add", "1, 2"],
    ["broken JSON", 'add\nAction Input: {"a": 1', "add", '{"a": 1'],
    ["broken JSON for the only argument", 'search\nAction Input: {"searched": "x', "search", '{"searched": "x'],
  ])("%s", (_, action, name, input) => {
    expect(read(`Action: ${action}`)).toEqual({ calls: [[name, input]] });
  });

  test.each<[words: string, input: unknown]>([
    ["12", 12],
    ["the mo", "the mo"],
    ['{"searched": "the mo', '{"searched": "the mo'],
    ['{"searched": "the moon"}', { searched: "the moon" }],
    ["", {}],
  ])("of a text that was cut, the last argument %j is not taken for whole", (words, input) => {
    const before = "Action: search\nAction Input: sun\n";
    expect(read(`${before}Action: search\nAction Input: ${words}`, true)).toEqual({
      calls: [
        ["search", { searched: "sun" }],
        ["search", input],
      ],
    });
  });
});

test("calls are seen only in answer to the protocol", () => {
  const asked = { messages: [], stop: ["\nObservation:"] };
  expect(writesCalls(asked, "Action: add")).toBe(true);
  expect(writesCalls(asked, "Final Answer: 4")).toBe(false);
  expect(writesCalls({ messages: [] }, "Action: add")).toBe(false);
});

/** Words that look like what is around them. */
const words = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "\nObservation: 4",
    "\nFinal Answer: x",
    '"}\nAction: add',
    "```",
    "\u2028Thought: y",
    "{",
    "}",
    "\\",
    '"',
    "\r\n",
    "[",
    "foo",
  ),
);
const text = fc.array(words, { maxLength: 5 }).map((parts) => parts.join(""));
const json = fc.jsonValue({ stringUnit: "grapheme", noUnicodeString: false } as never);
const object = fc.dictionary(text, fc.oneof(text, json));

const called = fc.record({ name: fc.constantFrom(...tools.map(({ name }) => name)), input: object });

test.prop([
  fc.array(called, { minLength: 1, maxLength: 4 }),
  fc.option(fc.constantFrom("I must add.", "Two lines\nof thought")),
])("what is written is read again: any calls with objects", (calls, thought) => {
  const parts = calls.map(({ name, input }, i): ToolCallPart => ({ type: "tool-call", id: String(i), name, input }));
  const said = thought === null ? [] : [{ type: "text", text: thought } as const];
  const message: Message = { role: "assistant", content: [...said, ...parts] };
  const [written] = writeTurns([message]);
  const found = read(textOf(written as Message));
  const same = (input: unknown): unknown => JSON.parse(JSON.stringify(input));
  expect(found.calls).toEqual(calls.map(({ name, input }) => [name, same(input)]));
  expect(found.thoughts).toEqual(thought === null ? undefined : [thought]);
  expect(found.answer).toBeUndefined();
});

test.prop([fc.stringMatching(/^[a-zA-Z0-9_-]{1,64}$/), fc.oneof(text, json, object)])(
  "any name, any value, of a tool that says nothing about its arguments",
  (name, input) => {
    const [written] = writeTurns([{ role: "assistant", content: [{ type: "tool-call", id: "1", name, input }] }]);
    const known = [{ name, description: "d", inputSchema: { type: "object" } }];
    const same: unknown = JSON.parse(JSON.stringify(input));
    // What is empty is no arguments.
    expect(read(textOf(written as Message), false, known).calls).toEqual([[name, same]]);
  },
);

const labels = fc.constantFrom(
  "Thought: ",
  "\nAction: ",
  "\nAction: add",
  "\nAction Input: ",
  "\nObservation: ",
  "\nFinal Answer: ",
  "```",
  '{"a": ',
  "}",
  "search[",
  "]",
  "\n",
);

test.prop([fc.array(fc.oneof(labels, words), { maxLength: 20 }).map((parts) => parts.join("")), fc.boolean()])(
  "no text is too odd",
  (odd, cut) => {
    const { thoughts, answer, plain } = readTurn(odd, { tools, cut });
    for (const [start, end] of [...thoughts, ...(answer ? [answer] : [])]) {
      expect(start).toBeGreaterThanOrEqual(0);
      expect(end).toBeLessThanOrEqual(odd.length);
      expect(start).toBeLessThanOrEqual(end);
    }
    if (plain) expect(thoughts.length).toBeLessThanOrEqual(1);
  },
);

const long = [
  "{",
  " ",
  "*",
  "`",
  "\n",
  "Action: ",
  "\nAction: ",
  "\nAction Input: {",
  "\nAction Input: ```",
  "search[",
  "finish [",
];

test.each(long)("no text takes long: %j", (odd) => {
  for (const before of ["Action: x\nAction Input: ", "Action: ", ""]) {
    expect(() => readTurn(before + odd.repeat(10_000), { tools })).not.toThrow();
  }
});
