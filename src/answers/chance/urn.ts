/**
 * @module
 * What votes to come may bring, when they are drawn as those before were: an urn (Dirichlet-multinomial) of three kinds, "the leader",
 * "the second" and "any other", with a uniform prior. All counts are whole, so every probability is a ratio of binomial coefficients.
 */
import { logFactorial } from "./log-factorial.js";

/**
 * The probability that the second overtakes the leader by the end.
 *
 * @param a - votes for the leader
 * @param b - votes for the second
 * @param others - votes for any other
 * @param rest - votes to come
 * @param leaderWinsTies - is the leader elected when both have as many?
 */
export function changeProbability(a: number, b: number, others: number, rest: number, leaderWinsTies: boolean): number {
  let sum = 0;
  let falls = 0;
  // `pair` of the votes to come go to the two; the leader falls when at most this many of them are for it.
  for (let pair = 0, most = -1; pair <= rest; pair++) {
    const before = most;
    most = leaderWinsTies ? Math.ceil((pair + b - a) / 2) - 1 : Math.floor((pair + b - a) / 2);
    if (most < 0) continue;
    falls = before < 0 ? betaBinomial(0, pair, a, b) : oneMore(falls, before, most, pair - 1, a, b);
    sum += betaBinomial(pair, rest, a + b + 1, others) * falls;
  }
  return sum;
}

/** P(at most `most` of `pair` + 1 votes are for the leader), from P(at most `before` of `pair`); `most` is the same, or one more. */
function oneMore(chance: number, before: number, most: number, pair: number, a: number, b: number): number {
  const forLeader = (a + 1 + most) / (a + b + 2 + pair);
  const there = betaBinomial(most, pair, a, b);
  return most === before ? chance - there * forLeader : chance + there * (1 - forLeader);
}

/**
 * What a further sample is worth: the share of votes by which the elected answer is expected to gain when some more are drawn, for each
 * of them, under the best number of them. 0 when nothing can change any more.
 *
 * @param a - votes for the leader
 * @param b - votes for the second
 * @param others - votes for any other
 * @param rest - votes that may still come
 * @see Frazier & Powell 2010, Decision Analysis 7(4) (the knowledge gradient over several samples: a single one seldom changes anything)
 */
export function sampleWorth(a: number, b: number, others: number, rest: number): number {
  const gains = expectedLeads(a, b, rest);
  let best = 0;
  for (let n = 1; n <= rest; n = n === rest ? rest + 1 : Math.min(rest, Math.floor(n * 1.5) + 1)) {
    let gain = 0;
    for (let pair = a - b + 1; pair <= n; pair++)
      gain += betaBinomial(pair, n, a + b + 1, others) * (gains[pair] as number);
    best = Math.max(best, gain / (a + b + others + n + 3) / n);
  }
  return best;
}

/** {@link sampleWorth} that keeps what it has reckoned: the votes of a batch are often the same. */
export function rememberedWorth(): typeof sampleWorth {
  const known = new Map<number, number>();
  return (a, b, others, rest) => {
    const state = ((a * 4096 + b) * 4096 + others) * 4096 + rest;
    let worth = known.get(state);
    if (worth === undefined) known.set(state, (worth = sampleWorth(a, b, others, rest)));
    return worth;
  };
}

/** By how many votes the second is expected to lead, counting 0 where it does not, after 0, 1, … `rest` votes for one of the two. */
function expectedLeads(a: number, b: number, rest: number): readonly number[] {
  const leads = [0];
  // The chance that it leads at all.
  let ahead = 0;
  for (let pair = 0, lead = 0; pair < rest; pair++) {
    const all = a + b + 2 + pair;
    const behind = pair + b - a;
    // Where it leads, votes for the leader are so many in the mean.
    const forLeader = (behind * ahead - lead) / 2;
    lead += ahead - (2 * ((a + 1) * ahead + forLeader)) / all;
    const most = Math.ceil(behind / 2) - 1;
    const next = Math.ceil((behind + 1) / 2) - 1;
    if (behind >= 0 && behind % 2 === 0) {
      // From a tie, the next vote decides.
      lead += betaBinomial(behind / 2, pair, a, b) * (1 - (a + 1 + behind / 2) / all);
    }
    if (next >= 0) ahead = most < 0 ? betaBinomial(0, pair + 1, a, b) : oneMore(ahead, most, next, pair, a, b);
    leads.push(lead);
  }
  return leads;
}

/** P(x of n) of the beta-binomial with parameters a + 1 and b + 1. */
function betaBinomial(x: number, n: number, a: number, b: number): number {
  return Math.exp(logChoose(x + a, a) + logChoose(n - x + b, b) - logChoose(n + a + b + 1, n));
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}
