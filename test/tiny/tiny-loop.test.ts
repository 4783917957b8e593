/**
 * @module
 * The looped model as its users meet it.
 */
import { readFile } from "node:fs/promises";
import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  CapabilityError,
  chainOfThought,
  InvalidOptionError,
  number,
  pauseTokens,
  ProviderError,
  run,
  sampleN,
  score,
  stack,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type MullEvent,
  type RunOptions,
} from "mull";
import { modelLaws } from "mull/testing";
import { loopProblems, rowProblems, tinyLoop, type TinyLoopOptions } from "mull/tiny";

const model = await tinyLoop();
const [problem] = loopProblems({ seed: 5, count: 1, operations: 4 });
const question = problem!.question;
const messagesOf = (content: string): ModelRequest["messages"] => [{ role: "user", content }];
const plain: ModelRequest = { messages: messagesOf(question), temperature: 0 };
const thinking: ModelRequest = { messages: messagesOf(`${question} Think step by step.`) };
/** What it knows at the end of the question. */
const known = (await run(model, plain)).latent!.state!;
const long = loopProblems({ seed: 6, count: 1, operations: 8 })[0]!.question;

const ask = (changes: Partial<ModelRequest> = {}, options: RunOptions = { seed: 1 }): Promise<ModelResponse> =>
  run(model, { ...plain, ...changes }, options);

// One model for all of them: what it has read before must not matter, and tiny() is made anew for each.
for (const { name, check } of modelLaws(() => model, { prompt: { messages: messagesOf(`${long} Think.`) } })) {
  test(name, check);
}

describe("what it reaches", () => {
  const problems = loopProblems({ seed: 11, count: 24, operations: 6 });

  /** How many of the problems it gets right. */
  async function right(solver: Model, changes: Partial<ModelRequest>): Promise<number> {
    let count = 0;
    for (const { question, answer } of problems) {
      const { text } = await run(solver, { messages: messagesOf(question), temperature: 0, ...changes });
      if (number().parse(text) === answer) count++;
    }
    return count;
  }

  test("six operations need more than one loop", async () => {
    expect(await right(model, { latent: { steps: 1 } })).toBeLessThan(12);
    expect(await right(model, {})).toBeGreaterThan(20);
    expect(await right(model, { latent: { steps: 16, halt: 1e-6 } })).toBeGreaterThan(20);
  });

  test("of which easy questions take fewer than hard ones, where it halts by itself", async () => {
    const mean = async (operations: number): Promise<number> => {
      const drawn = loopProblems({ seed: 12, count: 20, operations });
      const asked = drawn.map(({ question }) =>
        ask({ messages: messagesOf(question), latent: { steps: 16, halt: 1e-6 } }),
      );
      return (await Promise.all(asked)).reduce((sum, { latent }) => sum + latent!.steps!, 0) / drawn.length;
    };
    expect(await mean(2)).toBeLessThan((await mean(6)) - 1);
  });

  test("or words, with one", async () => {
    expect(await right(stack(model, chainOfThought({ answer: number() })), {})).toBeGreaterThan(20);
  });

  test("rows, with pause tokens: places where it does side by side what cannot be done at one", async () => {
    const solver = stack(model, pauseTokens(6), chainOfThought({ answer: number(), instruction: "" }));
    let count = 0;
    for (const { question, answer } of rowProblems({ seed: 13, count: 40 })) {
      if ((await run(solver, { messages: messagesOf(question), temperature: 0 })).answer === answer) count++;
    }
    expect(count).toBeGreaterThan(32);
  });

  test("in blocks, of which each goes on from what was known at the end of the one before", async () => {
    let count = 0;
    for (const { question, answer } of problems) {
      const [start, , ...operations] = question.slice("Start at ".length).split(". ")[0]!.split(" ");
      const first = await ask({ messages: messagesOf(`Start at ${start} ${operations.slice(0, 3).join(" ")}`) });
      const state = first.latent!.state!;
      const second = await ask({ messages: messagesOf(operations.slice(3).join(" ")), latent: { state } });
      if (number().parse(second.text) === answer) count++;
    }
    expect(count).toBeGreaterThan(20);
  });
});

