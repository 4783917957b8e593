/**
 * @module
 * Cache: an equal request gets the response that was given before.
 */
import type { Call, CallNode } from "../core/call.js";
import { canonical } from "../core/canonical.js";
import { InvalidOptionError } from "../core/errors.js";
import { extend } from "../core/extend.js";
import type { Model, ModelRequest, ModelResponse } from "../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../core/options.js";
import { RecentMap } from "../core/policy/recent-map.js";
import { isPromise, ResponseStore, type CacheEntry, type CacheStore } from "../core/policy/response-store.js";
import { SampleIndices } from "../core/policy/sample-index.js";
import { sha256 } from "../core/policy/sha-256.js";
import { SingleFlight } from "../core/policy/single-flight.js";
import { wrap } from "../core/wrap.js";

/** Options of {@link cache}. */
export interface CacheOptions {
  /** Where responses are kept. @defaultValue a map of its own, which keeps the `maxEntries` that were used last */
  readonly store?: CacheStore | undefined;
  /** How long a response may be given again, in ms on the run's clock: above 0. @defaultValue for ever */
  readonly ttlMs?: number | undefined;
  /** Responses in the map of its own: whole, at least 1. Not together with `store`. @defaultValue 1,000 */
  readonly maxEntries?: number | undefined;
  /** Tells caches that share a store apart, where the id of the model does not. @defaultValue `''` */
  readonly namespace?: string | undefined;
}

/**
 * Gives an equal request the response that was given before. What it keeps outlives a call: that is its purpose.
 *
 * Shape: response in, the same response out.
 * Cost: nothing for a hit, `usage` says so; else what the model beneath costs.
 * Equal are requests to a model of the same id, with the same fields, the same sample index (so that n samples stay n different ones) and the
 * same seed of the run, if it was given one. Of equal requests at the same time one asks; if it fails or is given up, the next one asks on its own account. Errors,
 * calls given up, and answers that a budget cut short are not kept. A store that fails does not fail the call: the model is
 * asked, and a warning (`'cache'`) says so. A `cache` event tells hit or miss; the words of a hit are told at once.
 *
 * @throws {@link InvalidOptionError} when the stack is built
 * @example
 * const solver = stack(model, timeout(60_000), cache({ ttlMs: 3_600_000 }), retry(), sampleN(8));
 */
export function cache(options: CacheOptions = {}): <R extends ModelResponse>(next: Model<R>) => Model<R> {
  checkOptions("cache", options, ["store", "ttlMs", "maxEntries", "namespace"]);
  const { ttlMs = Infinity, maxEntries = 1_000, namespace = "" } = options;
  checkInteger("cache", "maxEntries", maxEntries, 1);
  if (ttlMs !== Infinity) checkNumber("cache", "ttlMs", ttlMs, Number.MIN_VALUE, Number.MAX_VALUE);
  if (typeof namespace !== "string") throw new InvalidOptionError("cache", "namespace", "a text", namespace);

  const store = new ResponseStore(checkStore(options) ?? new RecentMap<CacheEntry>(maxEntries), ttlMs);
  const flights = new SingleFlight<ModelResponse>();
  const indices = new SampleIndices();

  return <R extends ModelResponse>(next: Model<R>): Model<R> => {
    const questionOf = questions(namespace, next.id);

    const ask = async (request: ModelRequest, call: Call): Promise<R> => {
      if (call.listening) call.emit({ type: "cache", path: call.path, hit: false });
      return next.generate(request, call);
    };
    return wrap(
      "cache",
      next,
      async (request, call): Promise<R> => {
        const question = questionOf(request);
        if (question === undefined) return warned(await ask(request, call), [incomparable]);
        const key = question + indices.of(call as CallNode, question) + seedOf(request, call as CallNode);

        const joined = flights.join(key, call);
        const shared = isPromise(joined) ? await joined : joined;
        if (shared !== undefined) return hit(shared as R, call);
        // It is our turn to ask.
        const problems: string[] = [];
        const onFailure = (failed: string, error: unknown): unknown =>
          problems.push(`the store could not be ${failed} (${nameOf(error)})`);
        try {
          if (call.scope.aborted) throw call.scope.reason;
          const reading = store.read(key, question, call, onFailure);
          const found = isPromise(reading) ? await reading : reading;
          if (found !== undefined) {
            flights.share(key, found);
            return hit(found as R, call);
          }
          const response = await ask(request, call);
          if (call.scope.aborted) throw call.scope.reason;
          if (isWhole(response)) {
            flights.share(key, response);
            await store.write(key, response, call, onFailure);
          }
          return warned(response, problems);
        } finally {
          flights.leave(key);
        }
      },
      { outline: { detail: ttlMs === Infinity ? "" : `ttl ${ttlMs} ms` } },
    );
  };
}

const incomparable = "the request was asked past the cache: it holds something that cannot be compared by its value";

function checkStore({ store, maxEntries }: CacheOptions): CacheStore | undefined {
  if (store === undefined) return undefined;
  const { get, set } = (store ?? {}) as Partial<CacheStore>;
  if (typeof get !== "function" || typeof set !== "function") {
    throw new InvalidOptionError("cache", "store", "an object with get and set", store);
  }
  if (maxEntries !== undefined) {
    throw new InvalidOptionError("cache", "maxEntries", "absent where there is a store", maxEntries);
  }
  return store;
}

/** What is asked, as a key; `undefined` where it cannot be told. Samples of one tick share their request: it is read once. */
function questions(namespace: string, id: string): (request: ModelRequest) => string | undefined {
  let last: { readonly request: ModelRequest; readonly question: string | undefined } | undefined;
  return (request) => {
    if (last?.request === request) return last.question;
    let question: string | undefined;
    try {
      question = sha256(canonical([namespace, id, request]));
    } catch {
      // Something that has no text, or that holds itself.
    }
    if (last === undefined) queueMicrotask(() => (last = undefined));
    last = { request, question };
    return question;
  };
}

/** The seed that a source would be given for this run. */
function seedOf(request: ModelRequest, { state }: CallNode): string {
  return state.seeded && request.seed === undefined ? `@${state.seed}` : "";
}

/** Is this all that the model would say? */
function isWhole({ stopped, warnings = [] }: ModelResponse): boolean {
  const cut = stopped === "budget" || stopped === "deadline" || stopped === "failure";
  return !cut && !warnings.some(({ code }) => code === "budget-cap");
}

/** A response that was there: nothing is spent, and its words are told. */
function hit<R extends ModelResponse>(response: R, call: Call): R {
  if (call.listening) {
    const { path } = call;
    const { text, reasoning = "", toolCalls = [] } = response;
    call.emit({ type: "cache", path, hit: true });
    if (reasoning !== "") call.emit({ type: "delta", path, reasoning, output: false });
    if (text !== "") call.emit({ type: "delta", path, text, output: !call.thought });
    for (const { input } of toolCalls) {
      const toolInput = typeof input === "string" ? input : JSON.stringify(input ?? {});
      call.emit({ type: "delta", path, toolInput, output: false });
    }
  }
  return extend(response, { usage: call.usage });
}

function warned<R extends ModelResponse>(response: R, problems: readonly string[]): R {
  if (problems.length === 0) return response;
  const warnings = problems.map((message) => ({ code: "cache", message }));
  return extend(response, { warnings: [...(response.warnings ?? []), ...warnings] });
}

/** What may be said of a foreign error: its message may hold keys. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
