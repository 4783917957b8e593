/**
 * @module
 * What fails, who hangs up, who is slow: what callers are told, and what is left.
 */
import { describe, expect, test } from "vitest";
import {
  BudgetExceededError,
  CallTimeoutError,
  CapabilityError,
  InvalidOptionError,
  MalformedResponseError,
  NoAnswerError,
  ProviderError,
  ToolError,
  stack,
  timeout,
} from "mull";
import { type ServedRequest } from "mull/serve";
import { scripted, virtualClock } from "mull/testing";
import { serve, answering, ask, patient, streamOf, turn, until, url } from "./ask.js";

describe("what fails", () => {
  const secret = "Hello.";
  const cases: [string, Error, number, string, Record<string, string>?][] = [
    ["an option", new InvalidOptionError("run", "messages", "something", secret), 400, "invalid_option"],
    ["a capability", new CapabilityError("tools", "inner", `inner ${secret}`), 400, "unsupported_capability"],
    ["no price", new CapabilityError("price", "inner", `inner ${secret}`), 500, "internal_error"],
    ["the budget", new BudgetExceededError("tokens", secret), 402, "budget_exceeded"],
    ["the time", new BudgetExceededError("ms", secret), 504, "timeout"],
    ["a timeout", new CallTimeoutError(5, secret), 504, "timeout"],
    ["no answer", new NoAnswerError(secret), 502, "no_answer"],
    ["a malformed answer", new MalformedResponseError(secret), 502, "malformed_response"],
    ["a tool", new ToolError("look", secret), 500, "tool_failed"],
    ["anything", new TypeError(secret), 500, "internal_error"],
    [
      "a busy provider",
      new ProviderError(secret, { status: 429, retryAfterMs: 1500 }),
      429,
      "rate_limited",
      { "retry-after": "2", "retry-after-ms": "1500" },
    ],
    [
      "an empty purse",
      new ProviderError(secret, { status: 429, retryable: false }),
      429,
      "rate_limited",
      { "x-should-retry": "false" },
    ],
    [
      "a refused key",
      new ProviderError(secret, { status: 401 }),
      502,
      "provider_failed",
      { "x-should-retry": "false" },
    ],
    [
      "a forbidden model",
      new ProviderError(secret, { status: 403 }),
      502,
      "provider_failed",
      { "x-should-retry": "false" },
    ],
    [
      "a missing model",
      new ProviderError(secret, { status: 404 }),
      502,
      "provider_failed",
      { "x-should-retry": "false" },
    ],
    ["a bad request", new ProviderError(secret, { status: 400 }), 400, "provider_refused"],
    [
      "a long request",
      new ProviderError(`${secret} maximum context length is 5`, { status: 400 }),
      400,
      "context_length_exceeded",
    ],
    ["a provider that fails", new ProviderError(secret, { status: 500 }), 502, "provider_failed"],
    [
      "a provider that is down",
      new ProviderError(secret, { status: 503, retryAfterMs: 3000 }),
      502,
      "provider_failed",
      { "retry-after": "3" },
    ],
    ["no connection", new ProviderError(secret), 502, "provider_failed"],
  ];
  const watched = ["retry-after", "retry-after-ms", "x-should-retry"];

  test.each(cases)("%s", async (_, error, status, code, headers = {}) => {
    const told: [unknown, ServedRequest][] = [];
    const handler = serve(
      answering(() => Promise.reject(error)),
      { onError: (what, served) => told.push([what, served]) },
    );
    for (const stream of [false, true]) {
      const response = await ask(handler, { stream });
      const body = await response.text();
      expect([response.status, JSON.parse(body).error.code]).toEqual([status, code]);
      expect(JSON.parse(body)).toEqual({
        error: {
          message: expect.any(String),
          type: expect.any(String),
          param: status === 400 && code !== "invalid_option" && code !== "provider_refused" ? expect.any(String) : null,
          code,
        },
      });
      expect(body).not.toMatch(/Hello\.|inner|maximum/);
      expect(Object.fromEntries([...response.headers].filter(([name]) => watched.includes(name)))).toMatchObject(
        headers,
      );
      const { id } = told.at(-1)![1];
      expect(told.at(-1)).toEqual([
        error,
        { id: response.headers.get("x-request-id"), model: "m", request: expect.any(Request) },
      ]);
      expect(id).toBeTruthy();
    }
    expect(told.length).toBe(2);
  });

  test("after the first word is an event with the error, and the end without its mark", async () => {
    const error = new ProviderError(secret, { status: 503 });
    const errors: unknown[] = [];
    const model = answering((_, call) => {
      call.delta({ text: "so " });
      return Promise.reject(error);
    });
    const response = await ask(serve(model, { onError: (what) => errors.push(what) }), { stream: true });
    expect(response.status).toBe(200);
    const { chunks, done, text } = await streamOf(response);
    expect([text, done, errors]).toEqual(["so ", false, [error]]);
    expect(chunks.at(-1)).toEqual({
      error: { message: "the model's provider failed", type: "server_error", param: null, code: "provider_failed" },
    });
  });

  test("a listener for errors that throws changes nothing", async () => {
    const onError = () => {
      throw new Error("listener");
    };
    expect(
      (
        await ask(
          serve(
            answering(() => Promise.reject(new Error("x"))),
            { onError },
          ),
        )
      ).status,
    ).toBe(500);
  });

  test("a wrong request is not the server's error", async () => {
    const errors: unknown[] = [];
    expect((await ask(serve(scripted(["hi"]), { onError: (error) => errors.push(error) }), { n: 0 })).status).toBe(400);
    expect(errors).toEqual([]);
  });
});

