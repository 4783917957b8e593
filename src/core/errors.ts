/**
 * @module
 * Every error mull throws on purpose. Prompts, answers and keys never stand in a message.
 */
import type { Usage } from "./usage.js";

const brand: unique symbol = Symbol.for("mull.error") as never;

/** What every mull error may carry. */
export interface MullErrorOptions {
  /** The error underneath. */
  readonly cause?: unknown;
}

/**
 * Base of all errors of mull. `MullError.is(e)` and the `is` of every class below hold across two copies
 * of the package in one process, where `instanceof` does not.
 */
export class MullError extends Error {
  /** Stable name for programs: `'invalid-option'`, `'capability'`, … */
  readonly code: string;
  /** What had been spent when the error left {@link run}; set by `run`. */
  usage?: Usage;

  constructor(code: string, message: string, options?: MullErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
    Object.defineProperty(this, brand, { value: code });
  }

  /** Is `error` any error of mull? */
  static is(error: unknown): error is MullError {
    return codeOf(error) !== undefined;
  }
}

/** An option out of bounds, unknown, or of the wrong type. Thrown when the stack is built, or by `run` for its own arguments. */
export class InvalidOptionError extends MullError {
  /** Where the option belongs: `'sampleN'`. */
  readonly where: string;
  /** The option: `'n'`. */
  readonly option: string;
  /** What was given. */
  readonly value: unknown;

  constructor(where: string, option: string, bound: string, value: unknown) {
    super("invalid-option", `${where}: ${option} must be ${bound}, got ${show(value)}`);
    this.where = where;
    this.option = option;
    this.value = value;
  }

  static override is(error: unknown): error is InvalidOptionError {
    return codeOf(error) === "invalid-option";
  }
}

/** A primitive needs what the model underneath lacks. Thrown when the stack is built, or at the first call. */
export class CapabilityError extends MullError {
  /** The missing capability: `'tools'`. */
  readonly capability: string;
  /** Id of the model that lacks it. */
  readonly model: string;

  constructor(capability: string, model: string, message: string) {
    super("capability", message);
    this.capability = capability;
    this.model = model;
  }

  static override is(error: unknown): error is CapabilityError {
    return codeOf(error) === "capability";
  }
}

/** Fields of a {@link ProviderError}. */
export interface ProviderErrorOptions extends MullErrorOptions {
  /** HTTP status, where there was one. */
  readonly status?: number | undefined;
  /** May the same request succeed later? @defaultValue `true` for no status, 408, 409, 425, 429 and 5xx */
  readonly retryable?: boolean | undefined;
  /** How long the provider asked to wait, in ms. */
  readonly retryAfterMs?: number | undefined;
  /** The provider's id of the request. */
  readonly requestId?: string | undefined;
}

/** The provider refused, failed or could not be reached. */
export class ProviderError extends MullError {
  readonly status: number | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly requestId: string | undefined;

  constructor(message: string, options: ProviderErrorOptions = {}) {
    super("provider", message, options);
    const { status } = options;
    this.status = status;
    this.retryable =
      options.retryable ??
      (status === undefined || status >= 500 || status === 408 || status === 409 || status === 425 || status === 429);
    this.retryAfterMs = options.retryAfterMs;
    this.requestId = options.requestId;
  }

  static override is(error: unknown): error is ProviderError {
    return codeOf(error) === "provider";
  }
}

/** The model answered, but not with what its interface promises: no text, broken JSON, a cut stream. */
export class MalformedResponseError extends MullError {
  constructor(message: string, options?: MullErrorOptions) {
    super("malformed-response", message, options);
  }

  static override is(error: unknown): error is MalformedResponseError {
    return codeOf(error) === "malformed-response";
  }
}

/** A strategy ended with nothing that it could return. */
export class NoAnswerError extends MullError {
  constructor(message: string, options?: MullErrorOptions) {
    super("no-answer", message, options);
  }

  static override is(error: unknown): error is NoAnswerError {
    return codeOf(error) === "no-answer";
  }
}

/** The budget, or the time, ended before anything could be returned. */
export class BudgetExceededError extends MullError {
  /** Which limit: `'calls'`, `'tokens'`, `'outputTokens'`, `'usd'` or `'ms'`. */
  readonly limit: string;

  constructor(limit: string, message: string) {
    super("budget-exceeded", message);
    this.limit = limit;
  }

  static override is(error: unknown): error is BudgetExceededError {
    return codeOf(error) === "budget-exceeded";
  }
}

/** One call took longer than the `timeout` policy allows. */
export class CallTimeoutError extends MullError {
  /** The limit, in ms. */
  readonly ms: number;
  /** Which limit: on the whole call, or on the time until its first word. */
  readonly limit: "ms" | "firstTokenMs";

  constructor(ms: number, message: string = `the call took longer than ${ms} ms`, limit: "ms" | "firstTokenMs" = "ms") {
    super("call-timeout", message);
    this.ms = ms;
    this.limit = limit;
  }

  static override is(error: unknown): error is CallTimeoutError {
    return codeOf(error) === "call-timeout";
  }
}

/** A replayed run asked for what is not on its tape. Ends the whole run. */
export class TapeMissError extends MullError {
  constructor(message: string) {
    super("tape-miss", message);
  }

  static override is(error: unknown): error is TapeMissError {
    return codeOf(error) === "tape-miss";
  }
}

/** A tool threw; `cause` is what it threw. */
export class ToolError extends MullError {
  /** Name of the tool. */
  readonly tool: string;

  constructor(tool: string, message: string, options?: MullErrorOptions) {
    super("tool", message, options);
    this.tool = tool;
  }

  static override is(error: unknown): error is ToolError {
    return codeOf(error) === "tool";
  }
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const code = (error as { [brand]?: unknown })[brand];
  return typeof code === "string" ? code : undefined;
}

function show(value: unknown): string {
  if (typeof value === "string") return value === "" ? "an empty string" : JSON.stringify(value.slice(0, 40));
  if (typeof value === "function") return "a function";
  if (typeof value === "symbol") return value.toString();
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : "an array";
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}
