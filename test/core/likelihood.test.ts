/**
 * @module
 * Likelihood: how probable a model finds a text that is given.
 */
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  BudgetExceededError,
  CapabilityError,
  chainOfThought,
  InvalidOptionError,
  MalformedResponseError,
  number,
  run,
  sampleN,
  score,
  source,
  stack,
  wrap,
  type Likelihood,
  type Middleware,
  type Model,
  type ModelRequest,
  type Reply,
  type RunOptions,
  type TokenLogprob,
} from "mull";
import { estimateTokens } from "../../src/core/estimate.js";
import { logprobOf, scoring } from "../../src/core/likelihood.js";

const logprobs: readonly TokenLogprob[] = [
  { token: "Answer:", logprob: -0.5 },
  { token: " 17", logprob: -1.25 },
];

/** A model that finds every text so likely, and what it was asked. */
function rating(reply: Partial<Reply> = { logprobs }) {
  const requests: ModelRequest[] = [];
  const model = source("m", { score: true }, (request) => {
    requests.push(request);
    const usage = { inputTokens: 9, outputTokens: request.score === undefined ? 40 : 0, usd: 0 };
    return Promise.resolve({ text: request.score ?? "so", usage, ...reply });
  });
  return { model, requests };
}

test("asks once, with the text, and adds up its tokens", async () => {
  const { model, requests } = rating();
  const { logprob, tokens, usage } = await score(model, "How many?", "Answer: 17");
  expect([logprob, tokens]).toEqual([-1.75, logprobs]);
  expect(usage).toMatchObject({ calls: 1, inputTokens: 9, outputTokens: 0 });
  expect(requests).toEqual([{ messages: [{ role: "user", content: "How many?" }], score: "Answer: 17" }]);
});

test("takes a whole request, and leaves it as it is", async () => {
  const { model, requests } = rating();
  const prompt = Object.freeze<ModelRequest>({
    messages: [{ role: "user", content: "How many?" }],
    prefill: "Answer:",
    logprobs: 3,
  });
  await score(model, prompt, " 17");
  expect(requests).toEqual([{ ...prompt, score: " 17" }]);
});

describe("layers", () => {
  test("that shape the request pass the question on, and ask no more where there is no answer in the text", async () => {
    const { model, requests } = rating();
    const { logprob } = await score(stack(model, chainOfThought({ answer: number() })), "How many?", "12 + 5 is");
    expect(logprob).toBe(-1.75);
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ score: "12 + 5 is" });
    expect(JSON.stringify(requests[0]!.messages)).toContain("step by step");
  });

  test("that draw samples ask as often", async () => {
    const { model } = rating();
    const { logprob, usage } = await score(stack(model, sampleN(3)), "How many?", "Answer: 17");
    expect([logprob, usage.calls]).toEqual([-1.75, 3]);
  });

  test("ask within their call", async () => {
    const { model } = rating();
    const paths: string[] = [];
    const likely: Middleware = (next) =>
      wrap("likely", next, async (request, call) => {
        const rate = call.child("rate", { thought: true });
        const logprob = logprobOf(await next.generate(scoring(request, "Answer: 17"), rate));
        return { ...(await next.generate(request, call)), text: String(logprob) };
      });
    const onEvent: RunOptions["onEvent"] = ({ type, path }) => type === "start" && paths.push(path.join("/"));
    const { text, usage } = await run(stack(model, likely), "How many?", { onEvent });
    expect([text, usage.calls]).toEqual(["-1.75", 2]);
    expect(paths).toEqual(["likely", "likely/rate/m", "likely/m"]);
  });
});

