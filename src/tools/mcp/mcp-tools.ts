/**
 * @module
 * The tools of MCP servers, as tools.
 */
import type { Call } from "../../core/call.js";
import { InvalidOptionError, ToolError } from "../../core/errors.js";
import { fieldsOf, listOf, wordsOf, type Fields } from "../../core/fields.js";
import type { JsonSchema, JsonValue } from "../../core/message.js";
import { checkNumber, checkOptions } from "../../core/options.js";
import type { StandardResult } from "../../core/standard-schema.js";
import type { Tool } from "../../core/tool.js";
import { isClosed, listPage, type McpClient } from "./client.js";
import { isUnknownMethod, reasonOf } from "./failures.js";
import { toolNames } from "./names.js";
import { request, type McpProgress, type RequestRules } from "./request.js";

/** Options of {@link mcpTools}. */
export interface McpToolsOptions {
  /** Only these, by the names that their servers give them. @defaultValue all */
  readonly include?: readonly string[] | undefined;
  /** Not these. @defaultValue none */
  readonly exclude?: readonly string[] | undefined;
  /** Stands before every name. @defaultValue none */
  readonly prefix?: string | undefined;
  /**
   * Which tools have an `effect`, so that a run makes the same call of them once. `'annotated'`: those that their server says change something
   * (`readOnlyHint: false` or `destructiveHint: true`); `'unless-read-only'`: all but those with `readOnlyHint: true`; `'none'`. @defaultValue `'annotated'`
   */
  readonly effects?: "annotated" | "unless-read-only" | "none" | undefined;
  /** The longest that a call may take, in ms on the run's clock: at least 1. @defaultValue no limit but those of the run and its loop */
  readonly timeoutMs?: number | undefined;
  /** Does the time begin anew whenever the server reports progress? @defaultValue `false` */
  readonly resetTimeoutOnProgress?: boolean | undefined;
  /** Hears how far a call is; servers are asked to report it only then. What it throws is dropped. */
  readonly onProgress?: ((progress: McpProgress, call: Call) => void) | undefined;
  /** Gives the listing up. */
  readonly signal?: AbortSignal | undefined;
}

const where = "mcpTools";

const known: Readonly<Record<keyof McpToolsOptions, true>> = {
  include: true,
  exclude: true,
  prefix: true,
  effects: true,
  timeoutMs: true,
  resetTimeoutOnProgress: true,
  onProgress: true,
  signal: true,
};

/**
 * Makes tools of those of an MCP server, or of several.
 *
 * Shape: a connected client in, of either generation of the SDK, or an object of clients by the names of their servers; a list for `toolLoop` out. Names
 * that two servers share get the server's before them, and characters that providers refuse become `_`.
 * Cost: one request a page of the list, now; one request a call, later.
 * The schema goes to the model as it is. The server checks the arguments, and what it says of them, or of anything else that went wrong, is told to the
 * model. Of a result nothing is lost; see `ToolOutput`. A call that is given up is cancelled at the server. Nothing is done when the server's list changes.
 *
 * @throws `ToolError` where a server cannot be asked for its tools; from a call, at once, when its server is gone
 * @throws `CallTimeoutError` from a call that takes longer than `timeoutMs`
 * @throws `InvalidOptionError` for a wrong option, or a name in `include` or `exclude` that no server knows
 * @see The Model Context Protocol, 2025-11-25, server/tools. Deviation: annotations are believed, though they are hints; see `effects`.
 * @example
 * const solver = stack(model, toolLoop({ tools: await mcpTools({ files, web }, { exclude: ["delete_file"] }) }));
 */
export async function mcpTools(
  clients: McpClient | Readonly<Record<string, McpClient>>,
  options: McpToolsOptions = {},
): Promise<Tool[]> {
  const { include, exclude = [], prefix = "", effects = "annotated", signal } = checked(options);
  const { timeoutMs = Infinity, resetTimeoutOnProgress = false, onProgress } = options;
  const rules: RequestRules = { timeoutMs, resetTimeoutOnProgress, onProgress };
  const lists = await Promise.all(
    serversOf(clients).map(async ([server, client]) => {
      const tools = await listOfTools(server, client, signal);
      return tools.map((tool) => ({ server, client, tool, name: tool.name as string }));
    }),
  );
  const found = lists.flat();
  for (const [option, names] of Object.entries({ include, exclude })) {
    const unknown = names?.find((name) => !found.some((one) => one.name === name));
    if (unknown === undefined) continue;
    const all = found.map(({ name }) => name).join(", ");
    throw new InvalidOptionError(where, option, `names of the tools of its servers (${all})`, unknown);
  }
  const wanted = found.filter(({ name }) => (include?.includes(name) ?? true) && !exclude.includes(name));
  const names = toolNames(wanted, prefix);
  return wanted.map(({ client, tool, name }, index): Tool => {
    const own = names[index] as string;
    const effect = hasEffect(fieldsOf(tool.annotations) ?? {}, effects);
    return {
      name: own,
      description: wordsOf(tool.description) ?? wordsOf(tool.title) ?? name,
      inputSchema: schemaOf(tool.inputSchema),
      parse,
      execute: (input, call) => request({ client, name, tool: own }, input, rules, call),
      ...(effect && { effect }),
    };
  });
}

