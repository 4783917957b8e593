/**
 * @module
 * Recursive self-aggregation: a population of answers, each round made anew of what a few of them say.
 */
import { keyOf } from "../../answers/answer.js";
import { listed } from "../../answers/judging/candidates.js";
import { elect, type Voted } from "../../answers/elect.js";
import { aggregateRequest, checkReading } from "../../answers/judging/judging.js";
import { Tally } from "../../answers/tally.js";
import type { Call } from "../../core/call.js";
import { callsTools } from "../../core/conversation.js";
import { InvalidOptionError } from "../../core/errors.js";
import { extend } from "../../core/extend.js";
import type { Model, ModelRequest, ModelResponse, SampleFailure, StopReason, Warning } from "../../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../../core/options.js";
import type { Random } from "../../core/random.js";
import { sample, type Draw } from "../../core/sample.js";
import { wrap } from "../../core/wrap.js";

/** Options of {@link aggregateLoop}. */
export interface AggregateLoopOptions {
  /** Members of the population: whole, at least 2. @defaultValue 16 */
  readonly population?: number | undefined;
  /** Members that one new member is made of: whole, from 2 to `population`. @defaultValue 4 */
  readonly group?: number | undefined;
  /** Rounds of aggregation after the first population: whole, at least 1. @defaultValue 10 */
  readonly rounds?: number | undefined;
  /** How one of the last population is taken: by majority, or at random. @defaultValue `'vote'` */
  readonly end?: "vote" | "random" | undefined;
  /** End as soon as all members give one answer: another round would hardly change it. @defaultValue `true` */
  readonly untilAgreed?: boolean | undefined;
  /** How many calls at a time: whole, at least 1. @defaultValue all of a round */
  readonly concurrency?: number | undefined;
  /** What to make of a group. @defaultValue {@link aggregate} */
  readonly instruction?: string | undefined;
  /** Sampling temperature, at least 0, for requests that name none. @defaultValue the provider's */
  readonly temperature?: number | undefined;
}

/** What one round brought. */
export interface AggregationRound {
  /** Members it made. */
  readonly members: number;
  /** The answer that most of the population gave after it; `undefined` where none can be read. */
  readonly key: string | undefined;
  /** Its share of the answers that can be read, from 0 to 1. */
  readonly share: number;
}

/** The elected member of the last population. */
export type Aggregated<R extends ModelResponse = ModelResponse> = Voted<R> & {
  /** The first population, and each round after it. */
  readonly rounds: readonly AggregationRound[];
};

/**
 * Samples a population of answers, and lets the model improve it round by round: each new member is made of a few members drawn at random, of which
 * some may be wrong. What is right in several of them survives and spreads.
 *
 * Shape: one response in; the vote's winner among the last population out, which is in `samples`. Members of a group are drawn without replacement.
 * Cost: `population` · (`rounds` + 1) calls, 176 by default; fewer where all agree. Aggregating calls read `group` members more.
 * `stopped` says why: `'limit'` (all rounds are done), `'decided'` (all members agree), `'budget'`, `'deadline'`, `'failure'` (a round brought nothing, or an error that cannot
 * get better), `'done'` (nothing to aggregate: no member has words, or they call tools). When a round is cut short, its members and the whole population before it vote together. A member that
 * fails is listed in `failures`, and its round goes on without it.
 *
 * @throws {@link InvalidOptionError} when the stack is built
 * @throws the first failure, when there is no member at all
 * @see Venkatraman et al. 2025, arXiv:2509.26626 (recursive self-aggregation; N = 16, K = 4, T = 10). Deviation: ends early when all members agree.
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), aggregateLoop({ population: 8, rounds: 4 }));
 * const { answer, rounds, votes } = await run(solver, "How many trailing zeros has 125!?", { budget: { tokens: 200_000 } });
 */
