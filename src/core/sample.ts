/**
 * @module
 * Drawing samples: many calls of one model, yielded in index order, given up together.
 */
import { exhaustion, type Call, type CallNode } from "./call.js";
import { CapabilityError, InvalidOptionError, ProviderError } from "./errors.js";
import type { MullEvent } from "./events.js";
import type {
  Model,
  ModelRequest,
  ModelResponse,
  Sampled,
  SampleFailure,
  Sampler,
  StopReason,
  Warning,
} from "./model.js";
import { Scope, ScopeClosed } from "./scope.js";

/** Options of {@link sample}. */
export interface SampleOptions {
  /** How many. */
  readonly n: number;
  /** How many at a time. In index order, at most this many are ahead of the one that is waited for. @defaultValue all */
  readonly concurrency?: number | undefined;
  /**
   * `'completion'` yields whichever is ready. Quick samples are not a fair sample: stopping on them is biased.
   * @defaultValue `'index'`
   */
  readonly order?: "index" | "completion" | undefined;
  /** Fewer good samples than this are an error. @defaultValue 1 */
  readonly quorum?: number | undefined;
  /** Let the first sample come alone, so that it fills the provider's prompt cache. @defaultValue `false` */
  readonly warm?: boolean | undefined;
  /** The request of each sample. @defaultValue the same for all */
  readonly request?: ((index: number) => ModelRequest) | undefined;
}

/** Samples being drawn: to be looped over once. Leaving the loop gives up the samples still running. */
export interface Draw<R extends ModelResponse = ModelResponse> extends AsyncIterable<R> {
  /** How many will come at most; `Infinity` where nobody knows yet. */
  readonly planned: number;
  /** Those yielded so far. */
  readonly samples: readonly R[];
  readonly failures: readonly SampleFailure[];
  /** Why the drawing ended; `'decided'` when the loop was left. */
  readonly stopped: StopReason;
}

/**
 * Draws `n` samples lazily, `concurrency` at a time.
 *
 * Shape: an async iterable of responses, failures beside it.
 * Cost: at most `n` calls of `next`; when the loop is left after k samples, at most `k + concurrency - 1`.
 * A failed sample is listed, not thrown, while the quorum can be met; an error that cannot get better (a refused request, a missing
 * capability) ends the drawing. Out of budget or time, what is in flight is still yielded.
 *
 * @throws the first failure, when fewer than `quorum` samples are left at the end
 */
export function sample<R extends ModelResponse>(
  next: Model<R>,
  request: ModelRequest,
  call: Call,
  options: SampleOptions,
): Draw<R> {
  return new Drawing(next, request, call as CallNode, options);
}

/**
 * The samples of any model of samples: lazily where it can, else all at once.
 */
export function draw<R extends ModelResponse>(next: Model<Sampled<R>>, request: ModelRequest, call: Call): Draw<R> {
  return isSampler(next) ? next.draw(request, call) : new Drawn(() => next.generate(request, call));
}

function isSampler<R extends ModelResponse>(model: Model<Sampled<R>>): model is Sampler<R> {
  return typeof (model as Partial<Sampler<R>>).draw === "function";
}

class Drawing<R extends ModelResponse> implements Draw<R>, AsyncIterator<R, undefined> {
  readonly samples: R[] = [];
  readonly failures: SampleFailure[] = [];
  stopped: StopReason = "done";
  readonly planned: number;

  private readonly _next: Model<R>;
  private readonly _request: ModelRequest;
  private readonly _call: CallNode;
  private readonly _options: SampleOptions;
  private readonly _scope: Scope;
  private readonly _slots: Slot<R>[] = [];
  /** Slots in the order in which they are to be yielded; index order, or order of completion. */
  private readonly _ready: Slot<R>[] | undefined;
  private _limit: number;
  private _head = 0;
  private _wake: (() => void) | undefined;

  constructor(next: Model<R>, request: ModelRequest, call: CallNode, options: SampleOptions) {
    this._next = next;
    this._request = request;
    this._call = call;
    this._options = options;
    this._limit = options.n;
    this.planned = options.n;
    this._ready = options.order === "completion" ? [] : undefined;
    this._scope = new Scope(call.scope);
  }

  [Symbol.asyncIterator](): AsyncIterator<R, undefined> {
    return this;
  }

  async next(): Promise<IteratorResult<R, undefined>> {
    for (;;) {
      this._start();
      if (this._head >= this._slots.length) return this._finish();
      let slot = this._current();
      while (slot?.done !== true) {
        await new Promise<void>((resolve) => (this._wake = resolve));
        slot = this._current();
      }
      this._head++;
      if (slot.value !== undefined) {
        this.samples.push(slot.value);
        if (this._call.listening) {
          const { key } = slot.value as { readonly key?: string };
          this._call.emit({ type: "sample", path: this._call.path, index: slot.index, key });
        }
        return { value: slot.value, done: false };
      }
      this._lose(slot);
    }
  }

