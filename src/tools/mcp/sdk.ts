/**
 * @module
 * The SDK that is installed, loaded when it is needed.
 */
import { ToolError } from "../../core/errors.js";
import { fieldsOf } from "../../core/fields.js";
import type { McpClient } from "./client.js";

/** A client that can be connected. */
export interface SdkClient extends McpClient {
  connect(transport: object, options?: { readonly signal?: AbortSignal }): Promise<void>;
  close(): Promise<void>;
}

/** How a server is reached. */
export interface SdkTransport {
  close?(): Promise<void>;
  /** Ends the session at the server, over HTTP. */
  terminateSession?(): Promise<void>;
}

type Maker<Options, Made> = new (first: Options, second?: object) => Made;

/** What of the SDK is used; each part is loaded when it is asked for. */
export interface Sdk {
  readonly Client: Maker<{ readonly name: string; readonly version: string }, SdkClient>;
  http(): Promise<Maker<URL, SdkTransport>>;
  stdio(): Promise<Maker<object, SdkTransport>>;
}

/** Version 2, or, where that is not installed, version 1. Given as functions, so that a bundler sees them. */
export const generations: readonly (() => Promise<Sdk>)[] = [
  async () => {
    const { Client, StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
    return {
      Client: Client as unknown as Sdk["Client"],
      http: async () => StreamableHTTPClientTransport,
      stdio: async () =>
        (await import("@modelcontextprotocol/client/stdio")).StdioClientTransport as unknown as Maker<
          object,
          SdkTransport
        >,
    };
  },
  async () => {
    const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
    return {
      Client: Client as unknown as Sdk["Client"],
      http: async () =>
        (await import("@modelcontextprotocol/sdk/client/streamableHttp.js")).StreamableHTTPClientTransport,
      stdio: async () =>
        (await import("@modelcontextprotocol/sdk/client/stdio.js")).StdioClientTransport as unknown as Maker<
          object,
          SdkTransport
        >,
    };
  },
];

/**
 * Loads the first SDK that is there.
 *
 * @throws {@link ToolError} naming the package to install, where none is; what an SDK throws that is there
 */
export async function loadSdk(ways: readonly (() => Promise<Sdk>)[] = generations): Promise<Sdk> {
  let cause: unknown;
  for (const load of ways) {
    try {
      return await load();
    } catch (error) {
      if (!isMissing(error)) throw error;
      cause ??= error;
    }
  }
  throw new ToolError("connectMcp", "connectMcp needs an MCP client: npm install @modelcontextprotocol/client", {
    cause,
  });
}

function isMissing(error: unknown): boolean {
  const { code, message } = fieldsOf(error) ?? {};
  return code === "ERR_MODULE_NOT_FOUND" && /@modelcontextprotocol[\\/](client|sdk)\b/.test(String(message));
}
