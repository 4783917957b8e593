/**
 * @module
 * A trainer that is a command: real processes, which read their file, fail, talk, and are given up.
 */
import { getEventListeners } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidOptionError, MullError, type Model, type Trainer, type TrainingExample } from "mull";
import { commandTrainer, type CommandTrainerOptions } from "mull/engines/command-trainer";
import { scripted } from "mull/testing";
import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from "vitest";

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "mull-trainer-")), "rounds");
});
afterEach(() => rm(join(folder, ".."), { recursive: true, force: true }));

const examples: readonly TrainingExample[] = [
  { messages: [{ role: "user", content: "6 · 7?" }], completion: "Answer: 42\n$(exit 3)", weight: 2 },
  { messages: [{ role: "user", content: "1 + 1?" }], completion: "Answer: 2" },
];
const trained: Model = scripted(["42"], { id: "trained" });
const node = (script: string, ...args: readonly string[]): readonly string[] => [
  process.execPath,
  "-e",
  script,
  ...args,
];

function trainer(options: Partial<CommandTrainerOptions> = {}): Trainer {
  return commandTrainer({ directory: folder, command: () => node(""), load: () => trained, ...options });
}

describe("a round", { timeout: 30_000 }, () => {
  test("writes its file, runs the command with it, and loads what it made", async () => {
    const copy = "const fs = require('node:fs'); fs.writeFileSync(process.argv[2], fs.readFileSync(process.argv[1]))";
    const loaded: unknown[] = [];
    const model = await trainer({
      command: (file, round) => node(copy, file, join(folder, `weights ${round} $HOME;`)),
      load: async (round) => {
        loaded.push(round, await readFile(join(folder, `weights ${round} $HOME;`), "utf8"));
        return trained;
      },
    }).train(examples, { round: 3 });
    expect(model).toBe(trained);
    const lines = [
      { messages: [...(examples[0]?.messages ?? []), { role: "assistant", content: examples[0]?.completion }] },
      { messages: [...(examples[1]?.messages ?? []), { role: "assistant", content: "Answer: 2" }] },
    ];
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    expect(loaded).toEqual([3, text]);
    expect(await readFile(join(folder, "round-3.jsonl"), "utf8")).toBe(text);
  });

  test("is round 0, and its file is written over", async () => {
    await trainer().train(examples);
    await trainer().train(examples.slice(0, 1));
    expect((await readFile(join(folder, "round-0.jsonl"), "utf8")).split("\n")).toHaveLength(2);
  });

  test("has its format and its weights", async () => {
    await trainer({ format: "prompt-completion", weight: "weight" }).train(examples);
    const [first = "", second = ""] = (await readFile(join(folder, "round-0.jsonl"), "utf8")).split("\n");
    expect(JSON.parse(first)).toMatchObject({ completion: [{ role: "assistant" }], weight: 2 });
    expect(JSON.parse(second)).toMatchObject({ weight: 1 });
  });

  test("tells what the command writes, whole letters at a time; a listener that throws does no harm", async () => {
    const heard: string[] = [];
    const slow =
      "process.stdout.write(Buffer.from([0xc3])); setTimeout(() => process.stdout.write(Buffer.from([0xbc])), 50); console.error('loss 0.5')";
    const onOutput = (text: string): void => {
      heard.push(text);
      throw new Error("deaf");
    };
    await expect(trainer({ command: () => node(slow), onOutput }).train(examples)).resolves.toBe(trained);
    expect(heard.filter((text) => text !== "").sort()).toEqual(["loss 0.5\n", "ü"]);
  });
});