  return(): Promise<IteratorResult<R, undefined>> {
    this.stopped = "decided";
    this._limit = this._head;
    this._scope.abort(new ScopeClosed());
    this._scope.close();
    return Promise.resolve({ value: undefined, done: true });
  }

  /** The slot to be yielded next, when there is one. */
  private _current(): Slot<R> | undefined {
    if (this._ready !== undefined) return this._ready[this._head];
    const slot = this._slots[this._head];
    if (slot?.events !== undefined) {
      // Its turn: what it told so far is told now, the rest as it comes.
      const { events } = slot;
      slot.events = undefined;
      for (const event of events) this._call.emit(event);
    }
    return slot;
  }

  private _start(): void {
    const { concurrency = Infinity, warm = false, order } = this._options;
    const ahead = warm && this._head === 0 ? 1 : concurrency;
    while (this._slots.length < Math.min(this._limit, this._head + ahead)) {
      const index = this._slots.length;
      const slot: Slot<R> = { index, done: false, value: undefined, error: undefined, events: undefined };
      this._slots.push(slot);
      const buffered = this._call.listening && order !== "completion" && index > this._head;
      if (buffered) slot.events = [];
      const child = this._call.inside(this._scope, `#${index}`, {
        thought: this._call.thought || this._options.n > 1,
        ...(buffered && {
          onEvent: (event: MullEvent) => {
            if (slot.events !== undefined) slot.events.push(event);
            else this._call.emit(event);
          },
        }),
      });
      this._next.generate(this._options.request?.(index) ?? this._request, child).then(
        (value) => {
          this._settle(slot, value, undefined);
        },
        (error: unknown) => {
          this._settle(slot, undefined, error);
        },
      );
    }
  }

  private _settle(slot: Slot<R>, value: R | undefined, error: unknown): void {
    slot.done = true;
    slot.value = value;
    slot.error = error;
    this._ready?.push(slot);
    this._wake?.();
  }

  private _lose(slot: Slot<R>): void {
    const { error } = slot;
    const end = exhaustion(error);
    if (end !== undefined) {
      this.stopped = end;
      this._limit = this._slots.length;
      return;
    }
    if (this._call.scope.aborted) {
      this._scope.close();
      throw this._call.scope.reason;
    }
    this.failures.push({ index: slot.index, error });
    const { n, quorum = 1 } = this._options;
    const missed = n - this.failures.length < quorum;
    if (missed || hopeless(error)) {
      this.stopped = "failure";
      this._limit = this._head;
      this._slots.length = this._head;
      this._scope.abort(new ScopeClosed());
    }
  }

  private _finish(): IteratorResult<R, undefined> {
    this._scope.close();
    const { quorum = 1 } = this._options;
    if (this.samples.length < quorum) {
      const exhausted = this._slots.find((slot) => exhaustion(slot.error) !== undefined);
      const cause = exhausted ?? this.failures[0];
      if (cause !== undefined) throw cause.error;
    }
    return { value: undefined, done: true };
  }
}

interface Slot<R> {
  readonly index: number;
  done: boolean;
  value: R | undefined;
  error: unknown;
  /** What it told before its turn. */
  events: MullEvent[] | undefined;
}

/** Samples that another model has already drawn. */
class Drawn<R extends ModelResponse> implements Draw<R> {
  samples: readonly R[] = [];
  failures: readonly SampleFailure[] = [];
  stopped: StopReason = "done";
  readonly planned: number = Infinity;
  private readonly _generate: () => Promise<Sampled<R>>;

  constructor(generate: () => Promise<Sampled<R>>) {
    this._generate = generate;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<R, void> {
    const { samples, failures, stopped } = await this._generate();
    this.failures = failures;
    this.stopped = stopped;
    this.samples = samples;
    yield* samples;
  }
}

/** Would the next sample fail in the same way? */
function hopeless(error: unknown): boolean {
  return (ProviderError.is(error) && !error.retryable) || CapabilityError.is(error) || InvalidOptionError.is(error);
}

/** The warnings of `first`, and one more when all samples are the same words: a vote among them says nothing. */
export function sampleWarnings(
  first: ModelResponse,
  samples: readonly ModelResponse[],
): { readonly warnings?: readonly Warning[] } {
  if (samples.length < 3) return {};
  for (const { text, reasoning } of samples) if (text !== first.text || reasoning !== first.reasoning) return {};
  const message = `all ${samples.length} samples are the same words: raise the temperature, or give variants`;
  return { warnings: [...(first.warnings ?? []), { code: "identical-samples", message }] };
}
