/**
 * @module
 * A sandbox for Python: Pyodide in WebAssembly, in a worker thread.
 */
import { dirname, sep } from "node:path";
import { pathToFileURL } from "node:url";
import type { Sandbox } from "../core/sandbox.js";
import { source } from "./python/worker.js";
import { limitsOf, type SandboxOptions } from "./sandbox/limits.js";
import { pool } from "./sandbox/pool.js";
import { resolvePackage } from "./sandbox/resolve.js";

export type { SandboxOptions } from "./sandbox/limits.js";

/**
 * Makes a sandbox for Python that nobody has to trust. It needs the package `pyodide`, and no Python on the machine.
 *
 * Shape: a program in, a `ProgramResult` out: the value of the last expression, a coroutine awaited, and what was printed.
 * Cost: no model calls. The first program waits some seconds for the first worker, which every later one copies in well under a second. After each program
 * the whole memory of Python is put back as it was, in about ten milliseconds.
 * The standard library is all there is: no packages, no processes, no threads, no network; files are in memory and gone after the program. Sets and `random`
 * have the same order and numbers in every run; the clock is true.
 * `memoryBytes` is from 64 MiB to 2 GiB, 256 MiB unless said otherwise; Python itself takes some 35 of it.
 *
 * @throws `InvalidOptionError` when it is made, for a limit out of bounds
 * @example
 * const sandbox = python({ timeoutMs: 5_000 });
 * const result = await sandbox.run("from fractions import Fraction\nsum(Fraction(1, n) for n in range(1, 5))");
 * if (result.ok) console.log(result.value); // "25/12"
 */
export function python(options: SandboxOptions = {}): Sandbox {
  const limits = limitsOf("python", options, { least: 64 * 2 ** 20, most: 2 ** 31, usual: 256 * 2 ** 20 });
  return pool(
    {
      name: "python",
      language: "python",
      source,
      needs: () => ({ folder: pathToFileURL(dirname(resolvePackage("python", "pyodide")) + sep).href }),
      startMs: 120_000,
      heapMb: 256,
      eager: true,
    },
    limits,
  );
}
