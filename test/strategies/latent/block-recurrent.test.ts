import { fc, test } from "@fast-check/vitest";
import {
  blockRecurrent,
  chainOfThought,
  InvalidOptionError,
  majorityVote,
  MalformedResponseError,
  notesInstruction,
  number,
  outline,
  ProviderError,
  run,
  sampleN,
  stack,
  type BlockRecurrentOptions,
  type Message,
  type Model,
  type ModelRequest,
} from "mull";
import { middlewareLaws, scripted, virtualClock, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import { cutBlocks, splitQuestion } from "../../../src/strategies/latent/block-recurrent/blocks.js";
import { estimateText } from "../../../src/core/estimate.js";
import { frozen, giveUp, giveUpBefore, traced } from "../trial.js";

const busy = new ProviderError("overloaded", { status: 503 });
const stateful = { latent: ["state"] } as const;
const inWords = {
  code: "downgrade",
  message: "scripted is not known to carry a state from block to block: it writes notes instead",
  capability: "latent",
};
const said = ({ messages }: ModelRequest): string => {
  const content = messages.findLast(({ role }) => role === "user")?.content ?? "";
  return typeof content === "string"
    ? content
    : content.map((part) => (part.type === "text" ? part.text : "#")).join("");
};
const isBlock = (request: ModelRequest): boolean => said(request).startsWith(notesInstruction);
const unread = (read: number, count: number) => ({
  code: "blocks-unread",
  message: `only ${read} of ${count} blocks were read: what stands in the others is not known`,
});

/** Keeps the last digit in its state, as a model with a recurrent state would. */
const digits = () =>
  scripted(
    (request): ScriptedReply => {
      const { state } = request.latent ?? {};
      const text = said(request);
      let digit = Number(state ?? /Start at (\d)/.exec(text)?.[1] ?? NaN);
      for (const [, sign = "", by = ""] of text.matchAll(/([+*-])(\d)/g)) {
        const n = Number(by);
        digit = (((sign === "+" ? digit + n : sign === "-" ? digit - n : digit * n) % 10) + 10) % 10;
      }
      return { text: `Answer: ${digit}`, latent: { state: String(digit), steps: 1 } };
    },
    { capabilities: stateful },
  );

/** Its notes are the numbers that it saw; its answer is their sum. */
const noting = (
  more: { readonly latencyMs?: number; readonly replies?: (index: number) => ScriptedReply | undefined } = {},
) =>
  scripted(
    (request, _, index) => {
      const reply = more.replies?.(index);
      if (reply !== undefined) return reply;
      const text = said(request).slice(isBlock(request) ? said(request).indexOf("# Notes so far") : 0);
      const numbers = [...text.replace(/Part \d+ of \d+/, "").matchAll(/\d+/g)].map(Number);
      return isBlock(request) ? numbers.join(" ") || "nothing" : `Answer: ${numbers.reduce((a, b) => a + b, 0)}`;
    },
    { latencyMs: more.latencyMs },
  );
/** Each sentence is a block of 6 tokens. */
const sales = "May: 30 sold now. June: 4 sold now. July: 7 sold.\n\nHow many in all?";

describe.each<[what: string, layer: (model: Model) => Model, capabilities?: object]>([
  ["by notes, beneath a vote", (model) => stack(model, blockRecurrent({ blockTokens: 6 }), sampleN(2))],
  ["by the state", blockRecurrent({ blockTokens: 6 }), stateful],
])("laws, %s", (_, layer, capabilities = {}) => {
  const reply = (_: ModelRequest, { random }: { readonly random: { integer: (n: number) => number } }) => ({
    text: `${"so ".repeat(random.integer(4))}Answer: ${random.integer(3)}`,
    latent: { state: "s" },
  });
  for (const { name, check } of middlewareLaws(layer, { prompt: sales, replies: reply, capabilities }))
    test(name, check);
});

describe("a model with a state", () => {
  test("reads block by block and answers from the last", async () => {
    const model = digits();
    const prompt = "Start at 7, then +3 *9 -4 +8 *7 -1. What is the last digit?";
    const { response, events, trace } = await traced(stack(model, blockRecurrent({ blockTokens: 8 })), prompt, {
      seed: undefined,
    });
    const whole = await run(digits(), prompt);
    expect(response.text).toBe(whole.text);
    expect(response.blocks).toEqual({ count: 2, read: 2, carried: "state", notes: undefined });
    expect(response.warnings).toBeUndefined();
    expect(events.filter(({ type }) => type === "downgrade")).toEqual([]);
    expect(model.requests).toEqual([
      { messages: [{ role: "user", content: "Start at 7, then +3 *9 " }], maxOutputTokens: 32 },
      { messages: [{ role: "user", content: "-4 +8 *7 -1. What is the last digit?" }], latent: { state: "0" } },
    ]);
    expect(trace).toEqual([
      "start blockRecurrent",
      "start blockRecurrent/block/scripted",
      "end blockRecurrent/block/scripted",
      "start blockRecurrent/answer/scripted",
      "end blockRecurrent/answer/scripted",
      "end blockRecurrent",
    ]);
    const outputs = events.flatMap((event) => (event.type === "delta" ? [[event.path[1], event.output]] : []));
    expect(new Set(outputs.map(String))).toEqual(new Set(["block,false", "answer,true"]));
  });

  test.prop([
    fc.integer({ min: 0, max: 9 }),
    fc.array(fc.tuple(fc.constantFrom("+", "-", "*"), fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 30 }),
    fc.integer({ min: 6, max: 40 }),
  ])("whatever the cut, it answers as if it had read all at once", async (start, steps, blockTokens) => {
    const prompt = `Start at ${start}, then ${steps.map(([sign, by]) => `${sign}${by}`).join(" ")}. What is the last digit?`;
    const { text } = await run(stack(digits(), blockRecurrent({ blockTokens })), prompt);
    expect(text).toBe((await run(digits(), prompt)).text);
  });

  test("what comes before is read with the first block, what comes behind with the last; settings of the answer stay with it", async () => {
    const model = digits();
    const system: Message = { role: "system", content: "Be brief." };
    const request: ModelRequest = frozen({
      messages: [
        { role: "user", content: "Hello" },
        system,
        { role: "assistant", content: "Hi" },
        { role: "user", content: "Start at 1, then +2 +3 +4 +1.\n\nAnd now?" },
        { role: "assistant", content: "Hm" },
      ],
      temperature: 0.5,
      maxOutputTokens: 5,
      logprobs: 1,
      stop: ["x"],
      tools: [{ name: "t", description: "", inputSchema: {} }],
      toolChoice: "auto",
      schema: { jsonSchema: {} },
      prefill: "A",
      latent: { state: "8" },
    });
    await run(stack(model, blockRecurrent({ blockTokens: 7 })), request);
    const { messages, ...settings } = request;
    expect(model.requests).toEqual([
      {
        messages: [...messages.slice(0, 3), { role: "user", content: "Start at 1, then +2 " }],
        temperature: 0.5,
        maxOutputTokens: 5,
        latent: { state: "8" },
      },
      {
        ...settings,
        messages: [system, { role: "user", content: "+3 +4 +1.\n\nAnd now?" }, messages[4]],
        latent: { state: "0" },
      },
    ]);
  });

  test("one that tells no state has broken its promise", async () => {
    const model = scripted(["a", "b"], { capabilities: stateful });
    const result = run(stack(model, blockRecurrent({ blockTokens: 6 })), sales);
    await expect(result).rejects.toThrow(MalformedResponseError);
    await expect(result).rejects.toThrow("scripted told no state at the end of a block");
    expect(model.calls).toBe(1);
  });
});

describe("any other model", () => {
  test("writes notes, and says so once", async () => {
    const model = noting();
    const { response, events } = await traced(stack(model, blockRecurrent({ blockTokens: 6, noteTokens: 50 })), sales, {
      seed: undefined,
    });
    expect(response).toMatchObject({ text: "Answer: 41", usage: { calls: 3 }, warnings: [inWords] });
    expect(response.blocks).toEqual({ count: 3, read: 3, carried: "summary", notes: "30 4" });
    expect("stopped" in response).toBe(false);
    expect(events.filter(({ type }) => type === "downgrade")).toEqual([
      { type: "downgrade", path: ["blockRecurrent"], capability: "latent", message: inWords.message },
    ]);
    const asked = (notes: string, part: number, block: string) =>
      `${notesInstruction}\n\n# What will be asked\nHow many in all?\n\n# Notes so far\n${notes}\n\n# Part ${part} of 3\n${block}`;
    expect(model.requests).toEqual([
      {
        messages: [{ role: "user", content: asked("None: this is the beginning.", 1, "May: 30 sold now.") }],
        maxOutputTokens: 50,
      },
      { messages: [{ role: "user", content: asked("30", 2, "June: 4 sold now.") }], maxOutputTokens: 50 },
      {
        messages: [
          {
            role: "user",
            content:
              "# Notes on what comes before\n30 4\n\n# The last part of the text\nJuly: 7 sold.\n\nHow many in all?",
          },
        ],
      },
    ]);
  });

  test("system messages accompany every block; the conversation and files come with the question", async () => {
    const model = noting();
    const file = { type: "file", mediaType: "image/png", data: "aGk=" } as const;
    const before: readonly Message[] = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hello" },
      { role: "assistant", content: "Hi" },
    ];
    const content = [{ type: "text", text: sales } as const, file];
    await run(stack(model, blockRecurrent({ blockTokens: 10, instruction: "Note." })), {
      messages: [...before, { role: "user", content }],
    });
    expect(model.requests.map(({ messages }) => messages.slice(0, -1))).toEqual(
      [[before[0]], [before[0]], before].slice(-model.calls),
    );
    expect(model.requests[0]?.messages.at(-1)?.content).toMatch(/^Note\.\n\n# What/);
    expect(model.requests.at(-1)?.messages.at(-1)?.content).toEqual([
      file,
      { type: "text", text: expect.stringContaining("How many in all?") as string },
    ]);
  });

  test("empty notes leave those before them", async () => {
    const model = noting({ replies: (index) => (index === 1 ? " " : undefined) });
    const { blocks } = await run(stack(model, blockRecurrent({ blockTokens: 6 })), sales);
    expect(blocks.notes).toBe("30");
  });

  test("a layer above reads the answer, and asks behind the question", async () => {
    const model = noting();
    const solver = stack(
      model,
      blockRecurrent({ blockTokens: 6 }),
      chainOfThought({ answer: number() }),
      sampleN(2),
      majorityVote(),
    );
    const { answer, samples } = await run(solver, sales);
    expect(answer).toBe(41);
    expect(said(model.requests[0]!)).toContain("# What will be asked\nHow many in all?\n\nThink step by step");
    expect(samples[0]?.blocks).toMatchObject({ count: 3, carried: "summary" });
  });

  test.each<[what: string, failing: number, read: number, notes: string | undefined, error?: boolean]>([
    ["the first block", 0, 0, undefined, true],
    ["a later block", 1, 2, "30"],
    ["the answer", 2, 0, undefined, true],
  ])("%s fails", async (_, failing, read, notes, error = false) => {
    const model = noting({ replies: (index) => (index === failing ? busy : undefined) });
    const solver = stack(model, blockRecurrent({ blockTokens: 6 }));
    if (error) {
      await expect(run(solver, sales)).rejects.toBe(busy);
      expect(model.calls).toBe(failing + 1);
      return;
    }
    const response = await run(solver, sales);
    expect(response).toMatchObject({ text: "Answer: 37", stopped: "failure", blocks: { count: 3, read, notes } });
    expect(response.warnings).toEqual([inWords, unread(2, 3)]);
  });
});

describe("out of budget", () => {
  test("the question is asked with what was noted so far", async () => {
    const model = noting();
    const response = await run(stack(model, blockRecurrent({ blockTokens: 6 })), sales, { budget: { calls: 2 } });
    expect(response).toMatchObject({
      text: "Answer: 37",
      stopped: "budget",
      blocks: { count: 3, read: 2, notes: "30" },
    });
    expect(response.warnings).toEqual([inWords, unread(2, 3)]);
  });

  test("in time, the notes are what there is", async () => {
    const model = noting({ latencyMs: 100 });
    const clock = virtualClock();
    const solver = stack(model, blockRecurrent({ blockTokens: 6 }));
    const response = await clock.until(run(solver, sales, { clock, budget: { ms: 250 } }));
    expect(response).toMatchObject({ text: "30 4", stopped: "deadline", blocks: { count: 3, read: 2 } });
    expect(response.warnings?.map(({ code }) => code)).toEqual(["downgrade", "not-asked"]);
    await expect(clock.until(run(solver, sales, { clock, budget: { ms: 50 } }))).rejects.toMatchObject({ limit: "ms" });
  });

  test("a state is no answer", async () => {
    const model = scripted(() => ({ text: "x", latent: { state: "s" } }), { capabilities: stateful, latencyMs: 100 });
    const clock = virtualClock();
    const result = clock.until(
      run(stack(model, blockRecurrent({ blockTokens: 6 })), sales, { clock, budget: { ms: 250 } }),
    );
    await expect(result).rejects.toMatchObject({ limit: "ms" });
  });

  test.prop([fc.integer({ min: 1, max: 6 })])("in calls: never exceeded, and always an answer", async (calls) => {
    const model = noting();
    const { text, stopped, blocks } = await run(stack(model, blockRecurrent({ blockTokens: 6 })), sales, {
      budget: { calls },
    });
    expect(model.calls).toBe(Math.min(calls, 3));
    expect([text.startsWith("Answer"), stopped, blocks.read]).toEqual([
      true,
      calls < 3 ? "budget" : undefined,
      Math.min(calls, 3),
    ]);
  });

  test.prop([fc.integer({ min: 150, max: 900 })])("in tokens: what the answer needs is kept back", async (tokens) => {
    const model = noting();
    const long = `${"One was sold here. ".repeat(40)}\n\nHow many in all?`;
    const { text, usage } = await run(
      stack(model, blockRecurrent({ blockTokens: 20, noteTokens: 20 })),
      { messages: [{ role: "user", content: long }], maxOutputTokens: 20 },
      { budget: { tokens } },
    );
    expect(usage.inputTokens! + usage.outputTokens!).toBeLessThanOrEqual(tokens);
    expect(text).toMatch(/^Answer/);
  });
});

test.each<[what: string, request: ModelRequest]>([
  ["a text that fits a block", { messages: [{ role: "user", content: "One. Two. Three?" }] }],
  ["a request without a user", { messages: [{ role: "system", content: "Long ".repeat(50) }] }],
])("%s is passed on untouched", async (_, request) => {
  const model = scripted(["24"]);
  const { response, events } = await traced(stack(model, blockRecurrent({ blockTokens: 6 })), frozen(request), {
    seed: undefined,
  });
  expect(model.requests[0]).toBe(request);
  expect(response).toMatchObject({ text: "24", blocks: { count: 1, read: 1, carried: undefined } });
  expect([response.warnings, events.filter(({ type }) => type === "downgrade")]).toEqual([undefined, []]);
});

describe("the question", () => {
  test.each<[text: string, question: string]>([
    ["A. B.\n\nHow many?", "How many?"],
    ["A. B.\n \n\n  How many? And why?\n", "How many? And why?\n"],
    ["A.\n\nB. How many?\n\nThink step by step.", "How many?\n\nThink step by step."],
    ['A.\n\nB. He said "why?"\n\nThink step by step.', 'He said "why?"\n\nThink step by step.'],
    ["A.\n\nB? C.\n\nThink.", "Think."],
    ["Start at 7, then +3 *9. What is the last digit?", "What is the last digit?"],
    ["Start at 7, then +3 *9. What is the last digit?\n\nThink.", "What is the last digit?\n\nThink."],
    ["A\nB\nHow many?", "How many?"],
    ["A. How many?\n", "How many?\n"],
    ["no end at all", ""],
    [`A.\n\n${"b ".repeat(60)}. C?`, "C?"],
    [`A.\n\n${"b ".repeat(60)}`, ""],
    ["", ""],
  ])("of %j", (text, question) => {
    const split = splitQuestion(text, 20);
    expect(split.question).toBe(question);
    expect(split.document + split.question).toBe(text);
  });

  test("of a function", async () => {
    const model = noting();
    const question = (text: string) => ({ document: text.slice(9), question: text.slice(0, 9) });
    await run(stack(model, blockRecurrent({ blockTokens: 6, question })), "How many?30 were sold. 4 were sold.");
    expect(said(model.requests.at(-1)!)).toMatch(/4 were sold\.\n\nHow many\?$/);
  });

  test("that ends up empty is left out", async () => {
    const model = noting();
    await run(stack(model, blockRecurrent({ blockTokens: 6 })), "30 were sold and 4 were sold and 7 were sold");
    expect(said(model.requests[0]!)).not.toContain("What will be asked");
    expect(said(model.requests.at(-1)!)).toMatch(/# The last part of the text\nwere sold$/);
  });

  test.each([undefined, "A?", { document: "a" }, { document: "a", question: 3 }, []])(
    "that is %j is refused",
    async (given) => {
      const solver = stack(noting(), blockRecurrent({ blockTokens: 6, question: () => given as never }));
      const bound =
        "blockRecurrent: what question returns must be an object with two texts, document and question, got";
      await expect(run(solver, sales)).rejects.toThrow(bound);
      await expect(run(solver, sales)).rejects.toThrow(InvalidOptionError);
    },
  );
});

describe("blocks", () => {
  const piece = fc.oneof(
    fc.constantFrom(" ", "\n\n", ". ", "? ", "\n", "日本語", "😀", "e\u0301"),
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.lorem(),
  );
  test.prop([fc.array(piece, { maxLength: 40 }).map((parts) => parts.join("")), fc.integer({ min: 1, max: 30 })])(
    "join to the text, none too long, none cut within a character",
    (text, most) => {
      const blocks = cutBlocks(text, most);
      expect(blocks.join("")).toBe(text);
      for (const block of blocks) {
        expect(block).not.toBe("");
        expect(estimateText(block) <= most || [...block].length === 1).toBe(true);
      }
      const characters = (parts: readonly string[]) => parts.flatMap((part) => [...part]);
      expect(characters(blocks)).toEqual([...text]);
    },
  );

  test.each<[text: string, most: number, blocks: string[]]>([
    ["", 5, []],
    ["Short.", 5, ["Short."]],
    ["One two. Three four five", 5, ["One two. ", "Three four five"]],
    ["aaaa\n\nbb. cc dd ee ff", 5, ["aaaa\n\nbb. ", "cc dd ee ff"]],
    ["aaaaaaaa\n\nb. c d ee ff", 5, ["aaaaaaaa\n\n", "b. c d ee ff"]],
    ["aa bbbbbbbbbbbbbbbbbbbb", 5, ["aa bbbbbbbbbbbb", "bbbbbbbb"]],
    ["😀😀", 1, ["😀", "😀"]],
  ])("of %j", (text, most, blocks) => {
    expect(cutBlocks(text, most)).toEqual(blocks);
  });

  test("a long text is cut in time that grows with it", () => {
    const text = "word ".repeat(100_000);
    expect(cutBlocks(text, 1000).join("").length).toBe(text.length);
  });
});

test("who gives up is heard at once", async () => {
  for (const ms of [50, 150, 250]) {
    const model = noting({ latencyMs: 100 });
    expect(await giveUp(stack(model, blockRecurrent({ blockTokens: 6 })), ms, () => model.calls, sales)).toBe(
      Math.ceil(ms / 100),
    );
  }
  const model = noting();
  await giveUpBefore(stack(model, blockRecurrent({ blockTokens: 6 })), () => model.calls);
});

test.each<[options: unknown, message: string]>([
  [{}, "blockRecurrent: blockTokens must be an integer of at least 1, got undefined"],
  [{ blockTokens: 0 }, "blockRecurrent: blockTokens must be an integer of at least 1, got 0"],
  [{ blockTokens: 5, question: "?" }, 'blockRecurrent: question must be a function of the text, got "?"'],
  [{ blockTokens: 5, instruction: " " }, 'blockRecurrent: instruction must be a text that is not empty, got " "'],
  [{ blockTokens: 5, noteTokens: 0 }, "blockRecurrent: noteTokens must be an integer of at least 1, got 0"],
  [
    { blockTokens: 5, size: 1 },
    'blockRecurrent: an option must be one of blockTokens, question, instruction, noteTokens, got "size"',
  ],
])("%j is refused", (options, message) => {
  const make = (): unknown => blockRecurrent(options as BlockRecurrentOptions);
  expect(make).toThrow(InvalidOptionError);
  expect(make).toThrow(message);
});

test("types and outline", async () => {
  const solver = stack(noting(), chainOfThought({ answer: number() }), blockRecurrent({ blockTokens: 100 }));
  const response = await run(solver, "q");
  expectTypeOf(response.answer).toEqualTypeOf<number | undefined>();
  expectTypeOf(response.blocks.carried).toEqualTypeOf<"state" | "summary" | undefined>();
  const lines = (model: Model) => outline(model, { inputTokens: 500, outputTokens: 50 }).split("\n")[0];
  expect(lines(blockRecurrent({ blockTokens: 100 })(noting()))).toMatch(
    /\(blockTokens = 100, by notes\) +≤ 10 calls, ≤ 3,500 tokens/,
  );
  expect(lines(blockRecurrent({ blockTokens: 100 })(digits()))).toMatch(
    /\(blockTokens = 100\) +≤ 10 calls, ≤ 1,500 tokens/,
  );
});
