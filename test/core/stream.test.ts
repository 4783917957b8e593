/**
 * @module
 * `stream`: the same run, told while it goes on, and given up by leaving the loop.
 */
import { getEventListeners } from "node:events";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import {
  InvalidOptionError,
  majorityVote,
  run,
  sampleN,
  stack,
  stream,
  type DeltaEvent,
  type EventStream,
  type Model,
  type ModelResponse,
  type MullEvent,
} from "mull";
import { scripted, virtualClock } from "mull/testing";

const unhandled: unknown[] = [];
const onUnhandled = (error: unknown): unknown => unhandled.push(error);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

beforeAll(() => {
  process.on("unhandledRejection", onUnhandled);
});
afterAll(() => {
  process.off("unhandledRejection", onUnhandled);
});

async function collect(events: AsyncIterable<MullEvent>, most = Infinity): Promise<MullEvent[]> {
  const all: MullEvent[] = [];
  for await (const event of events) {
    all.push(event);
    if (all.length >= most) break;
  }
  return all;
}

describe("the loop", () => {
  test("gives every event while it happens, then ends; the response is that of `run`", async () => {
    const clock = virtualClock();
    const model = scripted(["one two three"], { latencyMs: 300 });
    const events = stream(model, "hi", { clock });
    const seen: unknown[] = [];
    const looping = (async () => {
      for await (const event of events) seen.push([clock.now(), event.type, "text" in event ? event.text : undefined]);
    })();
    await clock.until(looping);
    expect(seen).toEqual([
      [0, "start", undefined],
      [100, "delta", "one"],
      [200, "delta", " two"],
      [300, "delta", " three"],
      [300, "end", undefined],
    ]);
    expect(await events.response).toEqual(await run(scripted(["one two three"]), "hi"));
  });

  test("the same events as a listener hears, in the same order", async () => {
    const solver = stack(scripted(["a b", "b", "b"], { repeat: true }), sampleN(3), majorityVote());
    const heard: MullEvent[] = [];
    const events = await collect(stream(solver, "hi", { seed: 1, onEvent: (event) => heard.push(event) }));
    const types = (all: readonly MullEvent[]): unknown => all.map(({ type, path }) => [type, ...path]);
    expect(events).toEqual(heard);
    const alone: MullEvent[] = [];
    await run(solver, "hi", { seed: 1, onEvent: (event) => alone.push(event) });
    expect(types(events)).toEqual(types(alone));
  });

  test("deltas join to the text; those of samples are thoughts", async () => {
    const text = "What is  said\nis said. ";
    const alone = (await collect(stream(scripted([{ text, reasoning: "hm hm" }]), "hi"))).filter(
      ({ type }) => type === "delta",
    ) as DeltaEvent[];
    expect(alone.map((delta) => delta.text ?? "").join("")).toBe(text);
    expect(alone.map((delta) => delta.reasoning ?? "").join("")).toBe("hm hm");
    expect(alone.map(({ output }) => output)).toEqual([false, false, true, true, true, true, true]);
    const sampled = await collect(stream(stack(scripted(["a"], { repeat: true }), sampleN(2)), "hi"));
    expect(sampled.flatMap((event) => (event.type === "delta" ? [event.output] : []))).toEqual([false, false]);
    const one = await collect(stream(stack(scripted(["a"]), sampleN(1)), "hi"));
    expect(one.flatMap((event) => (event.type === "delta" ? [event.output] : []))).toEqual([true]);
  });

  test("events that came before anybody looked are kept", async () => {
    const events = stream(scripted(["one two"]), "hi");
    await events.response;
    await turn();
    expect((await collect(events)).map(({ type }) => type)).toEqual(["start", "delta", "delta", "end"]);
    expect(await collect(events)).toEqual([]);
  });

  test("thousands of events are given in order", async () => {
    const words = Array.from({ length: 5000 }, (_, i) => String(i));
    const texts = (await collect(stream(scripted([words.join(" ")]), "hi"))).flatMap((event) =>
      event.type === "delta" ? [event.text] : [],
    );
    expect(texts.join("")).toBe(words.join(" "));
  });

  test("next() may be asked for before the last one was answered", async () => {
    const clock = virtualClock();
    const iterator = stream(scripted(["one two"], { latencyMs: 10 }), "hi", { clock })[Symbol.asyncIterator]();
    const asked = Promise.all(Array.from({ length: 6 }, () => iterator.next()));
    const results = await clock.until(asked);
    expect(results.map(({ value }) => value?.type)).toEqual(["start", "delta", "delta", "end", undefined, undefined]);
    expect(results.map(({ done }) => done)).toEqual([false, false, false, false, true, true]);
  });
});

