import { fc, test } from "@fast-check/vitest";
import {
  defaultVariants,
  draw,
  majorityVote,
  MalformedResponseError,
  outline,
  ProviderError,
  run,
  sampleN,
  stack,
  wrap,
  type Model,
  type ModelRequest,
  type Sampled,
  type SampleNOptions,
  type Sampler,
} from "mull";
import { middlewareLaws, scripted, virtualClock, type MiddlewareLawsOptions, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import { frozen, giveUp, giveUpBefore, traced } from "../trial.js";

const busy = new ProviderError("overloaded", { status: 503 });
const refused = new ProviderError("who are you?", { status: 401 });
const timing = "the same seed and replies give the same result and order of events, whatever the timing";

describe.each<[what: string, layer: (model: Model) => Model, options?: MiddlewareLawsOptions]>([
  ["all at once", sampleN(3)],
  ["two at a time", sampleN(5, { concurrency: 2 })],
  ["the first alone", sampleN(3, { warm: true })],
  ["native n", sampleN(4), { capabilities: { n: true } }],
  ["native n of two", sampleN(5), { capabilities: { n: 2 } }],
  ["variants", sampleN(3), { capabilities: { temperature: false } }],
  [
    "in order of completion",
    sampleN(3, { order: "completion" }),
    { skip: { [timing]: "the order of completion is that of the timing" } },
  ],
])("laws, %s", (_, layer, options) => {
  for (const { name, check } of middlewareLaws(layer, options)) test(name, check);
});

describe("behaviour", () => {
  test.each<
    [
      what: string,
      n: number,
      options: SampleNOptions,
      replies: ScriptedReply[],
      expected: { readonly samples: string; readonly failures: string; readonly stopped: string } | Error,
      calls: number,
    ]
  >([
    ["one", 1, {}, ["a"], { samples: "a", failures: "", stopped: "done" }, 1],
    ["three", 3, {}, ["a", "b", "c"], { samples: "a b c", failures: "", stopped: "done" }, 3],
    ["a lost one", 3, {}, ["a", busy, "c"], { samples: "a c", failures: "1", stopped: "done" }, 3],
    ["the first lost", 3, {}, [busy, "b", "c"], { samples: "b c", failures: "0", stopped: "done" }, 3],
    ["an empty reply", 3, {}, ["a", "", "c"], { samples: "a c", failures: "1", stopped: "done" }, 3],
    ["all lost", 2, {}, [busy, new Error("later")], busy, 2],
    ["quorum met", 3, { quorum: 2 }, ["a", busy, "c"], { samples: "a c", failures: "1", stopped: "done" }, 3],
    ["quorum missed", 3, { quorum: 3 }, ["a", busy, "c"], busy, 3],
    [
      "a refusal ends it at once",
      9,
      { concurrency: 1 },
      ["a", refused],
      { samples: "a", failures: "1", stopped: "failure" },
      2,
    ],
    ["a refusal before any sample", 9, { concurrency: 2 }, [refused, "b"], refused, 2],
    ["a refusal before the quorum", 9, { concurrency: 1, quorum: 2 }, ["a", refused], refused, 2],
    [
      "a failure that may pass does not end it",
      4,
      { concurrency: 1 },
      ["a", busy, busy, "d"],
      { samples: "a d", failures: "1 2", stopped: "done" },
      4,
    ],
  ])("%s", async (_, n, options, replies, expected, calls) => {
    const model = scripted(replies);
    const done = run(stack(model, sampleN(n, options)), "q");
    if (expected instanceof Error) await expect(done).rejects.toBe(expected);
    else {
      const { samples, failures, stopped } = await done;
      const [told, lost] = [samples.map(({ text }) => text), failures.map(({ index }) => index)];
      expect({ samples: told.join(" "), failures: lost.join(" "), stopped }).toEqual(expected);
    }
    expect(model.calls).toBe(calls);
  });

  test("the response is the first sample, with its brothers beside it", async () => {
    const extra = { text: "a", extra: 1 } as ScriptedReply;
    const response = await run(stack(scripted([busy, extra, "c"]), sampleN(3)), "q");
    expect(response).toMatchObject({ text: "a", extra: 1, samples: [{ text: "a", extra: 1 }, { text: "c" }] });
    expect(response.failures).toEqual([{ index: 0, error: busy }]);
    expect(response.usage).toMatchObject({ calls: 2, failed: { calls: 1 } });
    expect(response.samples.map(({ usage }) => usage.calls)).toEqual([1, 1]);
  });

  test("a refusal gives up the samples in flight", async () => {
    const model = scripted([refused, "b", "c"], { latencyMs: (index) => (index === 0 ? 10 : 1000) });
    const clock = virtualClock();
    await expect(clock.until(run(stack(model, sampleN(3)), "q", { clock }))).rejects.toMatchObject({
      status: 401,
      usage: { calls: 0, failed: { calls: 1 }, cancelled: { calls: 2 } },
    });
    expect(clock.now()).toBe(10);
    expect(clock.pending).toBe(0);
  });

  test("malformed replies of a provider are failures", async () => {
    const { failures } = await run(stack(scripted(["a", { text: "", finishReason: "length" }]), sampleN(2)), "q");
    expect(MalformedResponseError.is(failures[0]?.error)).toBe(true);
  });

  test("a quorum that cannot be met any more is an error, although the vote is decided", async () => {
    const model = scripted([busy, "a", "a"]);
    await expect(run(stack(model, sampleN(3, { quorum: 3 }), majorityVote()), "q")).rejects.toBe(busy);
  });
});

describe("order", () => {
  const slowFirst = (): ReturnType<typeof scripted> =>
    scripted(["a", "b", "c"], { latencyMs: (index) => [300, 200, 100][index] ?? 0 });

  test("by index, whoever is ready first", async () => {
    const { response } = await traced(stack(slowFirst(), sampleN(3)));
    expect(response.samples.map(({ text }) => text)).toEqual(["a", "b", "c"]);
  });

  test("by completion, where it is asked for", async () => {
    const { response } = await traced(stack(slowFirst(), sampleN(3, { order: "completion" })));
    expect(response.samples.map(({ text }) => text)).toEqual(["c", "b", "a"]);
    expect(response.text).toBe("c");
  });

  const latencies = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 12 });

  test.prop([latencies, fc.integer({ min: 1, max: 13 }), fc.boolean(), fc.boolean()])(
    "n samples in index order, never more at a time than allowed",
    async (ms, concurrency, warm, byCompletion) => {
      const clock = virtualClock();
      let inFlight = 0;
      let most = 0;
      const spy = (next: Model): Model =>
        wrap("spy", next, async (request, call) => {
          most = Math.max(most, ++inFlight);
          try {
            return await next.generate(request, call);
          } finally {
            inFlight--;
          }
        });
      const model = scripted((_request, _call, index) => `${index}`, { latencyMs: (index) => ms[index] ?? 0 });
      const order = byCompletion ? "completion" : "index";
      const solver = stack(model, spy, sampleN(ms.length, { concurrency, warm, order }));
      const { samples, stopped } = await clock.until(run(solver, "q", { clock }));
      const told = samples.map(({ text }) => Number(text));
      const expected = ms.map((_, i) => i);
      expect(byCompletion ? told.toSorted((a, b) => a - b) : told).toEqual(expected);
      expect(stopped).toBe("done");
      expect(most).toBeLessThanOrEqual(Math.min(concurrency, ms.length));
      if (!warm && !byCompletion) expect(most).toBe(Math.min(concurrency, ms.length));
    },
  );

  test("the first alone, to fill the prompt cache", async () => {
    const model = scripted((_request, _call, index) => `${index}`, { latencyMs: 100 });
    const clock = virtualClock();
    const done = run(stack(model, sampleN(4, { warm: true })), "q", { clock });
    await clock.advance(99);
    expect(model.calls).toBe(1);
    await clock.advance(1);
    expect(model.calls).toBe(4);
    await clock.until(done);
    expect(clock.now()).toBe(200);
  });
});

