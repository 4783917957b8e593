/**
 * @module
 * Outline: a stack as a tree, with the worst case of every layer, before anything runs.
 */
import type { Model } from "./model.js";

/** The worst case of one call of a model. */
export interface Cost {
  readonly calls: number;
  readonly tokens: number;
}

/** What a layer says about itself. */
export interface Outline {
  readonly name: string;
  /** Settings worth showing: `'n = 16'`. */
  readonly detail?: string;
  readonly inner: readonly Model[];
  /**
   * Worst case of one call of this layer, for a prompt of `inputTokens`, when every call writes `outputTokens`.
   * `inner(tokens, i)` is the worst case of one call of the i-th model beneath with a prompt of so many tokens.
   * @defaultValue one call of the first model beneath
   */
  readonly cost?: (
    inner: (inputTokens: number, index?: number) => Cost,
    inputTokens: number,
    outputTokens: number,
  ) => Cost;
}

/** Sizes to reckon with. */
export interface OutlineOptions {
  /** Tokens of the prompt. @defaultValue 500 */
  readonly inputTokens?: number;
  /** The cap on what every call writes. @defaultValue 1024 */
  readonly outputTokens?: number;
}

/**
 * Draws the tree of a stack with the worst case in calls and tokens of every layer. Nothing is called.
 *
 * @example
 * console.log(outline(solver));
 * // majorityVote                  ≤ 16 calls, ≤ 24,384 tokens
 * // └─ sampleN (n = 16)           ≤ 16 calls, ≤ 24,384 tokens
 * //    └─ chainOfThought          …
 */
export function outline(model: Model, options: OutlineOptions = {}): string {
  const { inputTokens = 500, outputTokens = 1024 } = options;
  const rows: { label: string; cost: Cost }[] = [];
  const visit = (m: Model, head: string, rest: string): void => {
    const { name, detail, inner } = m.outline ?? { name: m.id, inner: [] };
    rows.push({ label: head + name + (detail ? ` (${detail})` : ""), cost: worstCase(m, inputTokens, outputTokens) });
    inner.forEach((child, i) => {
      const last = i === inner.length - 1;
      visit(child, rest + (last ? "└─ " : "├─ "), rest + (last ? "   " : "│  "));
    });
  };
  visit(model, "", "");
  const width = Math.max(...rows.map((row) => row.label.length));
  return rows
    .map(({ label, cost }) => `${label.padEnd(width)}  ≤ ${show(cost.calls, "call")}, ≤ ${show(cost.tokens, "token")}`)
    .join("\n");
}

/** The worst case of one call of `model`; a model without an outline is one request. */
export function worstCase(model: Model, inputTokens: number, outputTokens: number): Cost {
  const { outline } = model;
  if (outline === undefined || outline.inner.length === 0) return { calls: 1, tokens: inputTokens + outputTokens };
  const inner = (tokens: number, index: number = 0): Cost =>
    worstCase(outline.inner[index] as Model, tokens, outputTokens);
  return outline.cost === undefined ? inner(inputTokens) : outline.cost(inner, inputTokens, outputTokens);
}

function show(count: number, unit: string): string {
  if (count === Infinity) return `∞ ${unit}s`;
  return `${Math.round(count).toLocaleString("en-US")} ${unit}${count === 1 ? "" : "s"}`;
}
