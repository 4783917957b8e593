import { fc, test } from "@fast-check/vitest";
import {
  cache,
  hedge,
  InvalidOptionError,
  majorityVote,
  never,
  outline,
  ProviderError,
  rateLimit,
  retry,
  run,
  sampleN,
  source,
  stack,
  timeout,
  tool,
  toolLoop,
  ToolOutput,
  wrap,
  type CacheEntry,
  type CacheOptions,
  type CacheStore,
  type Call,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type MullEvent,
  type RunOptions,
} from "mull";
import { middlewareLaws, scripted, virtualClock, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import * as z from "zod";

/** A store in the form of Keyv: asynchronous, and it keeps JSON. `latencyMs` waits on real promises only: some turns of the event loop. */
class JsonStore implements CacheStore {
  readonly texts = new Map<string, string>();
  readonly ttls: (number | undefined)[] = [];
  reads = 0;
  constructor(private readonly turns: () => number = () => 0) {}

  async get(key: string): Promise<unknown> {
    this.reads++;
    await this.wait();
    const text = this.texts.get(key);
    return text === undefined ? undefined : JSON.parse(text);
  }

  async set(key: string, entry: CacheEntry, ttlMs?: number): Promise<boolean> {
    this.ttls.push(ttlMs);
    await this.wait();
    this.texts.set(key, JSON.stringify(entry));
    return true;
  }

  private async wait(): Promise<void> {
    for (let i = this.turns(); i > 0; i--) await Promise.resolve();
  }
}

const second = "a second use behaves like the first";
const remembers = { [second]: "it is there to behave differently" };

describe("laws", () => {
  const layers: Record<string, (model: Model) => Model> = {
    "of its own": (model) => cache()(model),
    "over a Map": (model) => cache({ store: new Map(), ttlMs: 1 })(model),
    "over a store that answers later": (model) => cache({ store: new JsonStore(() => 3) })(model),
    "beneath a vote": (model) => stack(model, cache(), retry(), sampleN(4), majorityVote({ stop: never })),
    "beneath a vote that stops early": (model) => stack(model, cache(), sampleN(5), majorityVote()),
  };
  describe.each(Object.entries(layers))("%s", (_, layer) => {
    for (const { name, check } of middlewareLaws(layer, { skip: remembers })) test(name, check);
  });
  describe.each([false, true])("with all other policies, native n: %s", (n) => {
    const all = (model: Model): Model => {
      const steady = stack(model, timeout(60_000), rateLimit({ concurrency: 4 }), hedge({ afterMs: 30 }));
      return stack(steady, cache(), retry(), sampleN(5), majorityVote());
    };
    const skip = {
      ...remembers,
      "the same seed and replies give the same result and order of events, whatever the timing": "hedge: time decides",
    };
    for (const { name, check } of middlewareLaws(all, { skip, capabilities: { n } })) test(name, check);
  });
});

const ask = (content: string, more: Partial<ModelRequest> = {}): ModelRequest => ({
  messages: [{ role: "user", content }],
  ...more,
});

/** A model whose k-th reply is `reply k`, of one token a word. */
function counting(capabilities: Model["capabilities"] = {}, latencyMs = 0) {
  return scripted((_, __, index) => `reply ${index}`, { capabilities, latencyMs });
}

function hitsOf(events: readonly MullEvent[]): boolean[] {
  return events.flatMap((event) => (event.type === "cache" ? [event.hit] : []));
}

describe("behaviour", () => {
  const picture = (bytes: number[] | URL | string): ModelRequest => ({
    messages: [
      {
        role: "user",
        content: [
          {
            type: "file",
            mediaType: "image/png",
            data: Array.isArray(bytes) ? new Uint8Array(bytes) : bytes,
          },
        ],
      },
    ],
  });
  const drawn = (bytes: number[] | URL): ModelRequest => {
    const data = Array.isArray(bytes) ? new Uint8Array(bytes) : bytes;
    const files = [{ type: "file", mediaType: "image/png", data }] as const;
    return {
      messages: [{ role: "tool", content: [{ type: "tool-result", id: "1", name: "draw", output: "", files }] }],
    };
  };
  type Asked = readonly [request: ModelRequest, options?: RunOptions];
  test.each<[what: string, options: CacheOptions, first: Asked, second: Asked, calls: number]>([
    ["the same again", {}, [ask("a")], [ask("a")], 1],
    ["another question", {}, [ask("a")], [ask("b")], 2],
    ["another order of fields", {}, [{ temperature: 1, ...ask("a") }], [ask("a", { temperature: 1 })], 1],
    ["undefined is absent", {}, [ask("a")], [ask("a", { temperature: undefined, tools: undefined })], 1],
    ["another temperature", {}, [ask("a", { temperature: 0 })], [ask("a", { temperature: 1 })], 2],
    ["another cap", {}, [ask("a", { maxOutputTokens: 10 })], [ask("a", { maxOutputTokens: 11 })], 2],
    ["bytes by value", {}, [picture([1, 2])], [picture([1, 2])], 1],
    ["other bytes", {}, [picture([1, 2])], [picture([1, 3])], 2],
    ["URLs by value", {}, [picture(new URL("http://a/b"))], [picture(new URL("http://a/b"))], 1],
    ["a URL is no text", {}, [picture(new URL("http://a/b"))], [picture("http://a/b")], 2],
    ["bytes are no text", {}, [picture([0])], [picture("AA==")], 2],
    ["files of a tool's result by value", {}, [drawn([1, 2])], [drawn([1, 2])], 1],
    ["other files of a tool's result", {}, [drawn([1, 2])], [drawn([1, 3])], 2],
    ["their URLs by value", {}, [drawn(new URL("http://a/b"))], [drawn(new URL("http://a/b"))], 1],
    ["options of a provider", {}, [ask("a", { providerOptions: { x: { y: 1 } } })], [ask("a")], 2],
    ["the seed of the run", {}, [ask("a"), { seed: 1 }], [ask("a"), { seed: 2 }], 2],
    ["the same seed of the run", {}, [ask("a"), { seed: 1 }], [ask("a"), { seed: 1 }], 1],
    ["a seed of its own beats it", {}, [ask("a", { seed: 7 }), { seed: 1 }], [ask("a", { seed: 7 }), { seed: 2 }], 1],
    ["no entry is left", { maxEntries: 1 }, [ask("a")], [ask("a")], 1],
    ["a Map", { store: new Map<string, CacheEntry>() }, [ask("a")], [ask("a")], 1],
    ["a store that answers later", { store: new JsonStore() }, [ask("a")], [ask("a")], 1],
    ["a store that keeps nothing", { store: { get: () => null, set: () => false } }, [ask("a")], [ask("a")], 2],
    ["a store with something else in it", { store: { get: () => "?", set: () => 1 } }, [ask("a")], [ask("a")], 2],
    ["younger than ttlMs", { ttlMs: 101 }, [ask("a")], [ask("a")], 1],
    ["as old as ttlMs", { ttlMs: 100 }, [ask("a")], [ask("a")], 2],
    ["cannot be told by its value", {}, [ask("a", { odd: new Map() } as object)], [ask("a")], 2],
  ])("%s", async (_, options, [one, how = {}], [two, howTwo = {}], calls) => {
    const clock = virtualClock();
    const model = counting({}, 20);
    const solver = stack(model, cache(options));
    const events: MullEvent[] = [];
    const first = await clock.until(run(solver, one, { clock, ...how }));
    await clock.advance(100);
    const began = clock.now();
    const again = await clock.until(run(solver, two, { clock, ...howTwo, onEvent: (event) => events.push(event) }));
    const hit = calls === 1;
    expect([model.calls, hitsOf(events), clock.now() - began]).toEqual([calls, [hit], hit ? 0 : 20]);
    expect(again.text).toBe(hit ? first.text : "reply 1");
    expect(again.usage).toMatchObject({ calls: hit ? 0 : 1, outputTokens: hit ? 0 : 2 });
  });

  test("of its own it keeps the entries that were used last", async () => {
    const model = counting();
    const solver = stack(model, cache({ maxEntries: 2 }));
    for (const question of ["a", "b", "a", "c", "a", "b"]) await run(solver, question);
    expect(model.requests.map(({ messages }) => messages[0]?.content)).toEqual(["a", "b", "c", "b"]);
  });

  test("models of another id, and other namespaces, do not share; models of one id do", async () => {
    const store = new Map<string, CacheEntry>();
    const model = counting();
    const other = scripted(["other"], { id: "other" });
    await run(stack(model, cache({ store })), "a");
    await run(stack(other, cache({ store })), "a");
    await run(stack(model, cache({ store, namespace: "mine" })), "a");
    expect([model.calls, other.calls, store.size]).toEqual([2, 1, 3]);
    await run(stack(counting(), cache({ store })), "a");
    expect(store.size).toBe(3);
  });

  test("what is kept is plain data without usage: bytes are base64, URLs text", async () => {
    const store = new JsonStore();
    const file = { type: "file", mediaType: "image/png" } as const;
    const reply: ScriptedReply = {
      text: "see",
      reasoning: "so",
      content: [
        { ...file, data: new Uint8Array([1, 2, 3]) },
        { ...file, data: new URL("https://example.org/a.png") },
        { ...file, data: "AQID" },
        { type: "text", text: "see" },
      ],
      toolCalls: [{ type: "tool-call", id: "1", name: "look", input: { at: 1 } }],
      logprobs: [{ token: "see", logprob: -0.5 }],
      warnings: [{ code: "own", message: "of the model" }],
      providerMetadata: { beneath: { id: "x" } },
    };
    const model = stack(scripted([{ ...reply, extra: [1] } as ScriptedReply]), cache({ store, ttlMs: 5_000 }));
    const first = await run(model, "a");
    const again = await run(model, "a");
    const { content, usage: _, ...rest } = first;
    expect(again).toEqual({
      ...rest,
      content: [{ ...file, data: "AQID" }, { ...file, data: "https://example.org/a.png" }, ...content!.slice(2)],
      usage: expect.objectContaining({ calls: 0 }),
    });
    expect(store.ttls).toEqual([5_000]);
    const [key, text] = [...store.texts][0]!;
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(Object.keys(JSON.parse(text) as object)).toEqual(["response", "at"]);
    expect(text).not.toContain("usage");
  });

  test.each<[string, () => CacheStore]>([
    ["a store of text", () => new JsonStore()],
    ["a Map", () => new Map<string, CacheEntry>()],
  ])("so are files in what layers add: the results of tools in steps; %s", async (_, storeOf) => {
    const store = storeOf();
    const draw = tool({
      name: "draw",
      description: "Draws.",
      input: z.object({}),
      execute: () => {
        const file = { type: "file", mediaType: "image/png" } as const;
        const data = [new Uint8Array([1, 2, 3]), new URL("https://example.org/a.png"), "AQID"];
        return new ToolOutput("drawn", { files: data.map((one) => ({ ...file, data: one })) });
      },
    });
    const asks = { text: "", toolCalls: [{ type: "tool-call", id: "1", name: "draw", input: {} } as const] };
    const model = stack(scripted([asks, "done"]), toolLoop({ tools: [draw] }), cache({ store }));
    const first = await run(model, "a");
    const again = await run(model, "a");
    expect(again.steps[0]?.results[0]?.files?.map(({ data }) => data)).toEqual([
      "AQID",
      "https://example.org/a.png",
      "AQID",
    ]);
    // What the caller got first is untouched.
    expect(first.steps[0]?.results[0]?.files?.[0]?.data).toEqual(new Uint8Array([1, 2, 3]));
  });

  test("a response that holds itself is kept as it is, where the store takes it", async () => {
    const ring: { self?: unknown } = {};
    ring.self = [ring];
    const model = stack(
      scripted([{ text: "a", ring } as ScriptedReply]),
      cache({ store: new Map<string, CacheEntry>() }),
    );
    await run(model, "a");
    expect(await run(model, "a")).toMatchObject({ text: "a", ring: { self: [expect.any(Object)] } });
  });

  test("entries of the computer's clock are dated by the calendar, so that another process can tell their age", async () => {
    const store = new Map<string, CacheEntry>();
    await run(stack(counting(), cache({ store })), "a");
    const [{ at }] = [...store.values()] as [CacheEntry];
    expect(Math.abs(at - Date.now())).toBeLessThan(60_000);
  });

  test("a hit costs nothing, so it comes even where the budget is spent", async () => {
    const clock = virtualClock();
    const model = counting();
    const solver = stack(model, cache());
    await run(solver, "a", { clock });
    const spent = wrap("spent", solver, async (request, call) => {
      await solver.generate(ask("b"), call.child("other"));
      return solver.generate(request, call);
    });
    const { text, usage } = await run(spent, ask("a"), { clock, budget: { calls: 1 } });
    expect([text, usage.calls, model.calls]).toEqual(["reply 0", 1, 2]);
  });

  test("the outline shows it and adds nothing", () => {
    expect(outline(stack(counting(), cache())).split("\n")[0]).toMatch(/^cache +≤ 1 call, ≤ 1,524 tokens$/);
    expect(outline(stack(counting(), cache({ ttlMs: 500 }))).split("\n")[0]).toMatch(/^cache \(ttl 500 ms\) /);
  });
});

describe("what is not kept", () => {
  test("errors", async () => {
    const model = scripted([new ProviderError("busy", { status: 503 }), "yes"]);
    const solver = stack(model, cache());
    await expect(run(solver, "a")).rejects.toThrow("busy");
    expect((await run(solver, "a")).text).toBe("yes");
    expect((await run(solver, "a")).text).toBe("yes");
    expect(model.calls).toBe(2);
  });

  test("calls given up", async () => {
    const clock = virtualClock();
    const model = counting({}, 100);
    const solver = stack(model, cache());
    await expect(clock.until(run(solver, "a", { clock, budget: { ms: 50 } }))).rejects.toThrow();
    expect((await clock.until(run(solver, "a", { clock }))).text).toBe("reply 1");
  });

  test("answers that a budget cut short", async () => {
    const model = scripted(["one two three four ".repeat(20), "whole"]);
    const solver = stack(model, cache());
    const cut = await run(solver, "a", { budget: { outputTokens: 20 } });
    expect(cut.warnings?.map(({ code }) => code)).toEqual(["budget-cap"]);
    expect((await run(solver, "a")).text).toBe("whole");
  });

  test.each(["budget", "deadline", "failure"] as const)("strategies beneath that stopped for %s", async (stopped) => {
    const model = counting();
    const halting = wrap("halting", model, async (request, call) => ({
      ...(await model.generate(request, call)),
      stopped,
    }));
    const solver = stack(halting, cache());
    await run(solver, "a");
    await run(solver, "a");
    expect(model.calls).toBe(2);
  });
});

describe("samples", () => {
  const stores: Record<string, () => CacheOptions> = {
    "of its own": () => ({}),
    "that answers later": () => ({ store: new JsonStore(() => 2) }),
    "that answers some later than others": () => {
      let turns = 0;
      return { store: new JsonStore(() => (turns = (turns * 7 + 3) % 11)) };
    },
  };
  describe.each(Object.entries(stores))("over a store %s", (_, options) => {
    test("16 samples are one request with native n when it is cold, and none when it is warm", async () => {
      const model = counting({ n: true });
      const solver = stack(model, cache(options()), retry(), sampleN(16));
      const cold = await run(solver, "a");
      expect([model.calls, cold.usage.calls]).toEqual([1, 1]);
      expect(new Set(cold.samples.map(({ text }) => text)).size).toBe(16);
      const warm = await run(solver, "a");
      expect([model.calls, warm.usage.calls, warm.usage.inputTokens]).toEqual([1, 0, 0]);
      expect(warm.samples.map(({ text }) => text)).toEqual(cold.samples.map(({ text }) => text));
    });

    test("more samples pay only for those that are new, in one request", async () => {
      const model = counting({ n: true });
      const own = cache(options());
      await run(stack(model, own, sampleN(5)), "a");
      const { samples, usage } = await run(stack(model, own, sampleN(9)), "a");
      expect(samples.map(({ text }) => text)).toEqual(Array.from({ length: 9 }, (_, i) => `reply ${i}`));
      expect([model.calls, usage.calls, usage.outputTokens]).toEqual([2, 1, 8]);
    });

    test("where the one who asks for all of them leaves, the next one asks for all of them in one request", async () => {
      const clock = virtualClock();
      const model = counting({ n: true }, 100);
      const solver = stack(model, cache(options()), sampleN(16));
      const controller = new AbortController();
      const left = run(solver, "a", { clock, signal: controller.signal });
      left.catch(() => {});
      const stayed = run(solver, "a", { clock });
      await clock.advance(50);
      expect(model.calls).toBe(1);
      controller.abort("left");
      await expect(left).rejects.toBe("left");
      const { samples, usage } = await clock.until(stayed);
      expect([samples.length, model.calls, usage.calls, clock.now()]).toEqual([16, 2, 1, 150]);
    });
  });

  test("beneath and above all other policies they stay one request", async () => {
    const clock = virtualClock();
    const model = counting({ n: true }, 50);
    const steady = stack(model, timeout({ ms: 1_000, firstTokenMs: 500 }), rateLimit({ requestsPerMinute: 16 }));
    const solver = stack(steady, hedge({ afterMs: 100 }), cache(), retry(), sampleN(16));
    for (const calls of [1, 0]) {
      const { samples, usage } = await clock.until(run(solver, "a", { clock }));
      expect([samples.length, usage.calls, model.calls, clock.now()]).toEqual([16, calls, 1, 50]);
    }
  });

  test("the same sample of another stack is the same, whatever its layers are called", async () => {
    const model = counting();
    const own = cache();
    const named = (name: string) => (next: Model) => wrap(name, next, (request, call) => next.generate(request, call));
    const one = await run(stack(model, own, sampleN(3)), "a");
    const two = await run(stack(model, own, named("b"), retry(), sampleN(3), named("c"), named("d")), "a");
    expect((two as typeof one).samples.map(({ text }) => text)).toEqual(one.samples.map(({ text }) => text));
    expect(model.calls).toBe(3);
  });

  test("an attempt of retry is the same sample: a second run finds it", async () => {
    const busy = new ProviderError("busy", { status: 503 });
    const model = scripted([busy, "a0", busy, busy, "a1"]);
    const own = cache();
    const solver = stack(model, own, timeout(1_000), retry({ baseMs: 0 }), sampleN(2, { concurrency: 1 }));
    const cold = await run(solver, "a");
    const warm = await run(solver, "a");
    expect(warm.samples.map(({ text }) => text)).toEqual(cold.samples.map(({ text }) => text));
    expect([model.calls, warm.usage.calls]).toEqual([5, 0]);
  });

  /** Asks the model beneath as often as the tree says, at every level anew. */
  const tree = (widths: readonly number[]) => (next: Model) =>
    widths.reduce<Model>(
      (model, width, level) =>
        wrap(`level${level % 2}`, model, async (request, call) => {
          const all = await Promise.all(Array.from({ length: width }, () => model.generate(request, call)));
          return { ...all[0]!, text: all.map(({ text }) => text).join() };
        }),
      next,
    );

  test.prop([fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 })])(
    "law: within one run no two calls share a response, however deep; a second run asks nothing",
    async (widths) => {
      const model = counting();
      const solver = stack(model, cache(), tree(widths));
      const cold = await run(solver, "a");
      const asked = widths.reduce((a, b) => a * b, 1);
      expect(model.calls).toBe(asked);
      expect(new Set(cold.text.split(",")).size).toBe(asked);
      const warm = await run(solver, "a");
      expect([warm.text, model.calls]).toEqual([cold.text, asked]);
    },
  );
});

