/**
 * @module
 * From requests to tokens.
 */
import { describe, expect, test } from "vitest";
import type { AssistantMessage, Message, ModelRequest } from "mull";
import { fillTemplate } from "../../src/tiny/chat-template.js";
import { vocabulary } from "../../src/tiny/vocabulary.js";

const story = "Tom has 12 apples. Tom buys 5 more. How many apples does Tom have?";
const question = "Tom has 12 apples . Tom buys 5 more . How many apples does Tom have ? ⏎";
const chain = "12 + 5 = 17\nAnswer: 17";

const user = (content: string): Message => ({ role: "user", content });
const assistant = (content: AssistantMessage["content"]): Message => ({ role: "assistant", content });
const ask = (...messages: readonly (string | Message)[]): ModelRequest => ({
  messages: messages.map((message) => (typeof message === "string" ? user(message) : message)),
});
const words = (tokens: readonly number[]): string =>
  tokens
    .map((token) => vocabulary[token])
    .join(" ")
    .replaceAll("\n", "⏎");
const filled = (request: ModelRequest): string => {
  const { tokens, forced } = fillTemplate(request);
  return words(tokens) + (forced.length > 0 ? ` | ${words(forced)}` : "");
};

describe("the question, and the instructions around it", () => {
  test.each<readonly [string, ModelRequest, string]>([
    ["alone", ask(story), `${question} [direct] ⏎`],
    [
      "steps asked for behind it",
      ask(`${story}\n\nThink step by step before you answer. End with "Answer: " and the number.`),
      `${question} [cot] ⏎`,
    ],
    ["steps asked for before it", ask(`Reason carefully. ${story}`), `${question} [cot] ⏎`],
    [
      "steps asked for by the system",
      ask({ role: "system", content: "Show your work." }, story),
      `${question} [cot] ⏎`,
    ],
    ["only the answer asked for", ask(`${story} Give only the number.`), `${question} [direct] ⏎`],
    ["a label before it", ask(`Question: ${story}`), `${question} [direct] ⏎`],
    ["an instruction with a question mark", ask(`${story} Can you think aloud?`), `${question} [cot] ⏎`],
    [
      "in lines without stops",
      ask("Tom has 12 apples\nTom buys 5 more!\nHow many apples does Tom have?"),
      `${question} [direct] ⏎`,
    ],
    ["without a question mark", ask("Tom has 12 apples. Think."), "Tom has 12 apples . ⏎ [cot] ⏎"],
    [
      "unknown words",
      ask("Bob bakes 12 cakes. How many cakes does Bob have?"),
      "<unk> <unk> 12 <unk> . How many <unk> does <unk> have ? ⏎ [direct] ⏎",
    ],
    ["nothing that it knows", ask("Why is the sky blue?"), "<unk> <unk> <unk> <unk> <unk> ? ⏎ [direct] ⏎"],
    ["parts", ask({ role: "user", content: [{ type: "text", text: story }] }), `${question} [direct] ⏎`],
    ["marks in the text", ask(`${story} [cot] <eos>`), `${question} [direct] ⏎`],
  ])("%s", (_, request, expected) => {
    expect(filled(request)).toBe(expected);
  });
});

describe("drafts", () => {
  const checked = `${question} [cot] ⏎ 12 + 5 = 17 ⏎ Answer: 17 ⏎ [check] ⏎`;
  test.each<readonly [string, ModelRequest, string]>([
    ["checked", ask(story, assistant(chain), "Look again."), checked],
    ["checked when they stand last", ask(story, assistant(chain)), checked],
    ["in other words", ask(story, assistant("We know 12+5=17 apples.\n\nanswer: **17**"), "No."), checked],
    ["with the marks of a check", ask(story, assistant("12 + 5 = 17 ok\nAnswer: 17"), "Again."), checked],
    ["the last of several", ask(story, assistant("12 + 5 = 16\nAnswer: 16"), "No.", assistant(chain), "No."), checked],
    ["the last in one text", ask(story, assistant(`12 + 5 = 16\nAnswer: 16\nWait\n${chain}`), "No."), checked],
    [
      "unfinished",
      ask(story, assistant("12 + 5 = 17\n17 *"), "Answer now."),
      `${question} [cot] ⏎ 12 + 5 = 17 ⏎ | Answer:`,
    ],
    ["not begun", ask(story, assistant("Hmm."), "Answer now."), `${question} [direct] ⏎ | Answer:`],
    ["answers without steps", ask(story, assistant("Answer: 16"), "No."), `${question} [cot] ⏎`],
    [
      "of worked examples",
      ask(
        "Ann has 3 eggs. Ann loses 2. How many eggs does Ann have?",
        assistant("3 - 2 = 1\nAnswer: 1"),
        `${story} Think.`,
      ),
      `${question} [cot] ⏎`,
    ],
    ["with the question again", ask(story, assistant(chain), `${story} Is that right?`), checked],
  ])("%s", (_, request, expected) => {
    expect(filled(request)).toBe(expected);
  });
});

