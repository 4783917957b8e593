/**
 * @module
 * The embedded model as its users meet it.
 */
import { readFile } from "node:fs/promises";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  InvalidOptionError,
  MalformedResponseError,
  ProviderError,
  run,
  sampleN,
  score,
  stack,
  stream,
  type Message,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type MullEvent,
  type RunOptions,
} from "mull";
import { modelLaws } from "mull/testing";
import { problems, tiny, type TinyOptions } from "mull/tiny";

const model = await tiny();
const story = problems({ seed: 5, count: 1, grade: "medium" })[0]!.question;
const thinking: ModelRequest = { messages: [{ role: "user", content: `${story} Think step by step.` }] };
const calculator = {
  name: "calculator",
  description: "",
  inputSchema: { type: "object", properties: { expression: { type: "string" } } },
};

const ask = (changes: Partial<ModelRequest> = {}, options: RunOptions = { seed: 1 }): Promise<ModelResponse> =>
  run(model, { ...thinking, ...changes }, options);

/** The texts of `n` completions of one request. */
async function texts(n: number, changes: Partial<ModelRequest> = {}, by: Model = model): Promise<string[]> {
  const { samples } = await run(stack(by, sampleN(n)), { ...thinking, seed: 1, ...changes });
  return samples.map(({ text }) => text);
}

for (const { name, check } of modelLaws(() => tiny(), { prompt: thinking })) test(name, check);

test("writes steps and an answer where steps are asked for, and the answer alone else", async () => {
  const { text, finishReason, usage } = await ask({ temperature: 0 });
  expect(text).toMatch(/^(\d+ [-+*/] \d+ = \d+\n)+Answer: \d+$/);
  expect(finishReason).toBe("stop");
  expect(usage).toMatchObject({ calls: 1, outputTokens: text.replaceAll("\n", " ⏎ ").split(" ").length, usd: 0 });
  expect((await run(model, story)).text).toMatch(/^Answer: \d+$/);
});

describe("chooses tokens", () => {
  test("greedily at temperature 0, whatever the seed", async () => {
    const greedy = await ask({ temperature: 0, logprobs: 1 });
    expect((await ask({ temperature: 0 }, { seed: 2 })).text).toBe(greedy.text);
    for (const { token, logprob, top } of greedy.logprobs!) expect(top).toEqual([{ token, logprob }]);
  });

  test.each([{ topK: 1 }, { topP: 0 }, { temperature: 1e-9 }])("greedily with %j", async (knob) => {
    expect((await ask(knob, { seed: 2 })).text).toBe((await ask({ temperature: 0 })).text);
  });

  test("only of the likeliest with topK and topP", async () => {
    const { logprobs } = await ask({ topK: 3, temperature: 3, logprobs: 3 });
    for (const { token, top } of logprobs!) expect(top!.map((other) => other.token)).toContain(token);
    const nucleus = await ask({ topP: 0.8, temperature: 1, logprobs: 20 });
    for (const { token, top } of nucleus.logprobs!) {
      let before = 0;
      for (const other of top!) {
        if (other.token === token) break;
        before += Math.exp(other.logprob);
      }
      expect(before).toBeLessThan(0.8);
    }
  });

  test("as often as their probabilities say", async () => {
    const { logprobs } = await ask({ logprobs: 2, maxOutputTokens: 4, prefill: "Answer:" });
    const [first] = logprobs!;
    const wanted = Math.exp(first!.top![0]!.logprob);
    const drawn = (await texts(64, { prefill: "Answer:", maxOutputTokens: 1 })).concat(
      await texts(64, { prefill: "Answer:", maxOutputTokens: 1, seed: 2 }),
    );
    const share = drawn.filter((text) => text === first!.top![0]!.token).length / drawn.length;
    expect(Math.abs(share - wanted)).toBeLessThan(4 * Math.sqrt((wanted * (1 - wanted)) / drawn.length) + 0.01);
  });

  test("with penalties against what was written", async () => {
    const hot = { temperature: 2 };
    const { text } = await ask(hot);
    expect((await ask({ ...hot, frequencyPenalty: 2 })).text).not.toBe(text);
    expect((await ask({ ...hot, presencePenalty: 2 })).text).not.toBe(text);
  });
});

