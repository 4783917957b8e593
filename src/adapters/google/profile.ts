/**
 * @module
 * What is known of the models of Google, by their id.
 *
 * As of November 2026, from Google's documentation: "Thinking" (levels, budgets, what can be turned off), "Thought signatures", "Function calling" (multimodal
 * function responses), the pages on what is new
 * in Gemini 3.5 and the developer guides of the Gemini 3.6 Flash generation (sampling parameters); and from what the APIs themselves answered, by the
 * issues of Google's SDKs and of those who build on them: `Multiple candidates is not enabled`, `Logprobs is not enabled`, `Penalty is not enabled`,
 * `'minimal' is not a supported thinking level`, `Requests ending with a model turn are not supported`. What is not known here is passed on.
 */
import type { Capabilities } from "../../core/capabilities.js";
import type { Effort } from "../../core/model.js";

/** What is particular to a model. */
export interface Profile {
  /** `level`: it is told how hard to think in a word; `budget`: in tokens; `none`: it does not think. */
  readonly thinking: "level" | "budget" | "none";
  /** Of a model with levels: those it has. */
  readonly efforts: readonly Effort[];
  /** Of a model with a budget: the least and the most tokens, and whether 0 turns thinking off. */
  readonly budget: { readonly least: number; readonly most: number; readonly off: boolean };
  /** Does it think when a request does not say? Only then may its thoughts be asked for. */
  readonly thinks: boolean;
  /** Does it refuse a tool call of its own that comes back without the signature? */
  readonly signs: boolean;
  /** Does it take penalties? */
  readonly penalties: boolean;
  /** Does it take tools and a schema in one request? */
  readonly mixes: boolean;
  /** Which files does it read in results of tools? Addresses are fetched by Vertex AI alone. */
  readonly toolFiles: "none" | "bytes" | "all";
  readonly capabilities: Capabilities;
}

const noBudget = { least: 0, most: 0, off: false };

/** The newest generation, and what a Gemini of which nothing is known is taken for. */
const newest: Profile = {
  thinking: "level",
  efforts: ["low", "medium", "high"],
  budget: noBudget,
  thinks: true,
  signs: true,
  penalties: false,
  mixes: true,
  toolFiles: "bytes",
  capabilities: { n: false, logprobs: false, prefill: false, temperature: false, effort: true, reasoning: "summary" },
};
const flashThreeSix: Profile = { ...newest, efforts: ["minimal", "low", "medium", "high"] };
const flashThreeFive: Profile = {
  ...flashThreeSix,
  capabilities: { n: false, logprobs: false, effort: true, reasoning: "summary" },
};
const proThreeOne: Profile = { ...flashThreeFive, efforts: ["low", "medium", "high"] };
const twoFive: Profile = {
  thinking: "budget",
  efforts: [],
  budget: { least: 1, most: 24_576, off: true },
  thinks: true,
  signs: false,
  penalties: false,
  mixes: false,
  toolFiles: "none",
  capabilities: { n: 8, logprobs: false, effort: true, reasoning: "summary" },
};
const two: Profile = {
  ...twoFive,
  thinking: "none",
  budget: noBudget,
  thinks: false,
  penalties: true,
  capabilities: { n: 8, effort: false, reasoning: "none" },
};
/** They make pictures, and speak or hear. */
const other: Profile = {
  ...flashThreeFive,
  thinks: false,
  signs: false,
  toolFiles: "none",
  capabilities: { n: false, logprobs: false },
};

/** No Gemini: nothing is known, nothing denied. */
const foreign: Profile = { ...other, penalties: true, capabilities: {} };

/** The first that fits counts; what stands around the name, such as `publishers/google/models/`, does not matter. */
const table: readonly (readonly [pattern: RegExp, profile: Profile])[] = [
  [/gemini-.*(image|tts|audio|live|transcribe|robotics|embedding)/, other],
  [/gemini-(1\.|2\.0)/, two],
  [/gemini-2\.5-pro/, { ...twoFive, budget: { least: 128, most: 32_768, off: false } }],
  [/gemini-2\.5-flash-lite/, { ...twoFive, budget: { least: 512, most: 24_576, off: true }, thinks: false }],
  [/gemini-2\.5/, twoFive],
  [/gemini-3-pro/, { ...proThreeOne, efforts: ["low", "high"] }],
  [/gemini-(3\.1-pro|pro-latest)/, proThreeOne],
  [/gemini-(3\.5-flash-lite|3\.6-flash)/, flashThreeSix],
  [/gemini-3(\.[0-5])?-flash/, flashThreeFive],
  [/gemini/, newest],
];

/**
 * What is known of a model by its id.
 *
 * @param vertexai - of Vertex AI, which gives log-probabilities of the second generation, and fetches files
 */
export function profileOf(model: string, vertexai: boolean): Profile {
  const name = model.toLowerCase();
  const profile = table.find(([pattern]) => pattern.test(name))?.[1] ?? foreign;
  if (!vertexai || profile === other) return profile;
  if (profile.toolFiles === "bytes") return { ...profile, toolFiles: "all" };
  if (!name.includes("gemini-2.")) return profile;
  return { ...profile, capabilities: { ...profile.capabilities, logprobs: true } };
}
