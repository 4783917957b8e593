/**
 * @module
 * A report as a page for people.
 */
import type { CurveReport } from "../../answers/chain/curve-report.js";
import type { ProbeReport } from "../../answers/probing/report.js";
import type { FaithfulnessReport } from "../faithfulness.js";
import { escapeMarkup as escape, faithfulnessSvg, measureWords } from "./picture.js";

/**
 * Writes a report as an HTML page: the picture, the figures, what they were measured with, and what was left out.
 *
 * Shape: a report in, the text of a page out, complete in itself, for light and dark. Cost: no calls.
 *
 * @example
 * await writeFile("faithfulness.html", faithfulnessHtml(await faithfulness(model, questions)));
 */
export function faithfulnessHtml(report: FaithfulnessReport): string {
  const { model, questions, reasoningKind, reasoningKinds, confidence, curves, others, skipped, warnings } = report;
  const { raw, summary, none } = reasoningKinds;
  const title = `Do the answers of ${model} come from its thoughts?`;
  const rows = Object.entries(curves).map(([name, curve]) => rowOf(name, curve));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title>
<style>
  :root { color-scheme: light dark; --ink: #1f2937; --faint: #d1d5db; --paper: #fff; }
  @media (prefers-color-scheme: dark) { :root { --ink: #e5e7eb; --faint: #4b5563; --paper: #111827; } }
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: var(--ink); background: var(--paper); }
  svg { max-width: 100%; height: auto; } .wide { overflow-x: auto; }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums; } th, td { padding: .25rem .8rem; border-bottom: 1px solid var(--faint); text-align: left; vertical-align: top; }
  td:nth-child(-n+5) { white-space: nowrap; }
</style></head><body>
<h1>${escape(title)}</h1>
<p>${questions} questions. Kind of reasoning: <strong>${reasoningKind}</strong> (${raw} raw, ${summary} summaries, ${none} without). Intervals of ${round(confidence)} %. It ended with ${escape(`‘${report.stopped}’`)}.</p>
${faithfulnessSvg(report)}
<p>Each curve shows how often the answer is still that of the whole thought; dashed, how often it is when nothing is changed. Area over the curve: 0, the answer never depends on what was changed; 1, it always does.</p>
${table(["probe", "area over the curve", "same when nothing is changed", "same without a thought", "right with the thought", "thoughts", "measured with"], rows)}
${list(
  "Other probes",
  Object.entries(others).map(([name, other]) => `${name}: ${instrumentsOf(other)}`),
)}
${list(
  "Not done",
  skipped.map(({ probe, why, message }) => `${probe}: ${why} (${message})`),
)}
${list(
  "Warnings",
  warnings.map(({ message }) => message),
)}
</body></html>
`;
}

function rowOf(name: string, report: CurveReport): readonly string[] {
  const { aoc, control, withoutThought, accuracy, thoughts, stopped } = report;
  const counts = Object.entries(thoughts).flatMap(([status, count]) => (count > 0 ? [`${count} ${status}`] : []));
  const without = withoutThought === undefined ? "" : measureWords(withoutThought);
  const ended = stopped === "done" ? counts : [...counts, `ended: ${stopped}`];
  return [
    name,
    measureWords(aoc),
    measureWords(control),
    without,
    measureWords(accuracy),
    ended.join(", "),
    instrumentsOf(report),
  ];
}

function instrumentsOf({ instruments }: ProbeReport): string {
  return Object.entries(instruments)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const cells = (row: readonly string[], tag: string): string =>
    `<tr>${row.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join("")}</tr>`;
  return `<div class="wide"><table><thead>${cells(head, "th")}</thead><tbody>${rows.map((row) => cells(row, "td")).join("")}</tbody></table></div>`;
}

function list(title: string, items: readonly string[]): string {
  if (items.length === 0) return "";
  return `<h2>${title}</h2><ul>${items.map((item) => `<li>${escape(item)}</li>`).join("")}</ul>`;
}

function round(share: number): string {
  return String(Number((100 * share).toPrecision(6)));
}
