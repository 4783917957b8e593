import {
  CallTimeoutError,
  InvalidOptionError,
  run,
  sampleN,
  stack,
  stream,
  ToolError,
  toolLoop,
  type MullEvent,
  type Tool,
} from "mull";
import { scripted, virtualClock } from "mull/testing";
import { mcpTools, type McpClient, type McpProgress, type McpToolsOptions } from "mull/tools/mcp";
import type { Client as V2Client } from "@modelcontextprotocol/client";
import type { Client as V1Client } from "@modelcontextprotocol/sdk/client/index.js";
import { describe, expect, expectTypeOf, test, vi } from "vitest";
import * as z from "zod";
import { Scope } from "../../../src/core/scope.js";
import { connected, generations, serverOf, type Generation, type TestServer } from "./pairs.js";
import { inside, use } from "./use.js";

/** What a server gets with a request, in both generations. */
interface Context {
  readonly signal: AbortSignal;
  readonly token: unknown;
  report(progress: number, total?: number): Promise<void>;
}

type Handler = (input: any, context: Context) => object | Promise<object>;

function register(server: TestServer, generation: Generation, name: string, config: object, handler: Handler): void {
  const callback = (input: unknown, given: any): unknown => {
    const about = generation === "v1" ? given : given.mcpReq;
    const token = about._meta?.progressToken;
    const notify = generation === "v1" ? given.sendNotification : about.notify;
    const report = (progress: number, total?: number): Promise<void> =>
      notify({ method: "notifications/progress", params: { progressToken: token, progress, total, message: "on it" } });
    return handler(input, { signal: about.signal, token, report });
  };
  server.registerTool(name, config as never, callback as never);
}

const say = (text: string, more: object = {}): object => ({ content: [{ type: "text", text }], ...more });

/** A server with some tools. */
function shop(generation: Generation): { readonly server: TestServer; readonly given: unknown[] } {
  const server = serverOf(generation);
  const given: unknown[] = [];
  const add = (name: string, config: object, handler: Handler): void =>
    register(server, generation, name, config, (input, context) => {
      given.push(input);
      return handler(input, context);
    });
  const inputSchema = { item: z.string().describe("What"), count: z.number().int().default(1) };
  add("price", { description: "What it costs.", inputSchema }, ({ item, count }) =>
    say(`${count} ${item}: ${count * 2}`),
  );
  add("stock.all", { title: "The stock", inputSchema: {} }, () => say("42"));
  add("refuse", { inputSchema: {} }, () => say("we are closed", { isError: true }));
  add("throw", { inputSchema: {} }, () => {
    throw new Error("no such shelf");
  });
  add("buy", { inputSchema: {}, annotations: { readOnlyHint: false, destructiveHint: false } }, () => say("bought"));
  add("burn", { inputSchema: {}, annotations: { destructiveHint: true } }, () => say("burnt"));
  add("look", { inputSchema: {}, annotations: { readOnlyHint: true } }, () => say("seen"));
  return { server, given };
}

const pairs = generations.flatMap((client) => generations.map((server) => [client, server] as const));

