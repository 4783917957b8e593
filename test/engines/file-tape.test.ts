/**
 * @module
 * Tapes in files: written line by line, survived by what a killed process left.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { InvalidOptionError, record, replay, run, source, type Model } from "mull";
import { fileTape } from "mull/engines/file-tape";
import { tiny } from "mull/tiny";
import { runAll } from "./recorded-run.js";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mull-tape-"));
  path = join(folder, "run.jsonl");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Stands for the embedded model, and must not be asked. */
const nobody: Model = source("tiny", { n: 64 }, () => {
  throw new Error("a model was asked");
});

describe("lines", () => {
  test("are what was appended, also through a URL; a file that is not there is empty", async () => {
    expect([...(await fileTape(path).read())]).toEqual([]);
    const tape = fileTape(pathToFileURL(path));
    await tape.append("one");
    await tape.append("zwölf 🕷");
    expect([...(await fileTape(path).read())]).toEqual(["one", "zwölf 🕷"]);
  });

  test("a torn last line is left out, and cut off before the next", async () => {
    await writeFile(path, 'one\nzwölf 🕷\n{"torn":"ü');
    const tape = fileTape(path);
    expect([...(await tape.read())]).toEqual(["one", "zwölf 🕷"]);
    expect(await readFile(path, "utf8")).toContain("torn");
    await tape.append("three");
    expect(await readFile(path, "utf8")).toBe("one\nzwölf 🕷\nthree\n");
  });

  test("a file that cannot be read is an error", async () => {
    await expect(run(record(fileTape(folder))(nobody), "q")).rejects.toThrow("EISDIR");
  });

  test.each([[""], [undefined], [5]])("%j is no path", (wrong) => {
    expect(() => fileTape(wrong as never)).toThrow(InvalidOptionError);
  });
});

interface Line {
  readonly type: string;
  readonly run: number;
  readonly path: readonly string[];
  readonly reply?: unknown;
}

async function callsOn(tape: string): Promise<readonly string[]> {
  const lines = [...(await fileTape(tape).read())].map((line) => JSON.parse(line) as Line);
  return lines.filter((line) => line.reply !== undefined).map((line) => `${line.run}/${line.path.join("/")}`);
}

describe("three questions, 16 samples each, with tools, on the embedded model", () => {
  test("recorded and replayed: the same texts, usage and events, and no call", { timeout: 120_000 }, async () => {
    const first = await runAll(record(fileTape(path))(await tiny()));
    const again = await runAll(replay(fileTape(path))(nobody));
    expect(again.events.length).toBeGreaterThan(1000);
    expect(again).toEqual(first);
  });

  test("killed halfway, resumed: nothing that is taped is asked again", { timeout: 120_000 }, async () => {
    const script = fileURLToPath(new URL("recorded-run.ts", import.meta.url));
    const start = () =>
      spawn(process.execPath, ["--import", "tsx", script, path], { stdio: ["ignore", "pipe", "inherit"] });
    const killed = start();
    const over = once(killed, "exit");
    while ((await callsOn(path)).length < 20 && killed.exitCode === null) await new Promise((go) => setTimeout(go, 5));
    killed.kill("SIGKILL");
    expect((await over)[1]).toBe("SIGKILL");
    const before = await callsOn(path);
    // Whatever it was about to write.
    await appendFile(path, '{"type":"call","run":0,"pa');

    const resumed = start();
    let said = "";
    resumed.stdout.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
    const [code] = (await once(resumed, "exit")) as [number];
    expect(code).toBe(0);
    const after = await callsOn(path);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after.length).toBeGreaterThan(before.length);
    expect(new Set(after).size).toBe(after.length);
    const texts = JSON.parse(said) as string[];
    expect(texts).toHaveLength(3 * 17);

    const again = await runAll(replay(fileTape(path))(nobody));
    expect(again.texts).toEqual(texts);
  });
});