test.prop([
  fc.array(fc.record({ question: fc.constantFrom("a", "b", "c"), n: fc.integer({ min: 1, max: 4 }) }), {
    minLength: 1,
    maxLength: 6,
  }),
  fc.boolean(),
])("law: every sample of every question is asked once, and is the same ever after", async (asked, later) => {
  const model = counting();
  const own = cache(later ? { store: new JsonStore(() => 1) } : {});
  const known = new Map<string, string>();
  for (const { question, n } of asked) {
    const { samples, usage } = await run(stack(model, own, sampleN(n)), question);
    let fresh = 0;
    samples.forEach(({ text }, index) => {
      const key = `${question}${index}`;
      if (!known.has(key)) fresh++;
      expect(text).toBe(known.get(key) ?? text);
      known.set(key, text);
    });
    expect(usage.calls).toBe(fresh);
  }
  expect(new Set(known.values()).size).toBe(known.size);
  expect(model.calls).toBe(known.size);
});

describe("equal requests at the same time", () => {
  const errorOf = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

  test("make one call; whoever waits pays nothing and hears the words when they are there", async () => {
    const clock = virtualClock();
    const model = counting({}, 100);
    const solver = stack(model, cache());
    const events: MullEvent[] = [];
    const [one, two] = [run(solver, "a", { clock }), run(solver, "a", { clock, onEvent: (e) => events.push(e) })];
    const [first, waiting] = await clock.until(Promise.all([one, two]));
    expect([first.text, waiting.text]).toEqual(["reply 0", "reply 0"]);
    expect([first.usage.calls, waiting.usage.calls, model.calls, clock.now()]).toEqual([1, 0, 1, 100]);
    expect(events.map(({ type }) => type)).toEqual(["start", "cache", "delta", "end"]);
    expect(events[2]).toEqual({ type: "delta", path: ["cache"], text: "reply 0", output: true });
  });

  test.each([
    ["fails", new ProviderError("busy", { status: 503 }), {}],
    ["is given up", "never", { signal: AbortSignal.abort }],
  ] as const)("if the one who asks %s, the next one asks, on its own account", async (_, line, how) => {
    const clock = virtualClock();
    const model = scripted([line, "second", "third"], { latencyMs: 100 });
    const solver = stack(model, cache());
    const controller = new AbortController();
    const one = errorOf(run(solver, "a", { clock, ...("signal" in how && { signal: controller.signal }) }));
    const [two, three] = [run(solver, "a", { clock }), run(solver, "a", { clock })];
    await clock.advance(50);
    if ("signal" in how) controller.abort("left");
    const [first, next, last] = await clock.until(Promise.all([one, two, three]));
    expect(first).toBe("signal" in how ? "left" : line);
    expect([next.text, last.text, model.calls]).toEqual(["second", "second", 2]);
    expect([next.usage.calls, next.usage.failed, last.usage.calls]).toEqual([1, undefined, 0]);
    expect(clock.now()).toBe("signal" in how ? 150 : 200);
  });

  test("an answer cut short by one budget is not passed on", async () => {
    const clock = virtualClock();
    const model = scripted(["one two three four ".repeat(20), "whole"], { latencyMs: 10 });
    const solver = stack(model, cache());
    const [poor, rich] = [run(solver, "a", { clock, budget: { outputTokens: 20 } }), run(solver, "a", { clock })];
    const [cut, whole] = await clock.until(Promise.all([poor, rich]));
    expect([cut.finishReason, whole.text, model.calls]).toEqual(["length", "whole", 2]);
  });

  test("whoever waits leaves at once, and nobody else is touched", async () => {
    const clock = virtualClock();
    const model = counting({}, 100);
    const solver = stack(model, cache());
    const controller = new AbortController();
    const one = run(solver, "a", { clock });
    const two = run(solver, "a", { clock, signal: controller.signal });
    two.catch(() => {});
    const three = errorOf(run(solver, "a", { clock, budget: { ms: 20 } }));
    await clock.advance(10);
    controller.abort("left");
    await expect(two).rejects.toBe("left");
    expect(clock.now()).toBe(10);
    await clock.advance(10);
    expect(await three).toMatchObject({ code: "budget-exceeded", limit: "ms" });
    expect([(await clock.until(one)).text, model.calls, clock.pending]).toEqual(["reply 0", 1, 0]);
  });

  test("while a slow store writes, those who come have the answer", async () => {
    const clock = virtualClock();
    const model = counting();
    const store: CacheStore = {
      get: () => undefined,
      set: () => new Promise<void>((resolve) => clock.setTimeout(resolve, 1_000)),
    };
    const solver = stack(model, cache({ store }));
    const one = run(solver, "a", { clock });
    await clock.advance(500);
    expect((await run(solver, "a", { clock })).text).toBe("reply 0");
    await clock.until(one);
    expect([clock.now(), model.calls]).toEqual([1_000, 1]);
  });

  test.prop([
    fc.array(
      fc.record({
        question: fc.constantFrom("a", "b"),
        at: fc.integer({ min: 0, max: 60 }),
        leaves: fc.option(fc.integer({ min: 0, max: 80 }), { nil: undefined }),
      }),
      { minLength: 1, maxLength: 12 },
    ),
    fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
    fc.integer({ min: 0, max: 40 }),
    fc.boolean(),
  ])(
    "law: at most one call of a question is in flight, whoever leaves or fails; everybody is served, and nothing is left",
    async (callers, failing, latencyMs, later) => {
      const clock = virtualClock();
      const inFlight = new Map<string, number>();
      const model = source("m", {}, async (request, call) => {
        const question = request.messages[0]?.content as string;
        inFlight.set(question, (inFlight.get(question) ?? 0) + 1);
        expect(inFlight.get(question)).toBe(1);
        try {
          await new Promise<void>((resolve) => {
            const timer = clock.setTimeout(resolve, latencyMs);
            call.scope.add({
              abort: () => {
                clock.clearTimeout(timer);
                resolve();
              },
            });
          });
        } finally {
          inFlight.set(question, inFlight.get(question)! - 1);
        }
        if (failing.pop()) throw new ProviderError("busy", { status: 503 });
        return { text: question };
      });
      const solver = stack(model, cache(later ? { store: new JsonStore(() => 2) } : {}));
      const ends = callers.map(async ({ question, at, leaves }) => {
        await new Promise<void>((resolve) => clock.setTimeout(resolve, at));
        const controller = new AbortController();
        if (leaves !== undefined) clock.setTimeout(() => controller.abort("left"), leaves);
        return run(solver, question, { clock, signal: controller.signal }).then(
          ({ text }) => text === question,
          (error: unknown) => error === "left" || ProviderError.is(error),
        );
      });
      expect(await clock.until(Promise.all(ends))).toEqual(callers.map(() => true));
      await clock.runAll();
      expect([...inFlight.values()].every((count) => count === 0)).toBe(true);
    },
  );
});

