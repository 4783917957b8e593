/**
 * @module
 * The worker of `python`, as the text that it evaluates. Pyodide believes that it is in a browser; after each program its memory is put back as it was.
 */
import { workerSource } from "../sandbox/worker-source.js";
import { lockdown, preload, runner } from "./bootstrap.js";
import { files } from "./files.js";

/** The text of the worker. */
export const source: string = workerSource(String.raw`
const preload = ${JSON.stringify(preload)};
const lockdown = ${JSON.stringify(lockdown)};
const runner = ${JSON.stringify(runner)};
${files}
const { readFileSync } = require("node:fs");
const { fileURLToPath } = require("node:url");

async function start() {
  const { folder, snapshot, memoryBytes } = workerData;
  let compiled = workerData.compiled;
  let memory;
  strip();
  // A worker of a browser: Pyodide then has no code that reaches files, processes or sockets of Node.
  class WorkerGlobalScope {}
  Object.setPrototypeOf(globalThis, WorkerGlobalScope.prototype);
  Object.assign(globalThis, { WorkerGlobalScope, self: globalThis, location: { href: folder, toString: () => folder } });
  // Nothing of JavaScript outlives a program, so nothing has to be let go.
  globalThis.FinalizationRegistry = class { register() {} unregister() {} };
  // Code that waits in the middle of Python is not for programs.
  for (const name of ["Suspending", "promising", "Suspender"]) delete WebAssembly[name];
  globalThis.crypto = crypto;
  globalThis.setTimeout = setTimeout;
  globalThis.clearTimeout = clearTimeout;
  globalThis.fetch = async (url) => {
    const path = String(url);
    if (!path.startsWith(folder)) throw new TypeError("there is no network here");
    if (path.endsWith(".wasm") && compiled !== undefined) return { ok: true };
    const bytes = new Uint8Array(readFileSync(fileURLToPath(path)));
    return { ok: true, bytes, arrayBuffer: async () => bytes.buffer, json: async () => JSON.parse(new TextDecoder().decode(bytes)) };
  };
  WebAssembly.instantiateStreaming = async (response, imports) => {
    compiled ??= await WebAssembly.compile((await response).bytes);
    const instance = await WebAssembly.instantiate(compiled, guarded(compiled, imports));
    memory = instance.exports.memory ?? imports.env.memory;
    return { module: compiled, instance };
  };
  const { loadPyodide } = await load(folder + "pyodide.mjs");
  const options = { indexURL: folder, jsglobals: {}, env: { HOME: "/program", PYTHONHASHSEED: "0", PYTHONDONTWRITEBYTECODE: "1" } };
  const python = await loadPyodide({ ...options, ...(snapshot === undefined ? { _makeSnapshot: true } : { _loadSnapshot: snapshot }) });
  let gift;
  if (snapshot === undefined) {
    python.runPython(preload);
    const bytes = python.makeMemorySnapshot();
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    gift = { compiled, snapshot: shared };
  }
  return { execute: prepare(python, memory, memoryBytes), gift };
}
const { crypto, setTimeout, clearTimeout } = globalThis;

// All that Python may ask of JavaScript while a program runs: the files in memory, clocks, memory, random numbers, its own calls, the end.
const allowed = new RegExp(
  "^(__syscall_\\w+|invoke_\\w+|fd_\\w+|clock_\\w+|environ_\\w+|random_get|proc_exit|exit|_abort_js|__assert_fail|__call_sighandler|" +
    "_(gmtime|localtime|mktime|timegm|tzset|mmap|munmap|msync)_js|_try_\\w+|emscripten_(date_now|get_now|get_heap_max|resize_heap)|" +
    "_?emscripten_runtime_keepalive_\\w+|_PyEM_TrampolineCall_JS|_Py_CheckEmscriptenSignals_Helper|_Py_emscripten_runtime)$",
);
const refused = { __syscall_socket: -2, __syscall_socketpair: -2, _emscripten_system: -1, _dlopen_js: 0, _setitimer_js: -1, getaddrinfo: -2, getnameinfo: -2, getprotobyname: 0 };
let sealed = false;

/** A way to JavaScript that is closed. It ends the program, whatever that catches. */
class Closed extends Error {}

/** The imports, of which most refuse to work once programs run. */
function guarded(compiled, imports) {
  const own = { ...imports, env: { ...imports.env } };
  for (const { module, name, kind } of WebAssembly.Module.imports(compiled)) {
    const real = own[module]?.[name];
    if (kind !== "function" || module !== "env" || typeof real !== "function") continue;
    if (allowed.test(name) && !(name in refused)) continue;
    own.env[name] = (...args) => {
      if (!sealed) return real(...args);
      if (name in refused) return refused[name];
      throw new Closed(name);
    };
  }
  return own;
}

function prepare(python, memory, memoryBytes) {
  const module = python._module;
  const { FS } = module;
  python.setInterruptBuffer(interrupts);
  const device = FS.makedev(200, 0);
  FS.registerDevice(device, channel);
  FS.mkdev("/dev/mull", device);
  for (const [number, ops] of [[0, silent], [1, printer], [2, printer]]) {
    FS.streams[number].stream_ops = FS.devices[FS.streams[number].node.rdev].stream_ops = ops;
    delete FS.streams[number].tty;
  }
  const run = module._PyObject_CallNoArgs;
  const [main, close] = python.runPython(lockdown + runner, { globals: python.globals.get("dict")() }).split(" ").map(Number);
  if (run(close) === 0) throw new Error("this version of pyodide is not known");
  hide(module, memory);
  const putBack = keepFiles(FS, memoryBytes);
  sealed = true;
  const heap = () => new Uint8Array(memory.buffer);
  const image = heap().slice();

  // Memory grows until the limit, and the program is told when there is no more.
  const grow = memory.grow.bind(memory);
  let full = false;
  memory.grow = (pages) => {
    if (memory.buffer.byteLength + pages * 65536 <= memoryBytes) return grow(pages);
    full = true;
    throw new RangeError("out of memory");
  };

  return (job) => {
    full = false;
    told = undefined;
    request = encoder.encode(JSON.stringify([job.program, job.globals, job.functions]));
    armed = true;
    let broken = false;
    try {
      run(main);
    } catch (error) {
      broken = true;
      if (told === undefined) {
        if (error instanceof Closed) told = failure("error", "PermissionError", "there is no " + error.message + " here");
        else if (error instanceof RangeError) told = failure("error", "RecursionError", "the calls are too deep");
        else told = failure("error", "SystemExit", "the program ended the interpreter");
      }
    }
    armed = false;
    // Out of memory it may have had no way to say what happened. Else something it needs was taken from it.
    if (told === undefined && !full) broken = true;
    const result = { ...(told ?? failure(full ? "memory" : "error", full ? "MemoryError" : "SystemError", "the program ended without a result")), ...stopped() };
    if (!broken) {
      try {
        putBack();
        heap().set(image);
        heap().fill(0, image.length);
      } catch {
        broken = true;
      }
    }
    return broken ? { ...result, broken } : result;
  };
}

let request = new Uint8Array(0);
let told;
let armed = false;
let next = 0;

/** Python looks here again and again; a 2 interrupts it. Once in a while only, so that it can say what happened. */
const interrupts = {
  get 0() {
    if (!armed || !due() || now() < next) return 0;
    next = now() + 20;
    return 2;
  },
  set 0(value) {},
};

const silent = { open() {}, close() {}, read: () => 0, write: (stream, buffer, offset, length) => length };
const printer = {
  ...silent,
  write(stream, buffer, offset, length) {
    print(new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length).slice());
    return length;
  },
};

/** What the program is, what it asks, and what it came to. */
const channel = {
  ...silent,
  read(stream, buffer, offset, length) {
    const part = request.subarray(0, length);
    buffer.set(part, offset);
    request = request.subarray(part.length);
    return part.length;
  },
  write(stream, buffer, offset, length) {
    const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length).slice();
    hear(String.fromCharCode(bytes[0]), new TextDecoder().decode(bytes.subarray(1)));
    return length;
  },
};

function hear(kind, json) {
  if (kind === "C") {
    const [name, args] = JSON.parse(json);
    const answer = ask(name, args);
    request = encoder.encode(JSON.stringify(answer.json === undefined ? ["!", answer.name, answer.message] : ["=", answer.json]));
  } else if (kind === "F") {
    const [kind, name, message, line] = JSON.parse(json);
    told = failure(kind, name, message, line ?? undefined);
  } else if (json.length > workerData.valueBytes) {
    told = failure("value", "TypeError", "it is longer than " + workerData.valueBytes + " characters of JSON");
  } else told = { ok: true, json };
}

/** Takes modules that reach too far out of the table of those that are built in. */
function hide(module, memory) {
  const bytes = new Uint8Array(memory.buffer);
  const words = new Uint32Array(memory.buffer);
  const text = (at) => new TextDecoder().decode(bytes.slice(at, bytes.indexOf(0, at)));
  const empty = new Map();
  for (let at = words[module._PyImport_Inittab >>> 2] >>> 2; words[at] !== 0; at += 2) {
    const name = text(words[at]);
    if (hidden.test(name)) empty.set(words[at], words[at + 1]);
  }
  if (empty.size < 3) throw new Error("this version of pyodide is not known");
  // The interpreter has a copy of the table.
  for (let at = 0; at < words.length - 1; at++) {
    if (empty.has(words[at]) && empty.get(words[at]) === words[at + 1]) words[at] = bytes.indexOf(0, words[at]);
  }
}
const hidden = /^(_pyodide_core|_ctypes|gc|_test.*|_xxtest.*|xx.*|_remote_debugging|_posixsubprocess|faulthandler)$/;
`);
