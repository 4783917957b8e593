/**
 * @module
 * What is needed of an MCP client: the `Client` of `@modelcontextprotocol/client` has it, and that of `@modelcontextprotocol/sdk`.
 */

/** A connected MCP client. */
export interface McpClient {
  listTools(params?: { readonly cursor?: string }, ...rest: never[]): Promise<object>;
  callTool(params: { readonly name: string; readonly arguments?: never }, ...rest: never[]): Promise<object>;
  /** Tells whether the server is still there while a call takes long. */
  ping?(...rest: never[]): Promise<unknown>;
  /** `undefined` when it is there and the client is not connected. */
  readonly transport?: unknown;
}

/** Options of a request, as both generations take them. */
export interface RequestSettings {
  readonly signal?: AbortSignal | undefined;
  /** In ms; the SDKs give up after 60 s otherwise. */
  readonly timeout?: number;
  readonly onprogress?: ((progress: object) => void) | undefined;
}

/** The longest that a timer of Node can be set for: the limits are mull's own. */
export const longestMs: number = 2 ** 31 - 1;

type Method = (this: McpClient, ...args: unknown[]) => Promise<object>;

/** One page of the tools; `undefined`: the first. */
export function listPage(client: McpClient, cursor: string | undefined, settings: RequestSettings): Promise<object> {
  return (client.listTools as Method).call(client, cursor === undefined ? undefined : { cursor }, settings);
}

/**
 * Calls a tool. The second argument of v2 is its options, that of v1 a schema of the result, with the options behind it: so these options can pass for
 * a schema that takes everything, and nobody need know which generation it is.
 */
export function callTool(client: McpClient, name: string, input: unknown, settings: RequestSettings): Promise<object> {
  const both = { ...settings, parse: same, safeParse: (data: unknown) => ({ success: true, data }) };
  return (client.callTool as Method).call(client, { name, arguments: input }, both, both);
}

/** Does the client say that it is not connected? One of v2 would list no tools then. */
export function isClosed(client: McpClient): boolean {
  return "transport" in client && client.transport === undefined;
}

/** Asks for a sign of life, where the client can. */
export function ping(client: McpClient, settings: RequestSettings): Promise<object> | undefined {
  return (client.ping as Method | undefined)?.call(client, settings);
}

function same<T>(value: T): T {
  return value;
}