describe("failures", { timeout: 30_000 }, () => {
  test.each([
    ["what it complained about", "for (let i = 0; i < 20; i++) console.error('error ' + i);", "error", 19],
    ["what it said", "", "step", 1999],
  ])("an exit code that is not 0, with the last lines of %s", async (_, complaint, word, last) => {
    const script = `${complaint} for (let i = 0; i < 2000; i++) console.log('step ' + i); process.exitCode = 7`;
    const failing = trainer({ command: () => node(script), load: () => expect.unreachable() });
    const error: unknown = await failing.train(examples).catch((thrown: unknown) => thrown);
    expect(MullError.is(error) && error.code).toBe("training");
    const [first, ...lines] = (error as Error).message.split("\n");
    expect(first).toMatch(/^commandTrainer: .*ended with exit code 7:$/);
    expect(lines).toEqual(Array.from({ length: 10 }, (__, i) => `${word} ${last - 9 + i}`));
  });

  test("a signal from outside", async () => {
    const failing = trainer({ command: () => node("process.kill(process.pid, 'SIGKILL')") });
    await expect(failing.train(examples)).rejects.toThrow("was ended by SIGKILL");
  });

  test("a program that is not there", async () => {
    const failing = trainer({ command: () => ["mull-no-such-program"] });
    await expect(failing.train(examples)).rejects.toMatchObject({
      code: "training",
      message: "commandTrainer: mull-no-such-program could not be started (ENOENT)",
      cause: expect.objectContaining({ code: "ENOENT" }) as object,
    });
  });

  test("what load throws, and what is no model", async () => {
    const broken = new Error("no weights");
    await expect(trainer({ load: () => Promise.reject(broken) }).train(examples)).rejects.toBe(broken);
    await expect(trainer({ load: () => "weights.bin" as never }).train(examples)).rejects.toMatchObject({
      option: "what load returns",
    });
  });

  test.each([[[]], ["python3 tune.py"], [["python3", 5]], [[""]]])("%j is no command", async (line) => {
    await expect(trainer({ command: () => line as never }).train(examples)).rejects.toMatchObject({
      option: "what command returns",
    });
  });

  test.each([
    [[[]], "examples"],
    [[undefined], "examples"],
    [[examples, { round: -1 }], "round"],
    [[[{ ...examples[0], completion: "" }]], "a completion"],
  ])("train(%j): %s is named, and nothing is run", async (args, option) => {
    const command = (): never => expect.unreachable();
    const train = trainer({ command }).train as (...given: readonly unknown[]) => Promise<Model>;
    await expect(train(...args)).rejects.toMatchObject({ code: "invalid-option", option });
  });
});

describe("giving up", { timeout: 30_000 }, () => {
  const reason = { why: "the caller left" };

  /** Starts a command that says when it runs, gives it up then, and returns how long after that it lived: what it wrote on its way out. */
  async function giveUp(script: string, options: Partial<CommandTrainerOptions> = {}): Promise<string> {
    const controller = new AbortController();
    let heard = "";
    const onOutput = (text: string): void => {
      heard += text;
      if (heard.includes("runs")) controller.abort(reason);
    };
    const load = (): never => expect.unreachable();
    const training = trainer({ command: () => node(script), onOutput, load, ...options }).train(examples, {
      signal: controller.signal,
    });
    await expect(training).rejects.toBe(reason);
    return heard;
  }
  const live = "setInterval(() => {}, 1000); console.log('runs ' + process.pid);";

  function isAlive(pid: number): boolean {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  }

  test("ends the command, and waits for its end", async () => {
    const out = await giveUp(live);
    expect(isAlive(Number(/runs (\d+)/.exec(out)?.[1]))).toBe(false);
  });

  test("kills one that does not listen", async () => {
    const out = await giveUp(`process.on('SIGTERM', () => {}); ${live}`, { graceMs: 20 });
    expect(isAlive(Number(/runs (\d+)/.exec(out)?.[1]))).toBe(false);
  });

  test("does not wait for what a command has left running", async () => {
    // It keeps the command's output open, for longer than a test may take.
    const child = "setTimeout(() => {}, 60_000)";
    const script = `const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' });
      console.log('runs ' + child.pid); setInterval(() => {}, 1000)`;
    process.kill(Number(/runs (\d+)/.exec(await giveUp(script))?.[1]), "SIGKILL");
  });

  test("before it begins, starts nothing", async () => {
    const command = (): never => expect.unreachable();
    await expect(trainer({ command }).train(examples, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test("leaves no listener behind", async () => {
    const { signal } = new AbortController();
    await trainer().train(examples, { signal });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

test.each<[Partial<Record<keyof CommandTrainerOptions | "shell", unknown>>, string]>([
  [{ directory: "" }, "directory"],
  [{ command: ["python3"] }, "command"],
  [{ load: "weights" }, "load"],
  [{ format: "openai-preference" }, "format"],
  [{ weight: "messages" }, "weight"],
  [{ onOutput: true }, "onOutput"],
  [{ graceMs: -1 }, "graceMs"],
  [{ shell: true }, "an option"],
])("%j: %s is named at once", (options, option) => {
  expect(() => trainer(options as never)).toThrow(InvalidOptionError);
  expect(() => trainer(options as never)).toThrow(expect.objectContaining({ option }));
});

test("it is a trainer", () => {
  expectTypeOf(commandTrainer).returns.toEqualTypeOf<Trainer>();
});
