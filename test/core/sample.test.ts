/**
 * @module
 * Drawing samples: order, concurrency, failures, quorum, and what is left behind when the loop is left.
 */
import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  BudgetExceededError,
  CapabilityError,
  InvalidOptionError,
  ProviderError,
  draw,
  run,
  sample,
  sampleN,
  wrap,
  type Call,
  type Draw,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type MullEvent,
  type RunOptions,
  type SampleOptions,
  type Sampled,
  type Sampler,
  type StopReason,
} from "mull";
import { scripted, virtualClock, type ScriptedLine, type VirtualClock } from "mull/testing";
import { sampleWarnings } from "../../src/core/sample.js";

interface Drawn {
  readonly texts: readonly string[];
  readonly failures: readonly number[];
  readonly stopped: StopReason;
  readonly calls: number;
  readonly events: readonly string[];
  readonly clock: VirtualClock;
  readonly response: ModelResponse;
  readonly drawing: Draw;
}

/** Draws from a script, and leaves the loop after `take` samples. */
async function drawn(
  script: readonly ScriptedLine[],
  options: SampleOptions,
  {
    latencies = [],
    take = Infinity,
    ...rest
  }: { readonly latencies?: readonly number[]; readonly take?: number } & RunOptions = {},
): Promise<Drawn> {
  const clock = virtualClock();
  const model = scripted(script, { repeat: true, latencyMs: (index) => latencies[index % latencies.length] ?? 0 });
  const events: string[] = [];
  let drawing: Draw | undefined;
  const texts: string[] = [];
  const layer = wrap("layer", model, async (request, call) => {
    drawing = sample(model, request, call, options);
    if (take > 0) {
      for await (const { text } of drawing) {
        texts.push(text);
        if (texts.length >= take) break;
      }
    }
    return { text: "done", finishReason: "stop", usage: call.usage };
  });
  const onEvent = ({ type, path }: MullEvent): unknown =>
    type !== "delta" && events.push(`${type} ${path.slice(1).join("/")}`);
  const response = await clock.until(run(layer, "hi", { clock, onEvent, ...rest }));
  const { failures, stopped } = drawing!;
  return {
    texts,
    failures: failures.map(({ index }) => index),
    stopped,
    calls: model.calls,
    events,
    clock,
    response,
    drawing: drawing!,
  };
}

const overloaded = new ProviderError("overloaded", { status: 503 });

describe("order", () => {
  const latencies = [30, 10, 20];
  test.each<[order: SampleOptions["order"], texts: readonly string[]]>([
    [undefined, ["a", "b", "c"]],
    ["index", ["a", "b", "c"]],
    ["completion", ["b", "c", "a"]],
  ])("%s: %j", async (order, texts) => {
    const result = await drawn(["a", "b", "c"], { n: 3, order }, { latencies });
    expect(result.texts).toEqual(texts);
    expect(result.drawing.samples.map(({ text }) => text)).toEqual(texts);
    expect([result.stopped, result.clock.now(), result.calls, result.drawing.planned]).toEqual(["done", 30, 3, 3]);
  });

  test("events are told in index order, the first's as they come, the others' when it is their turn", async () => {
    const { events } = await drawn(["a", "b"], { n: 2 }, { latencies: [30, 10] });
    expect(events).toEqual([
      "start ",
      "start #0/scripted",
      "end #0/scripted",
      "sample ",
      "start #1/scripted",
      "end #1/scripted",
      "sample ",
      "end ",
    ]);
  });

  test("in order of completion they are told as they come", async () => {
    const { events } = await drawn(["a", "b"], { n: 2, order: "completion" }, { latencies: [30, 10] });
    expect(events).toEqual([
      "start ",
      "start #0/scripted",
      "start #1/scripted",
      "end #1/scripted",
      "sample ",
      "end #0/scripted",
      "sample ",
      "end ",
    ]);
  });

  test("a sample is told with its index and its key", async () => {
    const clock = virtualClock();
    const heard: MullEvent[] = [];
    const keyed = wrap("keyed", scripted(["A", "b"], { repeat: true }), async (_, call) => ({
      ...{ key: call.path.join("/") },
      text: "x",
      finishReason: "stop",
      usage: call.usage,
    }));
    await clock.until(
      run(sampleN(2)(keyed), "hi", { clock, onEvent: (event) => event.type === "sample" && heard.push(event) }),
    );
    expect(heard).toEqual(
      [0, 1].map((index) => ({ type: "sample", path: ["sampleN"], index, key: `sampleN/#${index}/keyed` })),
    );
  });
});

