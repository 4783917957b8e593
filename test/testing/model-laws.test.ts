/**
 * @module
 * The laws of models: each holds for right models, and is broken by a wrong one.
 */
import { describe, expect, test } from "vitest";
import { InvalidOptionError, sleep, source, type Model, type ModelRequest, type Reply, type SourceCall } from "mull";
import { modelLaws, scripted, synthetic } from "mull/testing";
import { systemClock } from "../../src/core/clock.js";

const thought = "Spiders have eight legs each, and eight times three is twenty-four, I am sure of that.\n\nAnswer: 24";

const right: Record<string, () => Model> = {
  "one that answers at once": () => scripted([thought], { repeat: true }),
  "one that takes its time": () => scripted([thought], { repeat: true, latencyMs: 4 }),
  "one that thinks apart": () => scripted(() => ({ text: "24", reasoning: thought })),
  "one that does not know what it spends": () => scripted(() => thought, { usage: () => undefined }),
  "one with a price": () => scripted(() => thought, { price: { inputUsd: 1, outputUsd: 5 } }),
  "one with native n and a seed": () =>
    scripted((_, { random }) => `${thought} ${random.bits()}`, { capabilities: { n: true, seed: true } }),
  "a synthetic one": () => synthetic({ answers: [["24", 0.6], ["22", 0.3]], tokens: 30 }), // prettier-ignore
};

describe.each(Object.entries(right))("%s keeps the law:", (_, make) => {
  for (const { name, check } of modelLaws(make)) test(name, check);
});

/** A model made with `source`, and one made by hand that knows nothing of calls, budgets and aborts. */
const made = (generate: (request: ModelRequest, call: SourceCall) => Promise<Reply>, capabilities = {}) => {
  return (): Model => source("wrong", capabilities, generate);
};
const byHand = (reply: Reply, ms = 0) => {
  return (): Model => ({
    id: "by-hand",
    capabilities: {},
    generate: async () => {
      if (ms > 0) await new Promise<void>((resolve) => systemClock.setTimeout(resolve, ms));
      const usage = { calls: 1, inputTokens: 5, cachedInputTokens: 0, outputTokens: 20, reasoningTokens: 0, usd: 0 };
      return { finishReason: "stop", ...reply, usage: { ...usage, ...reply.usage } };
    },
  });
};
const reply = (more: object = {}): Reply => ({
  text: thought,
  usage: { inputTokens: 13, outputTokens: 19 },
  ...more,
});

