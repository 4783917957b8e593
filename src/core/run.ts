/**
 * @module
 * Running a model: what users call.
 */
import type { BudgetLimits } from "./amounts.js";
import { Budget } from "./budget.js";
import { CallNode, exhaustion, outOfTime, type RunState } from "./call.js";
import { systemClock, type Clock } from "./clock.js";
import { InvalidOptionError, MullError } from "./errors.js";
import type { Events, MullEvent } from "./events.js";
import { extend } from "./extend.js";
import { textOf, type Message } from "./message.js";
import type { Model, ModelRequest, ModelResponse } from "./model.js";
import { checkInteger, checkNumber, checkOptions } from "./options.js";
import { Scope } from "./scope.js";
import { follow } from "./signal.js";
import { isModel } from "./stack.js";

/** Options of {@link run} and {@link stream}. */
export interface RunOptions {
  /** Gives the run up; it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /** Limits of this run, or a {@link Budget} shared with others. Never exceeded. @defaultValue none */
  readonly budget?: BudgetLimits | Budget | undefined;
  /** Integer. The same seed draws the same numbers, and is passed on to models that honour one. @defaultValue another one in every run, not passed on */
  readonly seed?: number | undefined;
  /** Hears every event. If it throws, the run goes on, and the response has a warning. */
  readonly onEvent?: ((event: MullEvent) => void) | undefined;
  /** An emitter that hears every event. */
  readonly events?: Events | undefined;
  /** @defaultValue the computer's own */
  readonly clock?: Clock | undefined;
}

const known = ["signal", "budget", "seed", "onEvent", "events", "clock"];

/**
 * Asks a model, or a whole stack.
 *
 * Shape: a prompt, or a {@link ModelRequest}, in; the response of the outermost layer out, with the usage of the whole run.
 * Cost: what the stack costs; see {@link outline}.
 *
 * @throws {@link InvalidOptionError} for an empty prompt, a budget that is not positive, or an unknown option
 * @throws `signal.reason` when the caller gives up
 * @throws {@link BudgetExceededError} when the budget ended before there was any answer. Every error of mull carries `usage`.
 * @example
 * const { text, usage } = await run(model, "How many legs do three spiders have?", { budget: { tokens: 2_000 } });
 */
export async function run<Out extends ModelResponse>(
  model: Model<Out>,
  prompt: string | ModelRequest,
  options: RunOptions = {},
): Promise<Out> {
  checkOptions("run", options, known);
  if (!isModel(model))
    throw new InvalidOptionError("run", "the first argument", "a model (id, capabilities, generate)", model);
  const request = checkRequest(prompt);
  const running = new Running(options);
  try {
    return running.finish(await running.start(model, request));
  } catch (error) {
    throw running.fail(error);
  } finally {
    running.close();
  }
}

const unlimited = new Budget();

/** What a run holds while it goes on: one object takes less room than the locals of an `async` function. */
class Running implements RunState {
  readonly clock: Clock;
  readonly seed: number;
  readonly seeded: boolean;
  private readonly _call: CallNode;
  private readonly _signal: AbortSignal | undefined;
  private readonly _unfollow: (() => void) | undefined;
  private readonly _timer: unknown;
  /** What listeners threw. */
  private readonly _broken: unknown[] = [];

