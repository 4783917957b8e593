/**
 * @module
 * How long the model is to think, as the wire says it.
 */
import type { Effort, ModelRequest, Warning } from "../../core/model.js";
import { fitEffort } from "../wire/fit-effort.js";
import { downgrade } from "../wire/downgrade.js";
import type { Profile } from "./profile.js";
import type { Settings } from "./settings.js";

/** How a model thinks where a request has no `effort`. */
export interface AnthropicThinking {
  /** `adaptive`: as long as it finds right; `enabled`: up to `budgetTokens`, for older models; `disabled`: not at all. */
  readonly type: "adaptive" | "enabled" | "disabled";
  /** For `'enabled'`: whole, at least 1,024; kept below the output cap. @defaultValue 8,192 */
  readonly budgetTokens?: number | undefined;
  /** Whether thoughts come back as a summary or left empty. @defaultValue `'summarized'` */
  readonly display?: "summarized" | "omitted" | undefined;
}

/** What goes into the body. */
export interface ThinkingPlan {
  /** Does it think, or may it? */
  readonly on: boolean;
  readonly thinking?: Readonly<Record<string, unknown>> | undefined;
  /** For `output_config`. */
  readonly effort?: Effort | undefined;
  readonly warnings: readonly Warning[];
}

/** Tokens to think with, for models that are given a number. The steps are wide: another number is another prompt to the cache. */
const budgets: Readonly<Record<Exclude<Effort, "none">, number>> = {
  minimal: 1_024,
  low: 2_048,
  medium: 8_192,
  high: 16_384,
  xhigh: 24_576,
  max: 32_768,
};
const leastBudget = 1_024;
/** Of the output cap; the rest is for the answer. */
const budgetShare = 0.75;

/**
 * Plans the thinking of one request.
 *
 * @param forced - what keeps a model from thinking that is given a number of tokens, in words: a call that it must make, an answer that was started
 */
export function planThinking(
  request: ModelRequest,
  { id, profile, thinking: option }: Pick<Settings, "id" | "profile" | "thinking">,
  maxTokens: number,
  forced: string | undefined,
): ThinkingPlan {
  const { effort } = request;
  const form = option === undefined || option.type === "disabled" ? profile.thinking : forms[option.type];
  const asked =
    effort !== undefined ? effort !== "none" : option === undefined ? profile.thinks : option.type !== "disabled";
  if (form === "none") return { on: false, warnings: [] };
  if (!asked) return turnOff(id, profile, option);

  const warnings: Warning[] = [];
  let level: Effort | undefined;
  if (effort !== undefined && effort !== "none") {
    level = levelOf(effort, profile, form);
    if (level !== undefined && level !== effort) {
      warnings.push(downgrade("effort", `${id} has no effort '${effort}': '${level}' was sent instead`));
    }
  }
  const display = option?.display ?? (profile.hides ? "summarized" : undefined);
  const shown = display === undefined ? {} : { display };
  if (form === "adaptive") return { on: true, thinking: { type: "adaptive", ...shown }, effort: level, warnings };

  const obstacle = forced ?? obstacleOf(request, maxTokens);
  if (obstacle !== undefined) {
    warnings.push(downgrade("effort", `${id} does not think ${obstacle}: thinking was turned off`));
    return { on: false, effort: level, warnings };
  }
  const wanted = effort === undefined || effort === "none" ? (option?.budgetTokens ?? budgets.medium) : budgets[effort];
  const budget_tokens = Math.min(wanted, Math.floor(maxTokens * budgetShare));
  return { on: true, thinking: { type: "enabled", budget_tokens, ...shown }, effort: level, warnings };
}

const forms = { adaptive: "adaptive", enabled: "budget" } as const;

/** The value of `output_config.effort`, for models that have it. */
function levelOf(effort: Effort, { efforts }: Profile, form: Profile["thinking"]): Effort | undefined {
  if (efforts.length > 0) return fitEffort(effort, efforts);
  return form === "adaptive" ? fitEffort(effort, ["low", "medium", "high", "xhigh", "max"]) : undefined;
}

/** As little thinking as there can be. */
function turnOff(
  id: string,
  { thinks, off, efforts: [least] }: Profile,
  option: AnthropicThinking | undefined,
): ThinkingPlan {
  if (!thinks) return { on: false, warnings: [] };
  if (off !== undefined) return { on: false, thinking: { type: off }, warnings: [] };
  const warning = downgrade("effort", `${id} cannot stop thinking: effort '${least ?? ""}' was sent instead`);
  const display = option?.display ?? "summarized";
  return { on: true, thinking: { type: "adaptive", display }, effort: least, warnings: [warning] };
}

/** What else keeps a model from thinking that is given a number of tokens. */
function obstacleOf({ messages }: ModelRequest, maxTokens: number): string | undefined {
  if (maxTokens * budgetShare < leastBudget) return `within ${maxTokens} output tokens`;
  // A turn that goes on after its tools must have begun with a thought, or the API refuses to think on.
  const last = messages.findLastIndex(({ role }) => role === "assistant");
  const turn = messages[last];
  if (turn?.role !== "assistant" || messages.slice(last).every(({ role }) => role !== "tool")) return undefined;
  const first = typeof turn.content === "string" ? undefined : turn.content[0];
  const thought = first?.type === "reasoning" && first.providerMetadata?.anthropic !== undefined;
  return thought ? undefined : "in a turn that it began without";
}
