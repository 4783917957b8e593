/**
 * The tables as a page for people: pictures of accuracy against cost, as SVG, above the tables.
 */
import type { Picture, Point, Section, Series } from "./table.js";

/** Told apart by people who do not see all colours. */
const colours = ["#6b7280", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9", "#7b3294"];
const [width, height] = [420, 260];
const edge = { left: 46, right: 12, top: 12, bottom: 40 };

/** An HTML page, complete in itself. */
export function page(sections: readonly Section[]): string {
  const names = [
    ...new Set(
      sections.flatMap(({ pictures = [] }) => pictures.flatMap(({ series }) => series.map(({ name }) => name))),
    ),
  ];
  const colourOf = (name: string): string => colours[names.indexOf(name) % colours.length] ?? "#000";
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>What does a token buy?</title>
<style>
  :root { color-scheme: light dark; --ink: #1f2937; --faint: #d1d5db; --paper: #ffffff; }
  @media (prefers-color-scheme: dark) { :root { --ink: #e5e7eb; --faint: #4b5563; --paper: #111827; } }
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 92rem; padding: 0 1rem; color: var(--ink); background: var(--paper); }
  .pictures { display: flex; flex-wrap: wrap; gap: 1rem; }
  figure { margin: 0; max-width: ${width}px; } figcaption { font-weight: 600; }
  svg { max-width: 100%; height: auto; } svg text { fill: var(--ink); font-size: 11px; }
  .axis { stroke: var(--ink); } .grid { stroke: var(--faint); }
  .wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
  th, td { padding: 0.2rem 0.7rem; border-bottom: 1px solid var(--faint); text-align: right; white-space: nowrap; }
  th:first-child, td:first-child { text-align: left; }
  .legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.2rem; margin: 0.5rem 0 1rem; } .legend i { display: inline-block; width: 0.8rem; height: 0.8rem; border-radius: 50%; margin-right: 0.4rem; }
</style></head><body>
<h1>What does a token buy?</h1>
${sections.map((section) => sectionOf(section, colourOf)).join("\n")}
</body></html>
`;
}

function sectionOf({ title, note, columns, rows, pictures = [] }: Section, colourOf: (name: string) => string): string {
  const names = [...new Set(pictures.flatMap(({ series }) => series.map(({ name }) => name)))];
  const legend = names
    .map((name) => `<span><i style="background:${colourOf(name)}"></i>${escape(name)}</span>`)
    .join("");
  const drawn = pictures.map(
    (picture) => `<figure><figcaption>${escape(picture.title)}</figcaption>${svg(picture, colourOf)}</figure>`,
  );
  const head = columns.map((cell) => `<th scope="col">${escape(cell)}</th>`).join("");
  const body = rows
    .map((row) => `<tr>${row.map((cell) => `<td>${escape(cell).replaceAll("**", "")}</td>`).join("")}</tr>`)
    .join("");
  return `<h2>${escape(title)}</h2><p>${marked(note)}</p>
${names.length === 0 ? "" : `<div class="legend">${legend}</div><div class="pictures">${drawn.join("")}</div>`}
<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function svg({ title, x, series }: Picture, colourOf: (name: string) => string): string {
  const points = series.flatMap(({ points: all }) => all);
  const xs = niceRange(
    points.map((point) => point.x),
    true,
  );
  const ys = niceRange(
    points.map((point) => point.y),
    false,
  );
  const place = (point: Point): readonly [number, number] => [
    edge.left + ((point.x - xs.low) / (xs.high - xs.low)) * (width - edge.left - edge.right),
    height - edge.bottom - ((point.y - ys.low) / (ys.high - ys.low)) * (height - edge.top - edge.bottom),
  ];
  const grid = ys.ticks
    .map((tick) => {
      const [, y] = place({ x: xs.low, y: tick });
      return `<line class="grid" x1="${edge.left}" x2="${width - edge.right}" y1="${y}" y2="${y}"/><text x="${edge.left - 6}" y="${y + 4}" text-anchor="end">${tick}</text>`;
    })
    .join("");
  const marks = xs.ticks
    .map(
      (tick) =>
        `<text x="${place({ x: tick, y: ys.low })[0]}" y="${height - edge.bottom + 16}" text-anchor="middle">${tick}</text>`,
    )
    .join("");
  const base = height - edge.bottom;
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" role="img" aria-label="${escape(title)}: per cent right against ${escape(x)}">
${grid}<line class="axis" x1="${edge.left}" x2="${width - edge.right}" y1="${base}" y2="${base}"/>${marks}
<text x="${(edge.left + width - edge.right) / 2}" y="${height - 6}" text-anchor="middle">${escape(x)}</text>
<text transform="translate(11 ${(edge.top + base) / 2}) rotate(-90)" text-anchor="middle">% right</text>
${series.map((one) => draw(one, colourOf(one.name), place)).join("")}</svg>`;
}

/** A line through many points, a dot for each of few. */
function draw({ name, points }: Series, colour: string, place: (point: Point) => readonly [number, number]): string {
  const sorted = [...points].sort((a, b) => a.x - b.x);
  const path = sorted
    .map(
      (point, i) =>
        `${i === 0 ? "M" : "L"}${place(point)
          .map((at) => at.toFixed(1))
          .join(" ")}`,
    )
    .join("");
  const line = points.length > 1 ? `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>` : "";
  const dots = (points.length > 30 ? [] : sorted).map((point) => {
    const [cx, cy] = place(point);
    return `<circle cx="${cx.toFixed(1)}" cy="${cy.toFixed(1)}" r="${points.length > 1 ? 3 : 5}" fill="${colour}"><title>${escape(name)}: ${point.x.toFixed(1)}, ${point.y.toFixed(1)} %</title></circle>`;
  });
  return line + dots.join("");
}

interface Range {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

function niceRange(values: readonly number[], fromZero: boolean): Range {
  const least = fromZero ? 0 : Math.min(...values);
  const most = Math.max(...values);
  const rough = (most - least) / 4 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const low = Math.floor(least / step) * step;
  const high = Math.ceil(most / step) * step || step;
  const ticks = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) =>
    Number((low + i * step).toPrecision(6)),
  );
  return { low, high, ticks };
}

/** The little Markdown that notes have. */
function marked(text: string): string {
  return escape(text)
    .replace(/`([^`]+)`/g, "<code>$1</code>")
    .replace(/\*([^*]+)\*/g, "<em>$1</em>");
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign] ?? sign);
}
