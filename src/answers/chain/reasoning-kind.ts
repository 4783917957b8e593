/**
 * @module
 * What kind of thought a response shows.
 */
import type { Capabilities } from "../../core/capabilities.js";
import type { ModelResponse } from "../../core/model.js";

/** `'raw'`: the words that the model itself went on from; `'summary'`: somebody's words about them; `'none'`: no thought is shown. */
export type ReasoningKind = "raw" | "summary" | "none";

/** How many thoughts are of each kind. */
export type ReasoningKinds = Readonly<Record<ReasoningKind, number>>;

/**
 * The kind of thought that a response shows. A thought apart from the answer is what the model's capabilities say, and a summary where they do not say. A thought in
 * the text is raw; but where the model thought tokens that nobody sees, what is shown is none.
 */
export function reasoningKindOf(
  { text, reasoning = "", usage }: ModelResponse,
  { reasoning: known }: Capabilities,
): ReasoningKind {
  if (reasoning.trim() !== "") return known === "raw" ? "raw" : "summary";
  return text.trim() === "" || (usage.reasoningTokens ?? 0) > 0 ? "none" : "raw";
}

/** The kinds of several thoughts, counted. */
export function countKinds(kinds: readonly ReasoningKind[]): ReasoningKinds {
  const counted = { raw: 0, summary: 0, none: 0 };
  for (const kind of kinds) counted[kind]++;
  return counted;
}

/** The most frequent kind; of two as frequent the one that shows less. Without any thought it is `'none'`. */
export function commonKind({ raw, summary, none }: ReasoningKinds): ReasoningKind {
  if (raw > summary && raw > none) return "raw";
  return summary > none ? "summary" : "none";
}