describe("a store that fails", () => {
  const broken = (what: "get" | "set", later: boolean): CacheStore => {
    const fail = (): unknown => {
      const error = new TypeError("a secret");
      if (later) return Promise.reject(error);
      throw error;
    };
    return { get: () => undefined, set: () => undefined, [what]: fail };
  };
  test.each([
    ["get", false, "read"],
    ["get", true, "read"],
    ["set", false, "written"],
    ["set", true, "written"],
  ] as const)("%s, later: %s: the model is asked, and a warning says so", async (what, later, word) => {
    const model = scripted([{ text: "yes", warnings: [{ code: "own", message: "first" }] }], { repeat: true });
    const { text, warnings } = await run(stack(model, cache({ store: broken(what, later) })), "a");
    expect([text, model.calls]).toEqual(["yes", 1]);
    expect(warnings).toEqual([
      { code: "own", message: "first" },
      { code: "cache", message: `the store could not be ${word} (TypeError)` },
    ]);
  });

  test("an abort while it is waited for rejects at once, and what becomes of it later is nobody's trouble", async () => {
    const clock = virtualClock();
    for (const what of ["get", "set"] as const) {
      const store: CacheStore = {
        get: () => undefined,
        set: () => undefined,
        [what]: () => new Promise((_, reject) => clock.setTimeout(() => reject(new Error("much later")), 5_000)),
      };
      const controller = new AbortController();
      const done = run(stack(counting(), cache({ store })), "a", { clock, signal: controller.signal });
      done.catch(() => {});
      const began = clock.now();
      await clock.advance(10);
      controller.abort("left");
      await expect(done).rejects.toBe("left");
      expect(clock.now() - began).toBe(10);
    }
    await clock.runAll(); // no unhandled rejection
  });

  test("a request that cannot be told by its value is asked past it, with a warning", async () => {
    const model = counting();
    const store = new JsonStore();
    const holding: { self?: unknown } = {};
    holding.self = holding;
    for (const odd of [new Map(), () => 1, Symbol("x"), holding]) {
      const { warnings } = await run(stack(model, cache({ store })), ask("a", { odd } as object));
      expect(warnings).toEqual([{ code: "cache", message: expect.stringContaining("asked past the cache") }]);
    }
    expect([model.calls, store.reads]).toEqual([4, 0]);
  });
});