describe("what the model sees", () => {
  const ask = async (options: SampleNOptions, asked: Partial<ModelRequest> = {}, capabilities = {}) => {
    const model = scripted(["a"], { repeat: true, capabilities });
    const request: ModelRequest = { messages: [{ role: "user", content: "q" }], ...asked };
    const { response, events } = await traced(stack(model, sampleN(3, options)), frozen(request), { seed: undefined });
    return { requests: model.requests, request, response, events };
  };

  test("the same request n times", async () => {
    const { requests, request } = await ask({});
    expect(requests).toEqual([request, request, request]);
  });

  test("a temperature, for requests that name none", async () => {
    expect((await ask({ temperature: 0.7 })).requests.map(({ temperature }) => temperature)).toEqual([0.7, 0.7, 0.7]);
    expect((await ask({ temperature: 0.7 }, { temperature: 0 })).requests[2]?.temperature).toBe(0);
    expect((await ask({})).requests[0]).not.toHaveProperty("temperature");
  });

  test("variants, in turn, from the second sample on", async () => {
    const { requests, response } = await ask({ variants: ["One.", "Two."] });
    expect(requests.map(({ messages }) => messages[0]?.content)).toEqual(["q", "q\n\nOne.", "q\n\nTwo."]);
    expect(response.warnings?.map(({ code }) => code)).toEqual(["identical-samples"]);
  });

  test("fewer variants than samples begin again", async () => {
    const { requests } = await ask({ variants: ["One."] });
    expect(requests.map(({ messages }) => messages[0]?.content)).toEqual(["q", "q\n\nOne.", "q\n\nOne."]);
  });

  test("a variant is a part of a message in parts, and a message of its own behind tools", async () => {
    const parts = [{ type: "text", text: "q" }] as const;
    const inParts = await ask({ variants: ["One."] }, { messages: [{ role: "user", content: parts }] });
    expect(inParts.requests[1]?.messages).toEqual([
      { role: "user", content: [...parts, { type: "text", text: "One." }] },
    ]);
    const results = { role: "tool", content: [{ type: "tool-result", id: "1", name: "t", output: 1 }] } as const;
    const behind = await ask({ variants: ["One."] }, { messages: [{ role: "user", content: "q" }, results] });
    expect(behind.requests[1]?.messages.slice(1)).toEqual([results, { role: "user", content: "One." }]);
  });

  test("a locked temperature: hints instead, said aloud", async () => {
    const { requests, response, events } = await ask({}, {}, { temperature: false });
    expect(requests.map(({ messages }) => messages[0]?.content)).toEqual([
      "q",
      `q\n\n${defaultVariants[0]}`,
      `q\n\n${defaultVariants[1]}`,
    ]);
    const message = "scripted locks its temperature: samples differ by hints in the prompt";
    expect(response.warnings).toContainEqual({ code: "downgrade", message });
    expect(events).toContainEqual({ type: "downgrade", path: ["sampleN"], capability: "temperature", message });
    const voted = await run(
      stack(scripted(["a"], { repeat: true, capabilities: { temperature: false } }), sampleN(2), majorityVote()),
      "q",
    );
    expect(voted.warnings).toEqual([{ code: "downgrade", message }]);
  });

  test.each<[string, SampleNOptions]>([
    ["variants: false", { variants: false }],
    ["its own variants", { variants: ["Mine."] }],
  ])("a locked temperature, and %s: as it was asked for", async (_, options) => {
    const { requests, response, events } = await ask(options, {}, { temperature: false });
    expect(requests[1]?.messages[0]?.content).toBe(options.variants === false ? "q" : "q\n\nMine.");
    expect(response.warnings?.map(({ code }) => code)).toEqual(["identical-samples"]);
    expect(events.map(({ type }) => type)).not.toContain("downgrade");
  });

  test("one sample needs no hint", async () => {
    const model = scripted(["a"], { capabilities: { temperature: false } });
    const { warnings } = await run(stack(model, sampleN(1)), "q");
    expect(warnings).toBeUndefined();
    expect(model.requests[0]?.messages[0]?.content).toBe("q");
  });
});

