/**
 * @module
 * Asking a handler, and reading what it says.
 */
import { openaiHandler, type OpenaiHandlerOptions } from "mull/serve";
import { source, type Model, type ModelRequest, type Reply, type SourceCall } from "mull";

export type Handler = (request: Request) => Promise<Response>;

/** Where a handler is asked. No socket is opened there. */
export const url = "http://served.test/v1/chat/completions";

/** Everything a chat request has by default. */
export const hello = { model: "m", messages: [{ role: "user", content: "Hello." }] } as const;

/** A handler of one model, called `m`. */
export function serve(model: Model, options: Partial<OpenaiHandlerOptions> = {}): Handler {
  return openaiHandler({ models: { m: model }, ...options });
}

/** A request with a body of JSON. */
export function chatRequest(body: unknown, init: RequestInit & { readonly duplex?: "half" } = {}): Request {
  const { headers, ...rest } = init;
  return new Request(url, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "content-type": "application/json", ...(headers as Record<string, string>) },
    ...rest,
  });
}

/** Asks, with the fields of {@link hello} and these. */
export function ask(handler: Handler, fields: object = {}, init?: RequestInit): Promise<Response> {
  return handler(chatRequest({ ...hello, ...fields }, init));
}

export interface Stream {
  /** Data of every event but `[DONE]`, read as JSON. */
  readonly chunks: readonly any[];
  readonly comments: readonly string[];
  /** Did it end with `[DONE]`? */
  readonly done: boolean;
  /** Of choice 0. */
  readonly text: string;
  readonly reasoning: string;
}

/** Reads a stream to its end. */
export async function streamOf(response: Response): Promise<Stream> {
  return parse(await response.text());
}

export function parse(body: string): Stream {
  const blocks = body.split("\n\n");
  if (blocks.pop() !== "") throw new Error("the last event has no end");
  const comments = blocks.filter((block) => block.startsWith(":"));
  const data = blocks
    .filter((block) => !block.startsWith(":"))
    .map((block) => {
      if (!block.startsWith("data: ") || block.includes("\n")) throw new Error(`no event: ${block}`);
      return block.slice("data: ".length);
    });
  const chunks = data.filter((text) => text !== "[DONE]").map((text) => JSON.parse(text));
  const join = (field: string): string =>
    chunks
      .flatMap(({ choices = [] }) => choices)
      .filter(({ index }) => index === 0)
      .map(({ delta }) => delta[field] ?? "")
      .join("");
  return {
    chunks,
    comments,
    done: data.at(-1) === "[DONE]",
    text: join("content"),
    reasoning: join("reasoning_content"),
  };
}

/** A model that says its words, then waits until it is given up; it tells when it was. */
export function patient(words: readonly string[] = []): {
  readonly model: Model;
  /** Requests that are being answered. */
  readonly running: () => number;
  /** Reasons of those that were given up. */
  readonly reasons: readonly unknown[];
  /** Resolves when the next request is there. */
  readonly asked: () => Promise<void>;
} {
  let running = 0;
  let wake: (() => void)[] = [];
  const reasons: unknown[] = [];
  const model = source("patient", {}, (_, call) => {
    running++;
    for (const text of words) call.delta({ text });
    for (const go of wake) go();
    wake = [];
    return new Promise<Reply>((_, reject) => {
      call.signal.addEventListener("abort", () => {
        running--;
        reasons.push(call.signal.reason);
        reject(call.signal.reason);
      });
    });
  });
  return {
    model,
    running: () => running,
    reasons,
    asked: () => new Promise((resolve) => wake.push(resolve)),
  };
}

/** A model that answers with what this function gives. */
export function answering(reply: (request: ModelRequest, call: SourceCall) => Reply | Promise<Reply>): Model {
  return source("m", {}, async (request, call) => reply(request, call));
}

/** A turn of the event loop, and all promises in it. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Waits for something that is sure to come, ten seconds at most: sockets and other programs have a time of their own. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const began = performance.now();
  for (let i = 0; !condition(); i++) {
    if (performance.now() - began > 10_000) throw new Error(`waited in vain for ${what}`);
    await (i < 100 ? turn() : new Promise((resolve) => setTimeout(resolve, 1)));
  }
}
