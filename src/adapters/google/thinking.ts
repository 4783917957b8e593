/**
 * @module
 * How hard to think, as a model of Google wants to be told.
 */
import type { Fields } from "../../core/fields.js";
import type { Effort, ModelRequest, Warning } from "../../core/model.js";
import { fitEffort } from "../wire/fit-effort.js";
import { downgrade } from "../wire/downgrade.js";
import type { Profile } from "./profile.js";

/** What goes into the request. */
export interface ThinkingPlan {
  /** `thinkingConfig`; `undefined`: none is sent. */
  readonly config: Fields | undefined;
  readonly warnings: readonly Warning[];
}

/** Tokens to think with: Google's own reading of OpenAI's efforts, and what lies around them. */
const budgets: Readonly<Record<Exclude<Effort, "none">, number>> = {
  minimal: 512,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: 32_768,
  max: 32_768,
};
/** Of the output cap, which thoughts and answer share; the rest is for the answer. */
const budgetShare = 0.75;

/** Plans the thinking of one request. Thoughts are asked for wherever there are any: a listener is not to change what is sent. */
export function planThinking({ effort, maxOutputTokens }: ModelRequest, profile: Profile, id: string): ThinkingPlan {
  if (profile.thinking === "none") return { config: undefined, warnings: [] };
  if (effort === undefined) return { config: profile.thinks ? { includeThoughts: true } : undefined, warnings: [] };
  if (profile.thinking === "budget") return withBudget(effort, maxOutputTokens, profile, id);
  const level = fitEffort(effort, profile.efforts);
  return {
    config: { ...(profile.thinks && { includeThoughts: true }), thinkingLevel: level.toUpperCase() },
    warnings:
      level === effort ? [] : [downgrade("effort", `${id} has no effort '${effort}': '${level}' was sent instead`)],
  };
}

function withBudget(effort: Effort, cap: number | undefined, { budget }: Profile, id: string): ThinkingPlan {
  const { least, most, off } = budget;
  const room = cap === undefined ? most : Math.floor(cap * budgetShare);
  if (effort === "none" && off) return { config: { thinkingBudget: 0 }, warnings: [] };
  if (effort === "none") {
    const message = `${id} cannot stop thinking: it was given its least, ${least} tokens`;
    return { config: { includeThoughts: true, thinkingBudget: least }, warnings: [downgrade("effort", message)] };
  }
  if (room < least && off) {
    const message = `${id} needs at least ${least} tokens to think with, which ${cap ?? 0} output tokens do not leave: thinking was turned off`;
    return { config: { thinkingBudget: 0 }, warnings: [downgrade("effort", message)] };
  }
  const thinkingBudget = Math.max(least, Math.min(budgets[effort], room, most));
  return { config: { includeThoughts: true, thinkingBudget }, warnings: [] };
}