  constructor(options: RunOptions) {
    const { signal, budget = unlimited, seed, clock = systemClock } = options;
    if (seed !== undefined) checkInteger("run", "seed", seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    const limits = budget instanceof Budget ? budget : new Budget(budget);
    if (signal !== undefined && typeof signal.addEventListener !== "function") {
      throw new InvalidOptionError("run", "signal", "an AbortSignal", signal);
    }
    if (signal?.aborted) throw signal.reason;

    this.clock = clock;
    this.seed = seed ?? Math.floor(Math.random() * 2 ** 32);
    this.seeded = seed !== undefined;
    const scope = new Scope();
    const hears = listener(options, this._broken);
    this._call = new CallNode(undefined, "", {
      state: this,
      scope,
      budget: limits,
      listener: hears,
      thought: false,
      judging: false,
    });
    const { ms } = limits.limits;
    if (ms !== undefined && ms !== Infinity) this._timer = clock.setTimeout(() => scope.abort(outOfTime(ms)), ms);
    this._signal = signal;
    this._unfollow = signal && follow(signal, scope);
  }

  start<Out extends ModelResponse>(model: Model<Out>, request: ModelRequest): Promise<Out> {
    const response = model.generate(request, this._call);
    return this._signal === undefined && this._timer === undefined ? response : leaving(this._call, response);
  }

  /** The response as the caller gets it. */
  finish<Out extends ModelResponse>(response: Out): Out {
    if (this._signal?.aborted) throw this._signal.reason;
    const { usage } = this._call;
    const whole = response.usage === usage ? response : extend(response, { usage });
    if (this._broken.length === 0) return whole;
    const message = `a listener threw ${this._broken.length} times, first: ${String(this._broken[0])}`;
    return extend(whole, { warnings: [...(whole.warnings ?? []), { code: "listener", message }] });
  }

  /** The error as the caller gets it. */
  fail(error: unknown): unknown {
    if (this._signal?.aborted) return this._signal.reason;
    const { scope, usage } = this._call;
    const why = scope.aborted && exhaustion(scope.reason) ? scope.reason : error;
    if (MullError.is(why)) why.usage = usage;
    return why;
  }

  close(): void {
    this._unfollow?.();
    if (this._timer !== undefined) this.clock.clearTimeout(this._timer);
    this._call.scope.close();
  }
}

/**
 * Waits for a run that can be given up: not for a model that does not listen. Whoever does listen has a turn of the event loop to unwind, and,
 * when the time is over, to return what there is.
 */
function leaving<Out>({ scope }: CallNode, running: Promise<Out>): Promise<Out> {
  return new Promise<Out>((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const member = {
      abort: (reason: unknown) => {
        timer = setTimeout(() => reject(reason as Error), 0);
      },
    };
    scope.add(member);
    // Before anybody hears of it: a scope that closes gives up what is still in it.
    const over = (): void => {
      scope.remove(member);
      clearTimeout(timer);
    };
    running.then(
      (response) => {
        over();
        resolve(response);
      },
      (error: unknown) => {
        over();
        reject(error);
      },
    );
  });
}

function listener({ onEvent, events }: RunOptions, broken: unknown[]): ((event: MullEvent) => void) | undefined {
  if (onEvent === undefined && events === undefined) return undefined;
  return (event) => {
    try {
      onEvent?.(event);
    } catch (error) {
      broken.push(error);
    }
    try {
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-assertion -- the compiler does not see that name and event belong together
      events?.emit(event.type, event as never);
    } catch (error) {
      broken.push(error);
    }
  };
}

/** The request of a prompt, when it is one. */
export function checkRequest(prompt: string | ModelRequest, where: string = "run"): ModelRequest {
  if (typeof prompt === "string") {
    if (prompt.trim() === "") throw new InvalidOptionError(where, "the prompt", "a text that is not empty", prompt);
    return { messages: [{ role: "user", content: prompt }] };
  }
  if (typeof prompt !== "object" || prompt === null || !Array.isArray(prompt.messages)) {
    throw new InvalidOptionError(where, "the prompt", "a text, or a request with messages", prompt);
  }
  const { temperature, topP, maxOutputTokens } = prompt;
  const messages: readonly Message[] = prompt.messages;
  const odd = messages.find(
    (message: Partial<Message> | null) => !roles.includes(message?.role ?? "") || !isContent(message?.content),
  );
  if (odd !== undefined)
    throw new InvalidOptionError(where, "a message", `an object with a role (${roles.join(", ")}) and content`, odd);
  const hasContent = messages.some((m) => textOf(m).trim() !== "" || hasOtherParts(m));
  if (!hasContent) throw new InvalidOptionError(where, "messages", "messages of which one is not empty", messages);
  if (temperature !== undefined) checkNumber(where, "temperature", temperature, 0);
  if (topP !== undefined) checkNumber(where, "topP", topP, 0, 1);
  if (maxOutputTokens !== undefined) checkInteger(where, "maxOutputTokens", maxOutputTokens, 1);
  return prompt;
}

const roles: readonly string[] = ["system", "user", "assistant", "tool"];

function isContent(content: unknown): boolean {
  return typeof content === "string" || Array.isArray(content);
}

function hasOtherParts({ content }: Message): boolean {
  if (typeof content === "string") return false;
  for (const part of content) if (part.type !== "text") return true;
  return false;
}