describe("a caller who hangs up", () => {
  const reason = new DOMException("gone", "AbortError");

  test("while the body is read, starts nothing", async () => {
    let cancelled: unknown;
    const { model, reasons } = patient();
    const handler = serve(model, { concurrency: 1 });
    const controller = new AbortController();
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => stream.enqueue(new TextEncoder().encode("{")),
      cancel: (why) => void (cancelled = why),
    });
    const request = new Request(url, {
      method: "POST",
      body,
      signal: controller.signal,
      headers: { "content-type": "application/json" },
      duplex: "half",
    } as RequestInit);
    const response = handler(request);
    await turn();
    controller.abort(reason);
    expect((await response).status).toBe(499);
    expect([cancelled, reasons]).toEqual([reason, []]);
    expect((await ask(handler, { n: 0 })).status).toBe(400);
  });

  test("before anything is done, starts nothing", async () => {
    const { model, reasons } = patient();
    expect((await ask(serve(model), {}, { signal: AbortSignal.abort(reason) })).status).toBe(499);
    expect(reasons).toEqual([]);
  });

  test.each([
    ["before the first word, not streaming", false, []],
    ["before the first word, streaming", true, []],
  ])("%s, gives the run up", async (_, stream, words) => {
    const clock = virtualClock();
    const errors: unknown[] = [];
    const { model, reasons, running, asked } = patient(words);
    const handler = serve(model, { clock, onError: (error) => errors.push(error) });
    const controller = new AbortController();
    const there = asked();
    const response = ask(handler, { stream, n: 2 }, { signal: controller.signal });
    await there;
    await turn();
    expect(running()).toBe(2);
    controller.abort(reason);
    expect((await response).status).toBe(499);
    expect([running(), reasons, clock.pending, errors]).toEqual([0, [reason, reason], 0, []]);
  });

  test.each(["the signal", "the body"])("in mid-stream, by %s, gives the run up", async (by) => {
    const clock = virtualClock();
    const errors: unknown[] = [];
    const { model, reasons, running } = patient(["so ", "it "]);
    const handler = serve(model, { clock, onError: (error) => errors.push(error) });
    const controller = new AbortController();
    const response = await ask(handler, { stream: true }, { signal: controller.signal });
    const reader = response.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toContain("assistant");
    expect(running()).toBe(1);
    if (by === "the signal") controller.abort(reason);
    else await reader.cancel(reason);
    await until(() => running() === 0, "the end of the run");
    expect([reasons, clock.pending, errors]).toEqual([[reason], 0, []]);
    if (by === "the signal") await expect(reader.read()).rejects.toBe(reason);
  });

  test("when all is said but not all read, leaves nothing", async () => {
    const clock = virtualClock();
    const controller = new AbortController();
    const handler = serve(scripted(["so it is"]), { clock, concurrency: 1 });
    const response = await ask(handler, { stream: true }, { signal: controller.signal });
    await turn();
    expect(clock.pending).toBe(1);
    controller.abort(reason);
    expect(clock.pending).toBe(0);
    await expect(response.text()).rejects.toBe(reason);
    expect((await ask(handler, { n: 0 })).status).toBe(400);
  });
});

