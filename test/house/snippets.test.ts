/**
 * @module
 * The code of the documents runs: against servers on the loopback that speak the format of every provider, with the real SDKs between.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { Server } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { tiny } from "mull/tiny";
import { withServer } from "../adapters/stage.js";
import { codeBlocks, documents, type CodeBlock } from "./markdown.js";
import { root } from "./project.js";
import { city, fetchTo } from "./provider-city.js";

/** Where snippets are written, so that they find the package and those it is tested with. */
const cache = join(root, "node_modules/.cache");
const shown = new Set<Server>();
const home = process.cwd();
let folder: string;

beforeEach(async () => {
  await mkdir(cache, { recursive: true });
  folder = await mkdtemp(join(cache, "snippet-"));
  // What a snippet writes is gone with it.
  process.chdir(folder);
  for (const name of ["log", "info", "warn", "error", "table"] as const)
    vi.spyOn(console, name).mockImplementation(() => undefined);
  vi.spyOn(process.stdout, "write").mockImplementation(() => true);
  for (const name of ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "MULL_API_KEY"])
    vi.stubEnv(name, "sk-for-the-loopback");
  // A server that a snippet starts gets any port that is free, and ends with the snippet.
  const { listen } = Server.prototype;
  vi.spyOn(Server.prototype, "listen").mockImplementation(function (this: Server, ...args: unknown[]) {
    shown.add(this);
    return Reflect.apply(
      listen,
      this,
      typeof args[0] === "number"
        ? [0, "127.0.0.1", ...args.slice(1).filter((arg) => typeof arg === "function")]
        : args,
    ) as Server;
  });
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  for (const server of shown) {
    server.close();
    server.closeAllConnections();
  }
  shown.clear();
  process.chdir(home);
  await rm(folder, { recursive: true, force: true });
});

/** Runs a snippet as a module of its own. Returns how many requests came to the loopback. */
async function play({ code, line }: CodeBlock): Promise<number> {
  const file = join(folder, `line-${line}.ts`);
  await writeFile(file, code);
  const model = await tiny();
  return withServer(city, async ({ url, received }) => {
    vi.stubGlobal("fetch", fetchTo(url, fetch));
    vi.stubGlobal("model", model);
    vi.stubGlobal("question", "Tom has 3 apples and buys 5 more. How many apples does Tom have?");
    await import(/* @vite-ignore */ pathToFileURL(file).href);
    return received.length;
  });
}

test.each(documents())("%s", { timeout: 60_000 }, async (page) => {
  let requests = 0;
  for (const block of codeBlocks(page)) {
    // A test, which has no place within a test.
    if (block.code.includes('from "vitest"')) continue;
    try {
      requests += await play(block);
    } catch (error) {
      throw new Error(`${page}:${block.line}: ${String(error)}`, { cause: error });
    }
  }
  // A page about a provider asks it.
  if (page.startsWith("docs/adapters/")) expect(requests).toBeGreaterThan(0);
});