/** For every law, models that break it, and what is said then. */
const wrong: Record<string, readonly (readonly [what: string, make: () => Model, message: RegExp])[]> = {
  "it answers with text, and says why it stopped": [
    ["a number", byHand({ text: 24 as never }), /expected `text` to be a string, got 24/],
    [
      "reasons of its own",
      byHand(reply({ finishReason: "end_turn" })),
      /expected `finishReason` to be one of .*, got "end_turn"/,
    ],
    [
      "thoughts in parts",
      byHand(reply({ reasoning: [] })),
      /expected `reasoning` to be a string or to be left out, got \[\]/,
    ],
  ],
  "usage is known or undefined, and entered in the books": [
    [
      "NaN",
      byHand(reply({ usage: { outputTokens: NaN } })),
      /expected `usage.outputTokens` to be a number of at least 0, or undefined, got NaN/,
    ],
    [
      "null",
      byHand(reply({ usage: { usd: null } })),
      /expected `usage.usd` to be a number of at least 0, or undefined, got null/,
    ],
    [
      "more cached than read",
      made(async () => reply({ usage: { inputTokens: 5, cachedInputTokens: 6 } })),
      /expected at most all 5 input tokens to be cached, got 6/,
    ],
    [
      "more thought than written",
      made(async () => reply({ usage: { outputTokens: 5, reasoningTokens: 6 } })),
      /expected at most all 5 output tokens to be reasoning, got 6/,
    ],
    [
      "made by hand",
      byHand(reply()),
      /expected the run to know the usage of the response \(`source` sees to it\), they differ in calls: 1, then 0/,
    ],
  ],
  "an aborted call starts nothing": [
    ["made by hand", byHand(reply()), /expected the reason of the abort to be thrown, got a response/],
    [
      "one that tells a start",
      () => {
        const right = scripted([thought]);
        return {
          ...right,
          generate: (request, call) => {
            call.emit({ type: "start", path: call.path, id: "wrong" });
            return right.generate(request, call);
          },
        };
      },
      /expected no event, got \{"type":"start"/,
    ],
  ],
  "an abort rejects with its reason, within a tick": [
    ["made by hand", byHand(reply(), 20), /expected the call to have ended a tick after an abort at once, it goes on/],
    [
      "one that tells words to the end",
      () => {
        const right = scripted([thought], { latencyMs: 10 });
        return {
          ...right,
          generate: async (request, call) => {
            for (let i = 0; i < 50; i++) {
              call.emit({ type: "delta", path: call.path, text: "so ", output: true });
            }
            return right.generate(request, call);
          },
        };
      },
      /expected no more words after an abort at its first words, 49 came/,
    ],
  ],
  "nothing stays behind: no timer, nothing on the scope": [
    [
      "a timer",
      made(async (_, { clock }) => {
        clock.setTimeout(() => undefined, 1000);
        return reply();
      }),
      /expected no timer after an answer, found 1/,
    ],
    [
      "a timer, when it is given up",
      made(async (_, call) => {
        const timer = call.clock.setTimeout(() => undefined, 1000);
        await sleep(call, 5);
        call.clock.clearTimeout(timer);
        return reply();
      }),
      /expected no timer after an abort, found 1/,
    ],
    [
      "something on the scope",
      made(async (_, { scope }) => {
        scope.add({ abort: () => undefined });
        return reply();
      }),
      /expected nothing on call.scope after an answer, found 1/,
    ],
  ],
  "its events are a start, the words of the response, and an end": [
    [
      "other words",
      made(async (_, call) => {
        call.delta({ text: "Answer: 42" });
        return reply();
      }),
      /expected the deltas to join to the text .*, got "Answer: 42"/,
    ],
    [
      "other thoughts",
      made(async (_, call) => {
        call.delta({ reasoning: "Hm." });
        return reply();
      }),
      /expected the deltas to join to the reasoning "", got "Hm\."/,
    ],
    ["made by hand", byHand(reply()), /expected a start event first, got undefined/],
  ],
  "a listener changes nothing, even if it throws": [
    [
      "one that cannot stream",
      made(async (_, { streaming }) => {
        if (streaming) throw new Error("cannot stream");
        return reply();
      }),
      /expected a response .*, got Error: cannot stream/,
    ],
    [
      "one that thinks only in silence",
      made(async (_, { streaming }) => (streaming ? reply() : reply({ reasoning: "Hm." }))),
      /they differ in type of reasoning/,
    ],
    [
      "one that says something else",
      made(async (_, { streaming }) => (streaming ? { text: "24" } : reply()), { seed: true }),
      /expected the same without a listener and with one that throws, they differ in text/,
    ],
  ],
  "requests are never mutated": [
    [
      "one that puts instructions first",
      made(async ({ messages }) => {
        (messages as unknown[]).unshift({ role: "system", content: "Be brief." });
        return reply();
      }),
      /expected the request to stay as it was, it differs in messages\[0\]/,
    ],
  ],
  "a second use behaves like the first": [
    [
      "one that sends all it was ever asked",
      () => {
        let inputTokens = 0;
        return made(async () => reply({ usage: { inputTokens: (inputTokens += 13) } }))();
      },
      /expected a second use to be like the first, they differ in inputTokens: 13, then 26/,
    ],
    [
      "one that can be used only once",
      () => scripted([thought]),
      /expected a response .*, got ProviderError: the script has 1 reply/,
    ],
  ],
  "the budget is never exceeded": [
    [
      "one that writes what it likes",
      made(async () => reply({ usage: { inputTokens: 13, outputTokens: 40 } })),
      /expected at most \d+ (outputTokens|tokens), \d+ were spent/,
    ],
    [
      "one that reads more than it says",
      made(async () => reply({ usage: { inputTokens: 400, outputTokens: 1 } })),
      /expected at most \d+ tokens, \d+ were spent/,
    ],
    [
      "one that has its own error",
      made(async (request) => {
        if (request.maxOutputTokens !== undefined) throw new Error("unknown parameter");
        return reply();
      }),
      /expected a response, or a BudgetExceededError with usage, got Error: unknown parameter \(limits .*\)/,
    ],
  ],
  "the output cap is obeyed": [
    ["one that writes what it likes", made(async () => reply()), /expected at most 16 tokens to be written, got 19/],
    [
      "one that has its own error",
      made(async (request) => {
        if (request.maxOutputTokens !== undefined) throw new Error("unknown parameter");
        return reply();
      }),
      /expected a response, got Error: unknown parameter/,
    ],
  ],
  "the same seed gives the same words, where capabilities say so": [
    [
      "dice of its own",
      made(async () => ({ text: String(Math.random()) }), { seed: true }),
      /expected the same words with seed 1 twice, they differ in text/,
    ],
  ],
};

test("every law has models that break it", () => {
  expect(Object.keys(wrong)).toEqual(modelLaws(() => scripted([thought])).map(({ name }) => name));
});

describe.each(Object.entries(wrong))("broken law: %s", (name, mutants) => {
  test.each(mutants)("%s", async (_, make, message) => {
    const { check } = modelLaws(make).find((law) => law.name === name)!;
    await expect(check()).rejects.toThrow(message);
    await expect(check()).rejects.toThrow(`${name}: expected`);
  });
});

test("requests that reach the provider after an abort are seen", async () => {
  const model = scripted([thought], { repeat: true });
  const careless: Model = { ...model, generate: (request, call) => model.generate(request, call.child("careless")) };
  const [, , law] = modelLaws(() => careless, { requests: () => model.calls });
  await expect(law!.check()).resolves.toBeUndefined();
  let sent = 0;
  const eager: Model = {
    ...model,
    generate: (request, call) => {
      sent++;
      return model.generate(request, call);
    },
  };
  const [, , broken] = modelLaws(() => eager, { requests: () => sent });
  await expect(broken!.check()).rejects.toThrow("expected no request to reach the provider, 1 did");
});

test("laws can be left out by name, with a reason", () => {
  const skip = { "the output cap is obeyed": "the model has none" };
  const names = modelLaws(right["a synthetic one"]!, { skip }).map(({ name }) => name);
  expect(names).not.toContain("the output cap is obeyed");
  expect(names).toHaveLength(11);
  expect(() => modelLaws(right["a synthetic one"]!, { skip: { "no such law": "…" } })).toThrow(InvalidOptionError);
  expect(() => modelLaws(right["a synthetic one"]!, { skip: { "the output cap is obeyed": "" } })).toThrow(
    "the reason",
  );
});

test("options are checked at once", () => {
  expect(() => modelLaws(scripted([thought]) as never)).toThrow(
    "modelLaws: make must be a function that makes the model",
  );
  expect(() => modelLaws(right["a synthetic one"]!, { seed: 1 } as never)).toThrow(
    "modelLaws: an option must be one of",
  );
});
