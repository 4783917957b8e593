/**
 * @module
 * A Web-standard handler as a listener for Node's `http`, without a word of Node's in it.
 */

/** What is needed of Node's `IncomingMessage`. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  on(event: string, listener: (...args: never[]) => void): unknown;
  pause(): unknown;
  resume(): unknown;
}

/** What is needed of Node's `ServerResponse`. */
export interface NodeResponse {
  readonly headersSent: boolean;
  readonly writableFinished: boolean;
  on(event: string, listener: () => void): unknown;
  writeHead(status: number, headers: Record<string, string | string[]>): unknown;
  write(chunk: Uint8Array): boolean;
  end(): unknown;
  destroy(): unknown;
}

/**
 * Makes a listener for `http.createServer` of a handler that takes a `Request` and gives a `Response`.
 *
 * Shape: Node's request and response in; nothing out. The request's `signal` aborts when the client hangs up, at any moment; a response that is not
 * read as fast as it is written waits. The URL has the host `localhost`, whatever the client calls the server.
 * A handler that throws is a 500, or, once the response has begun, a broken connection.
 *
 * @example
 * createServer(nodeListener(openaiHandler({ models: { solver } }))).listen(8080, "127.0.0.1");
 */
export function nodeListener(
  handler: (request: Request) => Response | Promise<Response>,
): (incoming: NodeRequest, outgoing: NodeResponse) => void {
  return function listen(incoming, outgoing) {
    const client = new Client(incoming, outgoing);
    client.serve(handler).catch(() => {
      outgoing.destroy();
    });
  };
}

class Client {
  private readonly _incoming: NodeRequest;
  private readonly _outgoing: NodeResponse;
  private readonly _controller = new AbortController();
  /** Held on to: the signal of a request hears of nothing once the request itself is garbage. */
  private _request: Request | undefined;
  /** Lets what was not read of the body flow away: it would block the connection. */
  private _discard: (() => void) | undefined;
  private _reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  /** Goes on when what was written has flowed off. */
  private _drained: (() => void) | undefined;

  constructor(incoming: NodeRequest, outgoing: NodeResponse) {
    this._incoming = incoming;
    this._outgoing = outgoing;
    const goOn = (): void => this._drained?.();
    outgoing.on("drain", goOn);
    outgoing.on("error", goOn);
    outgoing.on("close", () => this._closed());
    // Without a listener it would end the process; the response is closed, too.
    incoming.on("error", () => undefined);
  }

  async serve(handler: (request: Request) => Response | Promise<Response>): Promise<void> {
    let response: Response;
    try {
      this._request = this._read();
    } catch {
      this._refuse(400);
      return;
    }
    try {
      response = await handler(this._request);
    } catch {
      this._refuse(500);
      return;
    }
    await this._send(response);
    this._discard?.();
  }

  private _read(): Request {
    const { method = "GET", url = "/", headers: given } = this._incoming;
    const { signal } = this._controller;
    const headers = new Headers();
    for (const [name, value] of Object.entries(given)) {
      // HTTP/2 has names of its own, which are none of the caller's.
      if (value === undefined || name.startsWith(":")) continue;
      for (const one of typeof value === "string" ? [value] : value) headers.append(name, one);
    }
    const address = url.startsWith("/") ? `http://localhost${url}` : url;
    if (method === "GET" || method === "HEAD") return new Request(address, { method, headers, signal });
    const { stream, discard } = bodyOf(this._incoming);
    this._discard = discard;
    const init: RequestInit & { readonly duplex: "half" } = { method, headers, signal, body: stream, duplex: "half" };
    return new Request(address, init);
  }

  private async _send({ status, headers, body }: Response): Promise<void> {
    const outgoing = this._outgoing;
    const { signal } = this._controller;
    if (signal.aborted) {
      await body?.cancel(signal.reason);
      return;
    }
    outgoing.writeHead(status, plain(headers));
    if (body !== null) {
      const reader = body.getReader();
      this._reader = reader;
      for (;;) {
        const { done, value } = await reader.read();
        if (done || signal.aborted) break;
        if (!outgoing.write(value)) await new Promise<void>((resolve) => (this._drained = resolve));
      }
    }
    if (!signal.aborted) outgoing.end();
  }

  private _refuse(status: number): void {
    if (this._controller.signal.aborted) return;
    this._outgoing.writeHead(status, {});
    this._outgoing.end();
  }

  /** The response is over, or the client is gone. */
  private _closed(): void {
    if (!this._outgoing.writableFinished) {
      const reason = new DOMException("the client hung up", "AbortError");
      this._controller.abort(reason);
      this._reader?.cancel(reason).catch(() => undefined);
    }
    this._request = undefined;
    this._drained?.();
  }
}

/** The body, read from the socket as fast as it is read here. */
function bodyOf(incoming: NodeRequest): {
  readonly stream: ReadableStream<Uint8Array>;
  readonly discard: () => void;
} {
  let over = false;
  const discard = (): void => {
    over = true;
    incoming.resume();
  };
  const stream = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        const fail = (): void => {
          if (over) return;
          over = true;
          controller.error(new DOMException("the client hung up", "AbortError"));
        };
        incoming.on("data", (chunk: Uint8Array) => {
          if (over) return;
          controller.enqueue(chunk);
          if ((controller.desiredSize ?? 0) <= 0) incoming.pause();
        });
        incoming.on("end", () => {
          if (over) return;
          over = true;
          controller.close();
        });
        incoming.on("error", fail);
        incoming.on("close", fail);
        incoming.pause();
      },
      pull: () => void incoming.resume(),
      cancel: discard,
    },
    { highWaterMark: 0 },
  );
  return { stream, discard };
}

function plain(headers: Headers): Record<string, string | string[]> {
  const all: Record<string, string | string[]> = {};
  for (const [name, value] of headers) {
    const before = all[name];
    all[name] = before === undefined ? value : [...(typeof before === "string" ? [before] : before), value];
  }
  return all;
}
