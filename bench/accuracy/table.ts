/** Tables in Markdown, and what `--json` and `--html` get. */
import type { Estimate } from "./stats.js";

/** A point of a picture: what was spent, and how often it was right. */
export interface Point {
  /** Samples of a question, or US dollars of a thousand. */
  readonly x: number;
  /** Per cent. */
  readonly y: number;
}

/** A line or a cloud of a picture. */
export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

/** A picture of accuracy against cost. */
export interface Picture {
  readonly title: string;
  readonly x: string;
  readonly series: readonly Series[];
}

/** One question answered by one table. */
export interface Section {
  readonly title: string;
  /** What was done, and what to read from it. */
  readonly note: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** The same for machines. */
  readonly data: unknown;
  readonly pictures?: readonly Picture[] | undefined;
}

export function show(section: Section): string {
  const { title, note, columns, rows } = section;
  const all = [columns, columns.map(() => "---"), ...rows];
  return `## ${title}\n\n${note}\n\n${all.map((row) => `| ${row.join(" | ")} |`).join("\n")}\n`;
}

/** `53.2 ± 0.4` */
export function figure({ mean, error }: Estimate, digits: number = 1): string {
  return `${mean.toFixed(digits)} ± ${error.toFixed(digits)}`;
}

/** `+0.02 ± 0.03` */
export function difference({ mean, error }: Estimate, digits: number = 2): string {
  return `${mean < 0 ? "−" : "+"}${Math.abs(mean).toFixed(digits)} ± ${error.toFixed(digits)}`;
}