test("says what it can", () => {
  expect(model.capabilities).toMatchObject({
    score: true,
    latent: ["steps", "halt", "state", "pauseTokens"],
    tools: false,
  });
});

describe("loops", () => {
  test.each<[Partial<ModelRequest>, number]>([
    [{}, 8],
    [{ latent: {} }, 8],
    [{ latent: { steps: 1 } }, 1],
    [{ latent: { steps: 16 } }, 16],
    [{ latent: { halt: 1e9 } }, 2],
    [{ latent: { halt: 1e-30, steps: 5 } }, 5],
    [{ messages: thinking.messages }, 1],
    [{ messages: thinking.messages, latent: { steps: 2 } }, 2],
  ])("%j goes through %i, each a token for every token written", async (changes, steps) => {
    const { latent, usage, logprobs, warnings } = await ask({ ...changes, logprobs: 0 });
    expect(latent?.steps).toBe(steps);
    const written = logprobs!.length;
    expect(usage).toMatchObject({ outputTokens: steps * written, reasoningTokens: (steps - 1) * written });
    expect(warnings).toBeUndefined();
  });

  test.each<[Partial<ModelRequest>, cap: number, steps: number]>([
    [{}, 1, 1],
    [{}, 5, 5],
    [{}, 8, 8],
    [{ latent: { steps: 16 } }, 15, 15],
    [{ messages: thinking.messages, latent: { steps: 4 } }, 19, 1],
    [{ messages: thinking.messages, latent: { steps: 4 } }, 39, 3],
    [{ messages: thinking.messages, latent: { steps: 4 } }, 3, 1],
    [{ messages: thinking.messages, latent: { steps: 4 }, prefill: "+1 1\n-2 2\n*3" }, 17, 3],
  ])("%j within %i tokens goes through %i", async (changes, maxOutputTokens, steps) => {
    const { latent, usage, warnings, finishReason } = await ask({ ...changes, maxOutputTokens });
    expect(latent?.steps).toBe(steps);
    expect(usage.outputTokens).toBeLessThanOrEqual(maxOutputTokens);
    const wanted = changes.latent?.steps ?? 8;
    const message = `the output cap has room for ${steps} of ${wanted} loops; every loop beyond the first counts as a token for each token written`;
    expect(warnings).toEqual(steps < wanted ? [{ code: "latent-cap", message }] : undefined);
    if (maxOutputTokens === 3) expect(finishReason).toBe("length");
  });

  test("that were not needed are not missed", async () => {
    const { latent, warnings } = await ask({ latent: { steps: 16, halt: 1e9 }, maxOutputTokens: 9 });
    expect([latent?.steps, warnings]).toEqual([2, undefined]);
  });

  test("are bought by a budget in tokens", async () => {
    const { latent, usage } = await ask({ latent: { steps: 16 } }, { budget: { outputTokens: 20 }, seed: 1 });
    expect(latent?.steps).toBe(16);
    expect(usage.outputTokens).toBe(16);
    const cut = await ask({ messages: thinking.messages, latent: { steps: 16 } }, { budget: { outputTokens: 30 } });
    expect(cut.latent?.steps).toBe(3);
    expect(cut.usage.outputTokens! % 3).toBe(0);
    expect(cut.usage.outputTokens).toBeLessThanOrEqual(30);
  });
});

