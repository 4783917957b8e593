/**
 * @module
 * One worker thread: it starts, executes one job after the other, and is ended where it does not end a program itself.
 */
import { Worker } from "node:worker_threads";
import { ToolError } from "../../core/errors.js";
import type { HostFunction, ProgramError, ProgramResult } from "../../core/sandbox.js";
import type { Engine } from "./engine.js";
import type { Job, Limits } from "./limits.js";
import { answer, read, type FromWorker, type Ready } from "./messages.js";

/** How long a program that must end may take to do so before its worker is ended. */
const graceMs = 250;

/** A job that is on. */
export interface Execution {
  /** What became of the program. */
  readonly result: Promise<ProgramResult>;
  /** Settles when the thread is free again: `true` if it can take another job. */
  readonly over: Promise<boolean>;
  /** Gives the program up. `result` is then of no interest. */
  readonly abort: () => void;
}

/** A worker that has started. */
export interface Thread {
  /** What it gives to the workers that start after it, so that they start faster. */
  readonly gift: object | undefined;
  execute(job: Job, functions: Readonly<Record<string, HostFunction>>): Execution;
  end(): Promise<void>;
}

/** Starts a worker. Rejects with a {@link ToolError} where that fails. */
export async function startThread(engine: Engine, limits: Limits, gift: object | undefined): Promise<Thread> {
  const control = new Int32Array(new SharedArrayBuffer(12));
  const output = new SharedArrayBuffer(limits.outputBytes);
  const { memoryBytes, valueBytes, calls } = limits;
  const worker = new Worker(engine.source, {
    eval: true,
    workerData: { ...engine.needs(), ...gift, control: control.buffer, output, memoryBytes, valueBytes, calls },
    // Nothing of this process is its business.
    env: {},
    argv: [],
    execArgv: [],
    stdin: false,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: engine.heapMb, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
  });
  // Who waits for a program keeps the process alive, not the worker.
  worker.unref();
  let dead: string | undefined;
  const ended = new Promise<void>((resolve) => {
    worker.on("error", (error: Error & { readonly code?: string }) => {
      dead ??= error.code === "ERR_WORKER_OUT_OF_MEMORY" ? "memory" : error.message;
    });
    worker.once("exit", () => {
      dead ??= "its worker ended";
      resolve();
    });
  });
  /** What the job that is on makes of it. */
  let atEnd: () => void = () => undefined;
  let gone = false;
  void ended.then(() => {
    gone = true;
    atEnd();
  });
  const end = async (): Promise<void> => {
    await worker.terminate();
  };

  const ready = await new Promise<object | undefined>((resolve, reject) => {
    const fail = (why: string): void =>
      reject(new ToolError(engine.name, `the ${engine.name} sandbox did not start: ${why}`));
    const timer = setTimeout(() => fail(`it took longer than ${engine.startMs} ms`), engine.startMs);
    timer.unref();
    worker.once("message", (message: Ready) => {
      clearTimeout(timer);
      if (message.type === "ready") resolve(message.gift);
      else fail(message.message);
    });
    void ended.then(() => {
      clearTimeout(timer);
      fail(dead ?? "");
    });
  }).catch(async (error: unknown) => {
    await end();
    throw error;
  });

  const execute = (job: Job, functions: Readonly<Record<string, HostFunction>>): Execution => {
    let settle: (usable: boolean) => void = () => undefined;
    const over = new Promise<boolean>((resolve) => (settle = resolve));
    let timer: NodeJS.Timeout | undefined;
    let leftMs = job.timeoutMs;
    let since = 0;
    /** The clock of the program runs, until it calls. */
    const runOn = (): void => {
      since = performance.now();
      timer = setTimeout(kill, leftMs + graceMs);
    };
    const pause = (): void => {
      clearTimeout(timer);
      leftMs -= performance.now() - since;
    };
    const printed = (): string => {
      const bytes = new Uint8Array(output, 0, Atomics.load(control, 2)).slice();
      // A character that was cut in two is left out.
      return new TextDecoder().decode(bytes, { stream: true });
    };
    let given = false;
    const stop = (): void => {
      given = true;
      Atomics.store(control, 0, 1);
      Atomics.add(control, 1, 1);
      Atomics.notify(control, 1);
      clearTimeout(timer);
      timer = setTimeout(kill, graceMs);
    };
    let tell: (result: ProgramResult) => void = () => undefined;
    /** The program has its result now; the worker may take its time to end. */
    const kill = (): void => {
      tell({ ok: false, error: outOfTime, output: printed() });
      void worker.terminate();
    };

    const result = new Promise<ProgramResult>((resolve, reject) => {
      tell = resolve;
      const finish = (usable: boolean): void => {
        clearTimeout(timer);
        worker.off("message", listen);
        atEnd = () => undefined;
        settle(usable);
      };
      const listen = (message: FromWorker): void => {
        if (message.type === "call") {
          if (given) return;
          pause();
          void answer(message.name, message.args, functions, limits).then((said) => {
            if (given || dead !== undefined) return;
            worker.postMessage({ type: "answer", id: message.id, answer: said });
            Atomics.add(control, 1, 1);
            Atomics.notify(control, 1);
            runOn();
          });
        } else if (message.type === "done") {
          resolve(read(message.result, printed()));
          finish(message.result.broken !== true);
        }
      };
      worker.on("message", listen);
      atEnd = () => {
        if (dead === "memory") resolve({ ok: false, error: outOfMemory, output: printed() });
        reject(new ToolError(engine.name, `the ${engine.name} sandbox broke: ${dead}`));
        finish(false);
      };
      if (gone) {
        atEnd();
        return;
      }
      for (const place of [0, 1, 2]) Atomics.store(control, place, 0);
      worker.postMessage({ type: "run", ...job });
      runOn();
    });
    result.catch(() => undefined);
    return { result, over, abort: stop };
  };
  return { gift: ready, execute, end };
}

const outOfMemory: ProgramError = {
  kind: "memory",
  name: "MemoryError",
  message: "it took more memory than its limit",
};
const outOfTime: ProgramError = { kind: "timeout", name: "TimeoutError", message: "it ran for longer than its limit" };
