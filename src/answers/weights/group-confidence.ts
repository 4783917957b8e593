/**
 * @module
 * Confidence in tokens, and in groups of them: what is known of a line of thought while it is written.
 */
import { MalformedResponseError } from "../../core/errors.js";
import type { ModelResponse, TokenLogprob } from "../../core/model.js";

/** A softmax in 32 bits gives nothing less likely, and some interfaces write minus infinity as -9999. */
const leastLogprob = -100;

/** Log-probabilities of the `k` likeliest tokens in the place of one. */
export function topOf({ top = [] }: TokenLogprob, k: number): readonly number[] {
  return top.slice(0, k).map(({ logprob }) => Math.max(leastLogprob, logprob));
}

/** How sure the model was of one token: the mean of -log p over the `k` likeliest. Of fewer than two nothing can be said. */
export function confidenceOf(token: TokenLogprob, k: number): number | undefined {
  const logprobs = topOf(token, k);
  return logprobs.length < 2 ? undefined : -logprobs.reduce((sum, value) => sum + value, 0) / logprobs.length;
}

/**
 * How sure it was of every token.
 *
 * @throws {@link MalformedResponseError} where nothing is known of any: to count it as unsure would be a guess
 */
export function confidencesOf(where: string, { logprobs = [] }: ModelResponse, k: number): readonly number[] {
  const known = logprobs.map((token) => confidenceOf(token, k)).filter((confidence) => confidence !== undefined);
  if (known.length === 0) throw withoutAlternatives(where);
  return known;
}

/** The error of a sample of which nothing is known. */
export function withoutAlternatives(where: string): MalformedResponseError {
  return new MalformedResponseError(`${where} needs log-probabilities with alternatives, and a sample has none`);
}

/** The mean of every `window` values in a row; of all where there are fewer. */
export function groupMeans(values: readonly number[], window: number): number[] {
  const group = new Group(Math.min(window, values.length));
  return values.map((value) => group.add(value)).filter((mean) => mean !== undefined);
}

/** The mean of the least sure group. */
export function lowestGroup(confidences: readonly number[], window: number): number {
  return groupMeans(confidences, window).reduce((a, b) => Math.min(a, b));
}

/** The value below which a share of all lies, between two of them by its distance to each; 0 where there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? 0;
  const above = sorted[Math.ceil(at)] ?? below;
  return below + (above - below) * (at - Math.floor(at));
}

/** The latest `size` values, and their mean. */
export class Group {
  private readonly _size: number;
  private readonly _values: number[] = [];
  private _sum = 0;

  constructor(size: number) {
    this._size = size;
  }

  /** The mean, once there are enough of them. */
  add(value: number): number | undefined {
    const at = this._values.push(value) - 1;
    this._sum += value;
    if (at >= this._size) this._sum -= this._values[at - this._size] as number;
    return at + 1 < this._size ? undefined : this._sum / this._size;
  }
}
