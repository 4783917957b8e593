/**
 * @module
 * The frame of a layer: path, events, books, aborts.
 */
import { describe, expect, test } from "vitest";
import {
  open,
  run,
  sleep,
  stack,
  wrap,
  type Call,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type MullEvent,
} from "mull";
import { scripted, virtualClock } from "mull/testing";

const layer =
  (generate: (next: Model, request: ModelRequest, call: Call) => Promise<ModelResponse>, name = "layer") =>
  (next: Model): Model =>
    wrap(name, next, (request, call) => generate(next, request, call));

const pass = layer((next, request, call) => next.generate(request, call));

describe("wrap", () => {
  test("names the model after what it wraps, and has its capabilities", () => {
    const model = scripted(["x"], { id: "m", capabilities: { n: 4, tools: false } });
    const top = stack(model, pass, pass);
    expect(top.id).toBe("layer(layer(m))");
    expect(top.capabilities).toBe(model.capabilities);
    expect(top.outline).toEqual({
      name: "layer",
      inner: [stack(model, pass)].map(() => expect.objectContaining({ id: "layer(m)" })),
    });
  });

  test("tells start and end with time and usage, from the outside in", async () => {
    const clock = virtualClock();
    const events: MullEvent[] = [];
    const model = scripted(["one two"], { id: "m", latencyMs: 30 });
    const slow = layer(async (next, request, call) => {
      await sleep(call, 5);
      const response = await next.generate(request, call);
      await sleep(call, 7);
      return response;
    });
    await clock.until(run(stack(model, slow), "hi", { clock, onEvent: (event) => events.push(event) }));
    const usage = {
      calls: 1,
      inputTokens: 1,
      cachedInputTokens: 0,
      outputTokens: 2,
      reasoningTokens: 0,
      usd: undefined,
    };
    expect(events.filter(({ type }) => type !== "delta")).toEqual([
      { type: "start", path: ["layer"], id: "layer(m)" },
      { type: "start", path: ["layer", "m"], id: "m" },
      { type: "end", path: ["layer", "m"], ms: 30, usage },
      { type: "end", path: ["layer"], ms: 42, usage },
    ]);
  });

  test("tells an error, and throws it as it is", async () => {
    const error = new Error("mine");
    const events: MullEvent[] = [];
    const failing = layer(async () => {
      throw error;
    });
    await expect(run(stack(scripted(["x"]), failing), "hi", { onEvent: (event) => events.push(event) })).rejects.toBe(
      error,
    );
    expect(events).toEqual([
      { type: "start", path: ["layer"], id: "layer(scripted)" },
      { type: "error", path: ["layer"], ms: expect.any(Number), error },
    ]);
  });

  test("the usage of the response is what was spent at and beneath it, whatever the layer says", async () => {
    const lost = layer(async (next, request, call) => {
      await next.generate(request, call);
      const { usage: _, ...response } = await next.generate(request, call);
      return { ...response, usage: { ...call.usage, calls: 99 } };
    });
    const inner: ModelResponse[] = [];
    const keeps = layer(async (next, request, call) => {
      inner.push(await next.generate(request, call));
      return next.generate(request, call);
    });
    const { usage } = await run(stack(scripted(["x"], { repeat: true }), lost, keeps), "hi");
    expect(inner[0]?.usage.calls).toBe(2);
    expect(usage.calls).toBe(4);
  });

  test("a response that has the right usage is passed on untouched", async () => {
    let beneath: ModelResponse | undefined;
    const look = layer(async (next, request, call) => (beneath = await next.generate(request, call)));
    const response = await run(stack(scripted(["x"]), look), "hi");
    expect(response).toBe(beneath);
  });

  test("an error after the call was given up leaves as the reason, however it was dressed", async () => {
    const reason = new Error("left");
    const controller = new AbortController();
    const errors: unknown[] = [];
    const dresses = layer(async (next, request, call) => {
      try {
        return await next.generate(request, call);
      } catch (error) {
        throw new Error("something failed", { cause: error });
      }
    });
    const watches = layer(async (next, request, call) => {
      try {
        return await next.generate(request, call);
      } catch (error) {
        errors.push(error);
        throw error;
      }
    });
    const model = scripted([() => (controller.abort(reason), "too late")]);
    const onEvent = (event: MullEvent): unknown => event.type === "error" && errors.push(event.error);
    await expect(run(stack(model, dresses, watches), "hi", { signal: controller.signal, onEvent })).rejects.toBe(
      reason,
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(errors).toEqual([reason, reason, reason, reason]);
  });

  test("an error of a part that was given up alone is the part's", async () => {
    const part = layer(async (next, request, call) => {
      const inner = open(call, "");
      const result = next.generate(request, inner.call);
      inner.abort(new Error("the part's"));
      try {
        return await result;
      } finally {
        inner.close();
      }
    });
    await expect(run(stack(scripted(["x"]), part), "hi")).rejects.toThrow("the part's");
  });

  test("in a call that was given up, nothing is started", async () => {
    const reason = new Error("left");
    let started = 0;
    const counts = layer(async (next, request, call) => {
      started++;
      return next.generate(request, call);
    }, "counts");
    const late = layer(async (next, request, call) => {
      const inner = open(call, "");
      inner.abort(reason);
      return next.generate(request, inner.call);
    });
    const model = scripted(["x"]);
    await expect(run(stack(model, counts, late), "hi")).rejects.toBe(reason);
    expect([started, model.calls]).toEqual([0, 0]);
  });

  test("an outline may say more, and name other models", () => {
    const [one, two] = [scripted(["x"], { id: "one" }), scripted(["x"], { id: "two" })];
    const { outline } = wrap("both", one, (request, call) => one.generate(request, call), {
      outline: { detail: "n = 2", inner: [one, two] },
    });
    expect(outline).toEqual({ name: "both", detail: "n = 2", inner: [one, two] });
  });
});