describe("the same seed writes the same words", () => {
  test("in another model, and behind another text", async () => {
    const expected = await texts(3, { temperature: 1.5 });
    const other = await tiny();
    expect(await texts(3, { temperature: 1.5 }, other)).toEqual(expected);
    await run(other, "Zoe has 9 pens. Zoe loses 4. How many pens does Zoe have? Think.");
    expect(await texts(3, { temperature: 1.5 }, other)).toEqual(expected);
    expect(await texts(3, { temperature: 1.5, seed: 2 }, other)).not.toEqual(expected);
  });

  test("however many are written at once", async () => {
    const many = await texts(20, { temperature: 1.5 });
    expect(new Set(many).size).toBeGreaterThan(3);
    for (const n of [1, 2, 9]) expect(await texts(n, { temperature: 1.5 })).toEqual(many.slice(0, n));
  });

  test("whatever is written at the same time", async () => {
    const alone = [
      await ask({ seed: 1 }),
      await ask({ seed: 2, temperature: 2 }),
      await ask({ seed: 3, temperature: 2 }),
    ];
    const together = await Promise.all([
      ask({ seed: 1 }),
      ask({ seed: 2, temperature: 2 }),
      ask({ seed: 3, temperature: 2 }),
    ]);
    expect(together.map(({ text }) => text)).toEqual(alone.map(({ text }) => text));
  });

  test("whether the conversation was read before or not", async () => {
    const { text } = await ask({ temperature: 0 });
    const messages: Message[] = [
      ...thinking.messages,
      { role: "assistant", content: text },
      { role: "user", content: "Check it." },
    ];
    const warm = await ask({ messages });
    const cold = await run(await tiny(), { messages }, { seed: 1 });
    expect(warm.text).toBe(cold.text);
    expect(cold.usage.cachedInputTokens).toBe(0);
    expect(warm.usage.inputTokens! - warm.usage.cachedInputTokens!).toBeLessThan(8);
    expect(warm.text).toMatch(/^(\d+ [-+*/] \d+ = \d+ (ok|fix)\n)+Answer: \d+$/);
  });

  test("without a seed every run writes others", async () => {
    const runs = await Promise.all(Array.from({ length: 8 }, () => ask({ temperature: 2 }, {})));
    expect(new Set(runs.map(({ text }) => text)).size).toBeGreaterThan(1);
  });
});

describe("ends", () => {
  test("at its output cap", async () => {
    const whole = await ask({ temperature: 0 });
    const cut = await ask({ temperature: 0, maxOutputTokens: 7 });
    expect(cut).toMatchObject({ finishReason: "length", usage: { outputTokens: 7 } });
    expect(whole.text.startsWith(cut.text)).toBe(true);
  });

  test.each(["\n", "= ", "nswer", "Answer: "])("before a stop sequence %j", async (stop) => {
    const whole = await ask({ temperature: 0 });
    const cut = await ask({ temperature: 0, stop: ["never", stop, ""], logprobs: 0 });
    expect(cut).toMatchObject({ finishReason: "stop", text: whole.text.slice(0, whole.text.indexOf(stop)) });
    const tokens = cut.logprobs!.map(({ token }) => token).join("");
    expect(tokens.startsWith(cut.text) && tokens.length - cut.text.length < 8).toBe(true);
  });

  test("where there is no more room", async () => {
    const long = `${story} ${"Tom buys 2 more. ".repeat(36)}How many eggs does Tom have? Think.`;
    const { finishReason, usage } = await run(model, long, { seed: 1 });
    expect(usage.inputTokens! + usage.outputTokens!).toBeLessThanOrEqual(256);
    expect(["stop", "length"]).toContain(finishReason);
  });

  test("before it began, for a prompt without room", async () => {
    const error: unknown = await run(model, `Tom has 3 eggs. ${"Tom buys 2 more. ".repeat(60)}`).catch(
      (e: unknown) => e,
    );
    expect(ProviderError.is(error) && error.retryable).toBe(false);
    expect(error).toMatchObject({
      message: "tiny reads at most 255 tokens, so that there is room for an answer, and the prompt has 308",
    });
  });
});

