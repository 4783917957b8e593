/**
 * @module
 * Connecting to an MCP server, for who needs no more of it than its tools.
 */
import { InvalidOptionError, ToolError } from "../../core/errors.js";
import { fieldsOf } from "../../core/fields.js";
import { checkOptions } from "../../core/options.js";
import type { Tool } from "../../core/tool.js";
import type { McpClient } from "./client.js";
import { reasonOf } from "./failures.js";
import { checked, mcpTools, type McpToolsOptions } from "./mcp-tools.js";
import { loadSdk, type Sdk, type SdkTransport } from "./sdk.js";

/** A program that is started, and spoken to over its standard input and output. */
export interface McpCommand {
  /** The program, found as a shell would; no shell is used. */
  readonly command: string;
  readonly args?: readonly string[] | undefined;
  /** Added to the few variables that it gets anyway, such as `PATH` and `HOME`. It gets no other of this process. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Where it is started. @defaultValue where this process was */
  readonly cwd?: string | undefined;
  /** What becomes of its standard error. @defaultValue `'inherit'`: it is shown */
  readonly stderr?: "inherit" | "ignore" | undefined;
}

/** An address, spoken to over streamable HTTP. */
export interface McpUrl {
  readonly url: string | URL;
  /** Sent with every request: `{ authorization: "Bearer …" }`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A transport of the SDK, or of your own; it is closed with the connection. */
export interface McpTransport {
  readonly transport: object;
}

/** A server, and its tools. */
export interface McpConnection {
  readonly tools: readonly Tool[];
  /** The client of the SDK. */
  readonly client: McpClient;
  /** Ends the connection, the session, and the program that was started. Never throws. */
  close(): Promise<void>;
}

const where = "connectMcp";

/**
 * Connects to an MCP server, with the SDK that is installed: `@modelcontextprotocol/client`, or else `@modelcontextprotocol/sdk`.
 *
 * Shape: a program, an address or a transport in; its tools, and how to end it, out. Other ways of reaching a server, its prompts and its resources, need
 * a client of your own: see {@link mcpTools}.
 * Cost: no calls of a model.
 * Nothing is left behind when it fails. A server that dies later is not started again.
 *
 * @throws `ToolError` where the server cannot be started or reached, or does not list its tools, or no SDK is installed
 * @throws `InvalidOptionError` for an address that is none, or a wrong option of {@link mcpTools}
 * @example
 * const files = await connectMcp({ command: "npx", args: ["-y", "@modelcontextprotocol/server-filesystem", "docs"] });
 * try { await run(stack(model, toolLoop({ tools: files.tools })), "What do the documents say of budgets?"); } finally { await files.close(); }
 */
export async function connectMcp(
  server: McpCommand | McpUrl | McpTransport,
  options: McpToolsOptions = {},
): Promise<McpConnection> {
  checked(options);
  check(server);
  return connectWith(await loadSdk(), server, options);
}

/** The same with a given SDK. */
export async function connectWith(
  sdk: Sdk,
  server: McpCommand | McpUrl | McpTransport,
  options: McpToolsOptions,
): Promise<McpConnection> {
  const client = new sdk.Client({ name: "mull", version: "1" });
  const transport = await transportTo(server, sdk);
  const close = async (): Promise<void> => {
    // Sessions of a server that is gone need no end.
    await transport.terminateSession?.().catch(() => undefined);
    await client.close().catch(() => undefined);
    // Where the client never took it.
    await transport.close?.().catch(() => undefined);
  };
  try {
    const { signal } = options;
    await client.connect(transport, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      if (signal?.aborted) throw signal.reason;
      throw new ToolError(where, `the MCP server cannot be reached: ${reasonOf(error)}`, { cause: error });
    });
    return { tools: await mcpTools(client, options), client, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function transportTo(server: McpCommand | McpUrl | McpTransport, sdk: Sdk): Promise<SdkTransport> {
  if ("transport" in server) return server.transport;
  if ("url" in server) {
    const Http = await sdk.http();
    return new Http(new URL(server.url), { requestInit: { headers: { ...server.headers } } });
  }
  const Stdio = await sdk.stdio();
  const { args = [], env, cwd, ...rest } = server;
  return new Stdio({ ...rest, args: [...args], ...(env && { env: { ...env } }), ...(cwd !== undefined && { cwd }) });
}

function check(server: McpCommand | McpUrl | McpTransport): void {
  const ways = "one of { command }, { url } or { transport }";
  const { command, url, transport } = fieldsOf(server) ?? {};
  if ([command, url, transport].filter((way) => way !== undefined).length !== 1) {
    throw new InvalidOptionError(where, "the server", ways, server);
  }
  if (transport !== undefined) {
    checkOptions(where, server, ["transport"]);
    if (fieldsOf(transport) === undefined)
      throw new InvalidOptionError(where, "transport", "a transport of the SDK", transport);
  } else if (url !== undefined) {
    checkOptions(where, server, ["url", "headers"]);
    const address = typeof url === "string" || url instanceof URL ? String(url) : "";
    const isAddress = URL.canParse(address) && /^https?:$/.test(new URL(address).protocol);
    if (!isAddress) throw new InvalidOptionError(where, "url", "an address that begins with http:// or https://", url);
  } else {
    checkOptions(where, server, ["command", "args", "env", "cwd", "stderr"]);
    if (typeof command !== "string" || command === "") {
      throw new InvalidOptionError(where, "command", "the name of a program", command);
    }
  }
}
