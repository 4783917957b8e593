/**
 * @module
 * The options of the handler, checked.
 */
import { Budget } from "../core/budget.js";
import { systemClock, type Clock } from "../core/clock.js";
import { InvalidOptionError } from "../core/errors.js";
import { fieldsOf } from "../core/fields.js";
import type { Model } from "../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../core/options.js";
import { isModel } from "../core/stack.js";
import { guardOf, type Guard } from "./authorize.js";
import type { OpenaiHandlerOptions } from "./openai-handler.js";

/** The options, with their defaults. */
export interface Settings {
  readonly models: ReadonlyMap<string, Model>;
  readonly guard: Guard;
  readonly budgetOf: (request: Request) => Budget | undefined;
  readonly concurrency: number;
  readonly maxBodyBytes: number;
  readonly maxN: number;
  readonly keepAliveMs: number;
  readonly whole: boolean;
  readonly details: boolean;
  readonly cors: readonly string[];
  readonly signal: AbortSignal | undefined;
  readonly onEvent: OpenaiHandlerOptions["onEvent"];
  readonly onError: OpenaiHandlerOptions["onError"];
  readonly clock: Clock;
}

const where = "openaiHandler";

// Written as a record, so that the compiler misses none.
const known: Readonly<Record<keyof OpenaiHandlerOptions, true>> = {
  models: true,
  apiKey: true,
  budget: true,
  concurrency: true,
  maxBodyBytes: true,
  maxN: true,
  keepAliveMs: true,
  whole: true,
  details: true,
  cors: true,
  signal: true,
  onEvent: true,
  onError: true,
  clock: true,
};

/**
 * Checks the options.
 *
 * @throws {@link InvalidOptionError} for the first that is wrong
 */
export function settingsOf(options: OpenaiHandlerOptions): Settings {
  checkOptions(where, options, Object.keys(known));
  const { concurrency = Infinity, maxBodyBytes = 4 * 1024 * 1024, maxN = 16, keepAliveMs = 15_000 } = options;
  const { whole = false, details = true, cors = [], signal, onEvent, onError, clock = systemClock } = options;
  if (concurrency !== Infinity) checkInteger(where, "concurrency", concurrency, 1);
  checkInteger(where, "maxBodyBytes", maxBodyBytes, 1);
  checkInteger(where, "maxN", maxN, 1);
  checkNumber(where, "keepAliveMs", keepAliveMs, 1);
  for (const [option, value] of Object.entries({ whole, details })) {
    if (typeof value !== "boolean") throw new InvalidOptionError(where, option, "true or false", value);
  }
  for (const [option, value] of Object.entries({ onEvent, onError })) {
    if (value !== undefined && typeof value !== "function") {
      throw new InvalidOptionError(where, option, "a function", value);
    }
  }
  if (signal !== undefined && typeof signal.addEventListener !== "function") {
    throw new InvalidOptionError(where, "signal", "an AbortSignal", signal);
  }
  return {
    models: modelsOf(options.models),
    guard: guardOf(options.apiKey),
    budgetOf: budgetsOf(options.budget),
    concurrency,
    maxBodyBytes,
    maxN,
    keepAliveMs,
    whole,
    details,
    cors: originsOf(cors),
    signal,
    onEvent,
    onError,
    clock,
  };
}

function modelsOf(models: OpenaiHandlerOptions["models"]): ReadonlyMap<string, Model> {
  const entries = Object.entries(fieldsOf(models) ?? {});
  if (entries.length === 0)
    throw new InvalidOptionError(where, "models", "an object of at least one model by its name", models);
  for (const [name, model] of entries) {
    if (name.trim() === "") throw new InvalidOptionError(where, "models", "an object whose names are not empty", name);
    if (!isModel(model)) throw new InvalidOptionError(where, `models[${JSON.stringify(name)}]`, "a model", model);
  }
  return new Map(entries as [string, Model][]);
}

function budgetsOf(budget: OpenaiHandlerOptions["budget"]): Settings["budgetOf"] {
  if (budget === undefined) return () => undefined;
  if (typeof budget === "function") {
    return (request) => {
      try {
        const limits = budget(request);
        return limits === undefined || limits instanceof Budget ? limits : new Budget(limits);
      } catch (cause) {
        // Wrong limits are the server's mistake, not the caller's.
        throw new Error(`${where}: budget failed for a request`, { cause });
      }
    };
  }
  // What is wrong with it is said now, not at the first request.
  new Budget(budget);
  return () => new Budget(budget);
}

function originsOf(cors: OpenaiHandlerOptions["cors"] = []): readonly string[] {
  const origins = typeof cors === "string" ? [cors] : cors;
  if (areOrigins(origins)) return origins;
  throw new InvalidOptionError(where, "cors", '"*", or origins such as "https://example.org"', cors);
}

function areOrigins(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (origin) =>
        origin === "*" || (typeof origin === "string" && URL.canParse(origin) && new URL(origin).origin === origin),
    )
  );
}
