/**
 * @module
 * Servers on the loopback that play scenes in a provider's format: what `modelLaws` wants of an adapter's test.
 */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Model } from "mull";
import type { Scene, Stage, StagedRequest } from "mull/testing";

/** A request as a server got it. */
export interface Received extends StagedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The body read as JSON; `undefined` where it is none. */

  readonly json: any;
  /** Resolves when the response is over or the client has left; `true` if it was whole. */
  readonly closed: Promise<boolean>;
}

/** Answers a request. */
export type Handler = (request: Received, response: ServerResponse, index: number) => void | Promise<void>;

/** Plays one scene in a provider's format. */
export type Play = (scene: Scene, request: Received, response: ServerResponse) => void | Promise<void>;

/** A server that is up. */
export interface LoopbackServer {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly received: readonly Received[];
}

/** Starts a server on a free port, hands it to `act`, and takes it down whatever happens. A handler that fails fails the test. */
export async function withServer<T>(handler: Handler, act: (server: LoopbackServer) => Promise<T>): Promise<T> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const failures: unknown[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url: path = "", headers } = request;
      const body = Buffer.concat(chunks).toString("utf8");
      const closed = once(response, "close").then(() => response.writableFinished);
      const entry = { method, path, headers, body, json: jsonOf(body), closed };
      received.push(entry);
      Promise.resolve()
        .then(() => handler(entry, response, received.length - 1))
        .catch((error: unknown) => {
          failures.push(error);
          response.destroy();
        });
    });
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const result = await act({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received });
    if (failures.length > 0) throw failures[0];
    return result;
  } finally {
    const over = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await over;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The stage of a provider's format, with the adapter's model in front of it. */
export function stageOf(play: Play, make: (url: string) => Model): Stage {
  return (scenes, act) =>
    withServer(
      (request, response, index) => play(scenes[Math.min(index, scenes.length - 1)] as Scene, request, response),
      ({ url, received }) => act({ model: make(url), received }),
    );
}

/** The words of a text, each with the space before it, so that they join to it: how servers stream. */
export function piecesOf(text: string): readonly string[] {
  return text.match(/\s*\S+\s*$|\s*\S+/g) ?? (text === "" ? [] : [text]);
}

/** Answers with JSON. */
export function sendJson(
  response: ServerResponse,
  json: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(json));
}

/** Writes what is there so far, and breaks the connection. */
export function breakOff(response: ServerResponse, text: string): void {
  response.write(text, () => response.destroy());
}
