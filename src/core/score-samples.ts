/**
 * @module
 * Scoring samples while they are drawn: several at a time, looked at in index order, given up together.
 */
import { exhaustion, open, type Call } from "./call.js";
import type { MullEvent } from "./events.js";
import { InOrder } from "./in-order.js";
import type { Model, ModelRequest, ModelResponse, Sampled } from "./model.js";
import { draw, type Draw } from "./sample.js";
import type { Score } from "./score.js";

/** Options of {@link scoreSamples}. */
export interface ScoreSamplesOptions<R extends ModelResponse> {
  /** How many samples are ahead of the one whose score is looked at next, itself counted in: at least 1. */
  readonly concurrency: number;
  /** Scores a sample; asks models with `call`. */
  readonly score: (sample: R, index: number, call: Call) => Promise<Score>;
}

/** A sample, and what came of its scoring. */
export interface Rated<R extends ModelResponse> {
  readonly sample: R;
  readonly outcome: Outcome<Score>;
  /** How many samples had been lost before this one. */
  readonly lost: number;
}

/** What a promise came to. */
export type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/** Samples being scored. */
export interface Scoring<R extends ModelResponse> {
  readonly drawing: Draw<R>;
  /** Samples with their scores, in index order; leaving the loop gives up whatever still runs. */
  readonly rated: AsyncGenerator<Rated<R>, void>;
}

/**
 * Draws samples of `next` and scores them, one as soon as it is there.
 *
 * Shape: an async iterable of samples and scores in index order. Which sample is yielded, and what it is told before, does not depend on the timing.
 * Cost: the samples, and what `score` calls. A scorer that need not wait for anything has its say before another sample is begun.
 * A scoring that fails is yielded, not thrown. One that ends out of budget or time ends the drawing; what is being scored may still come.
 *
 * @throws what the drawing throws
 */
export function scoreSamples<R extends ModelResponse>(
  next: Model<Sampled<R>>,
  request: ModelRequest,
  call: Call,
  options: ScoreSamplesOptions<R>,
): Scoring<R> {
  const order = call.listening ? new InOrder((event) => call.emit(event)) : undefined;
  // The drawing of sample k tells as branch 2k, its scoring as branch 2k + 1.
  let taken = 0;
  const onEvent = order && ((event: MullEvent): void => order.listener(2 * taken)(event));
  const part = open(call, "", { ...(onEvent && { onEvent }) });
  const drawing = draw(next, request, part.call);

  const begin = (sample: R): Running<R> => {
    order?.end(2 * taken);
    const index = taken++;
    const listener = order?.listener(2 * index + 1);
    const inner = part.call.child("score", { thought: true, judging: true, ...(listener && { onEvent: listener }) });
    return { sample, lost: drawing.failures.length, score: settle(options.score(sample, index, inner)) };
  };

  async function* rated(): AsyncGenerator<Rated<R>, void> {
    const samples = drawing[Symbol.asyncIterator]() as AsyncIterator<R, undefined>;
    const running: Running<R>[] = [];
    let pull: Settling<IteratorResult<R, undefined>> | undefined;
    let over = false;
    let gaveUp = false;
    try {
      for (let looked = 0; ;) {
        const [head] = running;
        // A score that is there is looked at before another sample is begun.
        const room = head?.score.outcome === undefined && running.length < options.concurrency;
        if (pull === undefined && !over && room) pull = settle(samples.next());
        if (head === undefined && pull === undefined) return;
        await Promise.race([head?.score.done, pull?.done].filter((done) => done !== undefined));
        if (call.scope.aborted && exhaustion(call.scope.reason) === undefined) throw call.scope.reason;
        if (head?.score.outcome !== undefined) {
          running.shift();
          const { sample, lost } = head;
          const { outcome } = head.score;
          if ("error" in outcome && exhaustion(outcome.error) !== undefined && !over) {
            over = gaveUp = true;
            pull = undefined;
            void Promise.resolve(samples.return?.()).catch(ignore);
          }
          yield { sample, outcome, lost };
          // After the last, what a sample told that was given up stays untold.
          if (running.length > 0 || !gaveUp) order?.end(2 * looked++ + 1);
        } else if (pull?.outcome !== undefined) {
          const { outcome } = pull;
          pull = undefined;
          if ("error" in outcome) throw outcome.error;
          if (outcome.value.done === true) {
            over = true;
            continue;
          }
          const latest = begin(outcome.value.value);
          running.push(latest);
          for (let turn = 0; turn < turns && running[0] === latest && latest.score.outcome === undefined; turn++) {
            await Promise.resolve();
          }
        }
      }
    } finally {
      part.close();
    }
  }
  return { drawing, rated: rated() };
}

/** So many turns of the promise queue is waited for a scorer that has nothing to wait for. */
const turns = 50;

/** A sample that is being scored. */
interface Running<R> {
  readonly sample: R;
  readonly lost: number;
  readonly score: Settling<Score>;
}

/** A promise that says what it came to, and never rejects. */
interface Settling<T> {
  readonly done: Promise<void>;
  outcome: Outcome<T> | undefined;
}

function settle<T>(promise: Promise<T>): Settling<T> {
  const settling: Settling<T> = {
    outcome: undefined,
    done: promise.then(
      (value) => void (settling.outcome = { value }),
      (error: unknown) => void (settling.outcome = { error }),
    ),
  };
  return settling;
}

function ignore(): void {
  // Nobody waits for it any more.
}
