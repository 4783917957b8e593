/**
 * @module
 * A trainer that is a command of yours: it gets a file of examples, and makes weights that you load.
 */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { checkFormat, toJsonl } from "../answers/to-jsonl.js";
import { InvalidOptionError, MullError } from "../core/errors.js";
import type { Model } from "../core/model.js";
import { checkInteger, checkOptions } from "../core/options.js";
import { isModel } from "../core/stack.js";
import type { Trainer, TrainingExample, TrainOptions } from "../core/trainer.js";

/** Options of {@link commandTrainer}. */
export interface CommandTrainerOptions {
  /** Where `round-N.jsonl` is written; made where it is not there. A file of the same round is written over. */
  readonly directory: string;
  /** The command and its arguments, for a file of examples. No shell reads them. */
  readonly command: (file: string, round: number) => readonly string[];
  /** Loads the model that the command made. */
  readonly load: (round: number) => Model | Promise<Model>;
  /** How examples are written: `'chat'`, `'prompt-completion'` or `'bedrock'` of `toJsonl`. @defaultValue `'chat'` */
  readonly format?: "chat" | "prompt-completion" | "bedrock" | undefined;
  /** Field of a line that gets the example's weight. @defaultValue none: weights are left out */
  readonly weight?: string | undefined;
  /** Hears what the command writes, as it comes. If it throws, the training goes on. */
  readonly onOutput?: ((text: string) => void) | undefined;
  /** After an abort the command is asked to end; after so many ms more it is killed: whole, at least 0. @defaultValue 5,000 */
  readonly graceMs?: number | undefined;
}

/**
 * Makes a trainer of a command: it writes the examples to a file, runs the command, and loads what came of it.
 *
 * Shape: a {@link Trainer}. Round N has its file, `round-N.jsonl` in `directory`. The command inherits the environment and the working directory, and gets no input.
 * Cost: what the command takes.
 * An abort sends SIGTERM to the command, and SIGKILL after `graceMs`; `train` rejects when it has ended. A script that starts other programs must pass the signal on (`exec`).
 * Nothing is held back for measuring: keep your questions apart before (`heldOut` of `harvest`).
 *
 * @throws `InvalidOptionError` for a wrong option at once; from `train`, for no examples, and where `load` gives no model
 * @throws `MullError` with the code `'training'` from `train`: the command could not be started, or did not end well; the last lines of its error output, or else of its output, are in the message
 * @throws the reason of the abort, and what `load` throws
 * @example
 * const trainer = commandTrainer({
 *   directory: "rounds",
 *   command: (file, round) => ["python3", "tune.py", "--data", file, "--out", `rounds/weights-${round}.bin`],
 *   load: async (round) => tiny({ weights: await readFile(`rounds/weights-${round}.bin`) }),
 * });
 * const better = await trainer.train(sft, { round: 0 });
 */
export function commandTrainer(options: CommandTrainerOptions): Trainer {
  checkOptions("commandTrainer", options, ["directory", "command", "load", "format", "weight", "onOutput", "graceMs"]);
  const { directory, command, load, format = "chat", weight, onOutput, graceMs = 5_000 } = options;
  if (typeof directory !== "string" || directory === "")
    throw new InvalidOptionError("commandTrainer", "directory", "the path of a folder", directory);
  for (const [name, given] of Object.entries({ command, load, onOutput }))
    if (typeof given !== "function" && !(name === "onOutput" && given === undefined))
      throw new InvalidOptionError("commandTrainer", name, "a function", given);
  checkFormat("commandTrainer", format, ["chat", "prompt-completion", "bedrock"]);
  toJsonl([], format, { weight });
  checkInteger("commandTrainer", "graceMs", graceMs, 0, 2 ** 31 - 1);

  const train = async (
    examples: readonly TrainingExample[],
    { signal, round = 0 }: TrainOptions = {},
  ): Promise<Model> => {
    checkInteger("commandTrainer", "round", round, 0);
    if (!Array.isArray(examples) || examples.length === 0)
      throw new InvalidOptionError("commandTrainer", "examples", "a list of at least one", examples);
    signal?.throwIfAborted();
    const text = toJsonl(examples, format, { weight });
    const file = join(directory, `round-${round}.jsonl`);
    await mkdir(directory, { recursive: true });
    await writeFile(file, text);
    signal?.throwIfAborted();
    await runCommand(command(file, round), { signal, onOutput, graceMs });
    signal?.throwIfAborted();
    const model = await load(round);
    if (!isModel(model))
      throw new InvalidOptionError(
        "commandTrainer",
        "what load returns",
        "a model (id, capabilities, generate)",
        model,
      );
    return model;
  };
  return { train };
}

interface RunSettings {
  readonly signal: AbortSignal | undefined;
  readonly onOutput: ((text: string) => void) | undefined;
  readonly graceMs: number;
}

/** Runs it to its end. */
async function runCommand(line: readonly string[], { signal, onOutput, graceMs }: RunSettings): Promise<void> {
  const [program, ...rest] = Array.isArray(line) ? (line as readonly string[]) : [];
  if (typeof program !== "string" || program === "" || rest.some((word) => typeof word !== "string"))
    throw new InvalidOptionError("commandTrainer", "what command returns", "a list of words: program, arguments", line);
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"] });
  const tails = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8");
    child[name].on("data", (text: string) => {
      tails[name] = (tails[name] + text).slice(-mostTail);
      try {
        onOutput?.(text);
      } catch {
        // The training is worth more than who watches it.
      }
    });
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const giveUp = (): void => {
    // It has ended already, and another program that it started keeps its output open.
    if (child.exitCode !== null || child.signalCode !== null) {
      child.stdout.destroy();
      child.stderr.destroy();
      return;
    }
    child.kill("SIGTERM");
    timer ??= setTimeout(() => child.kill("SIGKILL"), graceMs);
  };
  signal?.addEventListener("abort", giveUp);
  if (signal?.aborted === true) giveUp();
  try {
    const how = await ended(child, signal);
    signal?.throwIfAborted();
    if (how !== undefined) throw new MullError("training", `commandTrainer: ${program} ${how}${lastLines(tails)}`);
  } catch (error) {
    if (MullError.is(error) || signal?.aborted === true) throw error;
    const { code = "unknown error" } = error as { readonly code?: string };
    throw new MullError("training", `commandTrainer: ${program} could not be started (${code})`, { cause: error });
  } finally {
    signal?.removeEventListener("abort", giveUp);
    clearTimeout(timer);
  }
}

/** How it ended, where that is not well. After an abort, what still holds its output is not waited for. */
function ended(
  child: ChildProcessByStdio<null, Readable, Readable>,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => {
      if (signal?.aborted !== true) return;
      child.stdout.destroy();
      child.stderr.destroy();
      resolve(undefined);
    });
    child.once("close", (code, by) => {
      resolve(code === 0 ? undefined : code === null ? `was ended by ${by}` : `ended with exit code ${code}`);
    });
  });
}

/** Of what it complained about, or else of what it said. */
function lastLines({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): string {
  const text = stderr.trim() === "" ? stdout.trim() : stderr.trim();
  return text === "" ? "" : `:\n${text.split("\n").slice(-10).join("\n")}`;
}

/** Characters of output that are kept for an error. */
const mostTail = 4_000;
