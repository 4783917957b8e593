/**
 * @module
 * Confident samples: lines of thought that are given up as soon as the model is less sure of them than of its first ones.
 */
import { ConfidenceWatch } from "./confident-samples/confidence-watch.js";
import { confidencesOf, lowestGroup, percentile } from "../../answers/weights/group-confidence.js";
import { open, type Call } from "../../core/call.js";
import { CapabilityError, MullError } from "../../core/errors.js";
import type {
  Model,
  ModelRequest,
  ModelResponse,
  Sampled,
  SampleFailure,
  Sampler,
  StopReason,
} from "../../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../../core/options.js";
import { sample, sampleWarnings, type Draw } from "../../core/sample.js";
import { withLogprobs } from "../../core/with-logprobs.js";
import { wrap } from "../../core/wrap.js";

/** Options of {@link confidentSamples}. */
export interface ConfidentSamplesOptions {
  /** Lines of thought that are written to their end and set the bar: whole, from 1 to `n`. @defaultValue 16, or `n` */
  readonly warmup?: number | undefined;
  /** The share of them that is over the bar, from 0 to 1: 0.9 gives little up, 0.1 nearly all. @defaultValue 0.9 */
  readonly keep?: number | undefined;
  /** Tokens of a group, whose mean confidence is watched: whole, at least 1. @defaultValue 2048 */
  readonly window?: number | undefined;
  /** Alternatives per token that are looked at: whole, at least 2. @defaultValue 20 */
  readonly k?: number | undefined;
  /** How many at a time: whole, at least 1. @defaultValue all of the warm-up, then all others */
  readonly concurrency?: number | undefined;
}

/**
 * Draws up to `n` samples of the model beneath, and gives those up in the middle of which the model grows unsure.
 *
 * Each sample is scored by its least sure group of tokens, as {@link tokenConfidence} does. The warm-up sets the bar: the score that a share
 * `keep` of it reaches. Every other sample is given up when a group falls below the bar while it is written, and judged at its end where the
 * model does not tell log-probabilities as it writes. Only samples at or over the bar are drawn, those of the warm-up too.
 *
 * Shape: one response in; the first sample out, with all of them in `samples`, and those under the bar in `failures` with the code
 * `'low-confidence'`. Lazy for a narrower above, but for the warm-up.
 * Cost: at most `n` calls of the model beneath; one that is given up counts under `usage.cancelled`, and whether its words are billed is the
 * provider's matter. Each is a request of its own, not one of native `n`, so that it can be given up alone.
 *
 * @param n - how many at most, the warm-up included; whole, at least 1
 * @throws {@link InvalidOptionError} when the stack is built
 * @throws {@link CapabilityError} over a model without log-probabilities: when stacked, or after its first sample
 * @throws the first failure, when the whole warm-up failed
 * @see Fu et al. 2025, DeepConf, arXiv:2508.15260, section 3 (online), with its defaults. Deviation: the stop at a consensus is a rule of the vote above.
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), confidentSamples(64), majorityVote({ weight: tokenConfidence() }));
 */
export function confidentSamples(
  n: number,
  options: ConfidentSamplesOptions = {},
): <R extends ModelResponse>(next: Model<R>) => Sampler<R> {
  checkInteger("confidentSamples", "n", n, 1);
  checkOptions("confidentSamples", options, ["warmup", "keep", "window", "k", "concurrency"]);
  const { warmup = Math.min(16, n), keep = 0.9, window = 2048, k = 20, concurrency } = options;
  checkInteger("confidentSamples", "warmup", warmup, 1, n);
  checkNumber("confidentSamples", "keep", keep, 0, 1);
  checkInteger("confidentSamples", "window", window, 1);
  checkInteger("confidentSamples", "k", k, 2);
  if (concurrency !== undefined && concurrency !== Infinity)
    checkInteger("confidentSamples", "concurrency", concurrency, 1);

  return <R extends ModelResponse>(next: Model<R>): Sampler<R> => {
    if (next.capabilities.logprobs === false) throw withoutLogprobs(next, "does not return");
    const begin = (request: ModelRequest, call: Call, most: number = n): Draw<R> => {
      return new Drawing(next, withLogprobs(request, k), call, {
        n: Math.min(n, most),
        warmup,
        keep,
        window,
        k,
        concurrency,
      });
    };
    const model = wrap(
      "confidentSamples",
      next,
      async (request, call): Promise<Sampled<R>> => {
        const drawing = begin(request, call);
        for await (const _ of drawing); // all of them
        const { samples, failures, stopped } = drawing;
        const first = samples[0] as R;
        return { ...first, samples, failures, stopped, ...sampleWarnings(first, samples) };
      },
      {
        outline: {
          detail: `n = ${n}, warmup = ${warmup}, keep = ${keep}`,
          cost: (inner, inputTokens) => {
            const { calls, tokens } = inner(inputTokens);
            return { calls: n * calls, tokens: n * tokens };
          },
        },
      },
    );
    return { ...model, draw: (request, call, most) => begin(request, call.child("confidentSamples"), most) };
  };
}