test("the time to live is told to stores that take a third argument, and to no others", async () => {
  const keyv = new JsonStore();
  const given: unknown[][] = [];
  /** As that of lru-cache: the third argument must be an object, or absent. */
  class Lru extends Map<string, CacheEntry> {
    override set(key: string, entry: CacheEntry, options: { status?: object } = {}): this {
      options.status = {};
      given.push([key, entry]);
      return super.set(key, entry);
    }
  }
  for (const ttlMs of [undefined, 5_000]) {
    for (const store of [keyv, new Lru()]) {
      const { warnings } = await run(stack(counting(), cache({ store, ttlMs })), `question ${ttlMs}`);
      expect(warnings).toBeUndefined();
    }
  }
  expect(keyv.ttls).toEqual([undefined, 5_000]);
  expect(given).toHaveLength(2);
});

describe("events", () => {
  async function told(model: Model, prompt = "a"): Promise<MullEvent[]> {
    const events: MullEvent[] = [];
    await run(model, prompt, { onEvent: (event) => events.push(event) });
    return events;
  }

  test("a miss, then a hit: the words at once, thoughts first", async () => {
    const model = scripted([{ text: "the answer", reasoning: "well then" }]);
    const solver = stack(model, cache());
    expect((await told(solver)).map(({ type, path }) => `${type} ${path.join("/")}`)).toEqual([
      "start cache",
      "cache cache",
      "start cache/scripted",
      "delta cache/scripted",
      "delta cache/scripted",
      "delta cache/scripted",
      "delta cache/scripted",
      "end cache/scripted",
      "end cache",
    ]);
    const path = ["cache"];
    const usage = expect.objectContaining({ calls: 0 });
    expect(await told(solver)).toEqual([
      { type: "start", path, id: "cache(scripted)" },
      { type: "cache", path, hit: true },
      { type: "delta", path, reasoning: "well then", output: false },
      { type: "delta", path, text: "the answer", output: true },
      { type: "end", path, ms: expect.any(Number), usage },
    ]);
  });

  test("a hit among samples is a thought; tool calls are told as their input", async () => {
    const toolCalls = [
      { type: "tool-call", id: "1", name: "f", input: { a: 1 } },
      { type: "tool-call", id: "2", name: "f", input: "no json" },
    ] as const;
    const model = scripted([{ text: "", toolCalls }], { repeat: true });
    const solver = stack(model, cache(), sampleN(2));
    await told(solver);
    const deltas = (await told(solver)).filter(({ type }) => type === "delta");
    expect(deltas.map((event) => event.type === "delta" && [event.toolInput, event.output])).toEqual([
      ['{"a":1}', false],
      ["no json", false],
      ['{"a":1}', false],
      ["no json", false],
    ]);
  });
});

