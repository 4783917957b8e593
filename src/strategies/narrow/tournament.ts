/**
 * @module
 * Tournament: a model compares candidates two at a time, and the one that wins is the answer.
 */
import { byCount, candidatesOf, listed, type Candidate, type Show } from "../../answers/judging/candidates.js";
import type { Evidence } from "../../answers/judging/evidence.js";
import {
  byShare,
  leagueMatches,
  leaguePairs,
  neighbours,
  outcome,
  standingsOf,
  type Match,
  type Pair,
  type Standing,
} from "./tournament/contest.js";
import { gather } from "./tournament/evidence.js";
import { checkReading, judgeRequest, unjudged } from "../../answers/judging/judging.js";
import { namedResponse, nameInstruction } from "../../answers/judging/named-response.js";
import { askAll } from "../../core/ask-all.js";
import { bottomOf } from "../../core/bottom-of.js";
import type { Call } from "../../core/call.js";
import { InvalidOptionError, NoAnswerError } from "../../core/errors.js";
import { extend } from "../../core/extend.js";
import { keepBack } from "../../core/keep-back.js";
import type {
  Model,
  ModelRequest,
  ModelResponse,
  Sampled,
  SampleFailure,
  StopReason,
  Warning,
} from "../../core/model.js";
import { checkInteger, checkOptions } from "../../core/options.js";
import { draw, sampleWarnings } from "../../core/sample.js";
import { wrap } from "../../core/wrap.js";

/** Options of {@link tournament}. */
export interface TournamentOptions<R extends ModelResponse = ModelResponse> {
  /** Who compares: a model, or a whole stack. @defaultValue the model beneath all layers */
  readonly by?: Model | undefined;
  /** `'knockout'`: who loses is out; `'league'`: the best share of comparisons won. @defaultValue `'knockout'` */
  readonly form?: "knockout" | "league" | undefined;
  /** Comparisons of each pair, in both orders as often as can be: whole, at least 1; an even number is fair. @defaultValue 2 */
  readonly comparisons?: number | undefined;
  /** Of a league: how many others each candidate meets, one fewer for some where their number is odd: whole, at least 1. @defaultValue 4 */
  readonly opponents?: number | undefined;
  /** What is shown of a candidate: `'text'`, `'answer'`, or a function that says it. @defaultValue `'text'` */
  readonly show?: Show<R> | undefined;
  /** What to compare by. @defaultValue {@link compareTwo} */
  readonly instruction?: string | undefined;
  /** What the comparer is shown beside the two responses, such as what came out when their programs were run: {@link distinguishingInputs}. @defaultValue nothing */
  readonly evidence?: Evidence<R> | undefined;
  /** How many comparisons at a time: whole, at least 1. @defaultValue all of a round */
  readonly concurrency?: number | undefined;
}

/** The sample that won, with the tournament beside it. */
export type Champion<R extends ModelResponse = ModelResponse> = R & {
  /** In the order they were played. */
  readonly matches: readonly Match<R>[];
  /** Each answer once, from the champion down. */
  readonly standings: readonly Standing<R>[];
  /** Those drawn. */
  readonly samples: readonly R[];
  readonly failures: readonly SampleFailure[];
  readonly stopped: StopReason;
};

/**
 * Lets the samples compete two at a time before a model that compares them, and answers with the one that wins. It may find the right answer where
 * most samples are wrong in the same way, for comparing is easier than solving.
 *
 * Shape: samples in, one of them out. Each answer takes part once, however often it was given; how often is not shown. Who meets whom is drawn.
 * Cost: of M different answers, M - 1 matches of `comparisons` calls in ceil(log2 M) rounds as a knockout, M · `opponents` / 2 matches in one round
 * as a league, and what `evidence` calls; counted as `usage.judging`. None where all samples agree. While samples are drawn, enough of the budget is kept back to compare them.
 * Evidence that fails is missing, with a warning. A comparison that names nothing, or fails, counts for neither; ties go to the answer given more often, then to the one seen first. Out of budget or
 * time, the answer given most often among those still in it is returned, of a league the best so far. Where no comparison counts at all there is a warning.
 * Samples whose answer cannot be read take no part, unless none can be read.
 *
 * @throws {@link InvalidOptionError} when the stack is built; at a call, for a `show` that gives no text
 * @see Chen et al. 2024, arXiv:2411.19477 (knockout and league): a knockout fails with probability at most (1 - p)^N + ceil(log2 N) · exp(-2K(q - 1/2)^2), where
 *   one sample is right with probability p and one comparison with q > 1/2. Deviation: equal answers take part once, so that there are fewer rounds.
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), sampleN(16), tournament({ comparisons: 4 }));
 * const { answer, matches, standings } = await run(solver, "How many primes lie between 100 and 150?");
 */