describe("leaving the loop", () => {
  test("gives the run up: calls in flight end, none starts", async () => {
    const clock = virtualClock();
    const model = scripted(["a b c d"], { repeat: true, latencyMs: 400 });
    const { signal } = new AbortController();
    const events = stream(stack(model, sampleN(4, { concurrency: 2 })), "hi", { clock, signal });
    const left = collect(events, 3);
    await clock.until(left);
    await turn();
    expect([clock.now(), clock.pending, model.calls]).toEqual([100, 0, 2]);
    await expect(events.response).rejects.toMatchObject({ name: "AbortError", message: "the stream was left" });
    expect(getEventListeners(signal, "abort")).toEqual([]);
    await clock.runAll();
    expect(model.calls).toBe(2);
    expect(unhandled).toEqual([]);
  });

  test("an error inside of the loop leaves it, too", async () => {
    const clock = virtualClock();
    const model = scripted(["a b"], { latencyMs: 100 });
    const events = stream(model, "hi", { clock });
    const looping = (async () => {
      for await (const event of events) if (event.type === "start") throw new Error("mine");
    })();
    await expect(clock.until(looping)).rejects.toThrow("mine");
    await turn();
    expect(clock.pending).toBe(0);
    await expect(events.response).rejects.toThrow("the stream was left");
  });

  test("afterwards there is nothing more to read", async () => {
    const clock = virtualClock();
    const events = stream(scripted(["a b"], { latencyMs: 100 }), "hi", { clock });
    const iterator = events[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toMatchObject({ type: "start" });
    expect(await iterator.return?.()).toEqual({ value: undefined, done: true });
    await turn();
    expect(await iterator.next()).toEqual({ value: undefined, done: true });
    expect(await collect(events)).toEqual([]);
  });

  test("after the end it changes nothing", async () => {
    const events = stream(scripted(["a"]), "hi");
    const iterator = events[Symbol.asyncIterator]();
    while ((await iterator.next()).done !== true);
    await iterator.return?.();
    await expect(events.response).resolves.toMatchObject({ text: "a" });
  });
});

describe("errors", () => {
  test("a run that fails ends the loop with its error, after its events", async () => {
    const error = new Error("broken");
    const events = stream(scripted([error]), "hi");
    const seen: string[] = [];
    const looping = (async () => {
      for await (const { type } of events) seen.push(type);
    })();
    await expect(looping).rejects.toBe(error);
    expect(seen).toEqual(["start", "error"]);
    await expect(events.response).rejects.toBe(error);
  });

  test.each<[what: string, make: () => EventStream<ModelResponse>]>([
    ["fails", () => stream(scripted([new Error("broken")]), "hi")],
    ["is refused", () => stream(scripted(["x"]), "")],
    ["has no model", () => stream({} as Model, "hi")],
    ["is given up before it begins", () => stream(scripted(["x"]), "hi", { signal: AbortSignal.abort() })],
  ])("nobody awaits the response, nobody loops, and it %s: no unhandled rejection", async (_, make) => {
    make();
    await turn();
    await turn();
    expect(unhandled).toEqual([]);
  });

  test("what is refused is told by loop and response alike, not thrown", async () => {
    const events = stream(scripted(["x"]), "hi", { seed: 0.5 });
    const errors = await Promise.all(
      [collect(events), events.response].map((promise) => Promise.resolve(promise).catch((e: unknown) => e)),
    );
    expect(errors.map((error) => InvalidOptionError.is(error))).toEqual([true, true]);
  });

  test("a listener beside the loop that throws is told of in a warning", async () => {
    const onEvent = (): never => {
      throw new Error("oops");
    };
    const events = stream(scripted(["a"]), "hi", { onEvent });
    expect((await collect(events)).map(({ type }) => type)).toEqual(["start", "delta", "end"]);
    expect((await events.response).warnings).toEqual([
      { code: "listener", message: "a listener threw 3 times, first: Error: oops" },
    ]);
  });
});

describe("the caller's signal", () => {
  test.each([new Error("left"), "text", null, { own: 1 }])(
    "ends loop and response with its reason: %o",
    async (reason) => {
      const clock = virtualClock();
      const controller = new AbortController();
      const { signal } = controller;
      const events = stream(scripted(["a b"], { latencyMs: 100 }), "hi", { clock, signal });
      clock.setTimeout(() => controller.abort(reason), 70);
      const ends = [collect(events), events.response].map((promise) =>
        Promise.resolve(promise).catch((error: unknown) => ({ error })),
      );
      expect(await clock.until(Promise.all(ends))).toEqual([{ error: reason }, { error: reason }]);
      expect([clock.now(), clock.pending, getEventListeners(signal, "abort")]).toEqual([70, 0, []]);
    },
  );

  test("is let go when the run is over", async () => {
    const { signal } = new AbortController();
    for (const script of [["a"], [new Error("broken")]]) {
      await collect(stream(scripted(script), "hi", { signal })).catch(() => {});
      expect(getEventListeners(signal, "abort")).toEqual([]);
    }
  });

  test("that is aborted: nothing is called", async () => {
    const model = scripted(["x"]);
    const reason = new Error("before");
    const signal = AbortSignal.abort(reason);
    const events = stream(model, "hi", { signal });
    await expect(collect(events)).rejects.toBe(reason);
    await expect(events.response).rejects.toBe(reason);
    expect([model.calls, getEventListeners(signal, "abort")]).toEqual([0, []]);
  });
});

test("types: events, and the response of the model", () => {
  const model: Model = scripted(["x"], { repeat: true });
  const events = stream(stack(model, sampleN(2)), "hi");
  expectTypeOf(events).toExtend<AsyncIterable<MullEvent>>();
  expectTypeOf(events.response).resolves.toHaveProperty("samples");
});
