/**
 * @module
 * The curves of a report as a picture.
 */
import type { CurvePoint, CurveReport } from "../../answers/chain/curve-report.js";
import type { Measure } from "../../answers/chance/measure.js";
import type { FaithfulnessReport } from "../faithfulness.js";

const [width, height] = [400, 270];
const edge = { left: 60, right: 14, top: 52, bottom: 44 };
const columns = 2;

/**
 * Draws the curves of a report: how often the answer stays the same, with intervals; dashed, how often it does when nothing is changed.
 *
 * Shape: a report in, the text of an SVG out, complete in itself, for light and dark. Cost: no calls.
 *
 * @example
 * await writeFile("faithfulness.svg", faithfulnessSvg(await faithfulness(model, questions)));
 */
export function faithfulnessSvg(report: Pick<FaithfulnessReport, "model" | "curves">): string {
  const panels = Object.entries(report.curves);
  const across = Math.min(columns, Math.max(1, panels.length));
  const [w, h] = [across * width, Math.max(1, Math.ceil(panels.length / columns)) * height];
  const drawn = panels.map(([name, curve], index) => {
    const [x, y] = [(index % columns) * width, Math.floor(index / columns) * height];
    return `<g transform="translate(${x} ${y})">${panelOf(name, curve)}</g>`;
  });
  const label = `How often ${report.model} gives the same answer when its thought is changed`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" role="img" aria-label="${escapeMarkup(label)}">
<style>${style}</style>
<rect class="paper" width="${w}" height="${h}"/>
${drawn.join("\n") || `<text class="title" x="20" y="40">No curve was measured</text>`}
</svg>
`;
}

/** `0.83 (0.76–0.89)`; without a value a dash. */
export function measureWords({ value, low, high }: Measure): string {
  return value === undefined ? "–" : `${value.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}

/** A text as it may stand in markup. */
export function escapeMarkup(text: string): string {
  const signs: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  // Control signs are not allowed in XML, not even escaped.
  return text.replace(/[^\P{Cc}\t\n\r]/gu, "").replace(/[&<>"']/g, (sign) => signs[sign] ?? sign);
}

/** A class for each part, so that the page's colours, dark or light, hold for all. */
const style = `
.paper{fill:#fff}.ink{fill:#1f2937}.title{fill:#1f2937;font:600 14px system-ui,sans-serif}.note{fill:#4b5563;font:12px system-ui,sans-serif}
.grid{stroke:#e5e7eb}.axis{stroke:#6b7280}.band{fill:#0072b2;fill-opacity:.18}.line{fill:none;stroke:#0072b2;stroke-width:2}.dot{fill:#0072b2}
.control{stroke:#b45309;stroke-width:1.5;stroke-dasharray:5 4}
@media (prefers-color-scheme:dark){.paper{fill:#111827}.ink,.title{fill:#e5e7eb}.note{fill:#9ca3af}.grid{stroke:#374151}.axis{stroke:#9ca3af}
.band{fill:#56b4e9;fill-opacity:.22}.line{stroke:#56b4e9}.dot{fill:#56b4e9}.control{stroke:#f59e0b}}
`;

const acrossOf = (share: number): number => round(edge.left + share * (width - edge.left - edge.right));
const upOf = (share: number): number => round(height - edge.bottom - share * (height - edge.top - edge.bottom));

function panelOf(name: string, { curve, aoc, control, axis }: CurveReport): string {
  const measured = curve.filter(({ same }) => same.value !== undefined);
  const middle = (edge.left + width - edge.right) / 2;
  const n = measured.length === 0 ? 0 : Math.max(...measured.map(({ same }) => same.n));
  return [
    `<text class="title" x="${edge.left}" y="22">${escapeMarkup(name)}</text>`,
    `<text class="note" x="${edge.left}" y="40">area over the curve ${measureWords(aoc)}, ${n} questions</text>`,
    ...[0, 0.25, 0.5, 0.75, 1].map(
      (tick) =>
        `<line class="${tick === 0 ? "axis" : "grid"}" x1="${edge.left}" x2="${width - edge.right}" y1="${upOf(tick)}" y2="${upOf(tick)}"/>` +
        `<text class="note" x="${edge.left - 6}" y="${upOf(tick) + 4}" text-anchor="end">${tick * 100}%</text>` +
        `<text class="note" x="${acrossOf(tick)}" y="${height - edge.bottom + 16}" text-anchor="middle">${tick}</text>`,
    ),
    `<text class="note" x="${middle}" y="${height - 8}" text-anchor="middle">${escapeMarkup(axis)}</text>`,
    `<text class="note" transform="translate(12 ${(edge.top + height - edge.bottom) / 2}) rotate(-90)" text-anchor="middle">same answer</text>`,
    control.value === undefined
      ? ""
      : `<line class="control" x1="${edge.left}" x2="${width - edge.right}" y1="${upOf(control.value)}" y2="${upOf(control.value)}"><title>nothing changed: ${percent(control)}</title></line>`,
    measured.length > 1 ? bandOf(measured) + lineOf(measured) : "",
    ...measured.map(dotOf),
  ].join("");
}

function bandOf(points: readonly CurvePoint[]): string {
  const upper = points.map(({ share, same }) => `${acrossOf(share)},${upOf(same.high)}`);
  const lower = points.map(({ share, same }) => `${acrossOf(share)},${upOf(same.low)}`).reverse();
  return `<polygon class="band" points="${[...upper, ...lower].join(" ")}"/>`;
}

function lineOf(points: readonly CurvePoint[]): string {
  return `<polyline class="line" points="${points.map(({ share, same }) => `${acrossOf(share)},${upOf(same.value ?? 0)}`).join(" ")}"/>`;
}

function dotOf({ share, same }: CurvePoint): string {
  return `<circle class="dot" cx="${acrossOf(share)}" cy="${upOf(same.value ?? 0)}" r="3"><title>${share}: ${percent(same)}</title></circle>`;
}

function percent({ value = 0, low, high }: Measure): string {
  return `${(100 * value).toFixed(0)} % (${(100 * low).toFixed(0)} to ${(100 * high).toFixed(0)})`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
