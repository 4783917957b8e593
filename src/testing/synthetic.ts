/**
 * @module
 * A model that answers right with a known probability, so that what a strategy gains can be compared with what theory says.
 */
import { InvalidOptionError } from "../core/errors.js";
import { textOf } from "../core/message.js";
import type { ModelRequest } from "../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../core/options.js";
import type { Random } from "../core/random.js";
import type { Price } from "../core/source.js";
import { scripted, type ScriptedModel } from "./scripted.js";

/** Answers with their probabilities; what is missing to 1 is the probability of a reply without an answer. */
export type Distribution = readonly (readonly [answer: string, probability: number])[];

/** Options of {@link synthetic}. */
export interface SyntheticOptions {
  /** What it answers: the same to everything, or by the words of the last user message (or all of the request). */
  readonly answers: Distribution | ((question: string, request: ModelRequest) => Distribution);
  /** Words of a reply, the answer included: whole, at least 2, or drawn anew for each. @defaultValue 2: no thought */
  readonly tokens?: number | ((random: Random) => number) | undefined;
  /** How long a reply takes, in ms on the run's clock, or drawn anew for each. @defaultValue 0 */
  readonly latencyMs?: number | ((random: Random) => number) | undefined;
  /** Gives several completions per request; a number is the most it gives. @defaultValue `false` */
  readonly n?: boolean | number | undefined;
  /** @defaultValue `'synthetic'` */
  readonly id?: string | undefined;
  /** What tokens cost, for budgets in `usd`. */
  readonly price?: Price | undefined;
}

/**
 * Makes a model that draws its answers from a distribution. It keeps what it was asked, as {@link scripted} does; nothing else outlives a call.
 *
 * Shape: the text is `Answer: X`, after words of thought where `tokens` asks for them.
 * Cost: one token a word. A reply longer than `request.maxOutputTokens` is cut before it comes to the answer.
 * Everything random comes from `call.random`, that is from the run's seed and the path: the same seed gives the same answers, whatever the timing.
 *
 * @throws `InvalidOptionError` for options out of bounds; at a call, for what their functions give
 * @see Aggarwal et al. 2023, arXiv:2305.11860, for what a vote and its early stop do in such a world
 * @example
 * const model = synthetic({ answers: [["24", 0.7], ["22", 0.2], ["26", 0.1]] });
 * await run(stack(model, sampleN(40), majorityVote()), "How many legs do three spiders have?", { seed: 1 });
 */
export function synthetic(options: SyntheticOptions): ScriptedModel {
  checkOptions("synthetic", options, ["answers", "tokens", "latencyMs", "n", "id", "price"]);
  const { answers, tokens = 2, latencyMs = 0, n = false, id = "synthetic", price } = options;
  if (typeof answers !== "function") checkDistribution(answers);
  if (typeof tokens !== "function") checkInteger("synthetic", "tokens", tokens, 2);
  if (typeof latencyMs !== "function") checkNumber("synthetic", "latencyMs", latencyMs, 0);

  return scripted(
    (request, { random }) => {
      const known = typeof answers === "function" ? checkDistribution(answers(questionOf(request), request)) : answers;
      const words = typeof tokens === "function" ? checkInteger("synthetic", "tokens", tokens(random), 2) : tokens;
      const answer = pick(known, random.next());
      const end = answer === undefined ? "I give up." : `Answer: ${answer}`;
      return "so ".repeat(Math.max(0, words - end.split(/\s+/).length)) + end;
    },
    {
      id,
      capabilities: { n },
      price,
      latencyMs: typeof latencyMs === "function" ? (_, call) => latencyMs(call.random) : latencyMs,
    },
  );
}

function questionOf({ messages }: ModelRequest): string {
  const last = messages.findLast(({ role }) => role === "user");
  return last === undefined ? "" : textOf(last);
}

function pick(distribution: Distribution, at: number): string | undefined {
  let sum = 0;
  for (const [answer, probability] of distribution) {
    sum += probability;
    if (at < sum) return answer;
  }
  return undefined;
}

function checkDistribution(distribution: Distribution): Distribution {
  let sum = 0;
  for (const [, probability] of distribution) sum += checkNumber("synthetic", "a probability", probability, 0, 1);
  if (sum > 1 + 1e-9) throw new InvalidOptionError("synthetic", "the sum of probabilities", "at most 1", sum);
  return distribution;
}
