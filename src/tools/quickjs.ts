/**
 * @module
 * A sandbox for JavaScript: QuickJS in WebAssembly, in a worker thread.
 */
import type { Sandbox } from "../core/sandbox.js";
import { source } from "./quickjs/worker.js";
import { limitsOf, type SandboxOptions } from "./sandbox/limits.js";
import { pool } from "./sandbox/pool.js";
import { resolvePackage } from "./sandbox/resolve.js";

export type { SandboxOptions } from "./sandbox/limits.js";

/**
 * Makes a sandbox for JavaScript that nobody has to trust. It needs the package `quickjs-emscripten`.
 *
 * Shape: a program in, a `ProgramResult` out: the value of the last expression, a promise awaited, and what was printed with `console.log`.
 * Cost: no model calls. The first program waits for a worker, about a tenth of a second; each one gets a runtime of its own, in about a millisecond.
 * The language is all there is: no modules, no files, no network, no timers. `Math.random` gives the same numbers in every run; `Date` is true.
 * `memoryBytes` is from 1 MiB to 1 GiB, 64 MiB unless said otherwise.
 *
 * @throws `InvalidOptionError` when it is made, for a limit out of bounds
 * @example
 * const sandbox = quickjs({ timeoutMs: 500 });
 * const result = await sandbox.run("const f = (n) => (n < 2 ? n : f(n - 1) + f(n - 2)); f(20)");
 * if (result.ok) console.log(result.value); // 6765
 */
export function quickjs(options: SandboxOptions = {}): Sandbox {
  const limits = limitsOf("quickjs", options, { least: 2 ** 20, most: 2 ** 30, usual: 64 * 2 ** 20 });
  return pool(
    {
      name: "quickjs",
      language: "javascript",
      source,
      needs: () => ({ engine: resolvePackage("quickjs", "quickjs-emscripten") }),
      startMs: 30_000,
      heapMb: 128,
      eager: false,
    },
    limits,
  );
}