describe("concurrency", () => {
  test.each<[concurrency: number | undefined, order: SampleOptions["order"], warm: boolean, ms: number, most: number]>([
    [undefined, "index", false, 10, 8],
    [1, "index", false, 80, 1],
    [3, "index", false, 30, 3],
    [3, "completion", false, 30, 3],
    [100, "index", false, 10, 8],
    [Infinity, "index", false, 10, 8],
    [undefined, "index", true, 20, 7],
    [2, "index", true, 50, 2],
  ])("%s at a time (%s, warm: %s): %i ms, at most %i in flight", async (concurrency, order, warm, ms, most) => {
    let inFlight = 0;
    let top = 0;
    const line: ScriptedLine = async (_, call) => {
      top = Math.max(top, ++inFlight);
      await new Promise<void>((resolve) => call.clock.setTimeout(resolve, 10));
      inFlight--;
      return "x";
    };
    const { clock, calls } = await drawn([line], { n: 8, concurrency, order, warm });
    expect([clock.now(), top, calls]).toEqual([ms, most, 8]);
  });

  prop.prop([
    fc.integer({ min: 1, max: 12 }),
    fc.option(fc.integer({ min: 1, max: 12 })),
    fc.nat(12),
    fc.constantFrom("index", "completion"),
    fc.array(fc.nat(50), { minLength: 1, maxLength: 12 }),
  ])(
    "left after k samples: at most k + concurrency - 1 calls, and nothing runs on",
    async (n, concurrency, k, order, latencies) => {
      const { calls, texts, clock, stopped, response } = await drawn(
        ["x"],
        { n, order, concurrency: concurrency ?? undefined },
        { latencies, take: k },
      );
      expect(texts).toHaveLength(Math.min(n, k));
      expect(calls).toBe(k === 0 ? 0 : Math.min(n, (concurrency ?? n) + Math.min(k, n) - 1));
      expect(clock.pending).toBe(0);
      if (k > 0) expect(stopped).toBe(k <= n ? "decided" : "done");
      const { usage } = response;
      expect(usage.calls + (usage.cancelled?.calls ?? 0)).toBe(calls);
    },
  );

  test("nothing is called before the first sample is asked for", async () => {
    expect((await drawn(["a"], { n: 3 }, { take: 0 })).calls).toBe(0);
  });
});