/** Every tool of a server, page by page. One without a name, or with that of another, is left out. */
async function listOfTools(
  server: string,
  client: McpClient,
  signal: AbortSignal | undefined,
): Promise<readonly Fields[]> {
  const tools = new Map<string, Fields>();
  const seen = new Set<string>();
  let cursor: string | undefined;
  try {
    if (isClosed(client)) throw new Error("not connected");
    do {
      const page = fieldsOf(await listPage(client, cursor, signal === undefined ? {} : { signal })) ?? {};
      for (const tool of listOf(page.tools)) {
        const name = wordsOf(tool.name);
        if (name !== undefined && !tools.has(name)) tools.set(name, tool);
      }
      cursor = wordsOf(page.nextCursor);
      if (cursor !== undefined && seen.has(cursor)) throw new Error("its list has no end");
      if (cursor !== undefined) seen.add(cursor);
    } while (cursor !== undefined);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    // A server without tools.
    if (isUnknownMethod(error)) return [];
    const who = server === "" ? "the MCP server" : `the MCP server ${server}`;
    throw new ToolError(server, `${who} does not list its tools: ${reasonOf(error)}`, { cause: error });
  }
  return [...tools.values()];
}

/** OpenAI refuses an object without `properties`; nobody needs the address of the draft. */
function schemaOf(schema: unknown): JsonSchema {
  const { $schema: _, ...rest } = fieldsOf(schema) ?? {};
  return { ...(rest as Record<string, JsonValue>), type: "object", properties: (rest.properties ?? {}) as JsonValue };
}

/** The server checks what is in it: its validator knows its schema best. */
function parse(input: unknown): StandardResult<unknown> {
  if (input === undefined || input === null || input === "") return { value: {} };
  return fieldsOf(input) === undefined ? { issues: [{ message: "expected an object" }] } : { value: input };
}

function hasEffect({ readOnlyHint, destructiveHint }: Fields, effects: McpToolsOptions["effects"]): boolean {
  if (effects === "none" || readOnlyHint === true) return false;
  return effects === "unless-read-only" || readOnlyHint === false || destructiveHint === true;
}

function serversOf(
  clients: McpClient | Readonly<Record<string, McpClient>>,
): readonly (readonly [string, McpClient])[] {
  if (isClient(clients)) return [["", clients]];
  const servers = Object.entries((fieldsOf(clients) ?? {}) as Readonly<Record<string, McpClient>>);
  if (servers.length === 0)
    throw new InvalidOptionError(where, "the first argument", "an MCP client, or an object of some", clients);
  for (const [name, client] of servers) {
    if (!isClient(client)) throw new InvalidOptionError(where, name, "an MCP client (listTools, callTool)", client);
  }
  return servers;
}

function isClient(value: unknown): value is McpClient {
  const { listTools, callTool } = fieldsOf(value) ?? {};
  return typeof listTools === "function" && typeof callTool === "function";
}

/**
 * The options, when they are right.
 *
 * @throws {@link InvalidOptionError} for the first that is wrong
 */
export function checked(options: McpToolsOptions): McpToolsOptions {
  checkOptions(where, options, Object.keys(known));
  const { include, exclude, prefix, effects, timeoutMs, resetTimeoutOnProgress, onProgress } = options;
  for (const [option, value] of Object.entries({ include, exclude })) {
    const isList: boolean =
      value === undefined || (Array.isArray(value) && value.every((name) => typeof name === "string"));
    if (!isList) throw new InvalidOptionError(where, option, "a list of names", value);
  }
  if (prefix !== undefined && (typeof prefix !== "string" || !/^[a-zA-Z0-9_-]{0,32}$/.test(prefix))) {
    throw new InvalidOptionError(where, "prefix", "at most 32 letters, digits, _ or -", prefix);
  }
  if (effects !== undefined && !["annotated", "unless-read-only", "none"].includes(effects)) {
    throw new InvalidOptionError(where, "effects", "'annotated', 'unless-read-only' or 'none'", effects);
  }
  if (timeoutMs !== undefined) checkNumber(where, "timeoutMs", timeoutMs, 1);
  if (resetTimeoutOnProgress !== undefined && typeof resetTimeoutOnProgress !== "boolean") {
    throw new InvalidOptionError(where, "resetTimeoutOnProgress", "true or false", resetTimeoutOnProgress);
  }
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw new InvalidOptionError(where, "onProgress", "a function", onProgress);
  }
  return options;
}
