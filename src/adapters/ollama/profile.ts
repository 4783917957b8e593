/**
 * @module
 * What is known of the models that Ollama serves, by their name.
 *
 * As of November 2026, from Ollama's documentation ("Thinking", "Tool calling", "Structured outputs", "API": `seed`) and library; that a final
 * message of the assistant is continued is not documented, but what its maintainers say of `/api/chat`, and what the tests of its renderers
 * and of its parser for gpt-oss hold. What is not known here is passed on.
 */
import type { Capabilities } from "../../core/capabilities.js";
import type { Effort } from "../../core/model.js";

/** What is particular to a model. */
export interface Profile {
  /** The efforts it has words for; `'none'` where it can be told not to think. None: it is told to think or not to, and no more. */
  readonly efforts: readonly Effort[];
  readonly capabilities: Capabilities;
}

/** Thinks or does not, as it is told. */
const thinker: Profile = { efforts: [], capabilities: { effort: true, reasoning: "raw" } };
const talker: Profile = { efforts: [], capabilities: { effort: false, reasoning: "none" } };
const talkerOnly: Profile = { efforts: [], capabilities: { ...talker.capabilities, tools: false } };
const unknown: Profile = { efforts: [], capabilities: {} };

/** The first that fits counts. Names stand without the user they belong to. */
const table: readonly (readonly [pattern: RegExp, profile: Profile])[] = [
  [/^gpt-oss/, { ...thinker, efforts: ["low", "medium", "high"] }],
  [/^(qwen3\.8|deepseek-v4)/, { ...thinker, efforts: ["none", "low", "medium", "high", "max"] }],
  [
    /^qwen3.*(coder|instruct)|^(qwen2|llama[34]|mistral|mixtral|ministral|codestral|devstral|smollm|phi4-mini$|phi4-mini:)/,
    talker,
  ],
  [/^(llama2|codellama|llava|tinyllama|gemma(2|3|3n)?(:|$)|phi3|phi4(:|$))/, talkerOnly],
  [/^(qwen3|deepseek-(r1|v3\.1)|magistral|cogito|glm-4\.[67]|gemma4|nemotron-3|kimi-k2-thinking)/, thinker],
];

/**
 * What is known of a model by its name. What runs in Ollama's cloud is another's server: of it only the model is known.
 */
export function profileOf(model: string): Profile {
  const name = model.toLowerCase().replace(/^.*\//, "");
  const { efforts, capabilities } = table.find(([pattern]) => pattern.test(name))?.[1] ?? unknown;
  const local = !/[:-]cloud$/.test(name);
  // The answers of gpt-oss do not keep to a format.
  const held = !name.startsWith("gpt-oss");
  return {
    efforts,
    capabilities: { ...(local && { prefill: true, seed: true, ...(held && { schema: true }) }), ...capabilities },
  };
}
