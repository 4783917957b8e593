/**
 * @module
 * Who may ask, how much at once, and how large.
 */
import { describe, expect, test } from "vitest";
import { type OpenaiHandlerOptions } from "mull/serve";
import { scripted } from "mull/testing";
import { serve, ask, hello, patient, streamOf, turn, until, url } from "./ask.js";

describe("keys", () => {
  const cases: [OpenaiHandlerOptions["apiKey"], string | undefined, boolean][] = [
    [undefined, undefined, true],
    ["secret", "Bearer secret", true],
    ["secret", "bearer   secret ", true],
    ["secret", "Bearer secre", false],
    ["secret", "Bearer secret2", false],
    ["secret", "Basic secret", false],
    ["secret", "secret", false],
    ["secret", "Bearer ", false],
    ["secret", undefined, false],
    [["a1", "b2", "c3"], "Bearer b2", true],
    [["a1", "b2", "b2"], "Bearer b2", true],
    [["a1", "b2"], "Bearer a1b2", false],
    [(key) => key === "good", "Bearer good", true],
    [(key) => Promise.resolve(key === "good"), "Bearer bad", false],
  ];
  test.each(cases)("%s and %s: %s", async (apiKey, authorization, good) => {
    const handler = serve(scripted(["hi"]), { apiKey });
    const response = await ask(handler, {}, authorization === undefined ? {} : { headers: { authorization } });
    expect(response.status).toBe(good ? 200 : 401);
    if (good) return;
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    const body = await response.text();
    expect(JSON.parse(body).error).toMatchObject({ type: "invalid_request_error", code: "invalid_api_key" });
    expect(body).not.toMatch(/secre|a1|b2/);
  });

  test("are compared to the last byte", async () => {
    const handler = serve(scripted(["hi"], { repeat: true }), { apiKey: "secret" });
    for (let i = 0; i < 1_000; i++) {
      const request = new Request("http://served.test/v1/models", { headers: { authorization: `Bearer secret${i}` } });
      expect((await handler(request)).status).toBe(401);
    }
  });

  test("are asked for everywhere, and a check that throws is the server's fault", async () => {
    const handler = serve(scripted(["hi"]), { apiKey: "secret" });
    for (const path of ["models", "models/m", "nothing"]) {
      expect((await handler(new Request(`http://served.test/v1/${path}`))).status).toBe(401);
    }
    const errors: unknown[] = [];
    const broken = new Error("the database of keys is down");
    const failing = serve(scripted(["hi"]), {
      apiKey: () => Promise.reject(broken),
      onError: (error) => errors.push(error),
    });
    const response = await ask(failing, {}, { headers: { authorization: "Bearer x" } });
    expect([response.status, errors]).toEqual([500, [broken]]);
    expect(await response.text()).not.toContain("database");
  });
});

describe("other origins", () => {
  const preflight = (cors: OpenaiHandlerOptions["cors"], origin: string) =>
    serve(scripted(["hi"]), { cors, apiKey: "secret" })(
      new Request(url, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "authorization, x-stainless-os",
        },
      }),
    );

  test("get leave where they are listed, and are told why they are refused", async () => {
    const allowed = await preflight(["https://a.example"], "https://a.example");
    expect(allowed.status).toBe(204);
    expect(Object.fromEntries(allowed.headers)).toMatchObject({
      "access-control-allow-origin": "https://a.example",
      "access-control-allow-headers": "authorization, x-stainless-os",
      "access-control-allow-methods": "GET, POST, OPTIONS",
      vary: "origin",
    });
    const other = await preflight(["https://a.example"], "https://b.example");
    expect(other.headers.get("access-control-allow-origin")).toBeNull();
    expect((await preflight("*", "https://b.example")).headers.get("access-control-allow-origin")).toBe("*");
    const handler = serve(scripted(["hi"]), { cors: "*" });
    const wrong = await ask(handler, { model: "x" }, { headers: { origin: "https://b.example" } });
    expect([wrong.status, wrong.headers.get("access-control-allow-origin")]).toEqual([404, "*"]);
  });
});

