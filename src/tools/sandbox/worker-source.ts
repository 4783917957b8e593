/**
 * @module
 * The part of a worker that all engines share, as the text that the worker evaluates. A text, and no function or file: no bundler, compiler or test runner
 * changes it or loses it. It works in the worker alone; nothing of it may be reached by programs.
 */

/**
 * The text of a worker: what is common, and an engine's `async function start()`. That loads the engine and returns the function that executes a job.
 *
 * The engine finds: `workerData`, `load` (imports a URL), `now`, `due` (must the program end?), `print` (bytes or text), `printed` (is there room?),
 * `ask` (calls a function of the host), `stopped` (why the program was ended), `failure` (an error as it is reported).
 */
export function workerSource(engine: string): string {
  return `(() => {\n"use strict";\n${common}\n${engine}\n${main}\n})();\n`;
}

const common = String.raw`
const { parentPort, receiveMessageOnPort, workerData } = require("node:worker_threads");
const load = (url) => import(url);
const now = performance.now.bind(performance);
const encoder = new TextEncoder();

// What the host and the worker share: 0 is set to end the program, 1 counts the answers, 2 is how many bytes were printed.
const control = new Int32Array(workerData.control);
const room = new Uint8Array(workerData.output);

// The program that runs.
let deadline = Infinity;
let calls = 0;
let reason;

/** Must the program end? Asked again and again while it runs. */
function due() {
  if (reason === undefined) {
    if (Atomics.load(control, 0) !== 0) reason = "aborted";
    else if (now() >= deadline) reason = "timeout";
  }
  return reason !== undefined;
}

/** Adds to the output. Past its end the program ends, and what fits is kept. */
function print(bytes) {
  if (typeof bytes === "string") bytes = encoder.encode(bytes);
  const used = Atomics.load(control, 2);
  const fits = Math.min(bytes.length, room.length - used);
  room.set(fits === bytes.length ? bytes : bytes.subarray(0, fits), used);
  Atomics.store(control, 2, used + fits);
  if (fits < bytes.length) reason ??= "output";
}

/** Asks the host, and waits. The time it takes is not the program's. Gives { json } or { name, message }. */
function ask(name, args) {
  if (args.length > workerData.valueBytes) return { name: "Error", message: name + " got more than " + workerData.valueBytes + " bytes" };
  if (++calls > workerData.calls) return { name: "Error", message: "no more than " + workerData.calls + " calls are allowed" };
  const from = now();
  const id = calls;
  let answers = Atomics.load(control, 1);
  parentPort.postMessage({ type: "call", id, name, args });
  for (;;) {
    if (Atomics.load(control, 0) !== 0) break;
    const received = receiveMessageOnPort(parentPort);
    if (received === undefined) {
      Atomics.wait(control, 1, answers);
      answers = Atomics.load(control, 1);
    } else if (received.message.type === "answer" && received.message.id === id) {
      deadline += now() - from;
      return received.message.answer;
    }
  }
  due();
  return { name: "Error", message: "the program was given up" };
}

/** An error as it is reported. */
function failure(kind, name, message, line) {
  return { ok: false, kind, name: String(name).slice(0, 100), message: String(message).slice(0, 1000), line };
}

/** How a program ends that was ended, if it was. */
function stopped() {
  if (reason === "output") return failure("output", "OutputLimitError", "it printed more than " + room.length + " bytes");
  if (reason !== undefined) return failure("timeout", "TimeoutError", "it ran for longer than its limit");
  return undefined;
}

const kept = new Set(
  ("Object Array Number parseFloat parseInt Infinity NaN undefined Boolean String Symbol Date Promise RegExp Error AggregateError EvalError RangeError " +
    "ReferenceError SyntaxError TypeError URIError globalThis JSON Math Intl ArrayBuffer Atomics Uint8Array Int8Array Uint16Array Int16Array Uint32Array " +
    "Int32Array Float32Array Float64Array Uint8ClampedArray BigUint64Array BigInt64Array DataView Map BigInt Set WeakMap WeakSet WeakRef Proxy Reflect " +
    "SharedArrayBuffer FinalizationRegistry decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape isFinite isNaN WebAssembly Iterator " +
    "URL TextDecoder TextEncoder AbortController AbortSignal Event EventTarget DOMException Function eval"
  ).split(" "),
);

/** Takes from the worker what only Node has: files, processes, the network, modules. What stays is the language, and stubs. */
function strip() {
  for (const name of Reflect.ownKeys(globalThis)) if (!kept.has(name)) Reflect.deleteProperty(globalThis, name);
  const nothing = () => undefined;
  const clock = { now };
  globalThis.performance = clock;
  globalThis.console = { log: nothing, info: nothing, warn: nothing, error: nothing, debug: nothing, trace: nothing, assert: nothing };
}

/** Ends making code of texts, timers and looking at stacks. */
function seal() {
  const refuse = function () {
    throw new EvalError("code cannot be made here");
  };
  for (const made of [function () {}, async function () {}, function* () {}, async function* () {}]) {
    Object.defineProperty(Object.getPrototypeOf(made), "constructor", { value: refuse, writable: false, configurable: false });
  }
  refuse.prototype = Function.prototype;
  for (const name of ["eval", "Function"]) Object.defineProperty(globalThis, name, { value: refuse, writable: false, configurable: false });
  Object.defineProperty(Error, "prepareStackTrace", { value: undefined, writable: false, configurable: false });
  for (const name of ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate", "clearImmediate", "queueMicrotask", "fetch", "location"]) {
    Reflect.deleteProperty(globalThis, name);
  }
  const never = () => 0;
  globalThis.setTimeout = globalThis.clearTimeout = never;
}
`;

const main = String.raw`
start().then(
  ({ execute, gift }) => {
    seal();
    parentPort.on("message", (message) => {
      if (message.type !== "run") return;
      reason = undefined;
      calls = 0;
      deadline = now() + message.timeoutMs;
      let result;
      try {
        result = execute(message);
      } catch (error) {
        result = { ...(stopped() ?? failure("error", "InternalError", "the interpreter broke")), broken: true };
      }
      parentPort.postMessage({ type: "done", result });
    });
    parentPort.postMessage({ type: "ready", gift });
  },
  (error) => parentPort.postMessage({ type: "failed", message: String((error && error.message) || error) }),
);
`;
