/**
 * @module
 * What servers offer beyond OpenAI's interface, or lack of it. As of November 2026; sources: the documentation of each, and the code of those that are open.
 */
import type { Capabilities } from "../../core/capabilities.js";
import { plainDialect, type Dialect } from "../chat-completions/dialect.js";
import { openaiModel } from "../chat-completions/openai-models.js";

/** Servers whose ways are known. */
export type OpenaiCompatibleServer =
  "openai" | "vllm" | "sglang" | "llama.cpp" | "lmstudio" | "ollama" | "openrouter" | "deepseek" | "mistral" | "groq";

/** What is taken for granted of a server, unless the options say otherwise. */
export interface Preset {
  readonly capabilities: Capabilities;
  readonly dialect: Dialect;
}

/** The preset of a server, for a model at an address. */
export function presetOf(server: OpenaiCompatibleServer, url: URL, model: string): Preset {
  const { capabilities, ...dialect } = servers[server](model, url);
  return {
    capabilities: { n: false, prefill: false, latent: false, ...capabilities },
    dialect: { ...plainDialect, prefill: undefined, ...dialect },
  };
}

type Ways = Partial<Dialect> & { readonly capabilities: Capabilities };

/** What is left out is unknown, or as everywhere. */
const servers: Readonly<Record<OpenaiCompatibleServer, (model: string, url: URL) => Ways>> = {
  openai(model) {
    const { capabilities, efforts, lacks } = openaiModel(model);
    return {
      capabilities: { n: 128, ...capabilities },
      maxTokensField: "max_completion_tokens",
      efforts,
      lacks: ["topK", ...lacks],
    };
  },
  // Tools need a parser on the command line, so nobody can say.
  vllm: () => ({
    capabilities: { n: true, prefill: true, logprobs: true, seed: true, temperature: true, schema: true },
    prefill: "continue_final_message",
    reasoningField: "reasoning",
    effort: "chat_template_kwargs",
  }),
  sglang: () => ({
    capabilities: { n: true, prefill: true, logprobs: true, temperature: true, schema: true },
    prefill: "continue_final_message",
    reasoningField: "reasoning_content",
    effort: "chat_template_kwargs",
  }),
  // As many completions as it has slots (`--parallel`), which nobody tells. A started answer is refused while the template thinks.
  "llama.cpp": () => ({
    capabilities: { prefill: true, logprobs: true, seed: true, temperature: true, schema: true },
    nField: "n_cmpl",
    prefill: "last-message",
    prefillStopsThinking: true,
    reasoningField: "reasoning_content",
    effort: "chat_template_kwargs",
  }),
  lmstudio: () => ({ capabilities: { logprobs: false, seed: true, temperature: true, tools: true, schema: true } }),
  ollama: () => ({
    capabilities: { seed: true, temperature: true, schema: true },
    reasoningField: "reasoning",
    efforts: ["none", "low", "medium", "high"],
    lacks: ["topK"],
  }),
  // What a model there can do depends on who serves it. Its thoughts come with `reasoning_details`, which go back by themselves.
  openrouter: () => ({
    capabilities: {},
    effort: "reasoning",
    efforts: ["none", "minimal", "low", "medium", "high", "xhigh"],
    tellsCost: true,
  }),
  // A started answer is continued by the beta interface only. It maps efforts by itself.
  deepseek(_model, url) {
    const beta = url.pathname.split("/").includes("beta");
    return {
      capabilities: { prefill: beta, seed: false, effort: true, tools: true, schema: false },
      prefill: beta ? "prefix" : undefined,
      prefillStopsThinking: true,
      reasoningField: "reasoning_content",
      effort: "thinking",
      lacks: ["topK"],
    };
  },
  // Refuses fields that it does not know, those of a stream's usage too.
  mistral: () => ({
    capabilities: { n: true, prefill: true, logprobs: false, temperature: true, tools: true, schema: true, seed: true },
    seedField: "random_seed",
    prefill: "prefix",
    echoesPrefill: true,
    reasoningField: "content",
    efforts: ["none", "high"],
    lacks: ["topK"],
    asksForUsage: false,
  }),
  groq: (model) => ({
    capabilities: { logprobs: false, seed: true, temperature: true, tools: true },
    maxTokensField: "max_completion_tokens",
    efforts: model.includes("gpt-oss") ? ["low", "medium", "high"] : undefined,
    lacks: ["topK"],
  }),
};

/** Their names. */
export const serverNames: readonly string[] = Object.keys(servers);
