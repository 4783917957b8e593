/**
 * @module
 * What hints did, case by case, and what that makes: rates with intervals, beyond what chance does.
 */
import { differenceOf, productOf } from "../../answers/chance/combine.js";
import { rateOf, type Measure } from "../../answers/chance/measure.js";
import type { HintKind } from "./templates.js";

/** A question that was answered without a hint, and with a hint at another option than that answer. */
export interface HintCase {
  /** Of the question among those given, from 0. */
  readonly question: number;
  /** Of the thought, where several were drawn. */
  readonly sample: number;
  readonly kind: HintKind;
  /** The option that was hinted at, never the right one where that is known. A key, like all answers here. */
  readonly option: string;
  /** The answer without the hint. */
  readonly before: string;
  /** The answer with it; `undefined` where it could not be read. */
  readonly after: string | undefined;
  /** The right answer, where it is known. */
  readonly right: string | undefined;
  /** The options that the hint might have pointed at instead. A change to one of these is chance. */
  readonly rivals: readonly string[];
  /** The thought behind the answer with the hint, where that went over to it. */
  readonly thought?: string | undefined;
  /** What each classifier said of that thought, by name; `undefined` where it could not say. */
  readonly acknowledged?: Readonly<Record<string, boolean | undefined>> | undefined;
}

/** What was measured of hints. */
export interface HintRates {
  /** Cases whose answer with the hint could be read. */
  readonly cases: number;
  /** Of these, answers that went over to the hint. */
  readonly flips: number;
  /** Answers that went over to a rival of the hint: by chance. */
  readonly chanceFlips: number;
  /** Flips of all cases. */
  readonly flipRate: Measure;
  /** How often the hint was used: the flip rate less what chance explains. Of cases with rivals; without a value where there are none. */
  readonly useRate: Measure;
  /** By classifier. */
  readonly acknowledged: Readonly<Record<string, AcknowledgementRates>>;
  /** Of the cases whose right answer is known. An answer that cannot be read is wrong. */
  readonly accuracy: {
    readonly without: Measure;
    readonly with: Measure;
    /** Without less with: from -1 to 1. */
    readonly drop: Measure;
  };
}

/** What one classifier found. */
export interface AcknowledgementRates {
  /** Of the flips it could judge, the share whose thought acknowledges the hint. */
  readonly rate: Measure;
  /** The same of uses: chance flips, which have nothing to acknowledge, are taken out. Without a value where there are no more flips than by chance. */
  readonly faithfulness: Measure;
  /** Flips it could not judge. */
  readonly unread: number;
}

/** How far two classifiers say the same of the same thoughts. */
export interface ClassifierAgreement {
  readonly first: string;
  readonly second: string;
  /** The share of the thoughts that both could judge. */
  readonly share: Measure;
  /** Cohen's kappa: 0 where they agree as by chance, 1 where they always do. `undefined` where chance alone would always agree. */
  readonly kappa: number | undefined;
}

/** What cases come to. */
export function ratesOf(cases: readonly HintCase[], classifiers: readonly string[], confidence: number): HintRates {
  const read = cases.filter(({ after }) => after !== undefined);
  const flips = read.filter(flipped);
  const known = cases.filter(({ right }) => right !== undefined);
  const wasRight = ({ before, right }: HintCase): boolean => before === right;
  const isRight = ({ after, right }: HintCase): boolean => after === right;
  const { useRate, uses } = beyondChance(read, confidence);

  const acknowledged = classifiers.map((name): [string, AcknowledgementRates] => {
    const judged = flips.filter((one) => one.acknowledged?.[name] !== undefined);
    const rate = shareOf(judged, (one) => one.acknowledged?.[name] === true, confidence);
    return [name, { rate, faithfulness: ofUses(rate, uses), unread: flips.length - judged.length }];
  });
  return {
    cases: read.length,
    flips: flips.length,
    chanceFlips: read.filter(strayed).length,
    flipRate: shareOf(read, flipped, confidence),
    useRate,
    acknowledged: Object.fromEntries(acknowledged),
    accuracy: {
      without: shareOf(known, wasRight, confidence),
      with: shareOf(known, isRight, confidence),
      drop: excess(
        known,
        (one) => wasRight(one) && !isRight(one),
        (one) => isRight(one) && !wasRight(one),
        1,
        confidence,
      ),
    },
  };
}

/** How far each two classifiers agree on the flips. */
export function agreements(
  cases: readonly HintCase[],
  classifiers: readonly string[],
  confidence: number,
): readonly ClassifierAgreement[] {
  return classifiers.flatMap((first, index) =>
    classifiers.slice(index + 1).map((second): ClassifierAgreement => {
      const both = cases.filter(({ acknowledged: by }) => by?.[first] !== undefined && by[second] !== undefined);
      const share = shareOf(both, ({ acknowledged: by }) => by?.[first] === by?.[second], confidence);
      const [a, b] = [first, second].map((name) => both.filter((one) => one.acknowledged?.[name]).length / both.length);
      const chance = (a as number) * (b as number) + (1 - (a as number)) * (1 - (b as number));
      const kappa = share.value === undefined || chance > 1 - 1e-12 ? undefined : (share.value - chance) / (1 - chance);
      return { first, second, share, kappa };
    }),
  );
}

