/**
 * @module
 * A sandbox that does what a script says: nothing is run.
 */
import { InvalidOptionError } from "../core/errors.js";
import { checkOptions } from "../core/options.js";
import type { SandboxRunOptions, ProgramResult, Sandbox } from "../core/sandbox.js";

/** Decides what becomes of a program; `index` counts the runs from 0. An error is thrown, as by a sandbox that broke. */
export type SandboxScript = (
  program: string,
  options: SandboxRunOptions,
  index: number,
) => ProgramResult | Error | Promise<ProgramResult | Error>;

/** One line of a script: what becomes of a program, an error that is thrown, or a function that decides. */
export type SandboxLine = ProgramResult | Error | SandboxScript;

/** A program that was to be run, and what it was given. */
export interface SandboxRun {
  readonly program: string;
  readonly options: SandboxRunOptions;
}

/** Options of {@link scriptedSandbox}. */
export interface ScriptedSandboxOptions {
  /** @defaultValue `'javascript'` */
  readonly language?: Sandbox["language"] | undefined;
}

/** A sandbox that keeps what it was to run. */
export interface ScriptedSandbox extends Sandbox {
  /** Every program, in order of arrival. */
  readonly runs: readonly SandboxRun[];
}

/**
 * Makes a sandbox of a script. Where it stands in the script, and what it was to run, outlives a call.
 *
 * Shape: the k-th program meets the k-th line, whatever it says; in place of the list one function may decide about all. A line may call
 * `options.functions`, as a program would. It gives up when `options.signal` aborts, whether the line listens or not. A script that is over is an error.
 *
 * @throws `InvalidOptionError` for an empty script or an unknown option
 * @example
 * const sandbox = scriptedSandbox([{ ok: true, value: 24, output: "" }]);
 * const solver = stack(scripted(["```javascript\nconst solution = () => 3 * 8;\n```"]), program({ sandbox }));
 * const { answer } = await run(solver, "How many legs do three spiders have?"); // 24
 */
export function scriptedSandbox(
  script: readonly SandboxLine[] | SandboxScript,
  options: ScriptedSandboxOptions = {},
): ScriptedSandbox {
  checkOptions("scriptedSandbox", options, ["language"]);
  const { language = "javascript" } = options;
  if (language !== "javascript" && language !== "python")
    throw new InvalidOptionError("scriptedSandbox", "language", "'javascript' or 'python'", language);
  if (typeof script !== "function" && !(Array.isArray(script) && script.length > 0))
    throw new InvalidOptionError("scriptedSandbox", "the script", "a function, or a list of at least one line", script);
  const runs: SandboxRun[] = [];

  return {
    language,
    runs,
    async run(program, given = {}) {
      given.signal?.throwIfAborted();
      const index = runs.push({ program, options: given }) - 1;
      const line = typeof script === "function" ? script : (script as readonly SandboxLine[])[index];
      if (line === undefined) throw new Error(`the script ends before run ${index + 1}`);
      const result = await until(given.signal, typeof line === "function" ? line(program, given, index) : line);
      if (result instanceof Error) throw result;
      return result;
    },
    close: () => Promise.resolve(),
  };
}

/** Waits no longer than until the signal aborts. */
async function until<T>(signal: AbortSignal | undefined, work: T | Promise<T>): Promise<T> {
  if (signal === undefined) return work;
  let listener: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    listener = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", listener, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (listener !== undefined) signal.removeEventListener("abort", listener);
  }
}
