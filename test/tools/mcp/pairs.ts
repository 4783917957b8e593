/**
 * @module
 * Clients and servers of both generations of the SDK: in memory, as processes, and over HTTP.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import { createServer as createNetServer, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import * as v2 from "@modelcontextprotocol/client";
import { StdioClientTransport as V2Stdio } from "@modelcontextprotocol/client/stdio";
import { Client as V1Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as V1Stdio } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as V1Http } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { InMemoryTransport as V1Memory } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer as V1Server } from "@modelcontextprotocol/sdk/server/mcp.js";
import { InMemoryTransport as V2Memory, McpServer as V2Server } from "@modelcontextprotocol/server";
import { afterAll, afterEach } from "vitest";
import type { McpClient, McpToolServer } from "../../../src/tools/mcp.js";

/** A client of the SDK, as far as tests go. */
export interface TestClient extends McpClient {
  connect(transport: object): Promise<void>;
  close(): Promise<void>;
}

/** A server of the SDK. `server` is the one beneath, for handlers of requests. */
export interface TestServer extends McpToolServer {
  connect(transport: object): Promise<void>;
  close(): Promise<void>;
  readonly server: { setRequestHandler(what: never, handler: never): void };
}

export type Generation = "v1" | "v2";
export const generations: readonly Generation[] = ["v1", "v2"];

const info = { name: "mull-test", version: "1" };

export function clientOf(generation: Generation): TestClient {
  const client = generation === "v1" ? new V1Client(info) : new v2.Client(info);
  open.push(() => client.close());
  return client;
}

export function serverOf(generation: Generation): TestServer {
  return generation === "v1" ? new V1Server(info) : new V2Server(info);
}

/** A client that is connected to a server in memory. Every message that the client sends is kept. */
export async function connected(
  server: TestServer,
  generation: Generation,
  serverGeneration: Generation = generation,
): Promise<{ readonly client: TestClient; readonly sent: readonly Message[] }> {
  const pairOf = serverGeneration === "v1" ? V1Memory : V2Memory;
  const [here, there] = pairOf.createLinkedPair();
  const client = clientOf(generation);
  const sent: Message[] = [];
  const { send } = here;
  here.send = async (message: never, options?: never) => {
    sent.push(message);
    await send.call(here, message, options);
  };
  await server.connect(there);
  await client.connect(here);
  return { client, sent };
}

/** A message of JSON-RPC. */
export interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: any;
}

/** The entry of the public server that has everything. */
export const everything: string = createRequire(import.meta.url).resolve(
  "@modelcontextprotocol/server-everything/dist/index.js",
);

/** How the server that has everything is reached, and how it is killed. */
export interface Reached {
  readonly client: TestClient;
  /** Ends the process of the server, without a word. */
  kill(): void;
}

export async function overStdio(
  generation: Generation,
  args: readonly string[] = [everything, "stdio"],
): Promise<Reached> {
  const Stdio = generation === "v1" ? V1Stdio : V2Stdio;
  const transport = new Stdio({ command: process.execPath, args: [...args], stderr: "ignore" });
  const client = clientOf(generation);
  await client.connect(transport);
  return {
    client,
    kill: () => {
      process.kill(transport.pid as number, "SIGKILL");
    },
  };
}

export async function overHttp(generation: Generation, url: string): Promise<TestClient> {
  const Http = generation === "v1" ? V1Http : v2.StreamableHTTPClientTransport;
  const client = clientOf(generation);
  await client.connect(new Http(new URL(url)));
  return client;
}

/** Starts the server that has everything on a port of the loopback that is free. */
export async function startEverything(): Promise<{ readonly url: string; kill(): void }> {
  const port = await freePort();
  const child = spawn(process.execPath, [everything, "streamableHttp"], {
    env: { ...process.env, PORT: String(port) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  children.add(child);
  await new Promise<void>((resolve, reject) => {
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes("listening")) resolve();
    });
    child.once("exit", () => reject(new Error(`the server ended: ${said}`)));
  });
  return { url: `http://127.0.0.1:${port}/mcp`, kill: () => void child.kill("SIGKILL") };
}

async function freePort(): Promise<number> {
  const server = createNetServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Where a file of these tests lies. */
export function beside(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

const children = new Set<ChildProcess>();
const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
});