describe("log-probabilities", () => {
  test("stand beside the tokens of the text", async () => {
    const { text, logprobs } = await ask({ logprobs: 3 });
    expect(logprobs!.map(({ token }) => token).join("")).toBe(text);
    for (const { logprob, top } of logprobs!) {
      expect(logprob).toBeLessThanOrEqual(0);
      expect(top).toHaveLength(3);
      expect(top!.map((other) => other.logprob)).toEqual(top!.map((other) => other.logprob).sort((a, b) => b - a));
    }
  });

  test("are those of the network, whatever the temperature, and of the same text when it is only read", async () => {
    const hot = await ask({ temperature: 1.3, logprobs: 0 });
    const cut = hot.text.indexOf("\n") + 1;
    const first = hot.logprobs!.findIndex(({ token }) => token === "\n") + 1;
    const again = await ask({ prefill: hot.text.slice(0, cut), logprobs: 300, temperature: 0 });
    const same = again.logprobs![0]!.top!.find(({ token }) => token === hot.logprobs![first]!.token);
    expect(same?.logprob).toBe(hot.logprobs![first]!.logprob);
    expect(hot.logprobs![0]).not.toHaveProperty("top");
  });

  test("sum to 1 over all tokens", async () => {
    const { logprobs } = await ask({ logprobs: 354, maxOutputTokens: 3 });
    for (const { top } of logprobs!)
      expect(top!.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0)).toBeCloseTo(1, 9);
  });

  test.each([[[]], [["= 1"]], [["nswer"]]])("are told as the text is written, with stops %j", async (stop) => {
    const told: MullEvent[] = [];
    const response = await ask({ logprobs: 2, stop }, { seed: 1, onEvent: (event) => told.push(event) });
    const deltas = told.filter((event) => event.type === "delta");
    expect(deltas.length).toBeGreaterThan(3);
    const logprobs = deltas.flatMap((delta) => delta.logprobs ?? []);
    expect(logprobs).toEqual(response.logprobs!.slice(0, logprobs.length));
    // The token in which a stop sequence begins is cut: it is in the response, and is not told.
    expect(response.logprobs!.length - logprobs.length).toBeLessThanOrEqual(stop.length);
    let text = "";
    let tokens = "";
    for (const delta of deltas) {
      text += delta.text ?? "";
      tokens += (delta.logprobs ?? []).map(({ token }) => token).join("");
      expect(text.startsWith(tokens)).toBe(true);
      if (stop.length === 0) expect(tokens).toBe(text);
    }
  });

  test("are left out unless asked for", async () => {
    const told: MullEvent[] = [];
    await ask({}, { onEvent: (event) => told.push(event) });
    expect(told.filter((event) => "logprobs" in event)).toEqual([]);
    expect(await ask()).not.toHaveProperty("logprobs");
  });
});