interface Settings {
  readonly n: number;
  readonly warmup: number;
  readonly keep: number;
  readonly window: number;
  readonly k: number;
  readonly concurrency: number | undefined;
}

class Drawing<R extends ModelResponse> implements Draw<R> {
  readonly samples: R[] = [];
  readonly failures: SampleFailure[] = [];
  stopped: StopReason = "done";
  readonly planned: number;
  private readonly _next: Model<R>;
  private readonly _request: ModelRequest;
  private readonly _call: Call;
  private readonly _settings: Settings;

  constructor(next: Model<R>, request: ModelRequest, call: Call, settings: Settings) {
    this._next = next;
    this._request = request;
    this._call = call;
    this._settings = settings;
    this.planned = settings.n;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<R, void> {
    const { n, keep, concurrency } = this._settings;
    const warmup = Math.min(n, this._settings.warmup);
    const thought = this._call.thought || n > 1;
    const places = new Map<R, number>();
    const placed = numbered(this._next, places);
    const warm = sample(placed, this._request, this._call.child("warmUp", { thought }), { n: warmup, concurrency });
    const scored: { readonly response: R; readonly score: number }[] = [];
    const lost: SampleFailure[] = [];
    for await (const response of warm) {
      try {
        scored.push({ response, score: this._score(response) });
      } catch (error) {
        // A model that never tells is found out by its first sample.
        if (scored.length === 0) throw withoutLogprobs(this._next, "did not return");
        lost.push({ index: places.get(response) ?? 0, error });
      }
    }
    this.stopped = warm.stopped;
    const bar = percentile(
      scored.map(({ score }) => score),
      1 - keep,
    );
    for (const { response, score } of scored) {
      if (score < bar) lost.push({ index: places.get(response) ?? 0, error: unsure(score, bar) });
    }
    this.failures.push(...[...warm.failures, ...lost].sort((x, y) => x.index - y.index));
    for (const { response, score } of scored) if (score >= bar) yield* this._give(response);
    if (this.stopped !== "done" || n === warmup) return;

    const watched: Model<R> = { ...this._next, generate: (request, call) => this._watch(request, call, bar) };
    const inner = this._call.child("watched", { thought });
    const rest = sample(watched, this._request, inner, { n: n - warmup, concurrency, quorum: 0 });
    let seen = 0;
    const tell = (): void => {
      for (; seen < rest.failures.length; seen++) {
        const { index: at, error } = rest.failures[seen] as SampleFailure;
        this.failures.push({ index: warmup + at, error });
      }
    };
    for await (const response of rest) {
      tell();
      yield* this._give(response);
    }
    tell();
    this.stopped = rest.stopped;
  }

  /** Yields a sample; who leaves here has enough. */
  private *_give(response: R): Generator<R, void> {
    this.samples.push(response);
    const { stopped } = this;
    this.stopped = "decided";
    yield response;
    this.stopped = stopped;
  }

  private _score(response: ModelResponse): number {
    const { window, k } = this._settings;
    return lowestGroup(confidencesOf("confidentSamples", response, k), window);
  }

  /** Draws a sample that is given up when it falls below the bar. */
  private async _watch(request: ModelRequest, call: Call, bar: number): Promise<R> {
    const watch = new ConfidenceWatch(this._settings.window, this._settings.k);
    // A budget of its own keeps the request apart from those of the others: several completions of one request end together.
    const part = open(call, "", {
      budget: {},
      onEvent: (event) => {
        call.emit(event);
        const least = watch.hear(event);
        if (least !== undefined && least < bar) part.abort(unsure(least, bar));
      },
    });
    try {
      const response = await this._next.generate(request, part.call);
      const score = this._score(response);
      if (score < bar) throw unsure(score, bar);
      return response;
    } finally {
      part.close();
    }
  }
}

/** The same model, which notes the place of each response among all that were asked for. */
function numbered<R extends ModelResponse>(next: Model<R>, places: Map<R, number>): Model<R> {
  let asked = 0;
  return {
    ...next,
    generate: async (request, call) => {
      const index = asked++;
      const response = await next.generate(request, call);
      places.set(response, index);
      return response;
    },
  };
}

function unsure(score: number, bar: number): MullError {
  const message = `the model was less sure of a sample than the bar: ${score.toFixed(3)} < ${bar.toFixed(3)}`;
  return new MullError("low-confidence", message);
}

function withoutLogprobs({ id }: Model, why: string): CapabilityError {
  const message = `confidentSamples reads log-probabilities, which ${id} ${why}; sampleN() with selfConfidence() asks the model in words instead`;
  return new CapabilityError("logprobs", id, message);
}