describe.each(pairs)("a client of %s with a server of %s", (clientIs, serverIs) => {
  const open = async (options?: McpToolsOptions) => {
    const { server, given } = shop(serverIs);
    const { client, sent } = await connected(server, clientIs, serverIs);
    return { server, given, client, sent, tools: await mcpTools(client, options) };
  };

  test("lists its tools, with their schemas as they are", async () => {
    const { tools } = await open();
    expect(tools.map(({ name, description }) => [name, description])).toEqual([
      ["price", "What it costs."],
      ["stock_all", "The stock"],
      ["refuse", "refuse"],
      ["throw", "throw"],
      ["buy", "buy"],
      ["burn", "burn"],
      ["look", "look"],
    ]);
    expect(tools[0]?.inputSchema).toMatchObject({
      type: "object",
      properties: { item: { type: "string", description: "What" }, count: { type: "integer", default: 1 } },
      required: ["item"],
    });
    expect(tools[1]?.inputSchema).toMatchObject({ type: "object", properties: {} });
    for (const { inputSchema } of tools) expect(inputSchema).not.toHaveProperty("$schema");
  });

  test.each<[what: string, name: string, input: unknown, told: object]>([
    ["arguments that fit", "price", { item: "pen", count: 3 }, { output: "3 pen: 6" }],
    ["defaults, which the server fills in", "price", { item: "pen" }, { output: "1 pen: 2" }],
    ["a name that was changed", "stock_all", {}, { output: "42" }],
    ["no arguments at all", "stock_all", undefined, { output: "42" }],
    [
      "arguments that are no object",
      "price",
      "pen",
      { isError: true, output: "The arguments of price do not fit: expected an object" },
    ],
    [
      "arguments that the server refuses",
      "price",
      { item: 5 },
      { isError: true, output: expect.stringContaining("item") },
    ],
    ["a result that is an error", "refuse", {}, { isError: true, output: "we are closed" }],
    ["a tool that throws", "throw", {}, { isError: true, output: "no such shelf" }],
  ])("%s", async (_, name, input, told) => {
    const { tools } = await open();
    for (const onToolError of ["report", "throw"] as const) {
      // What the server says is told to the model, also where tools that throw end the loop.
      expect(await use(tools, name, input, { onToolError })).toEqual({ type: "tool-result", id: "1", name, ...told });
    }
  });

  test("a JSON-RPC error is told to the model, too", async () => {
    const { server, tools } = await open();
    const refuse = async (): Promise<never> => {
      throw Object.assign(new Error("not on Sundays"), { code: -32_602 });
    };
    if (serverIs === "v2") server.server.setRequestHandler("tools/call" as never, refuse as never);
    else {
      const { CallToolRequestSchema } = await import("@modelcontextprotocol/sdk/types.js");
      server.server.setRequestHandler(CallToolRequestSchema as never, refuse as never);
    }
    expect(await use(tools, "price", { item: "pen" }, { onToolError: "throw" })).toMatchObject({
      isError: true,
      output: expect.stringContaining("not on Sundays"),
    });
  });

  test("a run that is given up cancels the call at the server, once, and tells it nothing of the reason", async () => {
    const { server, client, sent } = await open();
    let aborted = false;
    let begun = (): void => undefined;
    const began = new Promise<void>((resolve) => (begun = resolve));
    register(server, serverIs, "wait", { inputSchema: {} }, async (_, { signal }) => {
      begun();
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      aborted = true;
      return say("late");
    });
    const tools = await mcpTools(client);
    const controller = new AbortController();
    const reason = new Error("the secret of the caller");
    const running = use(tools, "wait", {}, { signal: controller.signal });
    await began;
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    await vi.waitFor(() => expect(aborted).toBe(true));
    const cancelled = sent.filter(({ method }) => method === "notifications/cancelled");
    expect(cancelled).toHaveLength(1);
    expect(JSON.stringify(cancelled)).not.toContain("secret");
    expect(await use(tools, "look")).toMatchObject({ output: "seen" });
  });

  test("what ends well is not cancelled when the run is given up later", async () => {
    const { tools, sent } = await open();
    const controller = new AbortController();
    await inside(
      async (call) => {
        const scope = new Scope(call.scope);
        await tools[6]!.execute({}, { ...call, scope, clock: call.clock, path: call.path });
        // Nothing is left of it that could be given up.
        scope.close();
        expect(scope.aborted).toBe(false);
        controller.abort(new Error("enough"));
      },
      { signal: controller.signal },
    ).catch((error: unknown) => expect(error).toEqual(new Error("enough")));
    expect(sent.filter(({ method }) => method === "notifications/cancelled")).toEqual([]);
  });

  test("a call that takes too long is cancelled, and the model is told; progress may give it more time", async () => {
    const { server, client, sent } = await open();
    const clock = virtualClock();
    register(server, serverIs, "slow", { inputSchema: {} }, async (_, { signal, token, report }) => {
      for (let step = 1; step <= 3 && !signal.aborted; step++) {
        await new Promise<void>((resolve) => void clock.setTimeout(resolve, 800));
        if (token !== undefined) await report(step, 3);
      }
      return say("at last");
    });
    const patient = await mcpTools(client, { timeoutMs: 1_000, resetTimeoutOnProgress: true });
    expect(await clock.until(use(patient, "slow", {}, { clock }))).toMatchObject({ output: "at last" });
    const hasty = await mcpTools(client, { timeoutMs: 1_000 });
    const told = await clock.until(use(hasty, "slow", {}, { clock }));
    expect(told).toMatchObject({ isError: true, output: "slow took longer than 1000 ms" });
    const error = await clock.until(use(hasty, "slow", {}, { clock, onToolError: "throw" }).catch((e: unknown) => e));
    expect(ToolError.is(error) && CallTimeoutError.is(error.cause)).toBe(true);
    expect(sent.filter(({ method }) => method === "notifications/cancelled")).toHaveLength(2);
    await clock.runAll();
    expect(clock.pending).toBe(0);
  });

  test("progress is asked for where somebody hears it, and not else", async () => {
    const { server, client } = await open();
    const tokens: unknown[] = [];
    register(server, serverIs, "steps", { inputSchema: {} }, async (_, { token, report }) => {
      tokens.push(token);
      if (token !== undefined) for (const step of [1, 2]) await report(step, 2);
      return say("done");
    });
    const heard: [McpProgress, readonly string[]][] = [];
    const onProgress: McpToolsOptions["onProgress"] = (progress, { path }) => {
      heard.push([progress, path]);
      throw new Error("a listener that throws");
    };
    expect(await use(await mcpTools(client, { onProgress, prefix: "x_" }), "x_steps")).toMatchObject({
      output: "done",
    });
    expect(heard).toEqual([
      [{ tool: "x_steps", progress: 1, total: 2, message: "on it" }, ["test", "x_steps"]],
      [{ tool: "x_steps", progress: 2, total: 2, message: "on it" }, ["test", "x_steps"]],
    ]);
    await use(await mcpTools(client), "steps");
    expect(tokens).toEqual([expect.anything(), undefined]);
  });

  test.each(["client", "server"] as const)(
    "a connection that the %s closes ends calls in flight and later ones",
    async (who) => {
      const { server, client } = await open();
      let begun = (): void => undefined;
      const began = new Promise<void>((resolve) => (begun = resolve));
      register(server, serverIs, "wait", { inputSchema: {} }, () => {
        begun();
        return new Promise<never>(() => undefined);
      });
      const tools = await mcpTools(client);
      const inFlight = use(tools, "wait", {}, { onToolError: "throw" }).catch((error: unknown) => error);
      await began;
      await (who === "client" ? client : server).close();
      for (const error of [
        await inFlight,
        await use(tools, "look", {}, { onToolError: "throw" }).catch((e: unknown) => e),
      ]) {
        expect(ToolError.is(error)).toBe(true);
        expect((error as ToolError).message).toMatch(/the MCP server of (wait|look) is gone: /);
        expect(ToolError.is((error as ToolError).cause)).toBe(true);
      }
      expect(await use(tools, "look")).toMatchObject({ isError: true, output: expect.stringContaining("is gone") });
    },
  );

  test("in a tool loop, to the answer", async () => {
    const { tools, given } = await open({ include: ["price", "throw"] });
    const call = (name: string, input: unknown) => ({ id: name, name, type: "tool-call" as const, input });
    const model = scripted([
      { text: "", toolCalls: [call("price", { item: "pen", count: 4 }), call("throw", {})] },
      "Answer: 8",
    ]);
    const { text, steps } = await run(stack(model, toolLoop({ tools })), "What do four pens cost?");
    expect(text).toBe("Answer: 8");
    expect(given).toEqual([{ item: "pen", count: 4 }, {}]);
    expect(steps[0]?.results).toMatchObject([{ output: "4 pen: 8" }, { output: "no such shelf", isError: true }]);
    expect(model.requests[0]?.tools?.map(({ name }) => name)).toEqual(["price", "throw"]);
  });
});

