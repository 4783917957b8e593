/**
 * @module
 * A server on the loopback that speaks OpenAI's chat completions, scripted by the test.
 */
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { openaiCompatible, type OpenaiCompatibleOptions } from "mull/adapters/openai-compatible";
import type { Model } from "mull";
import { withServer } from "./stage.js";

export { sendJson } from "./stage.js";

/** A request as the server got it. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;

  readonly body: any;
  /** Resolves when the connection or the response is over; `true` if the response was whole. */
  readonly closed: Promise<boolean>;
}

/** How the server answers the request of this number, from 0. */
export type Script = (request: Received, response: ServerResponse, index: number) => void | Promise<void>;

export interface OpenAiServer {
  readonly url: string;
  readonly received: readonly Received[];
  /** A model of this server. */
  model(options?: Partial<OpenaiCompatibleOptions>): Model;
}

/** Starts a server on a free port, hands it to the test, and closes it whatever happens. */
export async function serving<T>(script: Script, test: (server: OpenAiServer) => Promise<T>): Promise<T> {
  const received: Received[] = [];
  return withServer(
    ({ path, headers, json, closed }, response, index) => {
      const entry = { path, headers, body: json, closed };
      received.push(entry);
      return script(entry, response, index);
    },
    ({ url }) => {
      const model = (options: Partial<OpenaiCompatibleOptions> = {}): Model =>
        openaiCompatible({ baseURL: `${url}/v1`, model: "test-model", ...options });
      return test({ url, received, model });
    },
  );
}

/** Begins an event stream. */
export function startStream(response: ServerResponse, contentType = "text/event-stream"): void {
  response.writeHead(200, { "content-type": contentType });
  response.flushHeaders();
}

/** The text of an event stream with these chunks and, after them, `[DONE]`. */
export function events(chunks: readonly unknown[], lineEnd = "\n"): string {
  return [...chunks.map((chunk) => JSON.stringify(chunk)), "[DONE]"]
    .map((data) => `data: ${data}${lineEnd}${lineEnd}`)
    .join("");
}

/** A whole event stream. */
export function sendEvents(response: ServerResponse, chunks: readonly unknown[]): void {
  startStream(response);
  response.end(events(chunks));
}

/** A completion with these choices; a text stands for a choice that says it. */
export function completion(choices: readonly unknown[], rest: object = { usage: usage(10, 5) }): object {
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    model: "test-model-2026",
    choices: choices.map((choice, index) =>
      typeof choice === "string"
        ? { index, message: { role: "assistant", content: choice }, finish_reason: "stop" }
        : { index, finish_reason: "stop", ...(choice as object) },
    ),
    ...rest,
  };
}

export function usage(input: number, output: number, rest: object = {}): object {
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output, ...rest };
}

/** A chunk of a stream with one piece of one choice. */
export function chunk(delta: object, finish: string | null = null, index = 0, rest: object = {}): object {
  return {
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    model: "test-model-2026",
    choices: [{ index, delta, finish_reason: finish, ...rest }],
    usage: null,
  };
}

/** The last chunk, which has the usage and no choice. */
export function usageChunk(input: number, output: number): object {
  return {
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    model: "test-model-2026",
    choices: [],
    usage: usage(input, output),
  };
}