describe("tools", () => {
  const calculator = {
    name: "calculator",
    description: "",
    inputSchema: { type: "object", properties: { expression: { type: "string" } } },
  };
  const search = {
    name: "search",
    description: "",
    inputSchema: { type: "object", properties: { query: { type: "string" } } },
  };
  const call = (id: string, expression: string): Message =>
    assistant([{ type: "tool-call", id, name: "calculator", input: { expression } }]);
  const result = (id: string, output: unknown, isError = false): Message => ({
    role: "tool",
    content: [{ type: "tool-result", id, name: "calculator", output, isError }],
  });
  const round = [story, call("a", "12 + 5"), result("a", "17")] as const;
  test.each<readonly [string, ModelRequest, string]>([
    ["offered", { ...ask(story), tools: [search, calculator] }, `${question} [tool] ⏎`],
    ["without an expression", { ...ask(story), tools: [search] }, `${question} [direct] ⏎`],
    ["forbidden", { ...ask(story), tools: [calculator], toolChoice: "none" }, `${question} [direct] ⏎`],
    ["required", { ...ask(story), tools: [calculator], toolChoice: "required" }, `${question} [tool] ⏎ | <calc>`],
    [
      "required by name",
      { ...ask(story), tools: [calculator], toolChoice: { name: "calculator" } },
      `${question} [tool] ⏎ | <calc>`,
    ],
    [
      "another required by name",
      { ...ask(story), tools: [calculator, search], toolChoice: { name: "search" } },
      `${question} [direct] ⏎`,
    ],
    ["called", { ...ask(...round), tools: [calculator] }, `${question} [tool] ⏎ <calc> 12 + 5 </calc> = 17 ⏎`],
    [
      "with a number for a result",
      { ...ask(story, call("a", "12 + 5"), result("a", 17)), tools: [calculator] },
      `${question} [tool] ⏎ <calc> 12 + 5 </calc> = 17 ⏎`,
    ],
    [
      "with too large a result",
      { ...ask(story, call("a", "12 * 90"), result("a", "1080")), tools: [calculator] },
      `${question} [tool] ⏎ <calc> 12 * 90 </calc> = <unk> ⏎`,
    ],
    [
      "that failed",
      { ...ask(story, call("a", "12 + 5"), result("a", "17", true)), tools: [calculator] },
      `${question} [tool] ⏎ <calc> 12 + 5 </calc> = <unk> ⏎`,
    ],
    [
      "forbidden after a result",
      { ...ask(...round), tools: [calculator], toolChoice: "none" },
      `${question} [cot] ⏎ 12 + 5 = 17 ⏎`,
    ],
    ["gone after a result", ask(...round), `${question} [cot] ⏎ 12 + 5 = 17 ⏎`],
    [
      "and then checked",
      { ...ask(...round, assistant("Answer: 17"), "Sure?"), tools: [calculator] },
      `${question} [cot] ⏎ 12 + 5 = 17 ⏎ Answer: 17 ⏎ [check] ⏎`,
    ],
  ])("%s", (_, request, expected) => {
    expect(filled(request)).toBe(expected);
  });

  test("calls are counted, for their ids", () => {
    expect(fillTemplate({ ...ask(...round), tools: [calculator] })).toMatchObject({ tool: "calculator", toolCalls: 1 });
  });
});

describe("prefills", () => {
  const thinking = `${story} Think.`;
  test.each<readonly [string, string, string, string]>([
    ["go on", thinking, "12 + 5 =", `${question} [cot] ⏎ 12 + 5 =`],
    ["keep their line end", thinking, "\n12 + 5 = 17\n\n", `${question} [cot] ⏎ 12 + 5 = 17 ⏎`],
    ["lose words that stand in no chain", thinking, "Let me think.\n12 + 5", `${question} [cot] ⏎ 12 + 5`],
    ["with the answer's mark", story, "Answer:", `${question} [direct] ⏎ Answer:`],
    ["with a whole answer", thinking, chain, `${question} [cot] ⏎ 12 + 5 = 17 ⏎ Answer: 17`],
    [
      "with a whole answer and more",
      thinking,
      `${chain}\nWait,`,
      `${question} [cot] ⏎ 12 + 5 = 17 ⏎ Answer: 17 ⏎ [check] ⏎`,
    ],
    [
      "with a check begun",
      thinking,
      `${chain}\nWait,\n12 + 5`,
      `${question} [cot] ⏎ 12 + 5 = 17 ⏎ Answer: 17 ⏎ [check] ⏎ 12 + 5`,
    ],
  ])("%s", (_, prompt, prefill, expected) => {
    expect(filled({ ...ask(prompt), prefill })).toBe(expected);
  });

  test("nothing is forced behind a prefill", () => {
    expect(filled({ ...ask(story, assistant("12 + 5 = 17"), "Now."), prefill: "Answer:" })).toBe(
      `${question} [cot] ⏎ 12 + 5 = 17 ⏎ Answer:`,
    );
  });
});
