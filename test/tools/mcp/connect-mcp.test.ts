import { InMemoryTransport, McpServer } from "@modelcontextprotocol/server";
import { InvalidOptionError, ToolError } from "mull";
import { connectMcp, type McpConnection } from "mull/tools/mcp";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import { connectWith } from "../../../src/tools/mcp/connect-mcp.js";
import { generations, loadSdk, type Sdk } from "../../../src/tools/mcp/sdk.js";
import { everything, startEverything } from "./pairs.js";
import { use } from "./use.js";

const stdio = { command: process.execPath, args: [everything, "stdio"], stderr: "ignore" } as const;
let http: Awaited<ReturnType<typeof startEverything>>;

beforeAll(async () => {
  http = await startEverything();
});
afterAll(() => http?.kill());

/** Is a process still there? */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe.each(generations.map((load, index) => [`v${2 - index}`, load] as const))("with the SDK %s", (_, load) => {
  test(
    "a program: it is started, knows nothing secret of this process, and is ended",
    { timeout: 60_000 },
    async () => {
      process.env.MULL_TEST_SECRET = "sk-secret";
      const server = { ...stdio, env: { GIVEN: "to you" }, cwd: process.cwd() };
      const { tools, client, close } = await connectWith(await load(), server, { include: ["echo", "get-env"] });
      delete process.env.MULL_TEST_SECRET;
      const { pid } = (client as unknown as { readonly transport: { readonly pid: number } }).transport;
      expect(tools.map(({ name }) => name)).toEqual(["echo", "get-env"]);
      expect(await use(tools, "echo", { message: "hi" })).toMatchObject({ output: "Echo: hi" });
      const { output } = await use(tools, "get-env");
      expect(output).toContain("to you");
      expect(output).not.toContain("sk-secret");
      expect(lives(pid)).toBe(true);
      await close();
      expect(lives(pid)).toBe(false);
      await close();
      expect(await use(tools, "echo", { message: "hi" })).toMatchObject({ isError: true });
    },
  );

  test("an address", async () => {
    const server = { url: http.url, headers: { authorization: "Bearer mine" } };
    const { tools, close } = await connectWith(await load(), server, { include: ["get-sum"] });
    expect(await use(tools, "get-sum", { a: 1, b: 2 })).toMatchObject({ output: "The sum of 1 and 2 is 3." });
    await close();
    expect(await use(tools, "get-sum", { a: 1, b: 2 })).toMatchObject({ isError: true });
  });

  test.each<[what: string, server: Parameters<typeof connectMcp>[0]]>([
    ["a program that does not exist", { command: "there-is-no-such-program" }],
    ["a program that ends", { command: process.execPath, args: ["-e", "0"], stderr: "ignore" }],
    ["an address where nobody is", { url: "http://127.0.0.1:9/mcp" }],
  ])("%s", async (_, server) => {
    const error = await connectWith(await load(), server, {}).catch((e: unknown) => e);
    expect(ToolError.is(error)).toBe(true);
    expect((error as Error).message).toMatch(/^the MCP server cannot be reached: ./);
  });

  test("a wrong name leaves nothing behind", async () => {
    const { Client, ...rest } = await load();
    let closed = false;
    class Watched extends Client {
      override async close(): Promise<void> {
        await super.close();
        closed = true;
      }
    }
    await expect(
      connectWith({ Client: Watched, ...rest }, { url: http.url }, { include: ["nothing"] }),
    ).rejects.toThrow(InvalidOptionError);
    expect(closed).toBe(true);
  });

  test("connecting can be given up", async () => {
    const silent = {
      command: process.execPath,
      args: ["-e", "setInterval(() => {}, 1000)"],
      stderr: "ignore",
    } as const;
    const controller = new AbortController();
    const connecting = connectWith(await load(), silent, { signal: controller.signal });
    setImmediate(() => controller.abort("enough"));
    await expect(connecting).rejects.toBe("enough");
  });
});

test("a transport of one's own", async () => {
  const [here, there] = InMemoryTransport.createLinkedPair();
  const server = new McpServer({ name: "own", version: "1" });
  server.registerTool("ping", {}, () => ({ content: [{ type: "text", text: "pong" }] }));
  await server.connect(there);
  const { tools, close } = await connectMcp({ transport: here });
  expect(await use(tools, "ping")).toMatchObject({ output: "pong" });
  await close();
});

describe("the SDK", () => {
  const missing = (name: string) => () =>
    Promise.reject(
      Object.assign(new Error(`Cannot find package '${name}' imported from x`), { code: "ERR_MODULE_NOT_FOUND" }),
    );
  const there = {} as Sdk;

  test("is the second where the first is not installed", async () => {
    expect(await loadSdk([missing("@modelcontextprotocol/client"), async () => there])).toBe(there);
  });

  test("is to be installed where none is", async () => {
    const error = await loadSdk([missing("@modelcontextprotocol/client"), missing("@modelcontextprotocol/sdk")]).catch(
      (e: unknown) => e,
    );
    expect(ToolError.is(error)).toBe(true);
    expect((error as Error).message).toBe("connectMcp needs an MCP client: npm install @modelcontextprotocol/client");
  });

  test.each([
    ["lacks something itself", missing("cross-spawn")],
    ["is broken", () => Promise.reject(new SyntaxError("broken"))],
  ])("that %s says so", async (_, load) => {
    await expect(loadSdk([load, async () => there])).rejects.not.toThrow("npm install");
  });
});

describe("refused", () => {
  test.each<[server: unknown, message: string]>([
    [undefined, "connectMcp: the server must be one of { command }, { url } or { transport }, got undefined"],
    [{}, "connectMcp: the server must be one of"],
    [{ command: "a", url: "http://a" }, "connectMcp: the server must be one of"],
    [{ command: "" }, "connectMcp: command must be the name of a program, got an empty string"],
    [
      { command: "a", headers: {} },
      'connectMcp: an option must be one of command, args, env, cwd, stderr, got "headers"',
    ],
    [
      { url: "example.org" },
      'connectMcp: url must be an address that begins with http:// or https://, got "example.org"',
    ],
    [{ url: "ftp://example.org" }, "connectMcp: url must be an address"],
    [{ url: "http://a", args: [] }, "connectMcp: an option must be one of url, headers"],
    [{ transport: "stdio" }, 'connectMcp: transport must be a transport of the SDK, got "stdio"'],
    [{ transport: {}, env: {} }, "connectMcp: an option must be one of transport"],
  ])("%j", async (server, message) => {
    const error = await connectMcp(server as never).catch((e: unknown) => e);
    expect(InvalidOptionError.is(error)).toBe(true);
    expect((error as Error).message).toContain(message);
  });

  test("a wrong option, before anything is started", async () => {
    await expect(connectMcp({ command: "there-is-no-such-program" }, { prefix: "a b" })).rejects.toThrow(
      "mcpTools: prefix must be",
    );
  });
});

test("types", () => {
  expectTypeOf(connectMcp).returns.resolves.toEqualTypeOf<McpConnection>();
  // @ts-expect-error a server is reached in one way
  expectTypeOf(connectMcp).toBeCallableWith({});
});