describe("effects", () => {
  test.each<[effects: McpToolsOptions["effects"], names: readonly string[]]>([
    [undefined, ["buy", "burn"]],
    ["annotated", ["buy", "burn"]],
    ["unless-read-only", ["price", "stock_all", "refuse", "throw", "buy", "burn"]],
    ["none", []],
  ])("%s", async (effects, names) => {
    const { client } = await connected(shop("v2").server, "v2");
    const tools = await mcpTools(client, { effects });
    expect(tools.filter(({ effect }) => effect).map(({ name }) => name)).toEqual(names);
  });

  test("what the server says destroys is done once, however many samples want it", async () => {
    const { server, given } = shop("v2");
    const { client } = await connected(server, "v2");
    const tools = await mcpTools(client, { include: ["burn"] });
    const burn = { text: "", toolCalls: [{ type: "tool-call" as const, id: "1", name: "burn", input: {} }] };
    const model = scripted(({ messages }) => (messages.at(-1)?.role === "tool" ? "done" : burn));
    const { samples } = await run(stack(model, toolLoop({ tools }), sampleN(3)), "Burn it.");
    expect(samples.map(({ text }) => text)).toEqual(["done", "done", "done"]);
    expect(given).toHaveLength(1);
  });
});

describe("several servers", () => {
  test("names that clash get the name of the server before them; the others keep theirs", async () => {
    const left = serverOf("v1");
    register(left, "v1", "search", { inputSchema: {} }, () => say("left"));
    register(left, "v1", "read", { inputSchema: {} }, () => say("read"));
    const right = serverOf("v2");
    register(right, "v2", "search", { inputSchema: {} }, () => say("right"));
    const { client: a } = await connected(left, "v1");
    const { client: b } = await connected(right, "v2");
    const tools = await mcpTools({ "my files": a, web: b });
    expect(tools.map(({ name }) => name)).toEqual(["my_files_search", "read", "web_search"]);
    expect(await use(tools, "my_files_search")).toMatchObject({ output: "left" });
    expect(await use(tools, "web_search")).toMatchObject({ output: "right" });
    const without = await mcpTools({ "my files": a, web: b }, { exclude: ["read"], prefix: "mcp-" });
    expect(without.map(({ name }) => name)).toEqual(["mcp-my_files_search", "mcp-web_search"]);
  });

  test("one that is gone is named", async () => {
    for (const generation of generations) {
      const { client } = await connected(shop(generation).server, generation);
      await client.close();
      const error = await mcpTools({ shop: client }).catch((e: unknown) => e);
      expect(ToolError.is(error)).toBe(true);
      expect((error as ToolError).message).toBe("the MCP server shop does not list its tools: not connected");
    }
  });
});