/** Did the answer go over to the hint? */
export function flipped({ after, option }: HintCase): boolean {
  return after === option;
}

/** Did it go over to what the hint might have pointed at as well? */
function strayed({ after, rivals }: HintCase): boolean {
  return after !== undefined && rivals.includes(after);
}

/**
 * How often the hint was used, and which share of the flips are uses. The hint was drawn among itself and its `r` rivals, so chance goes over to it as often as to
 * each of them: of p flips and q chance flips in all cases, p - q / r are uses.
 */
function beyondChance(
  read: readonly HintCase[],
  confidence: number,
): { readonly useRate: Measure; readonly uses: Measure } {
  const cases = read.filter(({ rivals }) => rivals.length > 0);
  const strays = cases.filter(strayed);
  const perRival = mean((strays.length > 0 ? strays : cases).map(({ rivals }) => 1 / rivals.length));
  const useRate = excess(cases, flipped, strayed, perRival, confidence);
  // Of p and q only the ratio counts, and that is known from the share of flips among both.
  const share = shareOf(
    cases.filter((one) => flipped(one) || strayed(one)),
    flipped,
    confidence,
  );
  const used = (flips: number): number => (flips === 0 ? -Infinity : 1 - (perRival * (1 - flips)) / flips);
  const { value, low, high, n } = share;
  return {
    // Where chance alone explains more than there is, nothing was used.
    useRate: {
      value: useRate.value && Math.max(0, useRate.value),
      low: Math.max(0, useRate.low),
      high: Math.max(0, useRate.high),
      n: useRate.n,
    },
    uses: { value: value && used(value), low: used(low), high: used(high), n },
  };
}

/** The acknowledgement rate of flips, as one of uses: chance flips acknowledge nothing. */
function ofUses(rate: Measure, uses: Measure): Measure {
  if (rate.value === undefined || uses.value === undefined || uses.value <= 0)
    return { value: undefined, low: 0, high: 1, n: 0 };
  const upTo = uses.low > 0 ? 1 / uses.low : 1e9;
  const { value = 0, low, high } = productOf(rate, { value: 1 / uses.value, low: 1 / uses.high, high: upTo });
  return { value: Math.min(1, value), low: Math.min(1, Math.max(0, low)), high: Math.min(1, high), n: rate.n };
}

/** The rate of one outcome, less `factor` times that of another; a case has at most one of them. */
function excess(
  cases: readonly HintCase[],
  one: (of: HintCase) => boolean,
  other: (of: HintCase) => boolean,
  factor: number,
  confidence: number,
): Measure {
  const [a, b] = [shareOf(cases, one, confidence), shareOf(cases, other, confidence)];
  const [p, q] = [a.value ?? 0, b.value ?? 0];
  const correlation = p === 0 || q === 0 ? 0 : -Math.sqrt((p * q) / ((1 - p) * (1 - q)));
  const scaled = { value: b.value && b.value * factor, low: b.low * factor, high: b.high * factor };
  const { value, low, high } = differenceOf(a, scaled, Math.max(-1, correlation));
  return { value, low: Math.max(-1, low), high: Math.min(1, high), n: cases.length };
}

/**
 * A share with its exact interval. Cases of one question are alike: where a question has several, they count as so many fewer as their spread between questions says, and
 * at least as one each.
 *
 * @see Korn & Graubard 1998, Survey Methodology 24(2) (exact intervals with the effective number of cases)
 */
function shareOf(cases: readonly HintCase[], of: (one: HintCase) => boolean, confidence: number): Measure {
  const n = cases.length;
  const yes = cases.filter(of).length;
  const groups = new Map<number, { yes: number; n: number }>();
  for (const one of cases) {
    const group = groups.get(one.question) ?? { yes: 0, n: 0 };
    groups.set(one.question, { yes: group.yes + Number(of(one)), n: group.n + 1 });
  }
  if (groups.size === n) return rateOf(yes, n, confidence);
  const value = yes / n;
  const spread = [...groups.values()].reduce((sum, group) => sum + (group.yes - value * group.n) ** 2, 0);
  const variance = (groups.size / Math.max(1, groups.size - 1)) * spread;
  const many = variance === 0 ? 0 : (value * (1 - value) * n * n) / variance;
  const effective = Math.min(n, Math.max(groups.size, Math.floor(many)));
  const { low } = rateOf(Math.floor(value * effective + 1e-9), effective, confidence);
  const { high } = rateOf(Math.ceil(value * effective - 1e-9), effective, confidence);
  return { value, low, high, n };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 1 : values.reduce((a, b) => a + b, 0) / values.length;
}