prop.prop(
  {
    requests: fc.array(
      fc.record({
        which: fc.nat(2),
        operations: fc.constantFrom(3, 8),
        think: fc.boolean(),
        steps: fc.constantFrom(undefined, 1, 3, 4, 9),
        halt: fc.constantFrom(undefined, 0.5, 1e-4),
        n: fc.constantFrom(1, 3),
        prefill: fc.constantFrom(undefined, "+3 1\n"),
        score: fc.constantFrom(undefined, "Answer: 3"),
      }),
      { minLength: 2, maxLength: 5 },
    ),
  },
  { numRuns: 4 },
)("nothing of what was read before changes what is written", async ({ requests }) => {
  const used = await tinyLoop();
  const shared = loopProblems({ seed: 2, count: 3, operations: 8 });
  for (const { which, operations, think, n, steps, halt, ...rest } of requests) {
    const program = shared[which]!.question.split(" ")
      .slice(0, 4 + operations)
      .join(" ");
    const request = {
      ...rest,
      messages: messagesOf(`${program}${think ? " Think." : ""}`),
      latent: { steps, halt },
      logprobs: 1,
      maxOutputTokens: 90,
    };
    const ask = (by: Model) => run(stack(by, sampleN(n)), request, { seed: 7 });
    const [warm, cold] = [await ask(used), await ask(await tinyLoop())];
    const told = (response: typeof warm) =>
      response.samples.map(({ text, logprobs, latent }) => ({ text, logprobs, latent }));
    expect(told(warm)).toEqual(told(cold));
  }
});

describe("a state", () => {
  test("is given at the end of a question that is answered at once, not where steps are written", async () => {
    expect((await ask()).latent?.state).toMatch(/^loop1:[\w+/]+=*$/);
    expect((await ask({ messages: thinking.messages })).latent).toEqual({ steps: 1 });
  });

  test("is that of the loops there were", async () => {
    const states = await Promise.all([1, 2, 2].map(async (steps) => (await ask({ latent: { steps } })).latent!.state));
    expect(states[0]).not.toBe(states[1]);
    expect(states[1]).toBe(states[2]);
  });

  test("takes the place of the start digit, and calls that go on from it share what was read", async () => {
    const { state } = (await ask()).latent!;
    const fresh = await tinyLoop();
    const request: ModelRequest = {
      ...plain,
      messages: messagesOf("Start at 3, then +1 -2 *3 +4"),
      latent: { state },
      logprobs: 5,
    };
    const first = await run(fresh, request);
    const digitless = await run(fresh, { ...request, messages: messagesOf("+1 -2 *3 +4") });
    expect(digitless.logprobs).toEqual(first.logprobs);
    expect(digitless.usage).toMatchObject({ inputTokens: 5, cachedInputTokens: 4 });
    const other = (await ask({ messages: messagesOf("Start at 4 +1") })).latent!.state!;
    const changed = await run(fresh, { ...request, latent: { state: other } });
    expect(changed.usage.cachedInputTokens).toBe(0);
    expect(changed.logprobs).not.toEqual(first.logprobs);
  });
});

describe("chooses tokens", () => {
  test("by the seed, however many are written at once", async () => {
    const texts = async (n: number, by: Model = model): Promise<string[]> => {
      const request = { ...thinking, temperature: 3, seed: 4, latent: { steps: 2 } };
      return (await run(stack(by, sampleN(n)), request)).samples.map(({ text }) => text);
    };
    const many = await texts(20);
    expect(new Set(many).size).toBeGreaterThan(3);
    for (const n of [1, 2, 9]) expect(await texts(n)).toEqual(many.slice(0, n));
    expect(await texts(9, await tinyLoop())).toEqual(many.slice(0, 9));
  });

  test("and shares the reading among them", async () => {
    const { samples, usage } = await run(stack(await tinyLoop(), sampleN(9)), { ...plain, temperature: 1, seed: 1 });
    expect(samples).toHaveLength(9);
    expect(usage).toMatchObject({ calls: 1, inputTokens: 5 });
    expect(new Set(samples.map(({ latent }) => latent!.state)).size).toBe(1);
  });
});