describe("lists", () => {
  const paged = (pages: Record<string, { tools: object[]; nextCursor?: string }>) => {
    const asked: (string | undefined)[] = [];
    const client: McpClient = {
      listTools: async (params) => {
        asked.push(params?.cursor);
        return pages[params?.cursor ?? "first"]!;
      },
      callTool: async () => say("done"),
    };
    return { client, asked };
  };

  test("page by page; a tool without a name and one of the same name are left out", async () => {
    const { client, asked } = paged({
      first: { tools: [{ name: "a", description: "first" }, { name: "" }, {}], nextCursor: "2" },
      2: { tools: [{ name: "b", inputSchema: { $schema: "x", type: "object", required: ["q"] } }], nextCursor: "3" },
      3: { tools: [{ name: "a", description: "again" }, { name: "c" }] },
    });
    const tools = await mcpTools(client);
    expect(asked).toEqual([undefined, "2", "3"]);
    expect(tools.map(({ name, description }) => [name, description])).toEqual([
      ["a", "first"],
      ["b", "b"],
      ["c", "c"],
    ]);
    expect(tools[1]?.inputSchema).toEqual({ type: "object", properties: {}, required: ["q"] });
  });

  test("one without an end is refused", async () => {
    const { client } = paged({ first: { tools: [], nextCursor: "2" }, 2: { tools: [], nextCursor: "2" } });
    await expect(mcpTools(client)).rejects.toThrow("the MCP server does not list its tools: its list has no end");
  });

  test("of a server without tools it is empty", async () => {
    // The client of v2 says so itself.
    vi.spyOn(console, "debug").mockReturnValue();
    for (const generation of generations) {
      const { client } = await connected(serverOf(generation), generation);
      expect(await mcpTools(client)).toEqual([]);
    }
  });

  test("the listing can be given up", async () => {
    const controller = new AbortController();
    const client: McpClient = {
      listTools: () =>
        new Promise((_, reject) => controller.signal.addEventListener("abort", () => reject(new Error("aborted")))),
      callTool: async () => ({}),
    };
    const listing = mcpTools(client, { signal: controller.signal });
    controller.abort("enough");
    await expect(listing).rejects.toBe("enough");
  });
});

describe("a server that says nothing more", () => {
  /** A client whose call never ends, as over HTTP when the server dies. */
  const hanging = (ping: () => Promise<unknown>) => {
    let signal: AbortSignal | undefined;
    let timeout = 0;
    const client: McpClient = {
      listTools: async () => ({ tools: [{ name: "wait" }] }),
      callTool: async (...args: readonly unknown[]) => {
        ({ signal, timeout } = args[1] as { readonly signal: AbortSignal; readonly timeout: number });
        return new Promise<never>(() => undefined);
      },
      ping,
    };
    return { client, aborted: () => signal?.aborted, timeout: () => timeout };
  };

  test("is asked whether it is still there, and found to be gone", async () => {
    const clock = virtualClock();
    let pings = 0;
    const { client, aborted, timeout } = hanging(async () => {
      if (++pings === 3) throw Object.assign(new TypeError("fetch failed"), { cause: { code: "ECONNREFUSED" } });
    });
    const tools = await mcpTools(client);
    const error = await clock.until(use(tools, "wait", {}, { clock, onToolError: "throw" }).catch((e: unknown) => e));
    expect((error as Error).message).toBe(
      "the tool wait failed: the MCP server of wait is gone: fetch failed (ECONNREFUSED)",
    );
    expect(pings).toBe(3);
    expect(clock.now()).toBe(9_000);
    expect(clock.pending).toBe(0);
    expect(aborted()).toBe(true);
    expect(timeout()).toBeGreaterThan(24 * 3_600_000);
  });

  test.each<[what: string, error: object]>([
    ["knows no ping", Object.assign(new Error("Method not found"), { code: -32_601 })],
    ["is busy (v1)", Object.assign(new Error("Request timed out"), { code: -32_001 })],
    ["is busy (v2)", Object.assign(new Error("Request timed out"), { code: "REQUEST_TIMEOUT" })],
    [
      "speaks a version without ping",
      Object.assign(new Error("no"), { code: "METHOD_NOT_SUPPORTED_BY_PROTOCOL_VERSION" }),
    ],
  ])("is waited for when it %s", async (_, error) => {
    const clock = virtualClock();
    const ping = vi.fn(() => Promise.reject(error));
    const { client } = hanging(ping);
    const tools = await mcpTools(client);
    const running = use(tools, "wait", {}, { clock, budget: { ms: 20_000 } });
    await expect(clock.until(running)).rejects.toMatchObject({ code: "budget-exceeded" });
    expect(ping.mock.calls.length).toBe(6);
    expect(clock.pending).toBe(0);
  });
});

