/**
 * @module
 * Fitting a Beta distribution to chances of which only a few draws each are known.
 */
import { logRising, reciprocals } from "./rising.js";

/** How the samples of one question came out. */
export interface Outcomes {
  /** Right ones: whole, from 0 to `samples`. */
  readonly right: number;
  /** Whole, at least 1. */
  readonly samples: number;
}

/** A share, and how sure it is. */
export interface Estimate {
  /** From 0 to 1. */
  readonly value: number;
  /** Standard error; `undefined` where nothing or everything was right, for then nothing is known of it. */
  readonly error: number | undefined;
}

/**
 * The Beta distribution under which the outcomes are likeliest, by its mean μ and its size s = α + β.
 *
 * For a given size the likelihood is concave in the mean, so the mean is found by halving; the size is looked for on a grid of logarithms, and
 * then closer. Where nothing or everything was right there is only one mean, and the size does not matter. Where the questions differ no more
 * than chance lets them, or are all or nothing, the size is at the end of its range.
 */
export class BetaFit {
  readonly alpha: number;
  readonly beta: number;
  private readonly _outcomes: readonly Outcomes[];
  private readonly _right: readonly Run[];
  private readonly _wrong: readonly Run[];
  private readonly _all: readonly Run[];
  /** How unsure the fit is; `undefined` where nothing is known. */
  private readonly _spread: Spread | undefined;

  constructor(outcomes: readonly Outcomes[]) {
    this._outcomes = outcomes;
    this._right = runsOf(outcomes.map(({ right }) => right));
    this._wrong = runsOf(outcomes.map(({ right, samples }) => samples - right));
    this._all = runsOf(outcomes.map(({ samples }) => samples));
    if (this._right.length === 0 || this._wrong.length === 0) {
      [this.alpha, this.beta] = this._right.length === 0 ? [0, 1] : [1, 0];
      return;
    }
    const logSize = highest((log) => this._likelihood(this._meanFor(Math.exp(log)), Math.exp(log)), leastLog, mostLog);
    const size = Math.exp(logSize);
    const mean = this._meanFor(size);
    this.alpha = mean * size;
    this.beta = (1 - mean) * size;
    const atEnd = logSize < leastLog + margin || logSize > mostLog - margin;
    this._spread = this._spreadAt(Math.log(mean / (1 - mean)), logSize, atEnd);
  }

  /** A function of α and β, and its standard error: how it changes with them, times how unsure they are. */
  estimate(of: (alpha: number, beta: number) => number): Estimate {
    const value = of(this.alpha, this.beta);
    if (this._spread === undefined) return { value, error: undefined };
    const { logit, logSize, byCurve, byQuestions } = this._spread;
    const at = (u: number, v: number): number => of(...shapeOf(logit + u, logSize + v));
    const slope = [(at(step, 0) - at(-step, 0)) / (2 * step), (at(0, step) - at(0, -step)) / (2 * step)] as const;
    return { value, error: Math.sqrt(Math.max(0, along(slope, byCurve), along(slope, byQuestions))) };
  }

  /** Logarithm of the likelihood, but for what does not depend on the distribution. */
  private _likelihood(mean: number, size: number): number {
    const log = (x: number) => (run: Run) => run.count * logRising(x + run.from, run.length);
    return (
      sumOver(this._right, log(mean * size)) +
      sumOver(this._wrong, log((1 - mean) * size)) -
      sumOver(this._all, log(size))
    );
  }

  private _meanFor(size: number): number {
    const slope = (x: number) => (run: Run) => run.count * reciprocals(x + run.from, run.length);
    let [low, high] = [0, 1];
    for (let i = 0; i < halvings; i++) {
      const mean = (low + high) / 2;
      if (sumOver(this._right, slope(mean * size)) > sumOver(this._wrong, slope((1 - mean) * size))) low = mean;
      else high = mean;
    }
    return (low + high) / 2;
  }