describe("text", () => {
  test("is a line for each step, and goes on from a prefill", async () => {
    const { text } = await ask({ messages: thinking.messages });
    expect(text).toMatch(/^([-+*]\d \d\n){4}Answer: \d$/);
    for (const end of [2, 4, 10, text.indexOf("Answer"), text.length - 1]) {
      const rest = await ask({ messages: thinking.messages, prefill: text.slice(0, end) });
      expect(rest.text).toBe(text.slice(end));
    }
  });

  test("is one token where it answers at once, whatever the question and the temperature", async () => {
    for (const content of ["Start at 7.", "Start at 7 +1", `Start at 3${" *3 +1 -2".repeat(8)}`]) {
      for (const temperature of [0, 2]) {
        const { text, finishReason, usage } = await ask({
          messages: messagesOf(content),
          temperature,
          latent: { steps: 2 },
        });
        expect(text).not.toBe("");
        expect([finishReason, usage.outputTokens]).toEqual(["stop", 2]);
      }
    }
  });

  test("answers at once behind a prefill too, and stops where it shall", async () => {
    expect((await ask()).text).toMatch(/^Answer: \d$/);
    expect((await ask({ prefill: "Answer:" })).text).toMatch(/^ \d$/);
    expect(await ask({ messages: thinking.messages, stop: ["\nAnswer"] })).toMatchObject({
      finishReason: "stop",
      text: expect.stringMatching(/^([-+*]\d \d\n?){4}$/),
    });
  });

  test("is told as it is written", async () => {
    const told: MullEvent[] = [];
    const { text } = await ask({ messages: thinking.messages }, { onEvent: (event) => told.push(event) });
    const deltas = told.filter((event) => event.type === "delta").map((event) => event.text ?? "");
    expect(deltas.join("")).toBe(text);
    expect(deltas.length).toBeGreaterThan(5);
  });
});

describe("scores a text", async () => {
  const writer = await tinyLoop();

  test.each([
    ["at once", { ...plain, temperature: 1.5 }],
    ["in words", { ...thinking, temperature: 1.5, latent: { steps: 3 } }],
    ["behind a state", { ...plain, latent: { state: known } }],
  ])("%s as it would write it, to the last bit", async (_, request: ModelRequest) => {
    for (let seed = 0; seed < 5; seed++) {
      const { text, logprobs } = await run(writer, { ...request, logprobs: 2 }, { seed });
      const scored = await run(model, { ...request, logprobs: 2, score: text });
      expect(scored).toMatchObject({
        text,
        logprobs,
        finishReason: "stop",
        usage: { outputTokens: 0, reasoningTokens: 0 },
      });
    }
  });

  test("with halting, too; the output cap lowers no loops, for nothing is written", async () => {
    const { latent } = await ask({ score: "Answer: 1", maxOutputTokens: 1 });
    expect(latent).toMatchObject({ steps: 8 });
    expect((await ask({ score: "Answer: 1", latent: { halt: 1e9 } })).latent?.steps).toBe(2);
  });

  test("and finds all digits together nearly certain", async () => {
    let sum = 0;
    for (let digit = 0; digit < 10; digit++) sum += Math.exp((await score(model, plain, `Answer: ${digit}`)).logprob);
    expect(sum).toBeGreaterThan(0.95);
    expect(sum).toBeLessThan(1 + 1e-6);
  });

  test.each([
    ["Answer: 17", 'tinyLoop cannot score the text: it knows not "Answer: 17"'],
    ["no", 'tinyLoop cannot score the text: it knows not "no"'],
    ["…", "tinyLoop cannot score the text: it knows nothing in it"],
  ])("but not %j", async (text, message) => {
    await expect(score(model, question, text)).rejects.toThrow(message);
  });
});

test("an abort while it reads ends it with its reason, and harms nothing", async () => {
  const fresh = await tinyLoop();
  const controller = new AbortController();
  const reason = new Error("enough");
  const request: ModelRequest = {
    ...plain,
    messages: messagesOf(`Start at 1 ${"+3 ".repeat(90)}`),
    latent: { steps: 16, halt: 1e-30 },
  };
  const running = run(fresh, request, { signal: controller.signal });
  const waiting = run(fresh, request, { signal: controller.signal });
  await new Promise((resolve) => setImmediate(resolve));
  controller.abort(reason);
  await expect(running).rejects.toBe(reason);
  await expect(waiting).rejects.toBe(reason);
  const [after, expected] = [await run(fresh, request), await run(await tinyLoop(), request)];
  expect([after.text, after.latent]).toEqual([expected.text, expected.latent]);
});

