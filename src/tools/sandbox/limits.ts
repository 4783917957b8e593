/**
 * @module
 * The limits of a sandbox, and what a program may be given.
 */
import { InvalidOptionError } from "../../core/errors.js";
import type { JsonValue } from "../../core/message.js";
import { checkInteger, checkNumber, checkOptions } from "../../core/options.js";
import type { SandboxRunOptions } from "../../core/sandbox.js";

/** Options of a sandbox: its limits. */
export interface SandboxOptions {
  /** The longest a program may run, starting, queueing and what host functions take left out: milliseconds, from 1 to 600,000. @defaultValue 2_000 */
  readonly timeoutMs?: number | undefined;
  /** The most memory a program may take: bytes. Least, most and default stand at the sandbox. */
  readonly memoryBytes?: number | undefined;
  /** The most a program may print: bytes of UTF-8, from 0 to 16 MiB. Past it the program ends, and what fits is kept. @defaultValue 65_536 */
  readonly outputBytes?: number | undefined;
  /** The most its value, its globals, and what goes to a host function or comes back may be long: characters of JSON, from 1 to 16 Mi. @defaultValue 262_144 */
  readonly valueBytes?: number | undefined;
  /** How often a program may call host functions, 0 or more; what it calls past that throws. @defaultValue 1_000 */
  readonly calls?: number | undefined;
  /** How many programs may run at once, each in a worker thread of its own, from 1 to 32. The others wait, first come, first served. @defaultValue 1 */
  readonly workers?: number | undefined;
  /** How long a worker without work is kept: milliseconds, 0 or more; `Infinity` keeps it to the end. @defaultValue 60_000 */
  readonly idleMs?: number | undefined;
}

/** All limits, checked. */
export interface Limits {
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  readonly outputBytes: number;
  readonly valueBytes: number;
  readonly calls: number;
  readonly workers: number;
  readonly idleMs: number;
}

/** What memory a sandbox may be given. */
export interface MemoryBounds {
  readonly least: number;
  readonly most: number;
  readonly usual: number;
}

const megabyte = 2 ** 20;
const longestMs = 600_000;
/** The longest program, in characters: a parser cannot be interrupted. */
export const longestProgram: number = 2 ** 20;

/**
 * Checks the options of a sandbox.
 *
 * @throws {@link InvalidOptionError} naming the option, its bound and its value
 */
export function limitsOf(where: string, options: SandboxOptions, memory: MemoryBounds): Limits {
  checkOptions(where, options, ["timeoutMs", "memoryBytes", "outputBytes", "valueBytes", "calls", "workers", "idleMs"]);
  const { timeoutMs = 2_000, memoryBytes = memory.usual, outputBytes = 65_536, valueBytes = 262_144 } = options;
  const { calls = 1_000, workers = 1, idleMs = 60_000 } = options;
  return {
    timeoutMs: checkInteger(where, "timeoutMs", timeoutMs, 1, longestMs),
    memoryBytes: checkInteger(where, "memoryBytes", memoryBytes, memory.least, memory.most),
    outputBytes: checkInteger(where, "outputBytes", outputBytes, 0, 16 * megabyte),
    valueBytes: checkInteger(where, "valueBytes", valueBytes, 1, 16 * megabyte),
    calls: checkInteger(where, "calls", calls, 0),
    workers: checkInteger(where, "workers", workers, 1, 32),
    idleMs: checkNumber(where, "idleMs", idleMs, 0),
  };
}

/** A program as it goes to a worker. */
export interface Job {
  readonly program: string;
  readonly timeoutMs: number;
  readonly globals: Readonly<Record<string, JsonValue>>;
  readonly functions: readonly string[];
}

/**
 * Checks a program and what it is given, and copies it.
 *
 * @throws {@link InvalidOptionError} naming the option, its bound and its value
 */
export function jobOf(where: string, program: string, options: SandboxRunOptions, limits: Limits): Job {
  checkOptions(where, options, ["signal", "globals", "functions", "timeoutMs"]);
  if (typeof program !== "string") throw new InvalidOptionError(where, "program", "a text", program);
  const { globals = {}, functions = {}, timeoutMs = limits.timeoutMs } = options;
  for (const [name, call] of Object.entries(functions)) {
    checkName(where, "functions", name);
    if (Object.hasOwn(globals, name))
      throw new InvalidOptionError(where, "functions", "other names than the globals", name);
    if (typeof call !== "function") throw new InvalidOptionError(where, `functions.${name}`, "a function", call);
  }
  for (const [name, value] of Object.entries(globals)) {
    checkName(where, "globals", name);
    if (!isJson(value)) throw new InvalidOptionError(where, `globals.${name}`, "a JSON value", value);
  }
  const json = JSON.stringify(globals);
  if (json.length > limits.valueBytes) {
    throw new InvalidOptionError(where, "globals", `no longer than ${limits.valueBytes} characters of JSON`, globals);
  }
  return {
    program,
    timeoutMs: checkInteger(where, "timeoutMs", timeoutMs, 1, longestMs),
    globals: JSON.parse(json) as Record<string, JsonValue>,
    functions: Object.keys(functions),
  };
}

/** Words of either language, and names that mean something else to objects. */
const reserved = new Set(
  (
    "__proto__ constructor prototype undefined NaN Infinity globalThis this null true false None True False break case catch class const continue " +
    "debugger default delete do else enum export extends finally for function if implements import in instanceof interface let new package private " +
    "protected public return static super switch throw try typeof var void while with yield await eval arguments and as assert async def del elif " +
    "except from global is lambda nonlocal not or pass raise __name__ __builtins__ __debug__"
  ).split(" "),
);

function checkName(where: string, option: string, name: string): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,99}$/.test(name) || reserved.has(name)) {
    throw new InvalidOptionError(
      where,
      option,
      "named like variables: letters, digits and _, and no words of the language",
      name,
    );
  }
}

/** Does JSON hold it as it is? Anything nested deeper than 100 does not count. */
export function isJson(value: unknown, depth: number = 0): value is JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || depth > 100) return false;
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.values(value).every((item) => isJson(item, depth + 1));
}