describe("identical samples", () => {
  const warningsOf = async (replies: ScriptedReply[]) =>
    (await run(stack(scripted(replies), sampleN(replies.length)), "q")).warnings;

  test("are worth a warning from three on", async () => {
    expect(await warningsOf(["a", "a", "a"])).toEqual([
      {
        code: "identical-samples",
        message: "all 3 samples are the same words: raise the temperature, or give variants",
      },
    ]);
    expect(await warningsOf(["a", "a"])).toBeUndefined();
    expect(await warningsOf(["a", "a", "b"])).toBeUndefined();
  });

  test("unless their thoughts differ", async () => {
    expect(await warningsOf(["x", "y", "z"].map((reasoning) => ({ text: "a", reasoning })))).toBeUndefined();
  });

  test("beside the warnings there are", async () => {
    const warnings = [{ code: "other", message: "m" }];
    expect((await warningsOf([{ text: "a", warnings }, "a", "a"]))?.map(({ code }) => code)).toEqual([
      "other",
      "identical-samples",
    ]);
  });
});

describe("native n", () => {
  test.each([
    [true, 1],
    [5, 1],
    [2, 3],
    [1, 5],
    [false, 5],
  ])("n: %j: %i requests for 5 samples", async (n, calls) => {
    const model = scripted((_request, _call, index) => `${index}`, { capabilities: { n } });
    const { samples, usage } = await run(stack(model, sampleN(5)), "q q q");
    expect(model.calls).toBe(calls);
    expect(samples.map(({ text }) => text)).toEqual(["0", "1", "2", "3", "4"]);
    expect(usage).toMatchObject({ calls, inputTokens: 3 * calls, outputTokens: 5 });
  });

  test("different requests are not joined", async () => {
    const model = scripted((_request, _call, index) => `${index}`, { capabilities: { n: true } });
    await run(stack(model, sampleN(3, { variants: ["One.", "Two."] })), "q");
    expect(model.calls).toBe(3);
  });
});