test.each<readonly [Partial<ModelRequest>, string]>([
  [{ latent: { steps: 0 } }, "latent.steps must be an integer from 1 to 16, got 0"],
  [{ latent: { steps: 17 } }, "latent.steps must be an integer from 1 to 16, got 17"],
  [{ latent: { halt: 0 } }, "latent.halt must be a number above 0, got 0"],
  [{ latent: { halt: NaN } }, "latent.halt must be a number above 0, got NaN"],
  [{ latent: { halt: "1" as unknown as number } }, 'latent.halt must be a number above 0, got "1"'],
  [{ latent: { state: "x" } }, 'latent.state must be a state that it gave in `response.latent`, got "x"'],
  [{ topK: 0 }, "topK must be an integer of at least 1, got 0"],
])("%j is refused", async (changes, message) => {
  const error: unknown = await ask(changes).catch((thrown: unknown) => thrown);
  expect(InvalidOptionError.is(error)).toBe(true);
  expect(error).toMatchObject({ message: `tinyLoop: ${message}` });
});

test.each<readonly [string, Partial<ModelRequest>, string]>([
  ["a question it cannot read", { messages: messagesOf("How many?") }, "names no start digit"],
  [
    "one that leaves no room",
    { messages: messagesOf(`Start at 1 ${"+3 ".repeat(95)}`) },
    "tinyLoop reads at most 95 tokens, so that there is room for an answer, and the prompt has 96",
  ],
  [
    "a text to score that does not fit",
    { messages: messagesOf(`Start at 1 ${"+3 ".repeat(93)}`), score: "Answer: 1 2 3" },
    "tinyLoop reads at most 96 tokens, and the prompt has 94, the text to score 3",
  ],
])("%s is refused", async (_, changes, message) => {
  const error: unknown = await ask(changes).catch((thrown: unknown) => thrown);
  expect(ProviderError.is(error) && !error.retryable).toBe(true);
  expect(error).toMatchObject({ message: expect.stringContaining(message) });
});

test("what it was not trained for is refused", async () => {
  await expect(ask({ latent: { pauseTokens: 6 } })).rejects.toThrow("tinyLoop pauses behind a row only");
  await expect(ask({ tools: [{ name: "look", description: "", inputSchema: {} }] })).rejects.toSatisfy(
    CapabilityError.is,
  );
});

describe("other weights", () => {
  const place = new URL("../../src/tiny/loop-weights.bin", import.meta.url);

  test("are taken by their bytes or their place", async () => {
    const expected = await ask({ logprobs: 3 });
    for (const weights of [place, await readFile(place)]) {
      expect((await run(await tinyLoop({ weights }), { ...plain, logprobs: 3 })).logprobs).toEqual(expected.logprobs);
    }
  });

  test("say themselves what they can", async () => {
    const bytes = await readFile(place);
    const text = '"abilities":["steps","halt","state","pauseTokens"]';
    const at = bytes.indexOf(text);
    expect(at).toBeGreaterThan(0);
    bytes.write('"abilities":["steps"]'.padEnd(text.length), at);
    const other = await tinyLoop({ weights: bytes });
    expect(other.capabilities.latent).toEqual(["steps"]);
    expect((await run(other, plain)).latent).toEqual({ steps: 8 });
    const [row] = rowProblems({ seed: 1, count: 1 });
    const pausing = run(other, { messages: messagesOf(row!.question), latent: { pauseTokens: 6 } });
    await expect(pausing).rejects.toSatisfy(CapabilityError.is);
  });
});

test("options that are none are refused", async () => {
  await expect(tinyLoop({ size: "large" } as TinyLoopOptions)).rejects.toSatisfy(InvalidOptionError.is);
  expectTypeOf(tinyLoop).toEqualTypeOf<(options?: TinyLoopOptions) => Promise<Model>>();
});
