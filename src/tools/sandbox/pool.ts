/**
 * @module
 * A pool of workers and the programs that wait for one: first come, first served.
 */
import { ToolError } from "../../core/errors.js";
import type { HostFunction, SandboxRunOptions, ProgramResult, Sandbox } from "../../core/sandbox.js";
import type { Engine } from "./engine.js";
import { jobOf, longestProgram, type Job, type Limits } from "./limits.js";
import { startThread, type Execution, type Thread } from "./thread.js";

/** A program that waits, or runs. */
interface Waiting {
  readonly job: Job;
  readonly functions: Readonly<Record<string, HostFunction>>;
  readonly resolve: (result: ProgramResult) => void;
  readonly reject: (reason: unknown) => void;
  running?: Execution;
}

/** Makes a sandbox of workers. It starts none before the first program. */
export function pool(engine: Engine, limits: Limits): Sandbox {
  /** All threads, those that start included. */
  const threads = new Set<Promise<Thread>>();
  const idle = new Map<Thread, { readonly entry: Promise<Thread>; readonly timer: NodeJS.Timeout | undefined }>();
  const queue: Waiting[] = [];
  const running = new Set<Waiting>();
  let starting = 0;
  let gift: object | undefined;
  let generation = 0;
  let alive: NodeJS.Timeout | undefined;

  /** Workers do not keep the process alive, but those who wait for a program do. */
  const keepAlive = (): void => {
    const busy = queue.length > 0 || running.size > 0;
    if (busy) alive ??= setInterval(() => undefined, 2 ** 30);
    else {
      clearInterval(alive);
      alive = undefined;
    }
  };

  const start = (): void => {
    const born = generation;
    const entry = startThread(engine, limits, gift);
    threads.add(entry);
    starting++;
    entry.then(
      (thread) => {
        if (born !== generation) return;
        starting--;
        gift ??= thread.gift;
        rest(entry, thread);
        serve();
      },
      (error: unknown) => {
        threads.delete(entry);
        if (born !== generation) return;
        starting--;
        // Where others work, they go on with what waits. Else what did not start now would not start for the next one, either.
        if (idle.size + running.size === 0) for (const { reject } of queue.splice(0)) reject(error);
        keepAlive();
      },
    );
  };

  const rest = (entry: Promise<Thread>, thread: Thread): void => {
    const retire = (): void => {
      idle.delete(thread);
      threads.delete(entry);
      void thread.end();
    };
    const timer = limits.idleMs > longestTimer ? undefined : setTimeout(retire, limits.idleMs);
    timer?.unref();
    idle.set(thread, { entry, timer });
  };

  const serve = (): void => {
    for (const [thread, { entry, timer }] of idle) {
      const next = queue.shift();
      if (next === undefined) break;
      clearTimeout(timer);
      idle.delete(thread);
      give(entry, thread, next);
    }
    while (starting < queue.length && threads.size < limits.workers) start();
    keepAlive();
  };

  const give = (entry: Promise<Thread>, thread: Thread, waiting: Waiting): void => {
    const born = generation;
    const execution = thread.execute(waiting.job, waiting.functions);
    waiting.running = execution;
    running.add(waiting);
    execution.result.then(waiting.resolve, waiting.reject);
    void execution.over.then((usable) => {
      running.delete(waiting);
      if (usable && born === generation) rest(entry, thread);
      else {
        threads.delete(entry);
        void thread.end();
        if (engine.eager && born === generation && threads.size < limits.workers) start();
      }
      serve();
    });
  };

  const run = async (program: string, options: SandboxRunOptions = {}): Promise<ProgramResult> => {
    const job = jobOf(engine.name, program, options, limits);
    const { signal, functions = {} } = options;
    signal?.throwIfAborted();
    if (program.length > longestProgram) return tooLong;
    let waiting: Waiting | undefined;
    let giveUp: (() => void) | undefined;
    try {
      return await new Promise<ProgramResult>((resolve, reject) => {
        waiting = { job, functions, resolve, reject };
        queue.push(waiting);
        giveUp = () => {
          reject(signal?.reason);
          const place = queue.indexOf(waiting as Waiting);
          if (place >= 0) queue.splice(place, 1);
          waiting?.running?.abort();
          keepAlive();
        };
        signal?.addEventListener("abort", giveUp, { once: true });
        serve();
      });
    } finally {
      if (giveUp !== undefined) signal?.removeEventListener("abort", giveUp);
    }
  };

  const close = async (): Promise<void> => {
    generation++;
    starting = 0;
    const ending = [...threads].map((entry) => entry.then((thread) => thread.end()).catch(() => undefined));
    threads.clear();
    for (const { timer } of idle.values()) clearTimeout(timer);
    idle.clear();
    const closed = new ToolError(engine.name, `the ${engine.name} sandbox was closed`);
    for (const { reject } of [...queue.splice(0), ...running]) reject(closed);
    keepAlive();
    await Promise.all(ending);
  };

  return { language: engine.language, run, close };
}

/** The longest that a timer of Node can wait. */
const longestTimer = 2 ** 31 - 1;

const tooLong: ProgramResult = {
  ok: false,
  error: { kind: "syntax", name: "SyntaxError", message: `the program is longer than ${longestProgram} characters` },
  output: "",
};
