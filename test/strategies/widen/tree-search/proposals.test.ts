import {
  number,
  ProviderError,
  proposals,
  proposeInstruction,
  run,
  textOf,
  treeSearch,
  type ModelRequest,
  type ProposalsOptions,
} from "mull";
import { scripted } from "mull/testing";
import { describe, expect, test } from "vitest";

/** Searches one level, and gives the texts that were scored. */
async function proposed(reply: string, options: ProposalsOptions = {}): Promise<readonly string[]> {
  const texts: string[] = [];
  const scorer = ({ text }: { readonly text: string }): number => texts.push(text);
  const search = treeSearch({ answer: number(), scorer, expand: proposals(options), maxSteps: 1 });
  await run(search(scripted([reply])), "q");
  return texts;
}

describe("what is a step", () => {
  test.each<[what: string, reply: string, steps: readonly string[], options?: ProposalsOptions]>([
    ["a line", "add\nsubtract", ["add", "subtract"]],
    ["empty lines are none", "\nadd\n\n\nsubtract\n", ["add", "subtract"]],
    ["list marks are no part of it", "- add\n* subtract\n• divide", ["add", "subtract", "divide"]],
    ["nor are numbers of a list", "1. add\n2) subtract\n(3) divide\n10: root", ["add", "subtract", "divide", "root"]],
    [
      "numbers that begin a step are",
      "4 + 9 = 13\n10 - 4 = 6\n1.5 * 2 = 3",
      ["4 + 9 = 13", "10 - 4 = 6", "1.5 * 2 = 3"],
    ],
    ["nor is a code fence", "```\nadd\n```", ["add"]],
    ["of equal ones one", "add\n- add\nsubtract", ["add", "subtract"]],
    ["no more than the most", "add\nsubtract\ndivide", ["add", "subtract"], { most: 2 }],
    ["minus signs stay", "-4 + 9 = 5", ["-4 + 9 = 5"]],
  ])("%s", async (_, reply, steps, options) => {
    expect(await proposed(reply, options)).toEqual(steps);
  });
});

test("the model is shown the question, the steps so far, and what is asked for", async () => {
  const model = scripted(["add", "Answer: 5"]);
  const search = treeSearch({ answer: number(), scorer: () => 1 });
  const { answer } = await run(search(model), "What is 2 + 3?");
  expect(answer).toBe(5);
  const prompts = model.requests.map(({ messages }: ModelRequest) => textOf(messages.at(-1)!));
  expect(prompts).toEqual([
    `What is 2 + 3?\n\nEnd with "Answer: " and the number.\n\n${proposeInstruction}`,
    `What is 2 + 3?\n\nEnd with "Answer: " and the number.\n\nSteps so far:\nadd\n\n${proposeInstruction}`,
  ]);
});

test("an instruction of one's own", async () => {
  const model = scripted(["Answer: 5"]);
  const expand = proposals({ instruction: "Two moves, please." });
  await run(treeSearch({ answer: number(), scorer: () => 1, expand })(model), "q");
  expect(textOf(model.requests[0]!.messages.at(-1)!)).toMatch(/Two moves, please\.$/);
});

test("log-probabilities and parts, which are those of all proposals together, are left out", async () => {
  const reply = {
    text: "Answer: 5\nAnswer: 6",
    content: [{ type: "text", text: "Answer: 5\nAnswer: 6" }] as const,
    logprobs: [{ token: "x", logprob: -1 }],
  };
  const response = await run(treeSearch({ answer: number(), scorer: () => 1 })(scripted([reply])), "q");
  expect(response.text).toBe("Answer: 5");
  expect("content" in response || "logprobs" in response).toBe(false);
});

test("a response that calls tools is an answer as it is", async () => {
  const calls = [{ type: "tool-call", id: "1", name: "look", input: {} }] as const;
  const model = scripted([{ text: "", toolCalls: calls, finishReason: "tool-calls" }]);
  const response = await run(treeSearch({ answer: number(), scorer: () => 1 })(model), {
    messages: [{ role: "user", content: "q" }],
    tools: [{ name: "look", description: "looks", inputSchema: { type: "object" } }],
  });
  expect(response.toolCalls).toEqual(calls);
  expect(response.samples).toHaveLength(1);
});

test("nothing proposed is a dead end", async () => {
  const model = scripted(["add", "\n\n"]);
  const response = await run(treeSearch({ answer: number(), scorer: () => 1 })(model), "q");
  expect(response).toMatchObject({ text: "add", answer: undefined, stopped: "limit" });
});

test("a failing model is a failed trial", async () => {
  const busy = new ProviderError("busy", { status: 503 });
  await expect(run(treeSearch({ answer: number(), scorer: () => 1 })(scripted([busy])), "q")).rejects.toBe(busy);
});

test.each<[options: ProposalsOptions, message: string]>([
  [{ most: 0 }, "proposals: most must be an integer of at least 1, got 0"],
  [{ instruction: " " }, "proposals: instruction must be a text that is not empty"],
  [{ count: 3 } as ProposalsOptions, 'proposals: an option must be one of most, instruction, got "count"'],
])("%j is refused", (options, message) => {
  expect(() => proposals(options)).toThrow(message);
});