export function tournament<R extends ModelResponse>(
  options: TournamentOptions<NoInfer<R>> = {},
): (next: Model<Sampled<R>>) => Model<Champion<R>> {
  const known = ["by", "form", "comparisons", "opponents", "show", "instruction", "evidence", "concurrency"];
  checkOptions("tournament", options, known);
  checkReading("tournament", options);
  const { by, form = "knockout", comparisons = 2, opponents = 4, instruction = compareTwo } = options;
  const { evidence, concurrency } = options;
  const show: Show<R> = options.show ?? "text";
  if (form !== "knockout" && form !== "league")
    throw new InvalidOptionError("tournament", "form", "'knockout' or 'league'", form);
  if (evidence !== undefined && typeof evidence !== "function")
    throw new InvalidOptionError("tournament", "evidence", "a function of two responses", evidence);
  if (evidence?.calls !== undefined) checkInteger("tournament", "evidence.calls", evidence.calls, 0);
  checkInteger("tournament", "comparisons", comparisons, 1);
  checkInteger("tournament", "opponents", opponents, 1);
  if (form === "knockout" && options.opponents !== undefined)
    throw new InvalidOptionError("tournament", "opponents", "left out of a knockout", opponents);
  /** Calls of a match. */
  const callsEach = comparisons + (evidence?.calls ?? 0);
  const task = `${instruction} ${nameInstruction}`;
  const matchesOf = (count: number): number =>
    form === "knockout" ? Math.max(0, count - 1) : leagueMatches(count, opponents);

  return (next) => {
    const judge = by ?? bottomOf(next);

    const compare = async (request: ModelRequest, call: Call): Promise<Champion<R>> => {
      const drawing = draw(next, request, call);
      const kept = keepBack(request, call, {
        planned: drawing.planned,
        reading: (count) => ({ calls: callsEach * matchesOf(count), reads: 2 * callsEach * matchesOf(count) }),
        outputTokens: judgementTokens,
      });
      const matches: Match<R>[] = [];
      let end = "done" as StopReason;
      let answered = 0;
      let unseen = 0;

      /** Plays the matches of one round at the same time. */
      const play = async (pairs: readonly Pair<R>[], round: number): Promise<readonly Match<R>[]> => {
        const shown = pairs.flatMap(([one, other]) => {
          const orders = [
            [one.sample, other.sample],
            [other.sample, one.sample],
          ] as const;
          return orders.slice(0, comparisons);
        });
        const judging = { thought: true, judging: true, budget: kept.budget };
        let known: readonly (string | undefined)[] = [];
        if (evidence !== undefined) {
          const witness = call.child("evidence", judging);
          known = await gather(shown, { evidence, request, call: witness, model: next, round, concurrency });
          unseen += known.filter((words) => words === undefined).length;
        }
        const requests = pairs.flatMap((_, match) => {
          return Array.from({ length: comparisons }, (__, index) => {
            const place = match * Math.min(2, comparisons) + Number(turned(index));
            const responses = listed("tournament", shown[place] ?? [], show, request);
            const words = known[place] ?? "";
            return judgeRequest(request, words === "" ? responses : `${responses}\n\n# Evidence\n${words}`, task);
          });
        });
        const inner = call.child("judge", judging);
        const { responses, stopped } = await askAll(judge, requests, inner, concurrency);
        end = stopped;
        answered += responses.filter((response) => response !== undefined).length;
        const played = pairs.map((pair, match) => {
          const own = responses.slice(match * comparisons, (match + 1) * comparisons);
          return { round, pair, votes: votesOf(own) };
        });
        matches.push(...played);
        return played;
      };

      /** From the champion down. */
      const knockout = async (candidates: readonly Candidate<R>[]): Promise<readonly Candidate<R>[]> => {
        let standing: readonly Candidate<R>[] = call.random.shuffle(candidates);
        let out: readonly Candidate<R>[] = [];
        for (let round = 0; standing.length > 1 && end === "done"; round++) {
          const results = (await play(neighbours(standing), round)).map(outcome);
          // Who had no opponent is the first to have one in the next round.
          const idle = standing.length % 2 === 1 ? standing.slice(-1) : [];
          standing = [...idle, ...results.map(({ winner }) => winner)];
          out = [...results.map(({ loser }) => loser).sort(byCount), ...out];
        }
        return [...[...standing].sort(byCount), ...out];
      };

      const league = async (candidates: readonly Candidate<R>[]): Promise<readonly Candidate<R>[]> => {
        await play(leaguePairs(candidates, opponents, call.random), 0);
        const ranks = [...standingsOf(candidates, matches)].sort(byShare);
        return ranks.map(({ index }) => candidates[index] as Candidate<R>);
      };

      try {
        for await (const _ of drawing) kept.expect(drawing.samples);
        const { samples, failures } = drawing;
        const candidates = candidatesOf(samples);
        const ranks = candidates.length < 2 ? candidates : await (form === "knockout" ? knockout : league)(candidates);
        const sample = ranks[0]?.sample ?? samples[0];
        if (sample === undefined) throw new NoAnswerError("there is no sample to compare");
        const failed = candidates.length > 1 && answered === 0;
        const stopped = end !== "done" ? end : failed ? "failure" : drawing.stopped;
        const standings = standingsOf(ranks, matches);
        const result = extend(sample, {
          matches,
          standings,
          samples,
          failures,
          stopped,
          ...sampleWarnings(sample, samples),
        });
        const counted = standings.some((standing) => standing.comparisons > 0);
        const warnings: Warning[] = [...(result.warnings ?? [])];
        if (unseen > 0)
          warnings.push({
            code: "evidence-failed",
            message: `evidence that failed, so that responses were compared without it: ${unseen}`,
          });
        if (candidates.length > 1 && !counted && end !== "budget" && end !== "deadline")
          warnings.push(unjudged(failed));
        return warnings.length === 0 ? result : extend(result, { warnings });
      } finally {
        kept.release();
      }
    };

    return wrap("tournament", next, compare, {
      outline: {
        detail:
          form === "knockout"
            ? `knockout, comparisons = ${comparisons}`
            : `league, comparisons = ${comparisons}, opponents = ${opponents}`,
        inner: by === undefined ? [next] : [next, by],
        cost: (inner, inputTokens, outputTokens) => {
          const { calls, tokens } = inner(inputTokens);
          // Every sample took a call at least.
          const most = callsEach * matchesOf(calls);
          const read = inputTokens + promptTokens + 2 * outputTokens;
          const each = by === undefined ? { calls: 1, tokens: read + outputTokens } : inner(read, 1);
          return { calls: calls + most * each.calls, tokens: tokens + most * each.tokens };
        },
      },
    });
  };
}

/** Compares two responses. */
export const compareTwo =
  "Compare the two responses above. Look for mistakes in each of them, check where they differ, and say which one is right, or better.";
/** What a judgement usually takes at most, in tokens. */
const judgementTokens = 512;
/** What an instruction adds to a prompt, for the outline. */
const promptTokens = 50;

/** Is this comparison of a pair shown in the other order? */
function turned(index: number): boolean {
  return index % 2 === 1;
}

/** Comparisons that each of a pair won. */
function votesOf(responses: readonly (ModelResponse | undefined)[]): readonly [number, number] {
  let one = 0;
  let other = 0;
  responses.forEach((response, index) => {
    const named = response && namedResponse(response, 2);
    if (named === undefined) return;
    if ((named === 1) === turned(index)) one++;
    else other++;
  });
  return [one, other];
}
