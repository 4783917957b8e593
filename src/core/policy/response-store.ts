/**
 * @module
 * Keeping responses in somebody's store: what is kept, for how long, and what happens when the store fails.
 */
import { base64 } from "../base64.js";
import type { Call } from "../call.js";
import { systemClock } from "../clock.js";
import { InStep } from "./in-step.js";
import type { ModelResponse } from "../model.js";
import { race } from "../scope.js";

/** What a cache keeps: plain data that JSON can hold. */
export interface CacheEntry {
  /** The response without its usage; bytes of files are base64 text, and their URLs text. */
  readonly response: Omit<ModelResponse, "usage">;
  /** When it was stored, in ms. */
  readonly at: number;
}

/** Where a cache keeps it: a `Map`, an `LRUCache` of lru-cache, a `Keyv`, or anything else of this shape. */
export interface CacheStore {
  /** An entry as it was set, or a promise of it; `undefined` or `null` where there is none. */
  get(key: string): unknown;
  /** May return a promise, which is waited for. Is given `ttlMs` as a third argument, where there is one and the function declares a third. */
  set(key: string, entry: CacheEntry): unknown;
}

/** A response that was kept; its usage is to be set. */
type Found = ModelResponse | undefined;

/** Is told what the store could not do. */
type OnFailure = (failed: "read" | "written", error: unknown) => void;

/** A store of responses. What fails in it is told, never thrown. */
export class ResponseStore {
  private readonly _store: CacheStore;
  private readonly _ttlMs: number;
  private readonly _reads = new InStep();

  constructor(store: CacheStore, ttlMs: number) {
    this._store = store;
    this._ttlMs = ttlMs;
  }

  /**
   * What is kept there. At once where the store answers at once, so that equal requests of one tick reach the model in that tick; else all those that read
   * for `group` in one tick go on in one tick.
   */
  read(key: string, group: string, call: Call, onFailure: OnFailure): Found | Promise<Found> {
    const missed = (error: unknown): Found => {
      if (call.scope.aborted) throw call.scope.reason;
      onFailure("read", error);
      return undefined;
    };
    try {
      const entry = this._store.get(key);
      if (!isPromise(entry)) return this._responseIn(entry, call);
      return race(call, () => this._reads.wait(group, entry)).then((found) => this._responseIn(found, call), missed);
    } catch (error) {
      return missed(error);
    }
  }

  async write(key: string, response: ModelResponse, call: Call, onFailure: OnFailure): Promise<void> {
    // The third argument of a Keyv is a time, that of an lru-cache an object with a default, which it writes to.
    const store = this._store as { set(key: string, entry: CacheEntry, ...ttlMs: readonly number[]): unknown };
    const ttl = this._ttlMs === Infinity || store.set.length < 3 ? [] : [this._ttlMs];
    try {
      await race(call, () => store.set(key, entryOf(response, call), ...ttl));
    } catch (error) {
      if (call.scope.aborted) throw call.scope.reason;
      onFailure("written", error);
    }
  }

  /** The response of what the store gave back, unless it is too old, or nothing of ours. */
  private _responseIn(entry: unknown, call: Call): Found {
    const { response, at } = (entry ?? {}) as Partial<CacheEntry>;
    const { text, finishReason } = (response ?? {}) as Partial<ModelResponse>;
    if (typeof text !== "string" || typeof finishReason !== "string" || typeof at !== "number") return undefined;
    return now(call) - at < this._ttlMs ? (response as ModelResponse) : undefined;
  }
}

/** Does it answer later? */
export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === "function";
}

function entryOf({ usage: _, ...response }: ModelResponse, call: Call): CacheEntry {
  return { response: plain(response) as typeof response, at: now(call) };
}

/** With the data of all files in it as text, in `content` as in the results of tools; the value itself where there are none. */
function plain(value: unknown, above: readonly object[] = []): unknown {
  // What holds itself is no file.
  if (typeof value !== "object" || value === null || above.includes(value)) return value;
  const here = [...above, value];
  if (Array.isArray(value)) {
    const items = value.map((item) => plain(item, here));
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const { type, data } = value as { readonly type?: unknown; readonly data?: unknown };
  if (type === "file" && data instanceof URL) return { ...value, data: data.href };
  if (type === "file" && data instanceof Uint8Array) return { ...value, data: base64(data) };
  const entries = Object.entries(value).map(([name, field]) => [name, plain(field, here), field] as const);
  return entries.every(([, made, field]) => made === field)
    ? value
    : Object.fromEntries(entries.map(([name, made]) => [name, made]));
}

/** Entries outlive a process, and each process counts the computer's time from another moment. */
function now({ clock }: Call): number {
  return clock.now() + (clock === systemClock ? performance.timeOrigin : 0);
}
