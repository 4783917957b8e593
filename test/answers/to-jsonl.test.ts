/**
 * @module
 * Lines of training data: each format as its reader documents it, checked by a schema that allows nothing else.
 */
import { fc, test as prop } from "@fast-check/vitest";
import {
  InvalidOptionError,
  toJsonl,
  type JsonlFormat,
  type LabelledSolution,
  type Message,
  type PreferencePair,
  type TrainingExample,
} from "mull";
import { describe, expect, expectTypeOf, test } from "vitest";
import * as z from "zod";

const words = z.string().min(1);
const turn = <Role extends string>(role: Role) => z.strictObject({ role: z.literal(role), content: words });
const chat = z.array(z.union([turn("system"), turn("user"), turn("assistant")])).min(1);
const answer = z.tuple([turn("assistant")]);

/** As the documents of OpenAI, TRL and Bedrock have them. */
const schemas: Readonly<Record<JsonlFormat, z.ZodType>> = {
  chat: z.strictObject({ messages: chat.refine((turns) => turns.at(-1)?.role === "assistant") }),
  "prompt-completion": z.strictObject({ prompt: chat, completion: answer }),
  bedrock: z.strictObject({
    system: words.optional(),
    messages: z
      .array(z.union([turn("user"), turn("assistant")]))
      .min(2)
      .refine((turns) => turns.every(({ role }, i) => role === (i % 2 === 0 ? "user" : "assistant")))
      .refine((turns) => turns.length % 2 === 0),
  }),
  "openai-preference": z.strictObject({
    input: z.strictObject({ messages: chat }),
    preferred_output: answer,
    non_preferred_output: answer,
  }),
  "trl-preference": z.strictObject({ prompt: chat, chosen: answer, rejected: answer }),
  "trl-unpaired": z.strictObject({ prompt: chat, completion: answer, label: z.boolean() }),
};

const messages: readonly Message[] = [
  { role: "system", content: "Be brief." },
  {
    role: "user",
    content: [
      { type: "text", text: "What is " },
      { type: "text", text: "6 · 7?" },
    ],
  },
];
const example: TrainingExample = { messages, completion: "Six sevens.\nAnswer: 42", weight: 0.5 };
const pair: PreferencePair = { messages, chosen: "42", rejected: "41" };
const solution: LabelledSolution = { messages, completion: "42", right: true };
const asked = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "What is 6 · 7?" },
];
const said = (content: string) => ({ role: "assistant", content });
const records = {
  chat: example,
  "prompt-completion": example,
  bedrock: example,
  "openai-preference": pair,
  "trl-preference": pair,
  "trl-unpaired": solution,
} as const;
const formats = Object.keys(schemas) as JsonlFormat[];

function linesOf(text: string): readonly any[] {
  return text === ""
    ? []
    : text
        .replace(/\n$/, "")
        .split("\n")
        .map((line) => JSON.parse(line));
}

describe("formats", () => {
  test.each<[JsonlFormat, object]>([
    ["chat", { messages: [...asked, said("Six sevens.\nAnswer: 42")] }],
    ["prompt-completion", { prompt: asked, completion: [said("Six sevens.\nAnswer: 42")] }],
    ["bedrock", { system: "Be brief.", messages: [asked[1], said("Six sevens.\nAnswer: 42")] }],
    [
      "openai-preference",
      { input: { messages: asked }, preferred_output: [said("42")], non_preferred_output: [said("41")] },
    ],
    ["trl-preference", { prompt: asked, chosen: [said("42")], rejected: [said("41")] }],
    ["trl-unpaired", { prompt: asked, completion: [said("42")], label: true }],
  ])("%s", (format, line) => {
    const text = toJsonl([records[format]] as never, format);
    expect(linesOf(text)).toEqual([line]);
    expect(text.endsWith("}\n")).toBe(true);
    schemas[format].parse(linesOf(text)[0]);
  });

  test("one line a record, none for none", () => {
    expect(linesOf(toJsonl([example, example], "chat"))).toHaveLength(2);
    expect(toJsonl([], "bedrock")).toBe("");
  });

  test.each([
    [true, undefined, true],
    [false, undefined, false],
    [true, true, false],
    [true, false, true],
  ])("right %s, wrong reason %s: the label is %s", (right, rightAnswerWrongReason, label) => {
    const [line] = linesOf(toJsonl([{ ...solution, right, rightAnswerWrongReason }], "trl-unpaired"));
    expect(line).toMatchObject({ label });
  });

  test("weights stand where they are wanted, and nowhere else", () => {
    const unweighted = { messages, completion: "42" };
    const lines = linesOf(toJsonl([example, unweighted], "chat", { weight: "w" }));
    expect(lines.map(({ w }) => w)).toEqual([0.5, 1]);
    expect(toJsonl([example], "chat")).not.toContain("0.5");
  });

  test("thoughts of earlier turns are left out", () => {
    const earlier: readonly Message[] = [
      { role: "user", content: "Hi" },
      {
        role: "assistant",
        content: [
          { type: "reasoning", text: "A greeting." },
          { type: "text", text: "Hello" },
        ],
      },
      ...messages.slice(1),
    ];
    const text = toJsonl([{ messages: earlier, completion: "42" }], "chat");
    expect(text).not.toContain("greeting");
    expect(linesOf(text)[0].messages.map(({ content }: any) => content)).toEqual([
      "Hi",
      "Hello",
      "What is 6 · 7?",
      "42",
    ]);
  });

  test("bedrock: neighbours of one role become one, instructions go to the top", () => {
    const many: readonly Message[] = [
      { role: "user", content: "One." },
      { role: "system", content: "A" },
      { role: "user", content: "Two." },
      { role: "assistant", content: "Yes." },
      { role: "system", content: "B" },
      { role: "user", content: "Three." },
    ];
    expect(linesOf(toJsonl([{ messages: many, completion: "42" }], "bedrock"))).toEqual([
      {
        system: "A\n\nB",
        messages: [
          { role: "user", content: "One.\n\nTwo." },
          said("Yes."),
          { role: "user", content: "Three." },
          said("42"),
        ],
      },
    ]);
  });
});

