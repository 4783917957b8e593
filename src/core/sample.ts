/**
 * @module
 * Drawing samples: many calls of one model, yielded in index order, given up together.
 */
import { CallNode, exhaustion, type Call, type Setting } from "./call.js";
import { CapabilityError, InvalidOptionError, ProviderError } from "./errors.js";
import { extend } from "./extend.js";
import { InOrder } from "./in-order.js";
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
 *
 * @param most - so many are enough: a lazy one draws no more
 */
export function draw<R extends ModelResponse>(
  next: Model<Sampled<R>>,
  request: ModelRequest,
  call: Call,
  most?: number,
): Draw<R> {
  return isSampler(next) ? next.draw(request, call, most) : new Drawn(() => next.generate(request, call));
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
  /** What all samples share. */
  private readonly _setting: Setting;
  /** All that were begun, by index. */
  private readonly _responses: Promise<R>[] = [];
  /** The indices of those that are over, in order of completion, where that is the order. */
  private readonly _over: number[] | undefined;
  /** Keeps what samples tell before their turn, where the order is that of the index. */
  private readonly _order: InOrder | undefined;
  private _limit: number;
  private _head = 0;
  private _exhausted: unknown;
  private _wake: (() => void) | undefined;

  constructor(next: Model<R>, request: ModelRequest, call: CallNode, options: SampleOptions) {
    this._next = next;
    this._request = request;
    this._call = call;
    this._options = options;
    this._limit = options.n;
    this.planned = options.n;
    this._scope = new Scope(call.scope);
    this._setting = call.within(this._scope, { thought: call.thought || options.n > 1 });
    if (options.order === "completion") this._over = [];
    else if (call.listening) this._order = new InOrder((event) => call.emit(event));
  }

  [Symbol.asyncIterator](): AsyncIterator<R, undefined> {
    return this;
  }

  /** Not `async`: two callbacks for all samples take less room than a function that waits for each. */
  next(): Promise<IteratorResult<R, undefined>> {
    try {
      this._start();
      if (this._head >= this._responses.length) return Promise.resolve(this._finish());
      // What was kept is told in its turn; but who was given up tells nothing more.
      if (!this._call.scope.aborted) this._order?.end(this._head - 1);
      if (this._over !== undefined && this._over.length <= this._head) {
        return new Promise<void>((resolve) => (this._wake = resolve)).then(() => this.next());
      }
      return (this._responses[this._index()] as Promise<R>).then(this._take, this._miss);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  return(): Promise<IteratorResult<R, undefined>> {
    this.stopped = "decided";
    this._limit = this._head;
    this._scope.abort(new ScopeClosed());
    this._scope.close();
    return Promise.resolve({ value: undefined, done: true });
  }

  private _start(): void {
    const { concurrency = Infinity, warm = false } = this._options;
    const ahead = warm && this._head === 0 ? 1 : concurrency;
    const most = Math.min(this._limit, this._head + ahead);
    while (this._responses.length < most) {
      const index = this._responses.length;
      const setting =
        this._order === undefined ? this._setting : extend(this._setting, { listener: this._order.listener(index) });
      const child = new CallNode(this._call, `#${index}`, setting);
      const response = this._next.generate(this._options.request?.(index) ?? this._request, child);
      this._responses.push(response);
      this._watch(response, index);
    }
  }

  /** An error is looked at in its turn, so none goes unhandled. */
  private _watch(response: Promise<R>, index: number): void {
    const over = this._over;
    if (over === undefined) {
      response.catch(ignore);
      return;
    }
    const end = (): void => {
      over.push(index);
      this._wake?.();
    };
    response.then(end, end);
  }

  /** Which is to be yielded next. */
  private _index(): number {
    return this._over?.[this._head] ?? this._head;
  }

  private readonly _take = (response: R): IteratorResult<R, undefined> => {
    const index = this._index();
    this._head++;
    this.samples.push(response);
    if (this._call.listening) {
      const { key } = response as { readonly key?: string };
      this._call.emit({ type: "sample", path: this._call.path, index, key });
    }
    return { value: response, done: false };
  };

  private readonly _miss = (error: unknown): Promise<IteratorResult<R, undefined>> => {
    const index = this._index();
    this._head++;
    this._lose(index, error);
    return this.next();
  };

  private _lose(index: number, error: unknown): void {
    const end = exhaustion(error);
    if (end !== undefined) {
      this.stopped = end;
      this._exhausted ??= error;
      this._limit = this._responses.length;
      return;
    }
    if (this._call.scope.aborted) {
      this._scope.close();
      throw this._call.scope.reason;
    }
    this.failures.push({ index, error });
    const { n, quorum = 1 } = this._options;
    const missed = n - this.failures.length < quorum;
    if (missed || hopeless(error)) {
      this.stopped = "failure";
      this._limit = this._head;
      this._responses.length = this._head;
      this._scope.abort(new ScopeClosed());
    }
  }

  private _finish(): IteratorResult<R, undefined> {
    this._scope.close();
    const { quorum = 1 } = this._options;
    if (this.samples.length < quorum) {
      if (this._exhausted !== undefined) throw this._exhausted;
      const [failure] = this.failures;
      if (failure !== undefined) throw failure.error;
    }
    return { value: undefined, done: true };
  }
}

function ignore(): void {
  // Nothing to do.
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
export function hopeless(error: unknown): boolean {
  return (ProviderError.is(error) && !error.retryable) || CapabilityError.is(error) || InvalidOptionError.is(error);
}

/** The warnings of `first`, and one more when all samples are the same words: a vote among them says nothing. Tool calls say more than words. */
export function sampleWarnings(
  first: ModelResponse,
  samples: readonly ModelResponse[],
): { readonly warnings?: readonly Warning[] } {
  if (samples.length < 3) return {};
  for (const { text, reasoning, toolCalls = [] } of samples)
    if (text !== first.text || reasoning !== first.reasoning || toolCalls.length > 0) return {};
  const message = `all ${samples.length} samples are the same words: raise the temperature, or give variants`;
  return { warnings: [...(first.warnings ?? []), { code: "identical-samples", message }] };
}