describe("the body", () => {
  const asked = (
    body: BodyInit | null,
    headers: Record<string, string> = {},
    options: Partial<OpenaiHandlerOptions> = {},
  ) =>
    serve(
      scripted(["hi"]),
      options,
    )(
      new Request(url, {
        method: "POST",
        body,
        headers: { "content-type": "application/json", ...headers },
        duplex: "half",
      } as RequestInit),
    );
  const bytes = (...chunks: Uint8Array[]) =>
    new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const chunk of chunks) controller.enqueue(chunk);
        controller.close();
      },
    });
  const text = JSON.stringify(hello);
  const encoded = new TextEncoder().encode(
    JSON.stringify({ ...hello, messages: [{ role: "user", content: "süß 🙂" }] }),
  );

  test.each([
    ["no JSON", () => asked("{"), 400, "invalid_json"],
    ["none", () => asked(null), 400, "invalid_json"],
    ["no UTF-8", () => asked(bytes(new Uint8Array([0x22, 0xff, 0x22]))), 400, "invalid_json"],
    ["cut UTF-8", () => asked(bytes(new Uint8Array([0x22, 0xc3]))), 400, "invalid_json"],
    ["a list", () => asked("[]"), 400, "invalid_value"],
    ["of another type", () => asked(text, { "content-type": "text/plain" }), 415, "unsupported_media_type"],
    ["of no type", () => asked(new Blob([text]), { "content-type": "" }), 415, "unsupported_media_type"],
    ["larger by its header", () => asked(text, { "content-length": "9999999" }), 413, "body_too_large"],
    [
      "larger than its header",
      () => asked(bytes(encoded, encoded), { "content-length": "5" }, { maxBodyBytes: 100 }),
      413,
      "body_too_large",
    ],
    ["whole", () => asked(text, { "content-type": "application/json; charset=utf-8" }), 200, undefined],
    ["as large as it may be", () => asked(text, {}, { maxBodyBytes: text.length }), 200, undefined],
    ["one byte larger", () => asked(text, {}, { maxBodyBytes: text.length - 1 }), 413, "body_too_large"],
    ["in single bytes", () => asked(bytes(...[...encoded].map((byte) => new Uint8Array([byte])))), 200, undefined],
  ])("%s", async (_, send, status, code) => {
    const response = await send();
    const body: any = await response.json();
    expect([response.status, body.error?.code]).toEqual([status, code]);
    expect(JSON.stringify(body)).not.toContain("Hello.");
  });

  test("one that is too large is not read on", async () => {
    let pulled = 0;
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled++;
        controller.enqueue(new Uint8Array(1000));
      },
      cancel: () => void (cancelled = true),
    });
    expect((await asked(endless, {}, { maxBodyBytes: 10_000 })).status).toBe(413);
    expect(pulled).toBeLessThan(20);
    expect(cancelled).toBe(true);
  });

  test("one that breaks off is an error", async () => {
    const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error("reset")) });
    expect((await asked(broken)).status).toBe(400);
  });
});

describe("as many requests as the server can", () => {
  const sent = { stream: true };
  const refused = async (handler: (request: Request) => Promise<Response>) => {
    const response = await ask(handler);
    return [response.status, response.headers.get("retry-after"), (await response.json()).error?.code];
  };
  const tooMany = [429, "1", "concurrency_exceeded"];

  test("one more is refused at once, until one is over, however it ends", async () => {
    const { model, asked, running } = patient(["so"]);
    const handler = serve(model, { concurrency: 1 });
    const ends: (() => Promise<unknown>)[] = [
      async () => {
        const controller = new AbortController();
        const there = asked();
        const response = ask(handler, {}, { signal: controller.signal });
        await there;
        expect(await refused(handler)).toEqual(tooMany);
        controller.abort();
        expect((await response).status).toBe(499);
      },
      async () => {
        const response = await ask(handler, sent);
        expect(await refused(handler)).toEqual(tooMany);
        await response.body?.cancel();
      },
      async () => {
        const controller = new AbortController();
        const response = await ask(handler, sent, { signal: controller.signal });
        expect(await refused(handler)).toEqual(tooMany);
        controller.abort();
        await expect(response.text()).rejects.toThrow();
      },
      async () => {
        expect((await ask(handler, { model: "x" })).status).toBe(404);
      },
    ];
    for (const end of [...ends, ...ends]) {
      await end();
      await until(() => running() === 0, "the end of the run");
      await turn();
    }
  });

  test("a stream counts until it is read to its end", async () => {
    const handler = serve(scripted(["so it is"], { repeat: true }), { concurrency: 1 });
    const response = await ask(handler, sent);
    await turn();
    expect(await refused(handler)).toEqual(tooMany);
    expect((await streamOf(response)).text).toBe("so it is");
    await turn();
    expect((await ask(handler)).status).toBe(200);
    // Other paths do not count.
    expect((await handler(new Request("http://served.test/v1/models"))).status).toBe(200);
  });
});