describe("out of budget or time", () => {
  test.each<[string, object, SampleNOptions, string, number]>([
    ["calls", { calls: 2 }, {}, "budget", 2],
    ["tokens", { tokens: 40 }, { concurrency: 1 }, "budget", 4],
    ["time", { ms: 250 }, { concurrency: 1 }, "deadline", 2],
  ])("the samples so far are returned: %s", async (_, budget, options, stopped, good) => {
    // 1 word in, 5 out, of which 16 must be had before a call is made.
    const model = scripted((_request, _call, index) => `one two three four ${index}`, { latencyMs: 100 });
    const { response } = await traced(stack(model, sampleN(9, options)), "q", { budget });
    expect(response).toMatchObject({ stopped, failures: [] });
    expect(response.samples).toHaveLength(good);
  });

  test("a quorum that is missed then is an error", async () => {
    const solver = stack(scripted(["a"], { repeat: true }), sampleN(3, { quorum: 3 }));
    await expect(run(solver, "q", { budget: { calls: 2 } })).rejects.toMatchObject({ code: "budget-exceeded" });
  });
});

describe("cancellation", () => {
  test.each([
    ["all in flight", {}, 50, 3],
    ["the second", { concurrency: 1 }, 150, 2],
    ["behind the first", { warm: true }, 150, 3],
    ["by completion", { order: "completion" }, 50, 3],
  ] as const)("%s", async (_, options, ms, calls) => {
    const model = scripted(["a", "b", "c"], { latencyMs: 100 });
    expect(await giveUp(stack(model, sampleN(3, options)), ms, () => model.calls)).toBe(calls);
  });

  test("before", async () => {
    const model = scripted(["a"]);
    await giveUpBefore(stack(model, sampleN(3)), () => model.calls);
  });

  test("whoever leaves the loop gives up the rest", async () => {
    const model = scripted(["a", "b", "c", "d"], { latencyMs: (index) => 100 * (index + 1) });
    const clock = virtualClock();
    const first = (next: Sampler): Model =>
      wrap("first", next, async (request, call) => {
        const drawing = draw(next, request, call);
        for await (const one of drawing) return { ...one, stopped: drawing.stopped, planned: drawing.planned };
        throw new Error("no sample");
      });
    const { usage, text, ...rest } = await clock.until(run(stack(model, sampleN(4), first), "q", { clock }));
    expect({ text, ...rest }).toMatchObject({ text: "a", planned: 4 });
    expect(usage).toMatchObject({ calls: 1, cancelled: { calls: 3 } });
    expect([clock.now(), clock.pending]).toEqual([100, 0]);
  });
});

