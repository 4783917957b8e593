/**
 * @module
 * The worker of `quickjs`, as the text that it evaluates: a fresh runtime for each program.
 */
import { workerSource } from "../sandbox/worker-source.js";
import { prelude } from "./prelude.js";

/** The text of the worker. */
export const source: string = workerSource(String.raw`
const prelude = ${JSON.stringify(prelude)};
// In the stack of QuickJS, not of the worker: a third of a million bytes is some 1,000 to 3,000 calls deep.
const stackBytes = 320 * 1024;

async function start() {
  const { getQuickJS } = require(workerData.engine);
  const engine = await getQuickJS();
  strip();
  return { execute: (job) => runJob(engine, job) };
}

function runJob(engine, job) {
  const runtime = engine.newRuntime();
  let context;
  let result;
  try {
    runtime.setMemoryLimit(workerData.memoryBytes);
    runtime.setMaxStackSize(stackBytes);
    runtime.setInterruptHandler(due);
    context = runtime.newContext();
    result = evaluate(runtime, context, job);
  } catch (error) {
    // The engine could not even make what it needs.
    if (String(error && error.message).includes("out of memory")) result = failure("memory", "InternalError", "out of memory");
    else if (error instanceof RangeError) result = { ...failure("error", "RangeError", "the calls are too deep"), broken: true };
    else result = { ...failure("error", "InternalError", error && error.message), broken: true };
  }
  // What was ended is told as what ended it, whatever the program made of it.
  result = { ...result, ...(stopped() ?? {}) };
  try {
    context?.dispose();
    runtime.dispose();
  } catch {
    result.broken = true;
  }
  if (engine.getWasmMemory().buffer.byteLength > 2 * workerData.memoryBytes + (32 << 20)) result.broken = true;
  return result;
}

function evaluate(runtime, context, job) {
  const open = [];
  const hold = (handle) => (open.push(handle), handle);
  try {
    const printer = hold(context.newFunction("print", (text) => {
      print(context.getString(text));
      return context.undefined;
    }));
    const asker = hold(context.newFunction("ask", (name, args) => {
      const { json, name: error, message } = ask(context.getString(name), context.getString(args));
      return context.newString(json === undefined ? "!" + JSON.stringify([error, message]) : "=" + json);
    }));
    const setUp = hold(context.unwrapResult(context.evalCode(prelude, "prelude.js", { type: "global" })));
    const bytes = hold(context.newNumber(workerData.valueBytes));
    const tools = hold(context.unwrapResult(context.callFunction(setUp, context.undefined, printer, asker, bytes)));
    const [define, encode, describe] = ["define", "encode", "describe"].map((name) => hold(context.getProp(tools, name)));
    const given = hold(context.newString(JSON.stringify([job.globals, job.functions])));
    hold(context.unwrapResult(context.callFunction(define, context.undefined, given)));

    const fail = (error, first) => {
      const told = context.callFunction(describe, context.undefined, hold(error));
      if (told.error) {
        hold(told.error);
        return failure("memory", "InternalError", "out of memory");
      }
      const { name, message, stack, syntax } = JSON.parse(context.getString(hold(told.value)));
      const line = /program\.js:(\d+)/.exec(stack)?.[1];
      const memory = name === "InternalError" && message === "out of memory";
      const deep = name === "InternalError" && message === "stack overflow";
      // An error of the parser has no caller.
      const kind = memory ? "memory" : first && syntax && /^\s*at program\.js:\d+(:\d+)?\s*$/.test(stack) ? "syntax" : "error";
      return failure(kind, deep ? "RangeError" : name, deep ? "the calls are too deep" : message, line && Number(line));
    };

    const evaluated = context.evalCode(job.program, "program.js", { type: "global" });
    if (evaluated.error) return fail(evaluated.error, true);
    let value = hold(evaluated.value);
    while (runtime.hasPendingJob() && !due()) {
      const done = runtime.executePendingJobs(100);
      if (done.error) return fail(done.error, false);
      done.dispose();
    }
    const state = context.getPromiseState(value);
    if (state.type === "rejected") return fail(state.error, false);
    if (state.type === "pending") return failure("value", "TypeError", "its value is a promise that nothing settles");
    if (!state.notAPromise) value = hold(state.value);
    const encoded = context.callFunction(encode, context.undefined, value);
    if (encoded.error) return fail(encoded.error, false);
    const text = context.getString(hold(encoded.value));
    return text[0] === "=" ? { ok: true, json: text.slice(1) } : failure("value", "TypeError", text.slice(1));
  } finally {
    for (const handle of open) if (handle.alive) handle.dispose();
  }
}
`);