describe("a budget", () => {
  const prompt = { messages: [{ role: "user" as const, content: "How many?" }] };

  test("in output tokens is hardly needed: what is not written is not reserved", async () => {
    const { model } = rating();
    const budget = { outputTokens: 1 };
    await expect(run(model, prompt, { budget })).rejects.toSatisfy(BudgetExceededError.is);
    const { usage } = await score(model, prompt, "Answer: 17", { budget });
    expect(usage.outputTokens).toBe(0);
  });

  test("in tokens counts the text as input", async () => {
    const text = "Answer: 17. ".repeat(50);
    const needed = estimateTokens({ ...prompt, score: text });
    expect(needed).toBe(estimateTokens(prompt) + text.length / 3);
    const { model } = rating();
    await expect(score(model, prompt, text, { budget: { tokens: needed } })).rejects.toSatisfy(BudgetExceededError.is);
    await expect(score(model, prompt, text, { budget: { tokens: needed + 1 } })).resolves.toBeDefined();
  });

  test("learns nothing of how much is written: later samples are reckoned as if it had not been asked", async () => {
    const sizes = async (asksBefore: boolean): Promise<readonly number[]> => {
      const seen: number[] = [];
      const model = source("m", { score: true, n: true }, ({ score: text }, { n }) => {
        if (text === undefined) seen.push(n);
        const usage = { inputTokens: 1, outputTokens: text === undefined ? 30 : 0 };
        return Promise.resolve(Array.from({ length: n }, () => ({ text: "x", logprobs, usage })));
      });
      const samples = sampleN(4)(model);
      const before = wrap("before", samples, async (request, call) => {
        if (asksBefore) await model.generate(scoring(request, "x"), call);
        return samples.generate(request, call);
      });
      await run(before, prompt, { budget: { outputTokens: 3000 } });
      return seen;
    };
    expect(await sizes(true)).toEqual(await sizes(false));
    expect((await sizes(true))[0]).toBeLessThan(4);
  });

  test("that has ended is an error", async () => {
    const { model, requests } = rating();
    await expect(score(model, "How many?", "17", { budget: { tokens: 5 } })).rejects.toSatisfy(BudgetExceededError.is);
    expect(requests).toEqual([]);
  });
});

describe("is refused", () => {
  test.each(["", " \n", undefined as unknown as string])("for the text %j", async (text) => {
    const { model, requests } = rating();
    const error: unknown = await score(model, "How many?", text).catch((thrown: unknown) => thrown);
    expect(InvalidOptionError.is(error)).toBe(true);
    expect(error).toMatchObject({ message: expect.stringContaining("score: text must be a text that is not empty") });
    expect(requests).toEqual([]);
  });

  test("for a prompt that is none", async () => {
    await expect(score(rating().model, "", "17")).rejects.toThrow("score: the prompt must be a text that is not empty");
  });

  test("by a model that cannot", async () => {
    const model = source("m", {}, () => Promise.resolve({ text: "x" }));
    await expect(score(model, "How many?", "17")).rejects.toSatisfy(CapabilityError.is);
  });
});

test.each<[what: string, reply: Partial<Reply>, message: string]>([
  ["no log-probabilities", {}, "m gave no log-probabilities of the text it was to score"],
  ["none at all", { logprobs: [] }, "m gave no log-probabilities of the text it was to score"],
  ["no number", { logprobs: [{ token: "x", logprob: NaN }] }, "m gave a log-probability that is no number"],
])("a reply with %s is an error", async (_, reply, message) => {
  const error: unknown = await score(rating(reply).model, "How many?", "17").catch((thrown: unknown) => thrown);
  expect(MalformedResponseError.is(error)).toBe(true);
  expect(error).toMatchObject({ message });
});

test("a layer that drops them is told from a certain text", async () => {
  const drop: Middleware = (next) =>
    wrap("drop", next, async (request, call) => {
      const { text, finishReason, usage } = await next.generate(request, call);
      return { text, finishReason, usage };
    });
  await expect(score(stack(rating().model, drop), "How many?", "17")).rejects.toThrow("drop(m) gave no log-prob");
});

test("a text that cannot be is -Infinity", async () => {
  const { model } = rating({ logprobs: [...logprobs, { token: "!", logprob: -Infinity }] });
  expect((await score(model, "How many?", "Answer: 17!")).logprob).toBe(-Infinity);
});

test("an abort ends it with its reason", async () => {
  const controller = new AbortController();
  const model = source("m", { score: true }, () => new Promise<Reply>(() => undefined));
  const running = score(model, "How many?", "17", { signal: controller.signal });
  controller.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
});

test("its types", () => {
  expectTypeOf(score).toEqualTypeOf<
    (model: Model, prompt: string | ModelRequest, text: string, options?: RunOptions) => Promise<Likelihood>
  >();
});
