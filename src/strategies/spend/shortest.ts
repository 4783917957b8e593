/**
 * @module
 * Shortest: the first few thoughts to finish vote, the longer ones are given up.
 */
import { keyOf } from "../../answers/answer.js";
import { elect, type Voted } from "../../answers/elect.js";
import { Tally } from "../../answers/tally.js";
import { open, type Call } from "../../core/call.js";
import { callsTools } from "../../core/conversation.js";
import { InvalidOptionError } from "../../core/errors.js";
import type { Model, ModelRequest, ModelResponse } from "../../core/model.js";
import { checkInteger, checkOptions } from "../../core/options.js";
import { sample } from "../../core/sample.js";
import { wrap } from "../../core/wrap.js";

/** Options of {@link shortest}. */
export interface ShortestOptions {
  /** How many vote: whole, from 1 to `k`. @defaultValue 3, or `k` where that is less */
  readonly m?: number | undefined;
  /**
   * What is short: `'completion'` takes the first to finish and gives the rest up; `'length'` waits for all, and takes those of the fewest tokens,
   * whatever the timing. @defaultValue `'completion'`
   */
  readonly order?: "completion" | "length" | undefined;
}

/**
 * Begins `k` lines of thought, lets the first `m` that finish vote, and gives up the others: longer thoughts on one question are seldom better ones.
 *
 * Shape: one response in; the winner of the vote out: of the samples that gave the winning answer the shortest. Ties go to the answer with the shortest sample.
 * Shortness is `usage.outputTokens` of the sample, or where a provider does not say, the characters of reasoning and text.
 * Cost: `k` calls begun. In order of completion `k - m` of them are given up (`usage.cancelled`): that always saves time, and tokens where the provider does
 * not bill what it wrote until then. Each sample is a request of its own even where the model has native `n`, for only so one can be given up alone.
 * A sample that was cut (`finishReason: 'length'`), or whose answer cannot be read, is not one of the `m`; if there are too few others, those that there
 * are vote. Ends before the m-th where it cannot change the winner. A response that calls tools is returned at once, as it is (`'done'`). Failures and
 * exhaustion as in `sampleN`.
 *
 * The one place where it is the idea that quick samples win, so that what comes out depends on the timing: the same seed may give another answer.
 * It needs `k` calls at the same time: behind a limit on their number, or over a model that answers one by one, they finish in the order in which they
 * began. `'length'` is for that, for tests, and for measuring.
 *
 * @param k - how many are begun; whole, at least 1
 * @throws {@link InvalidOptionError} when the stack is built
 * @throws the first failure, when there is no sample
 * @see Hassid et al. 2025, arXiv:2505.17813 (short-m@k). Deviations: a sample has finished with its answer, not with its thought; unreadable ones do not count
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), shortest(8, { m: 3 }));
 */
export function shortest(
  k: number,
  options: ShortestOptions = {},
): <R extends ModelResponse>(next: Model<R>) => Model<Voted<R>> {
  checkInteger("shortest", "k", k, 1);
  checkOptions("shortest", options, ["m", "order"]);
  const { m = Math.min(3, k), order = "completion" } = options;
  checkInteger("shortest", "m", m, 1, k);
  if (!["completion", "length"].includes(order))
    throw new InvalidOptionError("shortest", "order", "'completion' or 'length'", order);
  const quick = order === "completion";

  return <R extends ModelResponse>(next: Model<R>): Model<Voted<R>> => {
    const drawn = quick && next.capabilities.n ? apart(next) : next;

    const race = async (request: ModelRequest, call: Call): Promise<Voted<R>> => {
      const drawing = sample(drawn, request, call, { n: k, order: quick ? "completion" : "index" });
      const finished: R[] = [];
      let tools: R | undefined;
      for await (const response of drawing) {
        if (callsTools(response)) tools = response;
        else if (hasFinished(response)) finished.push(response);
        if (tools !== undefined) break;
        const more = drawing.samples.length + drawing.failures.length < k;
        if (quick && more && isDecided(finished, m)) break;
      }
      const { samples, failures } = drawing;
      if (tools !== undefined) return elect(new Tally<R>(), { samples: [tools], failures, stopped: "done" });
      const voters = byLength(finished).slice(0, m);
      const tally = new Tally<R>();
      for (const one of voters) tally.add(one);
      return elect(tally, { samples, failures, stopped: drawing.stopped, discarded: samples.length - voters.length });
    };

    return wrap("shortest", next, race, {
      outline: {
        detail: `m = ${m}, k = ${k}`,
        cost: (inner, inputTokens) => {
          const { calls, tokens } = inner(inputTokens);
          return { calls: k * calls, tokens: k * tokens };
        },
      },
    });
  };
}

/** Has it come to its end, with an answer? */
function hasFinished(response: ModelResponse): boolean {
  return response.finishReason !== "length" && keyOf(response) !== undefined;
}

/** Are there m, or can those that are missing no longer change the winner, not even by a tie? */
function isDecided<R extends ModelResponse>(finished: readonly R[], m: number): boolean {
  const missing = m - finished.length;
  if (missing <= 0) return true;
  const tally = new Tally<R>();
  for (const one of finished) tally.add(one);
  return tally.first > tally.second + missing;
}

/** The shortest first; of equal ones the earlier. */
function byLength<R extends ModelResponse>(samples: readonly R[]): readonly R[] {
  const known = samples.every(({ usage }) => usage.outputTokens !== undefined);
  const lengthOf = ({ usage, reasoning = "", text }: R): number =>
    known ? (usage.outputTokens ?? 0) : reasoning.length + text.length;
  return [...samples].sort((a, b) => lengthOf(a) - lengthOf(b));
}

/** The same model, whose calls never share a request: requests are shared only within one budget. */
function apart<R extends ModelResponse>(next: Model<R>): Model<R> {
  return {
    ...next,
    generate: async (request, call) => {
      const part = open(call, "", { budget: {} });
      try {
        return await next.generate(request, part.call);
      } finally {
        part.close();
      }
    },
  };
}
