/**
 * @module
 * From logits to a token: penalties, temperature, top-k, top-p; and the log-probabilities.
 */
import type { TokenLogprob } from "../core/model.js";
import type { Random } from "../core/random.js";

/** How a token is chosen. */
export interface Sampling {
  /** 0 takes the likeliest. */
  readonly temperature: number;
  /** Of the likeliest tokens, only those that together reach this probability. */
  readonly topP: number;
  /** Only so many of the likeliest tokens. */
  readonly topK: number;
  /** Taken from the logit of every token that was written before. */
  readonly presencePenalty: number;
  /** Taken from it for each time it was written. */
  readonly frequencyPenalty: number;
}

/** Chooses the next token; `written` are those that the penalties count. */
export function choose(logits: Float32Array, sampling: Sampling, random: Random, written: readonly number[]): number {
  const { temperature, topP, topK } = sampling;
  const scores = penalised(logits, sampling, written);
  const best = argmax(scores);
  if (temperature === 0) return best;

  const most = scores[best] as number;
  const weights = new Array<number>(scores.length);
  for (let i = 0; i < scores.length; i++) weights[i] = Math.exp(((scores[i] as number) - most) / temperature);
  if (topP < 1 || topK < scores.length) cut(weights, topP, topK);
  let sum = 0;
  for (const weight of weights) sum += weight;
  let left = random.next() * sum;
  const drawn = weights.findIndex((weight) => (left -= weight) < 0);
  return drawn < 0 ? best : drawn; // rounding may leave a last trace
}

/** Natural log-probabilities of all tokens as the network gives them: before temperature, cuts and penalties. */
export function logprobsOf(logits: Float32Array): number[] {
  const most = logits[argmax(logits)] as number;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - most);
  const total = most + Math.log(sum);
  return Array.from(logits, (logit) => logit - total);
}

/**
 * The log-probability of a token that is written as `piece`, with those of the `count` likeliest tokens in its place.
 *
 * @param pieceOf - how another token would be written there
 */
export function tokenLogprob(
  logits: Float32Array,
  token: number,
  piece: string,
  count: number,
  pieceOf: (token: number) => string,
): TokenLogprob {
  const all = logprobsOf(logits);
  const logprob = all[token] as number;
  if (count === 0) return { token: piece, logprob };
  const top = likeliest(all, count).map((other) => ({ token: pieceOf(other), logprob: all[other] as number }));
  return { token: piece, logprob, top };
}

/** Kullback-Leibler divergence of one distribution from another, both as log-probabilities, in nats: of `p` as seen by who expected `q`. */
export function divergence(p: readonly number[], q: readonly number[]): number {
  return p.reduce((sum, logprob, i) => sum + Math.exp(logprob) * (logprob - (q[i] as number)), 0);
}

/** The `count` tokens that score highest, best first; of equal ones the first. */
export function likeliest(scores: readonly number[], count: number): number[] {
  if (count === 0) return [];
  const tokens = Array.from(scores.keys());
  return tokens.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b).slice(0, count);
}

/** Leaves weight only to the tokens that top-k and top-p keep. */
function cut(weights: number[], topP: number, topK: number): void {
  const tokens = likeliest(weights, Math.min(topK, weights.length));
  const enough = topP * tokens.reduce((sum, token) => sum + (weights[token] as number), 0);
  const kept = new Set<number>();
  let sum = 0;
  for (const token of tokens) {
    kept.add(token);
    sum += weights[token] as number;
    if (sum >= enough) break;
  }
  for (let i = 0; i < weights.length; i++) if (!kept.has(i)) weights[i] = 0;
}

function penalised(logits: Float32Array, sampling: Sampling, written: readonly number[]): Float32Array {
  const { presencePenalty, frequencyPenalty } = sampling;
  if (presencePenalty === 0 && frequencyPenalty === 0) return logits;
  const scores = logits.slice();
  for (const token of written) scores[token] = (scores[token] as number) - frequencyPenalty;
  for (const token of new Set(written)) scores[token] = (scores[token] as number) - presencePenalty;
  return scores;
}

function argmax(scores: Float32Array): number {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if ((scores[i] as number) > (scores[best] as number)) best = i;
  return best;
}
