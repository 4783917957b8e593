import {
  boolean,
  chainOfThought,
  InvalidOptionError,
  majorityVote,
  MalformedResponseError,
  run,
  sameMeaning,
  sameMeaningInstruction,
  sampleN,
  stack,
  text,
  textOf,
  wrap,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type Reasoned,
  type SameMeaningOptions,
  type Sameness,
} from "mull";
import { scripted } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";

/** What `same` says of two responses to `prompt`. */
async function compare<R extends ModelResponse>(
  same: Sameness<R>,
  [a, b]: readonly [R, R],
  prompt: string | ModelRequest = "q",
): Promise<boolean> {
  let answer: boolean | undefined;
  const model = wrap("compare", scripted(["x"]), async (request, call) => {
    const inner = call.child("same", { judging: true });
    answer = await same(a, b, { request, call: inner, model, round: 1 });
    return { text: "x", finishReason: "stop", usage: call.usage };
  });
  await run(model, prompt);
  return answer as boolean;
}

function said(words: string, fields: object = {}): ModelResponse {
  return { text: words, finishReason: "stop", usage: { calls: 1 } as ModelResponse["usage"], ...fields };
}

describe("replies", () => {
  test.each([
    ["Answer: yes", true],
    ["They say the same.\nAnswer: Yes.", true],
    ["**Answer:** no", false],
    ["No, because B names another town.", false],
  ])("%j: %j", async (reply, expected) => {
    expect(await compare(sameMeaning(scripted([reply])), [said("a"), said("b")])).toBe(expected);
  });

  test.each(["Perhaps.", "Answer: maybe"])("%j is neither", async (reply) => {
    await expect(compare(sameMeaning(scripted([reply])), [said("a"), said("b")])).rejects.toBeInstanceOf(
      MalformedResponseError,
    );
  });
});

describe("what the judge sees", () => {
  const task = `# Task\n${sameMeaningInstruction} ${boolean().instruction}`;
  const seen = async (
    responses: readonly [ModelResponse, ModelResponse],
    options?: SameMeaningOptions,
    prompt?: ModelRequest,
  ) => {
    const judge = scripted(["yes"]);
    await compare(sameMeaning(judge, options), responses, prompt);
    return judge.requests[0]?.messages;
  };

  test("the question, both answers and the task", async () => {
    const content = `# Question\nq\n\n# Response 1\nParis\n\n# Response 2\nIt is Paris.\n\n${task}`;
    expect(await seen([said("Paris"), said("It is Paris.")])).toEqual([{ role: "user", content }]);
  });

  test.each<[what: string, show: SameMeaningOptions["show"], shown: string]>([
    ["the answer where there is one", undefined, "Paris"],
    ["the text", "text", "France, so: Paris"],
    ["words of your own", ({ text: words }) => words.toUpperCase(), "FRANCE, SO: PARIS"],
  ])("%s", async (_, show, shown) => {
    const messages = await seen([said("France, so: Paris", { answer: "Paris", key: "paris" }), said("other")], {
      show,
    });
    expect(messages?.[0]?.content).toContain(`# Response 1\n${shown}\n`);
  });

  test("of an answer that is no text the key", async () => {
    const messages = await seen([said("…", { answer: { a: 1 }, key: '{"a":1}' }), said("b")]);
    expect(messages?.[0]?.content).toContain('# Response 1\n{"a":1}\n');
  });

  test("another task", async () => {
    const messages = await seen([said("a"), said("b")], { instruction: "Do both agree?" });
    expect(messages?.[0]?.content).toMatch(/# Task\nDo both agree\? End with/);
  });
});

test("a vote on free text", async () => {
  const model = scripted(["Answer: Sadly, Rome.", "Answer: Paris", "Answer: It is Paris"]);
  const judge = scripted(({ messages }) => (textOf(messages[0]!).includes("Rome") ? "no" : "yes"));
  const solver = stack(
    model,
    chainOfThought({ answer: text() }),
    sampleN(3),
    majorityVote({ same: sameMeaning(judge) }),
  );
  const { answer, usage, entropy } = await run(solver, "What is the capital of France?");
  expect(answer).toBe("Paris");
  expect(entropy).toBeCloseTo(Math.log(3) - (2 / 3) * Math.log(2), 12);
  expect(usage).toMatchObject({ calls: 3 + 3, judging: { calls: 3 } });
});

test.each<[model: unknown, options: unknown, message: string]>([
  ["gpt", {}, 'the first argument must be a model (id, capabilities, generate), got "gpt"'],
  [scripted(["a"]), { task: "x" }, 'an option must be one of instruction, show, got "task"'],
  [scripted(["a"]), { instruction: " " }, 'instruction must be a text that is not empty, got " "'],
  [scripted(["a"]), { show: "key" }, "show must be 'text', 'answer' or a function of a sample, got \"key\""],
])("wrong options %#", (model, options, message) => {
  const build = () => sameMeaning(model as Model, options as SameMeaningOptions);
  expect(build).toThrow(InvalidOptionError);
  expect(build).toThrow(`sameMeaning: ${message}`);
});

test("types", () => {
  const model = scripted(["a"]);
  expectTypeOf(sameMeaning(model)).toEqualTypeOf<Sameness>();
  expectTypeOf(sameMeaning<Reasoned<string>>(model, { show: ({ answer = "" }) => answer })).toEqualTypeOf<
    Sameness<Reasoned<string>>
  >();
});
