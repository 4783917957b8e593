import { ToolError, run, stack, toolLoop } from "mull";
import { scripted } from "mull/testing";
import { mcpTools } from "mull/tools/mcp";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { generations, overHttp, overStdio, startEverything, type Reached } from "./pairs.js";
import { use } from "./use.js";

// The public server that has everything, as a process of its own.
const unhandled = vi.fn();
let http: Awaited<ReturnType<typeof startEverything>>;

beforeAll(async () => {
  process.on("unhandledRejection", unhandled);
  http = await startEverything();
});

afterAll(() => {
  http?.kill();
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

const ways = generations.flatMap((client) => (["stdio", "http"] as const).map((way) => [client, way] as const));

describe.each(ways)("a client of %s, over %s", (generation, way) => {
  const open = async (): Promise<Reached> => {
    if (way === "stdio") return overStdio(generation);
    const client = await overHttp(generation, http.url);
    return { client, kill: () => expect.unreachable() };
  };

  test(
    "list, call, errors, pictures, structured content, progress, cancel, and a tool loop to the answer",
    { timeout: 60_000 },
    async () => {
      const { client } = await open();
      const steps: number[] = [];
      const tools = await mcpTools(client, { onProgress: ({ progress }) => steps.push(progress) });
      const names = tools.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(["echo", "get-sum", "get-tiny-image", "get-structured-content"]));
      expect(names.length).toBeGreaterThan(10);
      expect(tools.find(({ name }) => name === "echo")).toMatchObject({
        description: "Echoes back the input string",
        inputSchema: { type: "object", properties: { message: { type: "string" } }, required: ["message"] },
      });
      const effects = tools.filter(({ effect }) => effect).map(({ name }) => name);
      expect(effects).toContain("toggle-simulated-logging");
      expect(effects).not.toContain("echo");

      expect(await use(tools, "echo", { message: "hello" })).toMatchObject({ output: "Echo: hello" });
      expect(await use(tools, "get-sum", { a: 17, b: 25 })).toMatchObject({ output: "The sum of 17 and 25 is 42." });
      expect(await use(tools, "get-sum", { a: "x" }, { onToolError: "throw" })).toMatchObject({
        isError: true,
        output: expect.stringContaining("-32602"),
      });
      expect(await use(tools, "get-tiny-image")).toMatchObject({
        output: "Here's the image you requested:\n[image/png, 4 kB]\nThe image above is the MCP logo.",
        files: [{ type: "file", mediaType: "image/png", data: expect.stringMatching(/^iVBOR/) }],
      });
      expect(await use(tools, "get-structured-content", { location: "Chicago" })).toMatchObject({
        output: { temperature: 36, conditions: "Light rain / drizzle", humidity: 82 },
      });
      expect(await use(tools, "get-resource-links", { count: 2 })).toMatchObject({
        output: expect.stringMatching(/^Here are 2 resource links[^\n]*\n\[link: .*\n\[link: /),
      });
      expect(await use(tools, "get-resource-reference", { resourceType: "Text", resourceId: 1 })).toMatchObject({
        output: expect.stringMatching(/\n\[demo:\/\/resource\/dynamic\/text\/1\]\n/),
      });

      const long = "trigger-long-running-operation";
      expect(await use(tools, long, { duration: 0.3, steps: 3 })).toMatchObject({
        output: "Long running operation completed. Duration: 0.3 seconds, Steps: 3.",
      });
      // The SDKs drop progress that comes together with the result.
      expect(steps.slice(0, 2)).toEqual([1, 2]);

      // Given up while the server is at it: at once, and the connection is good for more.
      const controller = new AbortController();
      const running = use(tools, long, { duration: 60, steps: 600 }, { signal: controller.signal });
      await vi.waitFor(() => expect(steps.length).toBeGreaterThan(3), { timeout: 5_000 });
      controller.abort("enough");
      await expect(running).rejects.toBe("enough");

      const call = { type: "tool-call" as const, id: "1", name: "get-sum", input: { a: 17, b: 25 } };
      const model = scripted([{ text: "", toolCalls: [call] }, "Answer: 42"]);
      const { text, steps: taken } = await run(stack(model, toolLoop({ tools })), "What is 17 + 25?");
      expect(text).toBe("Answer: 42");
      expect(taken[0]?.results[0]?.output).toBe("The sum of 17 and 25 is 42.");
    },
  );
});

test("a server that is killed in the middle of calls ends them and later ones", { timeout: 60_000 }, async () => {
  const own = await startEverything();
  const reached = await Promise.all(
    generations.flatMap((generation) => [
      overStdio(generation),
      overHttp(generation, own.url).then((client) => ({ client, kill: own.kill })),
    ]),
  );
  const pending = await Promise.all(
    reached.map(async ({ client }) => {
      let steps = 0;
      const tools = await mcpTools(client, { onProgress: () => steps++ });
      const long = { duration: 60, steps: 600 };
      const running = Array.from({ length: 3 }, () =>
        use(tools, "trigger-long-running-operation", long, { onToolError: "throw" }).catch((error: unknown) => error),
      );
      await vi.waitFor(() => expect(steps).toBeGreaterThan(2), { timeout: 10_000 });
      return { running, tools };
    }),
  );
  for (const { kill } of reached) kill();
  await Promise.all(
    pending.map(async ({ running, tools }) => {
      for (const error of await Promise.all(running)) expect(ToolError.is(error)).toBe(true);
      const later = await use(tools, "echo", { message: "?" }, { onToolError: "throw" }).catch(
        (error: unknown) => error,
      );
      expect(ToolError.is(later)).toBe(true);
      expect(await use(tools, "echo", { message: "?" })).toMatchObject({
        isError: true,
        output: expect.stringContaining("the MCP server of echo is gone"),
      });
    }),
  );
});