test("words of a call come in the events of the run", async () => {
  const { client } = await connected(shop("v2").server, "v2");
  const tools = await mcpTools(client, { include: ["look"] });
  const look = { text: "", toolCalls: [{ type: "tool-call" as const, id: "1", name: "look", input: {} }] };
  const events: MullEvent[] = [];
  for await (const event of stream(stack(scripted([look, "seen"]), toolLoop({ tools })), "?")) events.push(event);
  expect(events.filter(({ type }) => type === "tool")).toMatchObject([
    { name: "look", output: "seen", isError: false },
  ]);
});

describe("options", () => {
  const client: McpClient = {
    listTools: async () => ({ tools: [{ name: "a" }, { name: "b" }] }),
    callTool: async () => say("done"),
  };

  test.each<[options: object, message: string]>([
    [{ include: ["c"] }, 'mcpTools: include must be names of the tools of its servers (a, b), got "c"'],
    [{ exclude: ["c"] }, 'mcpTools: exclude must be names of the tools of its servers (a, b), got "c"'],
    [{ include: "a" }, 'mcpTools: include must be a list of names, got "a"'],
    [{ exclude: [1] }, "mcpTools: exclude must be a list of names, got an array"],
    [{ prefix: "my tools" }, 'mcpTools: prefix must be at most 32 letters, digits, _ or -, got "my tools"'],
    [{ prefix: "x".repeat(33) }, "mcpTools: prefix must be at most 32"],
    [{ effects: "all" }, `mcpTools: effects must be 'annotated', 'unless-read-only' or 'none', got "all"`],
    [{ timeoutMs: 0 }, "mcpTools: timeoutMs must be a number of at least 1, got 0"],
    [{ resetTimeoutOnProgress: 1 }, "mcpTools: resetTimeoutOnProgress must be true or false, got 1"],
    [{ onProgress: "log" }, 'mcpTools: onProgress must be a function, got "log"'],
    [{ timeout: 5 }, "mcpTools: an option must be one of include, exclude, prefix, effects, timeoutMs"],
  ])("%j", async (options, message) => {
    const error = await mcpTools(client, options).catch((e: unknown) => e);
    expect(InvalidOptionError.is(error)).toBe(true);
    expect((error as Error).message).toContain(message);
  });

  test.each<[clients: object, message: string]>([
    [{}, "mcpTools: the first argument must be an MCP client, or an object of some, got an object"],
    [{ web: {} }, "mcpTools: web must be an MCP client (listTools, callTool), got an object"],
  ])("no clients: %j", async (clients, message) => {
    await expect(mcpTools(clients as never)).rejects.toThrow(message);
  });

  test("include and exclude", async () => {
    const names = async (options: McpToolsOptions) => (await mcpTools(client, options)).map(({ name }) => name);
    expect(await names({ include: ["b"] })).toEqual(["b"]);
    expect(await names({ exclude: ["b"] })).toEqual(["a"]);
    expect(await names({ include: ["a", "b"], exclude: ["a"], prefix: "x-" })).toEqual(["x-b"]);
  });
});

test("types: clients of both generations are clients", () => {
  expectTypeOf<V1Client>().toExtend<McpClient>();
  expectTypeOf<V2Client>().toExtend<McpClient>();
  expectTypeOf(mcpTools).returns.resolves.toEqualTypeOf<Tool[]>();
  expectTypeOf<{ a: V1Client; b: V2Client }>().toExtend<Parameters<typeof mcpTools>[0]>();
});
