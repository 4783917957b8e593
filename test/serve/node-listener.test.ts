/**
 * @module
 * Any Web-standard handler behind Node's http: what it is given, what comes of what it gives, and what happens when somebody leaves.
 */
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { nodeListener } from "mull/serve";
import { until } from "./ask.js";
import { hosting, readUntil } from "./host.js";

const post = (path: string, body: string, more = ""): string =>
  `POST ${path} HTTP/1.1\r\nhost: me\r\ncontent-length: ${body.length}\r\n${more}\r\n${body}`;

/** What a handler was given, as JSON. */
async function mirror(request: Request): Promise<Response> {
  const { method, url, headers } = request;
  return Response.json({ method, url, headers: Object.fromEntries(headers), body: await request.text() });
}

describe("the request", () => {
  test("comes as it was sent, the host aside", async () => {
    await hosting(mirror, async ({ url }) => {
      const response = await fetch(`${url}/a/b?c=%20d`, { method: "PUT", body: "süß", headers: { "x-one": "1, 2" } });
      expect(await response.json()).toMatchObject({
        method: "PUT",
        url: "http://localhost/a/b?c=%20d",
        headers: { "x-one": "1, 2", "content-length": "5" },
        body: "süß",
      });
      expect(await (await fetch(url)).json()).toMatchObject({ method: "GET", url: "http://localhost/", body: "" });
    });
  });

  test("of a large body comes whole, in order", async () => {
    const large = Array.from({ length: 200_000 }, (_, i) => String(i)).join(" ");
    await hosting(
      async (request) => new Response(await request.text()),
      async ({ url }) => {
        expect(await (await fetch(url, { method: "POST", body: large })).text()).toBe(large);
      },
    );
  });

  test.each([
    [
      "a path that looks like a host",
      "GET //evil.example/v1/models HTTP/1.1",
      "http://localhost//evil.example/v1/models",
    ],
    ["a whole URL", "GET http://proxied.example/v1/models HTTP/1.1", "http://proxied.example/v1/models"],
  ])("%s", async (_, line, url) => {
    await hosting(mirror, async ({ dial }) => {
      const said = await readUntil(await dial(`${line}\r\nhost: me\r\nconnection: close\r\n\r\n`));
      expect(said).toContain(`"url":"${url}"`);
    });
  });

  test.each([
    ["no URL at all", "OPTIONS * HTTP/1.1"],
    ["a method that the Web forbids", "TRACE / HTTP/1.1"],
  ])("%s is refused", async (_, line) => {
    await hosting(mirror, async ({ dial }) => {
      const said = await readUntil(await dial(`${line}\r\nhost: me\r\nconnection: close\r\n\r\n`));
      expect(said).toMatch(/^HTTP\/1\.1 400 /);
    });
  });

  test("whose body nobody reads does not block the connection", async () => {
    await hosting(
      (request) => new Response(new URL(request.url).pathname),
      async ({ dial }) => {
        const body = "x".repeat(200_000);
        const socket = await dial(post("/one", body) + post("/two", body, "connection: close\r\n"));
        const said = await readUntil(socket);
        expect(said.match(/\/one|\/two/g)).toEqual(["/one", "/two"]);
      },
    );
  });

  test.each(["cancelled", "left lying"])("whose body is %s half-way does not block it either", async (how) => {
    const handler = async (request: Request): Promise<Response> => {
      const reader = request.body!.getReader();
      await reader.read();
      if (how === "cancelled") await reader.cancel();
      return new Response(new URL(request.url).pathname);
    };
    await hosting(handler, async ({ dial }) => {
      const body = "x".repeat(500_000);
      const socket = await dial(post("/one", body) + post("/two", body, "connection: close\r\n"));
      expect((await readUntil(socket)).match(/\/one|\/two/g)).toEqual(["/one", "/two"]);
    });
  });
});