describe("a stack that thinks for long", () => {
  test("keeps the connection alive, and says nothing more than it must", async () => {
    const clock = virtualClock();
    const model = answering(async (_, call) => {
      const wait = (ms: number) => new Promise<void>((resolve) => call.clock.setTimeout(resolve, ms));
      await wait(40_000);
      call.delta({ text: "so " });
      await wait(14_000);
      call.delta({ text: "it " });
      await wait(14_000);
      call.delta({ text: "is" });
      await wait(16_000);
      return { text: "so it is" };
    });
    let answered: number | undefined;
    const asked = ask(serve(model, { clock }), { stream: true }).then((response) => {
      answered = clock.now();
      return response;
    });
    const reading = asked.then(async (response) => {
      const reader = response.body!.getReader();
      const pieces: [number, string][] = [];
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return pieces;
        pieces.push([clock.now(), new TextDecoder().decode(value)]);
      }
    });
    const pieces = await clock.until(reading);
    expect(answered).toBe(15_000);
    const comments = pieces.filter(([, text]) => text.startsWith(":"));
    expect(comments).toEqual([
      [15_000, ": thinking\n\n"],
      [30_000, ": thinking\n\n"],
      [83_000, ": thinking\n\n"],
    ]);
    expect(clock.pending).toBe(0);
  });

  test("a failure after the first comment is told in the stream", async () => {
    const clock = virtualClock();
    const model = stack(
      answering(() => new Promise(() => undefined)),
      timeout(20_000),
    );
    const response = await clock.until(ask(serve(model, { clock }), { stream: true }));
    expect(response.status).toBe(200);
    const { chunks, comments, done } = await clock.until(streamOf(response));
    expect([chunks.length, chunks[0].error.code, comments.length, done, clock.pending]).toEqual([
      1,
      "timeout",
      1,
      false,
      0,
    ]);
  });
});

describe("a reader that is slow", () => {
  test("loses thoughts beyond a megabyte, and no word of the answer", async () => {
    const model = answering((_, call) => {
      for (let i = 0; i < 5_000; i++) call.delta({ reasoning: "x".repeat(1_000) });
      let text = "";
      for (let i = 0; i < 5_000; i++) {
        call.delta({ text: `${i} ` });
        text += `${i} `;
      }
      return { text };
    });
    const response = await ask(serve(model), { stream: true });
    await turn();
    const { text, reasoning, chunks, done } = await streamOf(response);
    expect(text).toBe(Array.from({ length: 5_000 }, (_, i) => `${i} `).join(""));
    expect(reasoning.length).toBeGreaterThan(1_000_000);
    expect(reasoning.length).toBeLessThan(1_100_000);
    // What waits is told in few events.
    expect(chunks.length).toBeLessThan(100);
    expect(done).toBe(true);
    expect(chunks.at(-1).mull.warnings).toEqual([{ code: "slow-reader", message: expect.any(String) }]);
  });

  test("that takes nothing for a minute is given up", async () => {
    const clock = virtualClock();
    const { model, running, reasons } = patient(["so ", "it "]);
    const handler = serve(model, { clock, concurrency: 1 });
    const response = await ask(handler, { stream: true });
    await clock.advance(59_999);
    expect(running()).toBe(1);
    await clock.advance(20_000);
    expect([running(), clock.pending]).toEqual([0, 0]);
    expect(reasons).toEqual([expect.objectContaining({ name: "TimeoutError" })]);
    await expect(response.text()).rejects.toThrow("takes nothing");
    expect((await ask(handler, { n: 0 })).status).toBe(400);
  });
});
