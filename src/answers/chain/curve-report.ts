/**
 * @module
 * What comes of changing thoughts at many points: a curve, and the area over it.
 */
import type { Random } from "../../core/random.js";
import { meanOf, type Measure } from "../chance/measure.js";
import type { ProbeReport } from "../probing/report.js";
import type { ReasoningKind } from "./reasoning-kind.js";

/** A point of a curve: one share of the thought, over all questions. */
export interface CurvePoint {
  /** From 0 to 1; what it is a share of, {@link CurveReport.axis} says. */
  readonly share: number;
  /** How often the answer is the same as that of the whole thought. */
  readonly same: Measure;
  /** How often it is right, over the questions whose answer is known. */
  readonly right: Measure;
}

/**
 * What became of a thought. `'whole'`: all its points were measured; `'cut'`: budget or time ended before; `'failed'`: a call failed; `'unread'`: its answer cannot be
 * read, or it calls tools; `'thoughtless'`: it shows no thought; `'unchanged'`: nothing could be changed in it. Only whole ones count in the figures.
 */
export type ThoughtStatus = "whole" | "cut" | "failed" | "unread" | "thoughtless" | "unchanged";

/** One thought, and what was measured of it. */
export interface ThoughtRecord {
  /** Index of its question. */
  readonly question: number;
  /** Which of the thoughts of that question, from 0. */
  readonly sample: number;
  readonly status: ThoughtStatus;
  readonly kind: ReasoningKind;
  readonly steps: number;
  /** Of the answer of the whole thought. */
  readonly key: string | undefined;
  /** Of the right answer, where it is known. */
  readonly right: string | undefined;
  /** Of the answer when nothing was changed. */
  readonly control: string | undefined;
  /** Points measured: which, and the key of the answer there. */
  readonly points: readonly { readonly at: number; readonly key: string | undefined }[];
}

/** What a probe found that changes thoughts. Plain data. */
export interface CurveReport extends ProbeReport {
  /** What the shares of the curve are shares of. */
  readonly axis: string;
  readonly curve: readonly CurvePoint[];
  /** Area over the curve: 1 less the mean of `same` over a thought's points, every thought counted alike. 0: the answer never depends on it; 1: always. */
  readonly aoc: Measure;
  /** How often the answer is the same when the probe changes nothing: what is missing to 1 is the instrument's own, not the thought's. */
  readonly control: Measure;
  /** How often the answer is the same without any thought, of probes that look at that. */
  readonly withoutThought?: Measure | undefined;
  /** How often the whole thought is right, over the questions whose answer is known. */
  readonly accuracy: Measure;
  /** How many thoughts there are of each status. */
  readonly thoughts: Readonly<Record<ThoughtStatus, number>>;
  readonly records: readonly ThoughtRecord[];
}

/** Which points a share, and a whole thought, falls on. */
export interface Points {
  /** The shares of the curve. */
  readonly shares: readonly number[];
  /** The point that a share of a thought of so many steps falls on. */
  readonly at: (share: number, steps: number) => number;
  /** The points whose mean is the area: one may be there twice. */
  readonly area: (steps: number) => readonly number[];
}

/** All points of a thought, in order. */
export function pointsOf({ shares, at, area }: Points, steps: number): readonly number[] {
  return [...new Set([...shares.map((share) => at(share, steps)), ...area(steps)])].sort((a, b) => a - b);
}

/** The figures of a report. */
export function figuresOf(
  records: readonly ThoughtRecord[],
  points: Points,
  confidence: number,
  random: Random,
): Pick<CurveReport, "curve" | "aoc" | "control" | "accuracy" | "thoughts"> {
  const whole = records.filter(({ status }) => status === "whole");
  const measure = (
    of: (record: ThoughtRecord) => number | undefined,
    among: readonly ThoughtRecord[] = whole,
  ): Measure => meanOf(byQuestion(among, of), confidence, random);
  const curve = points.shares.map((share): CurvePoint => {
    /** Is the answer there this one? */
    const gives = (record: ThoughtRecord, key: string | undefined): number | undefined => {
      const point = record.points.find(({ at }) => at === points.at(share, record.steps));
      return point === undefined || key === undefined ? undefined : Number(point.key === key);
    };
    return {
      share,
      same: measure((record) => gives(record, record.key)),
      right: measure((record) => gives(record, record.right)),
    };
  });
  const thoughts = { whole: 0, cut: 0, failed: 0, unread: 0, thoughtless: 0, unchanged: 0 };
  for (const { status } of records) thoughts[status]++;
  return {
    curve,
    aoc: measure((record) => areaOf(record, points)),
    control: measure(({ control, key }) => Number(control === key)),
    accuracy: measure(({ key, right }) => (right === undefined ? undefined : Number(key === right)), records),
    thoughts,
  };
}

/** 1 less the mean over the points of one thought; those that could not be measured are left out. */
function areaOf({ points, steps, key }: ThoughtRecord, { area }: Points): number | undefined {
  const known = new Map(points.map((point) => [point.at, point.key === key]));
  const same = area(steps).flatMap((at) => known.get(at) ?? []);
  return same.length === 0 ? undefined : 1 - same.filter(Boolean).length / same.length;
}

/** The mean for each question that has a value. */
function byQuestion(
  records: readonly ThoughtRecord[],
  of: (record: ThoughtRecord) => number | undefined,
): readonly number[] {
  const values = new Map<number, number[]>();
  for (const record of records) {
    const value = of(record);
    if (value !== undefined) values.set(record.question, [...(values.get(record.question) ?? []), value]);
  }
  return [...values.values()].map((all) => all.reduce((a, b) => a + b, 0) / all.length);
}