describe("scores a text", async () => {
  const writer = await tiny();
  const [problem] = problems({ seed: 9, count: 1, grade: "easy" });
  const direct: ModelRequest = { messages: [{ role: "user", content: problem!.question }] };

  test.each<[string, ModelRequest]>([
    ["in steps", thinking],
    ["at once", direct],
    ["behind a prefill", { ...thinking, prefill: "12 +" }],
    ["however hot it writes", { ...thinking, temperature: 4, presencePenalty: 1 }],
    [
      "whose beginning it was made to write",
      {
        messages: [...direct.messages, { role: "assistant", content: "3 + 4 = 7" }, { role: "user", content: "Now." }],
      },
    ],
  ])("%s as it would write it, to the last bit", async (_, request) => {
    for (let seed = 0; seed < 4; seed++) {
      const { text, logprobs } = await run(writer, { ...request, maxOutputTokens: 40, logprobs: 2 }, { seed });
      const scored = await run(model, { ...request, score: text, logprobs: 2 });
      expect(scored).toMatchObject({ text, logprobs, finishReason: "stop" });
      const sum = logprobs!.reduce((total, { logprob }) => total + logprob, 0);
      expect((await score(model, request, text)).logprob).toBe(sum);
    }
  });

  test("with the alternatives that are asked for, and none else", async () => {
    const { logprobs } = await run(model, { ...thinking, score: "Answer: 17", logprobs: 3 });
    expect(logprobs!.map(({ top }) => top!.length)).toEqual([3, 3]);
    for (const { token, logprob, top } of logprobs!) {
      const same = top!.find((other) => other.token === token);
      if (same !== undefined) expect(same.logprob).toBe(logprob);
    }
    const { tokens } = await score(model, thinking, "Answer: 17");
    expect(tokens.map((each) => Object.keys(each))).toEqual([
      ["token", "logprob"],
      ["token", "logprob"],
    ]);
  });

  test("reading all of it, writing nothing; what the prompt has in common with others is read once", async () => {
    const fresh = await tiny();
    const prompt = (await run(fresh, direct)).usage.inputTokens!;
    const told: string[] = [];
    for (const [i, text] of ["Answer: 17", "Answer: 18", "Answer: 1"].entries()) {
      const { usage } = await score(fresh, direct, text, { onEvent: ({ type }) => told.push(type) });
      expect(usage).toMatchObject({
        calls: 1,
        inputTokens: prompt + 2,
        cachedInputTokens: prompt - 1,
        outputTokens: 0,
      });
      expect(told.slice(2 * i)).toEqual(["start", "end"]);
    }
  });

  test("for all who ask at the same time in one request", async () => {
    const scorer: Model = {
      ...model,
      generate: (request, call) => model.generate({ ...request, score: "Answer: 17" }, call),
    };
    const { samples, usage } = await run(stack(scorer, sampleN(3)), direct);
    expect(new Set(samples.map(({ logprobs }) => logprobs![1]!.logprob)).size).toBe(1);
    const prompt = (await run(model, direct)).usage.inputTokens!;
    expect(usage).toMatchObject({ calls: 1, inputTokens: prompt + 2, outputTokens: 0 });
  });

  test("finds all answers together certain, and the right one likelier behind the right steps", async () => {
    const steps = `${problem!.steps.join("\n")}\n`;
    const likely = async (answer: number, prefill: string): Promise<number> => {
      const request: ModelRequest = { messages: [{ role: "user", content: `${problem!.question} Think.` }], prefill };
      return Math.exp((await score(model, request, `Answer: ${answer}`)).logprob);
    };
    const wrong = steps.replace(String(problem!.answer), String(problem!.answer + 1));
    expect(await likely(problem!.answer, steps)).toBeGreaterThan(0.9);
    expect(await likely(problem!.answer, wrong)).toBeLessThan(0.1);
    let sum = 0;
    const first = await run(model, { ...direct, prefill: "Answer:", score: "1", logprobs: 354 });
    for (const { logprob } of first.logprobs![0]!.top!) sum += Math.exp(logprob);
    expect(sum).toBeCloseTo(1, 9);
  });

  test("with words that it does not know, which it never writes", async () => {
    const { tokens, logprob } = await score(model, direct, "So: Answer: 17!");
    expect(tokens.map(({ token }) => token)).toEqual(["So", ": Answer:", " 17!"]);
    expect(logprob).toBeLessThan((await score(model, direct, "Answer: 17")).logprob - 5);
  });

  test.each([
    ["crumpets", "tiny cannot score the text: it knows nothing in it"],
    ["!", "tiny cannot score the text: it knows nothing in it"],
    ["1 ".repeat(250), "tiny reads at most 256 tokens, and the prompt has"],
  ])("but not %j", async (text, message) => {
    const error: unknown = await score(model, direct, text).catch((thrown: unknown) => thrown);
    expect(ProviderError.is(error) && !error.retryable).toBe(true);
    expect(error).toMatchObject({ message: expect.stringContaining(message) });
  });

  test("that just fits", async () => {
    const prompt = (await run(model, direct)).usage.inputTokens!;
    await expect(score(model, direct, "1 ".repeat(256 - prompt))).resolves.toBeDefined();
    await expect(score(model, direct, "1 ".repeat(257 - prompt))).rejects.toSatisfy(ProviderError.is);
  });
});

test("a prefill is gone on with, and not repeated", async () => {
  const { text } = await ask({ temperature: 0 });
  for (const end of [text.indexOf("\n"), text.indexOf("\n") + 1, text.indexOf("=") + 1, text.length]) {
    expect((await ask({ temperature: 0, prefill: text.slice(0, end) })).text).toBe(text.slice(end));
  }
});

test("an answer is forced out of an unfinished thought", async () => {
  const { text } = await ask({ temperature: 0 });
  const messages: Message[] = [
    ...thinking.messages,
    { role: "assistant", content: text.split("\n")[0]! },
    { role: "user", content: "Answer now." },
  ];
  const { text: forced, usage, logprobs } = await ask({ messages, logprobs: 0 });
  expect(forced).toMatch(/^Answer: \d+$/);
  expect([usage.outputTokens, logprobs!.length]).toEqual([2, 2]);
});

