/**
 * @module
 * The synthetic model.
 */
import { describe, expect, test } from "vitest";
import { InvalidOptionError, run, sampleN, stack } from "mull";
import { synthetic, virtualClock, type SyntheticOptions } from "mull/testing";

const answers = [["24", 0.6], ["22", 0.3]] as const; // prettier-ignore

async function texts(options: SyntheticOptions, n: number, seed = 1, prompt = "q"): Promise<string[]> {
  const { samples } = await run(stack(synthetic(options), sampleN(n)), prompt, { seed });
  return samples.map(({ text }) => text);
}

describe("answers", () => {
  test("come as often as they are likely", async () => {
    const n = 10_000;
    const drawn = await texts({ answers }, n);
    const share = (text: string): number => drawn.filter((one) => one === text).length / n;
    expect(new Set(drawn)).toEqual(new Set(["Answer: 24", "Answer: 22", "I give up."]));
    // Within three standard errors.
    expect(Math.abs(share("Answer: 24") - 0.6)).toBeLessThan(3 * Math.sqrt((0.6 * 0.4) / n));
    expect(Math.abs(share("Answer: 22") - 0.3)).toBeLessThan(3 * Math.sqrt((0.3 * 0.7) / n));
    expect(Math.abs(share("I give up.") - 0.1)).toBeLessThan(3 * Math.sqrt((0.1 * 0.9) / n));
  });

  test("are the same with the same seed, whatever the timing, and others with another", async () => {
    const clock = virtualClock();
    const slow = synthetic({ answers, latencyMs: (random) => 1000 * random.next() });
    const drawn = await texts({ answers }, 30);
    expect(await texts({ answers }, 30)).toEqual(drawn);
    expect(await texts({ answers }, 30, 2)).not.toEqual(drawn);
    const { samples } = await clock.until(run(stack(slow, sampleN(30, { concurrency: 7 })), "q", { seed: 1, clock }));
    const again = await clock.until(run(stack(slow, sampleN(30, { concurrency: 1 })), "q", { seed: 1, clock }));
    expect(again.samples.map(({ text }) => text)).toEqual(samples.map(({ text }) => text));
  });

  test("may depend on the question, and on the request", async () => {
    const options: SyntheticOptions = {
      answers: (question, { temperature = 1 }) => [[question === "spiders" ? "24" : "0", temperature === 0 ? 0 : 1]],
    };
    expect(await texts(options, 1, 1, "spiders")).toEqual(["Answer: 24"]);
    expect(await texts(options, 1, 1, "snakes")).toEqual(["Answer: 0"]);
    const { text } = await run(synthetic(options), {
      messages: [{ role: "user", content: "spiders" }],
      temperature: 0,
    });
    expect(text).toBe("I give up.");
  });

  test("the question is the last that the user said", async () => {
    const model = synthetic({ answers: (question) => [[question, 1]] });
    const messages = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "first" },
      { role: "assistant", content: "Answer: first" },
      { role: "user", content: [{ type: "text", text: "second" }] },
      { role: "assistant", content: "Hm." },
    ] as const;
    expect(await run(model, { messages })).toMatchObject({ text: "Answer: second" });
    expect(await run(model, { messages: messages.slice(0, 1) })).toMatchObject({ text: "Answer: " });
  });
});

describe("length and time", () => {
  test("so many words, the answer included", async () => {
    const { usage, text } = await run(synthetic({ answers: [["24", 1]], tokens: 5 }), "q");
    expect([text, usage.outputTokens]).toEqual(["so so so Answer: 24", 5]);
  });

  test("drawn anew for each", async () => {
    const drawn = await texts({ answers, tokens: (random) => 3 + random.integer(5) }, 200);
    expect(new Set(drawn.map((text) => text.split(" ").length))).toEqual(new Set([3, 4, 5, 6, 7]));
  });

  test("a cap that is too low cuts the answer off", async () => {
    const request = { messages: [{ role: "user", content: "q" }], maxOutputTokens: 3 } as const;
    const response = await run(synthetic({ answers: [["24", 1]], tokens: 5 }), request);
    expect(response).toMatchObject({ text: "so so so", finishReason: "length", usage: { outputTokens: 3 } });
  });

  test("a time of its own, on the run's clock", async () => {
    const clock = virtualClock();
    await clock.until(run(synthetic({ answers, latencyMs: 70 }), "q", { clock }));
    expect(clock.now()).toBe(70);
  });
});

test("native n: one request, many answers", async () => {
  const model = synthetic({ answers, n: 8, price: { inputUsd: 1, outputUsd: 1 } });
  const { samples, usage } = await run(stack(model, sampleN(20)), "q", { seed: 1 });
  expect([samples.length, model.calls, usage.calls]).toEqual([20, 3, 3]);
  expect(new Set(samples.map(({ text }) => text)).size).toBe(3);
  expect(usage.usd).toBeGreaterThan(0);
});

test.each<[what: string, options: SyntheticOptions]>([
  ["a probability above 1", { answers: [["24", 1.5]] }],
  ["a probability below 0", { answers: [["24", -0.5]] }],
  ["a sum above 1", { answers: [["24", 0.6], ["22", 0.6]] }], // prettier-ignore
  ["less than two tokens", { answers, tokens: 1 }],
  ["a time below 0", { answers, latencyMs: -1 }],
  ["an unknown option", { answers, probability: 1 } as never],
])("%s is refused", (_, options) => {
  expect(() => synthetic(options)).toThrow(InvalidOptionError);
});

test("what a function gives is checked at the call", async () => {
  await expect(run(synthetic({ answers: () => [["24", 2]] }), "q")).rejects.toThrow(
    "a probability must be a number from 0 to 1",
  );
  await expect(run(synthetic({ answers, tokens: () => 0 }), "q")).rejects.toThrow("tokens must be an integer");
});