describe("failures", () => {
  test.each<
    [
      what: string,
      script: readonly ScriptedLine[],
      options: Partial<SampleOptions>,
      texts: readonly string[],
      failures: readonly number[],
      stopped: StopReason,
    ]
  >([
    ["one of three", ["a", overloaded, "c"], {}, ["a", "c"], [1], "done"],
    ["the first", [overloaded, "b", "c"], {}, ["b", "c"], [0], "done"],
    ["all but the quorum", [overloaded, "b", overloaded], { quorum: 1 }, ["b"], [0, 2], "done"],
    ["none is needed", [overloaded, overloaded, overloaded], { quorum: 0 }, [], [0, 1, 2], "done"],
    ["an empty answer", ["a", "", "c"], {}, ["a", "c"], [1], "done"],
    [
      "refused for good: the rest is not waited for",
      ["a", new ProviderError("no", { status: 401 }), "c"],
      {},
      ["a"],
      [1],
      "failure",
    ],
    ["a missing capability", ["a", new CapabilityError("tools", "m", "no"), "c"], {}, ["a"], [1], "failure"],
    ["a wrong option", ["a", new InvalidOptionError("x", "y", "z", 1), "c"], {}, ["a"], [1], "failure"],
    [
      "a spent budget is no failure",
      ["a", new BudgetExceededError("tokens", "gone"), "c"],
      {},
      ["a", "c"],
      [],
      "budget",
    ],
    ["nor is the end of a deadline", ["a", new BudgetExceededError("ms", "over"), "c"], {}, ["a", "c"], [], "deadline"],
  ])("%s", async (_, script, options, texts, failures, stopped) => {
    const result = await drawn(script, { n: 3, ...options });
    expect([result.texts, result.failures, result.stopped]).toEqual([texts, failures, stopped]);
    expect(result.clock.pending).toBe(0);
  });

  test.each<[what: string, script: readonly ScriptedLine[], options: Partial<SampleOptions>, error: unknown]>([
    ["all: the first one", [overloaded, new Error("second"), new Error("third")], {}, overloaded],
    ["too many for the quorum", ["a", overloaded, new Error("third")], { quorum: 2 }, overloaded],
    [
      "the budget before there was enough",
      [overloaded, new BudgetExceededError("tokens", "gone"), "c"],
      { quorum: 2 },
      expect.objectContaining({ limit: "tokens" }),
    ],
    [
      "refused for good",
      [new ProviderError("no", { status: 401 }), "b", "c"],
      {},
      expect.objectContaining({ status: 401 }),
    ],
  ])("%s", async (_, script, options, error) => {
    const thrown: unknown = await drawn(script, { n: 3, ...options }).catch((e: unknown) => e);
    expect(thrown).toEqual(error);
  });

  test("an error that cannot get better stops those in flight", async () => {
    const { calls, clock, response } = await drawn(
      ["a", new ProviderError("no", { status: 400 }), "c", "d"],
      { n: 4, concurrency: 3 },
      { latencies: [10, 10, 500, 500] },
    );
    expect([calls, clock.now(), clock.pending]).toEqual([4, 10, 0]);
    expect(response.usage).toMatchObject({ calls: 1, failed: { calls: 1 }, cancelled: { calls: 2 } });
  });

  test("an abort of the run is thrown, whatever the quorum", async () => {
    const controller = new AbortController();
    const reason = new Error("left");
    const line: ScriptedLine = () => {
      controller.abort(reason);
      return "x";
    };
    await expect(drawn(["a", line], { n: 3, quorum: 0 }, { signal: controller.signal })).rejects.toBe(reason);
  });

  test("out of budget, what is in flight is still yielded", async () => {
    const { texts, stopped, calls } = await drawn(
      ["one word"],
      { n: 9, concurrency: 2 },
      { budget: { calls: 3 }, latencies: [10] },
    );
    expect([texts.length, stopped, calls]).toEqual([3, "budget", 3]);
  });
});

describe("the request of each sample", () => {
  test("is the same for all, unless there is one for each", async () => {
    const requests: ModelRequest[] = [];
    const line: ScriptedLine = (request) => {
      requests.push(request);
      return "x";
    };
    await drawn([line], { n: 2 });
    const own = (index: number): ModelRequest => ({ messages: [{ role: "user", content: `question ${index}` }] });
    await drawn([line], { n: 2, request: own });
    expect(requests[0]).toBe(requests[1]);
    expect(requests.slice(2)).toEqual([own(0), own(1)]);
  });

  test("each sample has its own path and randomness; more than one are thoughts", async () => {
    const seen: (readonly [string, boolean])[] = [];
    const model = scripted(["x"], { repeat: true });
    const inner = wrap("inner", model, async (_, call) => {
      seen.push([call.path.join("/"), call.thought]);
      return { text: String(call.random.next()), finishReason: "stop", usage: call.usage };
    });
    const { samples } = await run(sampleN(3)(inner), "hi", { seed: 1 });
    await run(sampleN(1)(inner), "hi");
    expect(new Set(samples.map(({ text }) => text)).size).toBe(3);
    expect(seen).toEqual([
      ["sampleN/#0/inner", true],
      ["sampleN/#1/inner", true],
      ["sampleN/#2/inner", true],
      ["sampleN/#0/inner", false],
    ]);
  });
});