describe("tools", () => {
  test("are called with an expression, and the results read", async () => {
    const messages: Message[] = [...thinking.messages];
    const ids = new Set<string>();
    for (let round = 0; round < 12; round++) {
      const response = await ask({ messages, tools: [calculator], temperature: 0 });
      if (response.finishReason === "stop") {
        expect(response.text).toMatch(/^Answer: \d+$/);
        break;
      }
      expect(response).toMatchObject({ finishReason: "tool-calls", text: "" });
      const [call] = response.toolCalls!;
      const { expression } = call!.input as { readonly expression: string };
      expect(expression).toMatch(/^\d+ [-+*/] \d+$/);
      const [a, sign, b] = expression.split(" ");
      const output = { "+": +a! + +b!, "-": +a! - +b!, "*": +a! * +b!, "/": +a! / +b! }[sign!];
      messages.push({ role: "assistant", content: response.toolCalls! });
      messages.push({ role: "tool", content: [{ type: "tool-result", id: call!.id, name: "calculator", output }] });
      ids.add(call!.id);
    }
    expect(ids.size).toBeGreaterThan(1);
    const final = await ask({
      messages: messages.slice(0, 3),
      tools: [calculator],
      toolChoice: "none",
      temperature: 0,
    });
    expect(final.text).toMatch(/Answer: \d+$/);
  });

  test("are called when that is required, and the call is told", async () => {
    const events = stream(model, { ...thinking, tools: [calculator], toolChoice: "required" }, { seed: 1 });
    let input = "";
    for await (const event of events) if (event.type === "delta") input += event.toolInput ?? event.text ?? "";
    expect((await events.response).toolCalls).toEqual([
      { type: "tool-call", id: "call-1", name: "calculator", input: JSON.parse(input) },
    ]);
  });

  test("a call that is cut is no answer", async () => {
    await expect(ask({ tools: [calculator], toolChoice: "required", maxOutputTokens: 2 })).rejects.toSatisfy(
      MalformedResponseError.is,
    );
  });
});

test.each([undefined, ["\nAnswer: 1", "never"]])("tells the text as it is written (stop %j)", async (stop) => {
  const events = stream(model, { ...thinking, stop }, { seed: 1 });
  const told: string[] = [];
  for await (const event of events) if (event.type === "delta") told.push(event.text ?? "");
  expect(told.join("")).toBe((await events.response).text);
  expect(told.length).toBeGreaterThan(5);
});

describe("an abort", () => {
  const long: ModelRequest = { ...thinking, temperature: 5 };

  test("ends the writing at once, with its reason", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const before = process.cpuUsage();
    const running = run(stack(model, sampleN(64)), long, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 20);
    await expect(running).rejects.toBe(reason);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const spent = process.cpuUsage(before);
    expect((spent.user + spent.system) / 1000).toBeLessThan(600);
    expect((await ask()).text).not.toBe("");
  });

  test("from a listener, and of a request that waits for its turn", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const first = run(model, long, {
      signal: controller.signal,
      onEvent: (event) => event.type === "delta" && controller.abort(reason),
    });
    const second = run(model, long, { signal: controller.signal });
    await expect(first).rejects.toBe(reason);
    await expect(second).rejects.toBe(reason);
  });

  test("leaves the conversations it had begun to read unharmed", async () => {
    const fresh = await tiny();
    const controller = new AbortController();
    let deltas = 0;
    const onEvent = (): void => {
      if (++deltas > 6) controller.abort(new Error("enough"));
    };
    await expect(run(fresh, thinking, { seed: 1, signal: controller.signal, onEvent })).rejects.toThrow("enough");
    expect((await run(fresh, thinking, { seed: 1 })).text).toBe((await ask()).text);
  });
});

test("timers keep running while it writes", async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  await texts(32, { temperature: 3 });
  clearInterval(timer);
  // How often depends on the machine; a model that never pauses lets none through.
  expect(ticks).toBeGreaterThan(3);
});

test("a budget in money is kept, for it costs none", async () => {
  const { usage } = await ask({}, { budget: { usd: 1, tokens: 400 }, seed: 1 });
  expect(usage.usd).toBe(0);
});

test("takes other weights, by their bytes or their place", async () => {
  const place = new URL("../../src/tiny/weights.bin", import.meta.url);
  const expected = await ask();
  for (const weights of [place, await readFile(place)]) {
    expect((await run(await tiny({ weights }), thinking, { seed: 1 })).text).toBe(expected.text);
  }
});

test.each<readonly [Partial<ModelRequest>, string]>([
  [{ topK: 0 }, "topK must be an integer of at least 1, got 0"],
  [{ logprobs: -1 }, "logprobs must be an integer of at least 0, got -1"],
  [{ presencePenalty: 3 }, "presencePenalty must be a number from -2 to 2, got 3"],
])("%j is refused", async (changes, message) => {
  await expect(ask(changes)).rejects.toThrow(`tiny: ${message}`);
});

test("options that are none are refused", async () => {
  await expect(tiny({ size: "large" } as TinyOptions)).rejects.toSatisfy(InvalidOptionError.is);
  expectTypeOf(tiny).toEqualTypeOf<(options?: TinyOptions) => Promise<Model>>();
});
