/**
 * @module
 * Equations in words: the arithmetic that a line of thought writes out, worked out again.
 */
import { rationalOf } from "../rational.js";
import { leftOf, lineOf, rightOf, type Side, type Symbol } from "./expressions.js";

/** One `=` between two sides that could both be worked out. */
export interface Equation {
  /** Which line of the text it stands in, from 0. Lines without words do not count. */
  readonly step: number;
  /** Both sides, as they were read: `12 + 5 = 18`. */
  readonly written: string;
  /** What the left side is, exactly: `17`, `-1/2`. */
  readonly value: string;
  /** Does it hold? Rounded where it says so, or where the right side has decimals. */
  readonly ok: boolean;
}

/**
 * The equations in a text, in order: `8 * 6 = 48`, `$14.88 + $4.88 = $19.76`, `5 apples plus 3 apples is 8`, `20% of 50 = 10`, `\frac{1}{2} \times 6 = 3`.
 * Of a chain `a = b = c` each `=` is one. What holds variables, functions or words in the place of numbers is left out, and so is what may be read
 * in two ways, or changes the unit from one side to the other.
 */
export function equationsIn(text: string): readonly Equation[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.flatMap((line, step) => equationsOf(line).map((equation) => ({ step, ...equation })));
}

function equationsOf(line: string): Omit<Equation, "step">[] {
  const vague = /\b(?:round|about|approx|nearest|roughly|almost|nearly)/i.test(line);
  const { text, symbols: all } = lineOf(line);
  const [first, ...others] = splitAtSigns(all);
  const found: Omit<Equation, "step">[] = [];
  let before = first;
  for (const [index, { sign, symbols }] of others.entries()) {
    const left = leftOf(before);
    const right = rightOf(symbols);
    // A number alone says something only in a chain: `1 foot = 12 inches` is none.
    const inner = index > 0 && left !== undefined && left.whole && left.units.length === 0;
    before = symbols;
    if (left === undefined || right === undefined || changesUnit(left, right)) continue;
    if (!left.computes && (sign.said || !inner || right.units.length > 0)) continue;
    const value = rationalOf(left.readings[0] ?? "");
    if (value === undefined) continue;
    const about = vague || sign.text === "≈";
    const ok = left.readings.some((a) => right.readings.some((b) => holds(a, b, about)));
    found.push({
      written: `${text.slice(left.start, left.end)} ${sign.text} ${text.slice(right.start, right.end)}`,
      value,
      ok,
    });
  }
  return found;
}

interface Part {
  readonly sign: Symbol;
  readonly symbols: readonly Symbol[];
}

/** What stands before the first sign, and each sign with what stands behind it. */
function splitAtSigns(symbols: readonly Symbol[]): [readonly Symbol[], ...Part[]] {
  const at = symbols.flatMap(({ kind }, index) => (kind === "sign" ? [index] : []));
  const parts = at.map((index, i) => ({
    sign: symbols[index] as Symbol,
    symbols: symbols.slice(index + 1, at[i + 1]),
  }));
  return [symbols.slice(0, at[0]), ...parts];
}

/** `90 minutes / 60 = 1.5 hours` says nothing of arithmetic alone. */
function changesUnit(left: Side, right: Side): boolean {
  if (left.units.length === 0 || right.units.length === 0) return false;
  return !right.units.some((unit) => left.units.includes(unit));
}

/** Is the one the other, as exactly as the right side is written? */
function holds(left: string, right: string, about: boolean): boolean {
  const [a, b] = [rationalOf(left), rationalOf(right)];
  if (a === undefined || b === undefined || a === b) return a === b;
  const [x, y] = [numberOf(a), numberOf(b)];
  const off = Math.abs(x - y);
  if (off <= 1e-9 * Math.abs(x)) return true; // as computers write it
  const [, decimals] = /^-?\d*\.(\d+)$/.exec(right.trim()) ?? [];
  if (decimals !== undefined && isRounded(x, y, 10 ** decimals.length)) return true;
  if (about) return off <= Math.max(0.01 * Math.abs(x), 0.5);
  // A product or quotient of what was rounded before.
  return /\d\.\d/.test(left) && /[*/]/.test(left) && off <= 5e-4 * Math.abs(x);
}

/** Is `y` what is left of `x` when it is rounded, or cut off, to so many parts of 1? Only of what has more digits. */
function isRounded(x: number, y: number, parts: number): boolean {
  const [a, b] = [x * parts, y * parts];
  const exact = Math.abs(a - Math.round(a)) < 1e-9 * Math.max(1, Math.abs(a));
  return !exact && (Math.abs(a - b) <= 0.5 + 1e-9 || Math.abs(Math.trunc(a) - b) < 1e-6);
}

function numberOf(rational: string): number {
  const [over = "", under = "1"] = rational.split("/");
  return Number(over) / Number(under);
}