export function aggregateLoop(
  options: AggregateLoopOptions = {},
): <R extends ModelResponse>(next: Model<R>) => Model<Aggregated<R>> {
  const known = ["population", "group", "rounds", "end", "untilAgreed", "concurrency", "instruction", "temperature"];
  checkOptions("aggregateLoop", options, known);
  const { population = 16, rounds = 10, end = "vote", untilAgreed = true, concurrency } = options;
  const { instruction = aggregate, temperature } = options;
  checkInteger("aggregateLoop", "population", population, 2);
  const { group = Math.min(4, population) } = options;
  checkInteger("aggregateLoop", "group", group, 2, population);
  checkInteger("aggregateLoop", "rounds", rounds, 1);
  if (end !== "vote" && end !== "random")
    throw new InvalidOptionError("aggregateLoop", "end", "'vote' or 'random'", end);
  if (typeof untilAgreed !== "boolean")
    throw new InvalidOptionError("aggregateLoop", "untilAgreed", "true or false", untilAgreed);
  checkReading("aggregateLoop", { instruction, concurrency });
  if (temperature !== undefined) checkNumber("aggregateLoop", "temperature", temperature, 0);

  return <R extends ModelResponse>(next: Model<R>): Model<Aggregated<R>> => {
    /** Makes a population: of the question alone, or each member of a group of those before. */
    const make = (request: ModelRequest, before: readonly R[], call: Call, round: number): Draw<R> => {
      const inner = call.child(`round ${round}`);
      const all = { n: population, concurrency };
      if (round === 0) return sample(next, request, inner, all);
      const groups = Array.from({ length: population }, () => call.random.shuffle(before).slice(0, group));
      const asked = groups.map((members) =>
        aggregateRequest(request, listed("aggregateLoop", members, "text", request), instruction),
      );
      return sample(next, request, inner, { ...all, quorum: 0, request: (index) => asked[index] ?? request });
    };

    const evolve = async (asked: ModelRequest, call: Call): Promise<Aggregated<R>> => {
      const request = temperature === undefined || asked.temperature !== undefined ? asked : { ...asked, temperature };
      const failures: SampleFailure[] = [];
      const reports: AggregationRound[] = [];
      let members: readonly R[] = [];
      let stopped: StopReason = "limit";
      for (let round = 0; round <= rounds; round++) {
        const before = members.filter((member) => member.text.trim() !== "" && !callsTools(member));
        if (round > 0 && before.length === 0) {
          stopped = "done";
          break;
        }
        const drawing = make(request, before, call, round);
        for await (const _ of drawing); // all of them
        const { samples: made, stopped: why } = drawing;
        const wrong = drawing.failures.find(({ error }) => InvalidOptionError.is(error));
        if (wrong !== undefined) throw wrong.error;
        failures.push(...drawing.failures.map(({ index, error }) => ({ index: round * population + index, error })));
        members = why === "done" && made.length > 0 ? made : [...made, ...members];
        const { key, share = 0 } = tallyOf(members).winner ?? {};
        reports.push({ members: made.length, key, share });
        if (why !== "done" || made.length === 0) {
          stopped = why === "done" ? "failure" : why;
          break;
        }
        if (untilAgreed && agreed(members)) {
          stopped = "decided";
          break;
        }
      }
      const tally = tallyOf(members);
      const elected = elect(tally, { samples: members, failures, stopped });
      const winner = end === "vote" ? elected : anyOf(elected, call.random);
      const result = extend(winner, { rounds: reports });
      if (stopped !== "failure" || reports.length === 1) return result;
      return extend(result, { warnings: [...(result.warnings ?? []), failed] });
    };

    return wrap("aggregateLoop", next, evolve, {
      outline: {
        detail: `population = ${population}, group = ${group}, rounds = ${rounds}`,
        cost: (inner, inputTokens, outputTokens) => {
          const first = inner(inputTokens);
          const later = inner(inputTokens + promptTokens + group * outputTokens);
          return {
            calls: population * (first.calls + rounds * later.calls),
            tokens: population * (first.tokens + rounds * later.tokens),
          };
        },
      },
    });
  };
}

/** The default instruction of {@link aggregateLoop}. */
export const aggregate =
  "Above are attempts at the question; some or all of them may be wrong. Take from each what helps, check the steps where they differ, and write one complete solution that is better than any. If none of them is right, try another way.";
/** What an instruction adds to a prompt, for the outline. */
const promptTokens = 80;
const failed: Warning = {
  code: "aggregation-failed",
  message: "a round of aggregation failed: its members and the population before it voted",
};

function tallyOf<R extends ModelResponse>(members: readonly R[]): Tally<R> {
  const tally = new Tally<R>();
  for (const member of members) tally.add(member);
  return tally;
}

/** Do all give the same answer? One alone agrees with nobody. */
function agreed(members: readonly ModelResponse[]): boolean {
  const [first, ...others] = members.map(keyOf);
  return first !== undefined && others.length > 0 && others.every((key) => key === first);
}

/** Any member in place of the one elected, with an answer if any has one; with the same count. */
function anyOf<R extends ModelResponse>(elected: Voted<R>, random: Random): Voted<R> {
  const { votes, confidence, margin, entropy, discarded, abstained, samples, failures, stopped } = elected;
  const answering = samples.filter((member) => keyOf(member) !== undefined);
  const all = answering.length > 0 ? answering : samples;
  const member = all[random.integer(all.length)] as R;
  return extend(member, { votes, confidence, margin, entropy, discarded, abstained, samples, failures, stopped });
}