describe("what cannot be written is refused", () => {
  const tool: Message = { role: "tool", content: [{ type: "tool-result", id: "1", name: "f", output: 1 }] };
  const call: Message = { role: "assistant", content: [{ type: "tool-call", id: "1", name: "f", input: {} }] };
  const file: Message = { role: "user", content: [{ type: "file", mediaType: "image/png", data: "AA==" }] };
  test.each([
    ["results of tools", [...messages, tool]],
    ["calls of tools", [...messages, call]],
    ["files", [...messages, file]],
    ["no messages", []],
  ])("%s", (_, odd) => {
    for (const format of formats) {
      const record = { ...records[format], messages: odd };
      expect(() => toJsonl([record] as never, format)).toThrow(InvalidOptionError);
    }
  });

  test.each([
    ["chat", { completion: " \n" }],
    ["bedrock", { completion: undefined }],
    ["openai-preference", { rejected: "" }],
    ["trl-preference", { chosen: "" }],
  ] as const)("%s without a completion", (format, without) => {
    expect(() => toJsonl([{ ...records[format], ...without }] as never, format)).toThrow(
      "toJsonl: a completion must be a text that is not empty",
    );
  });

  test.each([
    ["it begins with the model", [said("Hello"), asked[1]]],
    ["it ends with the model", [asked[1], said("Hello")]],
    ["only the system speaks", [asked[0]]],
  ])("bedrock, where %s", (_, turns) => {
    expect(() => toJsonl([{ messages: turns as readonly Message[], completion: "42" }], "bedrock")).toThrow(
      "toJsonl: messages must be turns of which the first and the last are the user's",
    );
  });

  test.each([
    [[[], "csv"], "format"],
    [["text", "chat"], "records"],
    [[[], "chat", { weight: "messages" }], "weight"],
    [[[], "chat", { weight: 1 }], "weight"],
    [[[], "chat", { wieght: "w" }], "an option"],
  ])("%j: %s", (args, option) => {
    expect(() => (toJsonl as (...given: readonly unknown[]) => string)(...args)).toThrow(
      expect.objectContaining({ code: "invalid-option", where: "toJsonl", option }),
    );
  });
});

const anyText = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => text.trim() !== "");
const anyTurn = fc.record({ role: fc.constantFrom("user" as const, "assistant" as const), content: anyText });
const anyPrompt = fc
  .tuple(fc.array(anyText, { maxLength: 2 }), fc.array(anyTurn, { maxLength: 4 }), anyText)
  .map(([system, turns, last]): readonly Message[] => [
    ...system.map((content) => ({ role: "system" as const, content })),
    { role: "user", content: "first" },
    ...turns,
    { role: "user", content: last },
  ]);

prop.prop([anyPrompt, anyText, anyText, fc.boolean(), fc.constantFrom(...formats)], { numRuns: 200 })(
  "whatever is said, a line fits its schema, is one line, and loses no word",
  (prompt, one, other, right, format) => {
    const record = { messages: prompt, completion: one, chosen: one, rejected: other, right };
    const text = toJsonl([record, record] as never, format);
    const lines = linesOf(text);
    expect(lines).toHaveLength(2);
    schemas[format].parse(lines[0]);
    const held = JSON.stringify(lines[0]);
    for (const { content } of prompt) expect(held).toContain(JSON.stringify(content).slice(1, -1));
    expect(held).toContain(JSON.stringify(one).slice(1, -1));
  },
);

test("each format takes its own records", () => {
  expectTypeOf(toJsonl<"chat">)
    .parameter(0)
    .toEqualTypeOf<readonly TrainingExample[]>();
  // @ts-expect-error a pair is no example
  expect(() => toJsonl([pair], "chat")).toThrow(InvalidOptionError);
  // @ts-expect-error an example is no pair
  expect(() => toJsonl([example], "trl-preference")).toThrow(InvalidOptionError);
});