describe("the response", () => {
  test("goes as it is given", async () => {
    const headers = new Headers({ "x-one": "1" });
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2");
    await hosting(
      () => new Response("created", { status: 201, headers }),
      async ({ url }) => {
        const response = await fetch(url);
        expect([response.status, await response.text()]).toEqual([201, "created"]);
        expect([response.headers.get("x-one"), response.headers.getSetCookie()]).toEqual(["1", ["a=1", "b=2"]]);
        const head = await fetch(url, { method: "HEAD" });
        expect([head.status, await head.text()]).toEqual([201, ""]);
      },
    );
    await hosting(
      () => new Response(null, { status: 204 }),
      async ({ url }) => expect((await fetch(url)).status).toBe(204),
    );
  });

  test("is a 500 where the handler throws, and a broken connection where its body does", async () => {
    await hosting(
      () => Promise.reject(new Error("secret")),
      async ({ url }) => {
        const response = await fetch(url);
        expect([response.status, await response.text()]).toEqual([500, ""]);
      },
    );
    let sever = (): void => undefined;
    const broken = (): Response =>
      new Response(
        new ReadableStream({
          start: (controller) => {
            controller.enqueue(new TextEncoder().encode("so "));
            sever = () => controller.error(new Error("secret"));
          },
        }),
      );
    await hosting(broken, async ({ url, sockets }) => {
      const response = await fetch(url);
      sever();
      await expect(response.text()).rejects.toThrow();
      await until(() => sockets.size === 0, "the connection to break");
    });
  });

  test("waits for a client that reads slowly", async () => {
    let given = 0;
    const size = 64 * 1024;
    const many = 1_000;
    const endless = (): Response =>
      new Response(
        new ReadableStream({
          pull: (controller) => {
            if (given++ === many) controller.close();
            else controller.enqueue(new Uint8Array(size).fill(120));
          },
        }),
      );
    await hosting(endless, async ({ dial }) => {
      const socket = await dial("GET / HTTP/1.1\r\nhost: me\r\nconnection: close\r\n\r\n");
      socket.pause();
      let before = -1;
      while (before !== given) {
        before = given;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      // What the system keeps for two sockets, and little more.
      expect(given).toBeGreaterThan(0);
      expect(given).toBeLessThan(many / 2);
      let read = 0;
      socket.on("data", (chunk: Buffer) => (read += chunk.length)).resume();
      await once(socket, "end");
      expect(read).toBeGreaterThan(many * size);
    });
  });
});

describe("a client that hangs up", () => {
  /** Tells when a request is there, and when its signal aborts. */
  function watching(answer: (request: Request) => Response | Promise<Response>) {
    const seen = { asked: 0, aborted: 0 };
    return {
      seen,
      handler: (request: Request) => {
        seen.asked++;
        request.signal.addEventListener("abort", () => seen.aborted++);
        return answer(request);
      },
    };
  }
  const get = "GET / HTTP/1.1\r\nhost: me\r\n\r\n";

  test("before there is a response", async () => {
    const { seen, handler } = watching(() => new Promise(() => undefined));
    await hosting(handler, async ({ dial, sockets }) => {
      const socket = await dial(get);
      await until(() => seen.asked === 1, "the request");
      socket.destroy();
      await until(() => seen.aborted === 1, "the abort");
      await until(() => sockets.size === 0, "the end of the connection");
    });
  });

  test("before there is a response that comes all the same", async () => {
    let give: (response: Response) => void = () => undefined;
    let cancelled: unknown;
    const { seen, handler } = watching(() => new Promise((resolve) => (give = resolve)));
    await hosting(handler, async ({ dial }) => {
      const socket = await dial(get);
      await until(() => seen.asked === 1, "the request");
      socket.destroy();
      await until(() => seen.aborted === 1, "the abort");
      give(new Response(new ReadableStream({ cancel: (reason) => void (cancelled = reason) })));
      await until(() => cancelled !== undefined, "the body to be cancelled");
      expect(cancelled).toMatchObject({ name: "AbortError", message: "the client hung up" });
    });
  });

  test("in mid-stream, even if nothing is being written", async () => {
    let cancelled = 0;
    const { seen, handler } = watching(
      () =>
        new Response(
          new ReadableStream({
            start: (controller) => controller.enqueue(new TextEncoder().encode("so ")),
            cancel: () => {
              cancelled++;
            },
          }),
        ),
    );
    await hosting(handler, async ({ dial }) => {
      const socket = await dial(get);
      await readUntil(socket, (text) => text.includes("so "));
      expect(seen.aborted).toBe(0);
      socket.destroy();
      await until(() => seen.aborted === 1 && cancelled === 1, "the abort");
    });
  });

  test("while it is waited for", async () => {
    let cancelled = 0;
    const { seen, handler } = watching(
      () =>
        new Response(
          new ReadableStream({
            pull: (controller) => controller.enqueue(new Uint8Array(1 << 20)),
            cancel: () => {
              cancelled++;
            },
          }),
        ),
    );
    await hosting(handler, async ({ dial }) => {
      const socket = await dial(get);
      socket.pause();
      await new Promise((resolve) => setTimeout(resolve, 50));
      socket.destroy();
      await until(() => seen.aborted === 1 && cancelled === 1, "the abort");
    });
  });

  test("while the body is read", async () => {
    const failures: unknown[] = [];
    const { seen, handler } = watching(async (request) => {
      await request.text().catch((error: unknown) => failures.push(error));
      return new Response("late");
    });
    await hosting(handler, async ({ dial }) => {
      const socket = await dial("POST / HTTP/1.1\r\nhost: me\r\ncontent-length: 100\r\n\r\nhalf");
      await until(() => seen.asked === 1, "the request");
      socket.destroy();
      await until(() => seen.aborted === 1 && failures.length === 1, "the abort");
    });
  });

  test("after the response is over, is nobody's business", async () => {
    const { seen, handler } = watching(() => new Response("done"));
    await hosting(handler, async ({ dial, sockets }) => {
      const socket = await dial(get);
      await readUntil(socket, (text) => text.includes("done"));
      socket.destroy();
      await until(() => sockets.size === 0, "the end of the connection");
      expect(seen).toEqual({ asked: 1, aborted: 0 });
    });
  });

  test("is heard of even if nobody holds the request", async () => {
    let aborted = 0;
    const handler = (request: Request): Promise<Response> => {
      const { signal } = request;
      signal.addEventListener("abort", () => aborted++);
      return new Promise(() => undefined);
    };
    await hosting(handler, async ({ dial, sockets }) => {
      const socket = await dial(get);
      await until(() => sockets.size === 1, "the connection");
      for (let i = 0; i < 5; i++) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        gc!();
      }
      socket.destroy();
      await until(() => aborted === 1, "the abort");
    });
  });
});

test("HTTP/2 has the same listener", async () => {
  const server = createHttp2Server(nodeListener(mirror));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  try {
    const stream = session.request({ ":method": "POST", ":path": "/a?b=c", "x-one": "1" });
    stream.end("body");
    let text = "";
    for await (const chunk of stream) text += String(chunk);
    expect(JSON.parse(text)).toMatchObject({
      method: "POST",
      url: "http://localhost/a?b=c",
      headers: { "x-one": "1" },
      body: "body",
    });
  } finally {
    session.destroy();
    server.close();
    await once(server, "close");
  }
});

test("fits where Node wants a listener", () => {
  const listener = nodeListener(mirror);
  createHttpServer(listener);
  createHttp2Server(listener);
  expect(listener.name).toBe("listen");
});