describe("draw", () => {
  const collect = async (
    model: Model<Sampled>,
  ): Promise<{ readonly texts: readonly string[]; readonly drawing: Draw }> => {
    const texts: string[] = [];
    let drawing: Draw | undefined;
    const layer = wrap("layer", model, async (request, call) => {
      drawing = draw(model, request, call);
      for await (const { text } of drawing) {
        texts.push(text);
        if (texts.length === 2) break;
      }
      return { text: "done", finishReason: "stop", usage: call.usage };
    });
    await run(layer, "hi");
    return { texts, drawing: drawing! };
  };

  test("is lazy over a sampler", async () => {
    const model = scripted(["a", "b", "c", "d"], { repeat: true });
    const { texts, drawing } = await collect(sampleN(4, { concurrency: 1 })(model));
    expect([texts, model.calls, drawing.planned, drawing.stopped]).toEqual([["a", "b"], 2, 4, "decided"]);
  });

  test("takes all at once over any other model of samples", async () => {
    const model = scripted(["a", overloaded, "c", "d"], { repeat: true });
    const { draw: _, ...plain } = sampleN(4, { concurrency: 1 })(model);
    const { texts, drawing } = await collect(plain);
    expect([texts, model.calls, drawing.planned, drawing.stopped]).toEqual([["a", "c"], 4, Infinity, "done"]);
    expect([drawing.samples.length, drawing.failures.map(({ index }) => index)]).toEqual([3, [1]]);
  });

  test.each([
    [1, 1, 1],
    [2, 2, 2],
    [9, 4, 4],
    [undefined, 4, 4],
  ])("no more than %j", async (most, planned, calls) => {
    const model = scripted(["a", "b", "c", "d"], { repeat: true });
    const sampler = sampleN(4, { quorum: 3 })(model);
    let drawing: Draw | undefined;
    const layer = wrap("layer", sampler, async (request, call) => {
      drawing = draw(sampler, request, call, most);
      for await (const _ of drawing); // all of them
      return { text: "done", finishReason: "stop", usage: call.usage };
    });
    await run(layer, "hi");
    expect([drawing?.planned, drawing?.samples.length, drawing?.stopped, model.calls]).toEqual([
      planned,
      planned,
      "done",
      calls,
    ]);
  });

  test("a single one is no thought, and a lost one is an error", async () => {
    const one = (model: Model) => {
      const sampler = sampleN(4, { quorum: 3 })(model);
      return wrap("layer", sampler, async (request, call) => {
        for await (const response of draw(sampler, request, call, 1)) return response;
        throw new Error("none");
      });
    };
    const output: unknown[] = [];
    await run(one(scripted(["a"])), "hi", { onEvent: (event) => event.type === "delta" && output.push(event.output) });
    expect(output).toEqual([true]);
    await expect(run(one(scripted([overloaded])), "hi")).rejects.toBe(overloaded);
  });
});

describe("the warning of samples that are all the same words", () => {
  const response = (text: string, reasoning?: string): ModelResponse => ({
    text,
    finishReason: "stop",
    usage: {} as never,
    ...(reasoning && { reasoning }),
  });
  const code = "identical-samples";
  const message = "all 3 samples are the same words: raise the temperature, or give variants";
  const old = { code: "old", message: "there before" };

  test.each<[samples: readonly ModelResponse[], warnings: unknown]>([
    [[response("a"), response("a"), response("a")], [{ code, message }]],
    [
      [{ ...response("a"), warnings: [old] }, response("a"), response("a")],
      [old, { code, message }],
    ],
    [[response("a"), response("a"), response("b")], undefined],
    [[response("a", "x"), response("a", "x"), response("a", "y")], undefined],
    [[response("a"), response("a")], undefined],
    [[], undefined],
  ])("%#", (samples, warnings) => {
    expect(sampleWarnings(samples[0] ?? response(""), samples).warnings).toEqual(warnings);
  });
});

test("types: a drawing gives what its model gives", () => {
  interface Answered extends ModelResponse {
    readonly answer: number;
  }
  const use = (model: Model<Answered>, sampler: Sampler<Answered>, request: ModelRequest, call: Call): void => {
    expectTypeOf(sample(model, request, call, { n: 2 })).toEqualTypeOf<Draw<Answered>>();
    expectTypeOf(draw(sampler, request, call)).toEqualTypeOf<Draw<Answered>>();
    // @ts-expect-error -- how many must be said
    sample(model, request, call, {});
    // @ts-expect-error -- a model that does not sample cannot be drawn from
    draw(model, request, call);
  };
  expect(use).toBeTypeOf("function");
});