test.each<[options: object, message: string]>([
  [{ ttlMs: 0 }, "cache: ttlMs must be a number"],
  [{ ttlMs: -1 }, "cache: ttlMs must be a number"],
  [{ ttlMs: NaN }, "cache: ttlMs must be a number"],
  [{ ttlMs: "1" }, "cache: ttlMs must be a number"],
  [{ maxEntries: 0 }, "cache: maxEntries must be an integer of at least 1, got 0"],
  [{ maxEntries: 5, store: new Map() }, "cache: maxEntries must be absent where there is a store, got 5"],
  [{ store: {} }, "cache: store must be an object with get and set, got an object"],
  [{ store: null }, "cache: store must be an object with get and set, got null"],
  [{ namespace: 7 }, "cache: namespace must be a text, got 7"],
  [{ ttl: 7 }, 'cache: an option must be one of store, ttlMs, maxEntries, namespace, got "ttl"'],
])("refuses %j when the stack is built", (options, message) => {
  expect(() => cache(options)).toThrow(InvalidOptionError);
  expect(() => cache(options)).toThrow(message);
});

test("types: what goes in comes out; stores of the usual shapes fit as they are", () => {
  interface Own extends ModelResponse {
    readonly mine: number;
  }
  expectTypeOf(cache()({} as Model<Own>)).toEqualTypeOf<Model<Own>>();

  /** As lru-cache and Keyv declare them. */
  interface LruShape<K, V> {
    get(key: K, options?: { updateAgeOnGet?: boolean }): V | undefined;
    set(key: K, value: V | undefined, options?: { ttl?: number }): this;
  }
  interface KeyvShape {
    get<T>(key: string, options?: { raw?: boolean }): Promise<T | undefined>;
    set<T>(key: string, value: T, ttl?: number): Promise<boolean>;
  }
  expectTypeOf<Map<string, CacheEntry>>().toExtend<CacheStore>();
  expectTypeOf<Map<string, any>>().toExtend<CacheStore>();
  expectTypeOf<LruShape<string, CacheEntry>>().toExtend<CacheStore>();
  expectTypeOf<KeyvShape>().toExtend<CacheStore>();
  expectTypeOf<Map<number, CacheEntry>>().not.toExtend<CacheStore>();
  expectTypeOf<Call["path"]>().toEqualTypeOf<readonly string[]>();
});