describe("trace", () => {
  test("paths, in index order whatever the timing", async () => {
    const model = scripted(["a", "b"], { latencyMs: (index) => 200 - 100 * index });
    const { trace, events } = await traced(stack(model, sampleN(2)));
    expect(trace).toEqual([
      "start sampleN",
      "start sampleN/#0/scripted",
      "end sampleN/#0/scripted",
      "sample sampleN",
      "start sampleN/#1/scripted",
      "end sampleN/#1/scripted",
      "sample sampleN",
      "end sampleN",
    ]);
    const samples = events.filter((event) => event.type === "sample");
    expect(samples.map(({ index, key }) => [index, key])).toEqual([
      [0, undefined],
      [1, undefined],
    ]);
  });

  test("what several samples write is a thought, what one writes is not", async () => {
    const outputs = async (n: number): Promise<boolean[]> => {
      const { events } = await traced(stack(scripted(["a", "b"]), sampleN(n)));
      return events.flatMap((event) => (event.type === "delta" ? [event.output] : []));
    };
    expect(await outputs(1)).toEqual([true]);
    expect(await outputs(2)).toEqual([false, false]);
  });
});

test("outline", () => {
  expect(outline(stack(scripted(["a"], { id: "m" }), sampleN(16))).split("\n")).toEqual([
    "sampleN (n = 16)  ≤ 16 calls, ≤ 24,384 tokens",
    "└─ m              ≤ 1 call, ≤ 1,524 tokens",
  ]);
});

test("types", () => {
  const model: Model = scripted(["a"]);
  const solver = stack(model, sampleN(2));
  expectTypeOf(solver).toEqualTypeOf<Sampler>();
  expectTypeOf(solver.generate).returns.resolves.toEqualTypeOf<Sampled>();
  // Samples of samples keep both.
  expectTypeOf(stack(model, sampleN(2), sampleN(3)).generate)
    .returns.resolves.toHaveProperty("samples")
    .toExtend<readonly Sampled[]>();
  // @ts-expect-error -- how many must be said
  expect(() => sampleN()).toThrow();
});

describe("wrong options", () => {
  const count = "n must be an integer of at least 1, got";
  const hints = "variants must be false, or a list of at least one text that is not empty, got";

  test.each<[n: unknown, options: unknown, message: string]>([
    [0, {}, `${count} 0`],
    [-1, {}, `${count} -1`],
    [1.5, {}, `${count} 1.5`],
    [NaN, {}, `${count} NaN`],
    [Infinity, {}, `${count} Infinity`],
    ["3", {}, `${count} "3"`],
    [undefined, {}, `${count} undefined`],
    [{ n: 3 }, {}, `${count} an object`],
    [3, null, "options must be an object, got null"],
    [
      3,
      { paralell: 2 },
      'an option must be one of concurrency, quorum, temperature, variants, order, warm, got "paralell"',
    ],
    [3, { concurrency: 0 }, "concurrency must be an integer of at least 1, got 0"],
    [3, { concurrency: 1.5 }, "concurrency must be an integer of at least 1, got 1.5"],
    [3, { concurrency: "2" }, 'concurrency must be an integer of at least 1, got "2"'],
    [3, { quorum: 0 }, "quorum must be an integer from 1 to 3, got 0"],
    [3, { quorum: 4 }, "quorum must be an integer from 1 to 3, got 4"],
    [3, { temperature: -0.1 }, "temperature must be a number of at least 0, got -0.1"],
    [3, { temperature: NaN }, "temperature must be a number of at least 0, got NaN"],
    [3, { temperature: "1" }, 'temperature must be a number of at least 0, got "1"'],
    [3, { variants: "Mine." }, `${hints} "Mine."`],
    [3, { variants: true }, `${hints} true`],
    [3, { variants: [] }, `${hints} an empty array`],
    [3, { variants: ["Mine.", ""] }, `${hints} an empty string`],
    [3, { variants: [1] }, `${hints} 1`],
    [3, { order: "random" }, `order must be 'index' or 'completion', got "random"`],
    [3, { warm: 1 }, "warm must be true or false, got 1"],
  ])("sampleN(%j, %j)", (n, options, message) => {
    expect(() => sampleN(n as number, options as SampleNOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `sampleN: ${message}` }),
    );
  });

  test("all at once may be said", () => {
    expect(() => sampleN(3, { concurrency: Infinity })).not.toThrow();
  });
});
