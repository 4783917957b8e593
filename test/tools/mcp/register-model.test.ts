import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Client as V2Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { type McpServer as V1Server } from "@modelcontextprotocol/sdk/server/mcp.js";
import { createMcpHandler, McpServer as V2Server } from "@modelcontextprotocol/server";
import {
  BudgetExceededError,
  Budget,
  CapabilityError,
  CallTimeoutError,
  chainOfThought,
  InvalidOptionError,
  majorityVote,
  MalformedResponseError,
  NoAnswerError,
  number,
  ProviderError,
  run,
  sampleN,
  source,
  stack,
  ToolError,
  toolLoop,
  wrap,
  type Model,
  type MullEvent,
} from "mull";
import { nodeListener } from "mull/serve";
import { scripted, virtualClock } from "mull/testing";
import { problems, tiny } from "mull/tiny";
import { mcpTools, registerModel, type McpToolServer, type RegisterModelOptions } from "mull/tools/mcp";
import { afterEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import { beside, connected, generations, overStdio, serverOf, type TestClient } from "./pairs.js";
import { use } from "./use.js";

const options = { name: "solve", description: "Solves problems." };
const voters = () =>
  stack(
    scripted(["Answer: 24", "Answer: 22", "Answer: 24"]),
    chainOfThought({ answer: number() }),
    sampleN(3),
    majorityVote(),
  );

/** Calls the tool as any client does. */
async function ask(client: TestClient, prompt: unknown = "How many?", more: object = {}): Promise<any> {
  const both = { ...more, parse: (r: unknown) => r, safeParse: (data: unknown) => ({ success: true, data }) };
  return (client.callTool as (...args: unknown[]) => Promise<object>).call(
    client,
    { name: "solve", arguments: { prompt } },
    both,
    both,
  );
}

const pairs = generations.flatMap((client) => generations.map((server) => [client, server] as const));

describe.each(pairs)("a client of %s, a server of %s", (clientIs, serverIs) => {
  const open = async (given: Partial<RegisterModelOptions> = {}) => {
    const server = serverOf(serverIs);
    registerModel(server, { ...options, model: voters(), ...given });
    return connected(server, clientIs, serverIs);
  };

  test("the tool is listed with its schema", async () => {
    const { client } = await open({ title: "The solver" });
    expect(await client.listTools()).toMatchObject({
      tools: [
        {
          name: "solve",
          title: "The solver",
          description: "Solves problems.",
          inputSchema: {
            type: "object",
            properties: { prompt: { type: "string", minLength: 1 } },
            required: ["prompt"],
          },
        },
      ],
    });
  });

  test("the words come as text, and with what the stack knows of them as structured content", async () => {
    const { client } = await open();
    const { content, structuredContent, isError } = await ask(client);
    expect(content).toEqual([{ type: "text", text: "Answer: 24" }]);
    expect(structuredContent).toEqual({
      text: "Answer: 24",
      answer: 24,
      confidence: expect.any(Number),
      stopped: "done",
      usage: expect.objectContaining({ calls: 3, outputTokens: 6 }),
    });
    expect(isError).toBeFalsy();
  });

  test("progress is told after every reply of a model, where it is wanted", async () => {
    const events: MullEvent[] = [];
    const { client, sent } = await open({ onEvent: (event) => events.push(event) });
    const heard: unknown[] = [];
    await ask(client, "How many?", { onprogress: (progress: unknown) => heard.push(progress) });
    expect(heard).toMatchObject([
      { progress: 1, message: "1 reply" },
      { progress: 2, message: "2 replies, 1 sample" },
      { progress: 3, message: "3 replies, 2 samples" },
    ]);
    expect(sent.at(-1)?.params._meta.progressToken).toBeDefined();
    expect(events.filter(({ type }) => type === "sample")).toHaveLength(3);
  });

  test("a call that the client cancels gives the run up", async () => {
    let signal: AbortSignal | undefined;
    const failed = vi.fn();
    const model = source("waits", {}, (_, call) => {
      ({ signal } = call);
      return new Promise(() => undefined);
    });
    const { client } = await open({ model, onError: failed });
    const controller = new AbortController();
    const asked = ask(client, "How many?", { signal: controller.signal }).catch((error: unknown) => error);
    await vi.waitFor(() => expect(signal).toBeDefined());
    controller.abort();
    await asked;
    await vi.waitFor(() => expect(signal?.aborted).toBe(true));
    expect(failed).not.toHaveBeenCalled();
  });

  test("arguments that do not fit never reach the model", async () => {
    const model = scripted(["never"]);
    const { client } = await open({ model });
    for (const prompt of ["", 5, null]) expect(await ask(client, prompt)).toMatchObject({ isError: true });
    expect(model.calls).toBe(0);
  });

  test("a stack uses a stack, as a tool over MCP", async () => {
    const { client } = await open();
    const call = { type: "tool-call" as const, id: "1", name: "solve", input: { prompt: "How many legs?" } };
    const model = scripted([{ text: "", toolCalls: [call] }, "It is 24."]);
    const { text, steps } = await run(stack(model, toolLoop({ tools: await mcpTools(client) })), "?");
    expect(text).toBe("It is 24.");
    expect(steps[0]?.results[0]?.output).toMatchObject({ text: "Answer: 24", answer: 24 });
  });
});

describe("failures", () => {
  const secret = "sk-secret the prompt";
  test.each<[error: unknown, text: string]>([
    [new ProviderError(secret, { status: 500 }), "The model's provider failed."],
    [new ProviderError(secret, { status: 429 }), "The model's provider is busy: try again later."],
    [new BudgetExceededError("tokens", secret), "The budget of this call (tokens) ended before there was an answer."],
    [new BudgetExceededError("ms", secret), "The time for this call was over before there was an answer."],
    [new CallTimeoutError(5, secret), "The model took too long."],
    [new CapabilityError("tools", secret, secret), "The model does not support tools."],
    [
      new InvalidOptionError("run", "the prompt", "short", secret),
      "The model cannot take this request: run: the prompt must be short.",
    ],
    [new MalformedResponseError(secret), "The model gave what is no answer."],
    [new NoAnswerError(secret), "The model found no answer."],
    [new ToolError(secret, secret), "A tool of the model failed."],
    [new TypeError(secret), "Something went wrong on the server."],
    [secret, "Something went wrong on the server."],
  ])("%s", async (error, text) => {
    const heard: unknown[] = [];
    const onError = (given: unknown): never => {
      heard.push(given);
      throw new Error("a listener that throws");
    };
    const model = wrap("fails", scripted(["never"]), () => Promise.reject(error));
    const server = serverOf("v2");
    registerModel(server, { ...options, model, onError });
    const { client } = await connected(server, "v2");
    expect(await ask(client)).toEqual({ content: [{ type: "text", text }], isError: true });
    expect(heard).toEqual([error]);
  });
});

describe("budgets", () => {
  test("limits are those of each call; a Budget is shared by all", async () => {
    for (const [budget, second] of [
      [{ calls: 1 }, { content: [{ text: "b" }] }],
      [new Budget({ calls: 1 }), { isError: true }],
    ] as const) {
      const server = serverOf("v2");
      registerModel(server, { ...options, model: scripted(["a", "b"]), budget });
      const { client } = await connected(server, "v2");
      expect(await ask(client)).toMatchObject({ content: [{ text: "a" }] });
      expect(await ask(client)).toMatchObject(second);
    }
  });

  test("a call has its time, by the clock that is given", async () => {
    const clock = virtualClock();
    const server = serverOf("v2");
    registerModel(server, { ...options, model: scripted(["late"], { latencyMs: 500 }), budget: { ms: 100 }, clock });
    const { client } = await connected(server, "v2");
    const asked = ask(client);
    await vi.waitFor(() => expect(clock.pending).toBeGreaterThan(0));
    await clock.advance(100);
    expect(await asked).toMatchObject({ isError: true, content: [{ text: expect.stringContaining("time") }] });
  });
});

describe("what JSON cannot hold", () => {
  const answered = async (fields: object): Promise<any> => {
    const model: Model = wrap("answers", scripted(["yes"]), async (request, call) =>
      Object.assign(await scripted(["yes"]).generate(request, call), fields),
    );
    const server = serverOf("v1");
    registerModel(server, { ...options, model });
    const { client } = await connected(server, "v1");
    return (await ask(client)).structuredContent;
  };

  test("a large number is its digits; what holds itself is left out", async () => {
    expect(await answered({ answer: 12n ** 20n })).toMatchObject({ text: "yes", answer: String(12n ** 20n) });
    const circle: { self?: object } = {};
    circle.self = circle;
    expect(await answered({ answer: circle })).toEqual({ text: "yes" });
  });

  test("warnings come too, but for those about listeners", async () => {
    const warnings = [
      { code: "listener", message: "a listener threw" },
      { code: "downgrade", message: "no seed" },
    ];
    expect(await answered({ warnings })).toMatchObject({ warnings: [{ code: "downgrade", message: "no seed" }] });
  });
});

describe("over HTTP without sessions, in the protocol of 2026-07-28", () => {
  const servers: Server[] = [];
  const end = (server: Server): void => {
    server.close();
    server.closeAllConnections();
  };
  afterEach(() => servers.splice(0).forEach(end));

  const serve = async (model: Model): Promise<{ readonly url: URL; close(): void }> => {
    const handler = createMcpHandler(() => {
      const server = new V2Server({ name: "solver", version: "1" });
      registerModel(server, { ...options, model });
      return server;
    });
    const http = createServer(nodeListener((request) => handler.fetch(request)));
    servers.push(http);
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const url = new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`);
    return { url, close: () => end(http) };
  };

  test.each(["2026-07-28", "legacy"])("%s: list, call, progress", async (version) => {
    const mode = version === "legacy" ? "legacy" : { pin: version };
    const client = new V2Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
    const { url } = await serve(voters());
    await client.connect(new StreamableHTTPClientTransport(url));
    const steps: number[] = [];
    const tools = await mcpTools(client, { onProgress: ({ progress }) => steps.push(progress) });
    expect(await use(tools, "solve", { prompt: "How many?" })).toMatchObject({ output: { answer: 24 } });
    expect(steps).toEqual([1, 2, 3]);
    await client.close();
  });

  test("a server that dies in the middle of a call, in both protocols", async () => {
    await Promise.all(["2026-07-28", "legacy"].map(dieWhileAsked));
  });

  const dieWhileAsked = async (version: string): Promise<void> => {
    const mode = version === "legacy" ? "legacy" : { pin: version };
    const client = new V2Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
    let begun = (): void => undefined;
    const began = new Promise<void>((resolve) => (begun = resolve));
    const model = source("waits", {}, () => {
      begun();
      return new Promise(() => undefined);
    });
    const { url, close } = await serve(model);
    await client.connect(new StreamableHTTPClientTransport(url));
    const tools = await mcpTools(client);
    const running = use(tools, "solve", { prompt: "?" }, { onToolError: "throw" }).catch((error: unknown) => error);
    await began;
    close();
    expect(ToolError.is(await running)).toBe(true);
    await client.close();
  };
});

describe("as a process, over standard input and output", () => {
  test("a real client lists, calls, hears progress", { timeout: 60_000 }, async () => {
    const [problem] = problems({ seed: 1, count: 1 });
    const solver = stack(await tiny(), chainOfThought({ answer: number() }), sampleN(5), majorityVote());
    const { text, answer, usage } = await run(solver, problem!.question, { seed: 1, budget: { calls: 5 } });
    const { client } = await overStdio("v1", ["--import", "tsx", beside("model-server.ts")]);
    expect(await client.listTools()).toMatchObject({ tools: [{ name: "solve" }] });
    let heard = 0;
    const onprogress = (): unknown => heard++;
    const { content, structuredContent } = await ask(client, problem!.question, { onprogress });
    expect(content).toEqual([{ type: "text", text }]);
    expect(structuredContent).toMatchObject({ text, answer, usage: { calls: usage.calls } });
    expect(heard).toBeGreaterThan(0);
  });
});

describe("refused when it is registered", () => {
  const good = { ...options, model: scripted(["yes"]) };
  test.each<[given: object, message: string]>([
    [{ name: "my solver" }, 'registerModel: name must be 1 to 64 letters, digits, _ or -, got "my solver"'],
    [{ title: 5 }, "registerModel: title must be a text, got 5"],
    [{ description: " " }, "registerModel: description must be a text that is not empty"],
    [{ model: "gpt" }, 'registerModel: model must be a model, got "gpt"'],
    [{ budget: { calls: 0 } }, "calls must be"],
    [{ seed: 1.5 }, "registerModel: seed must be an integer"],
    [{ onEvent: "log" }, 'registerModel: onEvent must be a function, got "log"'],
    [{ onError: "log" }, 'registerModel: onError must be a function, got "log"'],
    [
      { prompt: "?" },
      "registerModel: an option must be one of name, title, description, model, budget, seed, onEvent, onError, clock",
    ],
  ])("%j", (given, message) => {
    const register = (): void => registerModel(serverOf("v2"), { ...good, ...given });
    expect(register).toThrow(InvalidOptionError);
    expect(register).toThrow(message);
  });

  test("what is no server", () => {
    expect(() => registerModel({} as never, good)).toThrow(
      "registerModel: the first argument must be an McpServer, which has registerTool",
    );
  });
});

test("types: servers of both generations are servers", () => {
  expectTypeOf<V1Server>().toExtend<McpToolServer>();
  expectTypeOf<V2Server>().toExtend<McpToolServer>();
});
