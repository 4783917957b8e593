/**
 * @module
 * What is known of the models of Anthropic, by their id.
 *
 * As of November 2026, from Anthropic's documentation: the models overview (output limits), "Troubleshooting thinking" (forms of thinking, defaults,
 * what each model refuses), "Effort" (levels), "Errors" (prefill and forced tools refused), "Structured outputs", and the migration guides of the
 * 4.7, 5 and 5.5 generations (sampling parameters). What is not known here is passed on.
 */
import type { Capabilities } from "../../core/capabilities.js";
import type { Effort } from "../../core/model.js";

/** What is particular to a model. */
export interface Profile {
  /** The most it writes, thoughts included. */
  readonly maxTokens: number;
  /** `adaptive`: the model decides how long it thinks, steered by effort; `budget`: it is given a number of tokens. */
  readonly thinking: "adaptive" | "budget" | "none";
  /** Does it think when a request does not say? */
  readonly thinks: boolean;
  /** What turns thinking off where it is on by itself; `undefined`: nothing does. */
  readonly off: "disabled" | "between_tools" | undefined;
  /** Values of `output_config.effort`; none: it has no such field. */
  readonly efforts: readonly Effort[];
  /** Are thoughts left empty unless `display: "summarized"` is asked for? */
  readonly hides: boolean;
  /** May a tool call be forced? */
  readonly forces: boolean;
  /** Does it take `temperature` and `top_p` together? */
  readonly mixes: boolean;
  readonly capabilities: Capabilities;
}

const all: readonly Effort[] = ["low", "medium", "high", "xhigh", "max"];

/** The newest generation, and what a Claude of which nothing is known is taken for. */
const newest: Profile = {
  maxTokens: 128_000,
  thinking: "adaptive",
  thinks: true,
  off: undefined,
  efforts: all,
  hides: true,
  forces: false,
  mixes: false,
  capabilities: { temperature: false, prefill: false, effort: true, schema: true, reasoning: "summary" },
};
const five: Profile = { ...newest, off: "disabled", forces: true };
const fourSeven: Profile = { ...five, thinks: false };
const fourSix: Profile = {
  ...fourSeven,
  efforts: ["low", "medium", "high", "max"],
  hides: false,
  capabilities: { prefill: false, effort: true, schema: true, reasoning: "summary" },
};
const fourFive: Profile = {
  ...fourSix,
  maxTokens: 64_000,
  thinking: "budget",
  efforts: [],
  capabilities: { prefill: true, effort: true, schema: true, reasoning: "summary" },
};
const four: Profile = {
  ...fourFive,
  mixes: true,
  capabilities: { prefill: true, effort: true, reasoning: "summary" },
};
const three: Profile = {
  ...four,
  maxTokens: 4_096,
  thinking: "none",
  capabilities: { prefill: true, effort: false, reasoning: "none" },
};

/** An id of another maker's, at an endpoint that speaks this format: nothing is known, nothing denied. */
const foreign: Profile = { ...four, maxTokens: 8_192, capabilities: {} };

/** The first that fits counts. Dots in versions are read as hyphens; what stands around the name, such as `us.anthropic.`, does not matter. */
const table: readonly (readonly [pattern: RegExp, profile: Profile])[] = [
  [/claude-(fable|mythos)-5-[1-9](?!\d)/, newest],
  [/claude-opus-5-[5-9](?!\d)/, newest],
  [/claude-sonnet-5-[5-9](?!\d)/, { ...newest, off: "between_tools" }],
  [/claude-haiku-5(?!\d)/, five],
  [/claude-(fable|mythos)-5(?!\d)/, { ...five, off: undefined }],
  [/claude-mythos-preview/, { ...newest, efforts: ["low", "medium", "high", "max"] }],
  [/claude-(opus|sonnet)-5(?!\d)/, five],
  [/claude-(opus|sonnet|haiku)-4-[78](?!\d)/, fourSeven],
  [/claude-(opus|sonnet)-4-6(?!\d)/, fourSix],
  [/claude-opus-4-5(?!\d)/, { ...fourFive, efforts: ["low", "medium", "high"] }],
  [/claude-(sonnet|haiku)-4-5(?!\d)/, fourFive],
  [/claude-opus-4-1(?!\d)/, { ...fourFive, maxTokens: 32_000 }],
  [/claude-opus-4(?!\d)/, { ...four, maxTokens: 32_000 }],
  [/claude-sonnet-4(?!\d)/, four],
  [/claude-3-7/, { ...four, capabilities: { ...four.capabilities, reasoning: "raw" } }],
  [/claude-3-5/, { ...three, maxTokens: 8_192 }],
  [/claude-(3|2|instant)/, three],
  [/claude/, { ...newest, maxTokens: 32_000, thinks: false }],
];

/** What is known of a model by its id. */
export function profileOf(model: string): Profile {
  const name = model.toLowerCase().replace(/(\d)\.(\d)/g, "$1-$2");
  return table.find(([pattern]) => pattern.test(name))?.[1] ?? foreign;
}