  /** How unsure the fit is, by the curve of the likelihood at its top, and by how much the questions disagree about it (the sandwich). */
  private _spreadAt(logit: number, logSize: number, atEnd: boolean): Spread {
    const slopes = (u: number, v: number): readonly Slope[] =>
      this._outcomes.map((outcome) => slopeOf(outcome, ...shapeOf(u, v)));
    const change = (du: number, dv: number, part: 0 | 1): number => {
      const total = (sign: 1 | -1): number => sumOver(slopes(logit + sign * du, logSize + sign * dv), (s) => s[part]);
      return (total(-1) - total(1)) / (2 * step);
    };
    const own = slopes(logit, logSize);
    const [uu, uv, vv] = [change(step, 0, 0), change(step, 0, 1), change(0, step, 1)];
    const meat: Square = [
      sumOver(own, ([u]) => u * u),
      sumOver(own, ([u, v]) => u * v),
      sumOver(own, ([, v]) => v * v),
    ];
    const determinant = uu * vv - uv * uv;
    // At an end of its range the size is taken as known.
    const curve: Square = atEnd ? [1 / uu, 0, 0] : [vv / determinant, -uv / determinant, uu / determinant];
    return { logit, logSize, byCurve: curve, byQuestions: between(curve, meat) };
  }
}

/** Of the fit: where it is, and two covariances. */
interface Spread {
  readonly logit: number;
  readonly logSize: number;
  readonly byCurve: Square;
  readonly byQuestions: Square;
}

/** A symmetric matrix of two rows: what stands on the diagonal is first and last. */
type Square = readonly [uu: number, uv: number, vv: number];

/** a · m · a */
function between([a, b, c]: Square, [uu, uv, vv]: Square): Square {
  return [
    a * a * uu + 2 * a * b * uv + b * b * vv,
    a * b * uu + (a * c + b * b) * uv + b * c * vv,
    b * b * uu + 2 * b * c * uv + c * c * vv,
  ];
}

/** The variance of what changes by `slope`. */
function along([u, v]: Slope, [uu, uv, vv]: Square): number {
  return u * u * uu + 2 * u * v * uv + v * v * vv;
}

/** By the logit of the mean, and by the logarithm of the size. */
type Slope = readonly [logit: number, logSize: number];

/** Ends of the logarithm of the size: chances all or nothing, and all the same. */
const [leastLog, mostLog] = [Math.log(1e-4), Math.log(1e6)];
/** So near to an end it is at the end. */
const margin = 0.1;
const halvings = 60;
/** Of differences that stand for derivatives. */
const step = 1e-4;

function shapeOf(logit: number, logSize: number): [alpha: number, beta: number] {
  const size = Math.exp(logSize);
  return [size / (1 + Math.exp(-logit)), size / (1 + Math.exp(logit))];
}

/** How the logarithm of the likelihood of one question changes. */
function slopeOf({ right, samples }: Outcomes, alpha: number, beta: number): Slope {
  const size = alpha + beta;
  const all = reciprocals(size, samples);
  const byAlpha = reciprocals(alpha, right) - all;
  const byBeta = reciprocals(beta, samples - right) - all;
  return [((byAlpha - byBeta) * alpha * beta) / size, byAlpha * alpha + byBeta * beta];
}

/** So many questions had more than `from` of something, and more than each of the `length` numbers from there. */
interface Run {
  readonly from: number;
  readonly length: number;
  readonly count: number;
}

function runsOf(counts: readonly number[]): readonly Run[] {
  const sorted = counts.filter((count) => count > 0).sort((a, b) => a - b);
  let from = 0;
  return sorted.flatMap((to, i) => {
    const run = { from, length: to - from, count: sorted.length - i };
    from = to;
    return run.length === 0 ? [] : [run];
  });
}

/** Where a function of one hill is highest: on a grid, for there may be plains beside it, then by the golden section. */
function highest(of: (x: number) => number, from: number, to: number): number {
  const points = 48;
  const gap = (to - from) / points;
  let best = from;
  let most = -Infinity;
  for (let i = 0; i <= points; i++) {
    const value = of(from + i * gap);
    if (value > most) [best, most] = [from + i * gap, value];
  }
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.max(from, best - gap), Math.min(to, best + gap)];
  while (high - low > 1e-7) {
    const [a, b] = [high - golden * (high - low), low + golden * (high - low)];
    if (of(a) < of(b)) low = a;
    else high = b;
  }
  return (low + high) / 2;
}

function sumOver<T>(items: readonly T[], of: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
}
