/**
 * @module
 * What each of LangChain's chat models calls things that have no common name. As of the packages of autumn 2026: `@langchain/openai` 1.5,
 * `@langchain/groq` 1.3, `@langchain/anthropic` 1.5, `@langchain/google-genai` 2.3, `@langchain/ollama` 1.3, `@langchain/mistralai` 1.2.
 */
import type { Effort, ResponseSchema } from "../../core/model.js";
import { responseFormat } from "../chat-completions/response-format.js";
import { isPicture, isWithinReach, type Reads } from "../wire/tool-files.js";

/** Call options of one chat model. */
export type CallOptions = Readonly<Record<string, unknown>>;

/** How a chat model is told what it has no common name for. */
export interface Dialect {
  readonly schema?: (schema: ResponseSchema) => CallOptions;
  readonly effort?: (effort: Effort) => CallOptions;
  /** Does it always say why it stopped? Then a stream that does not was cut. */
  readonly saysWhy?: boolean;
  /** Does it read an answer in a format itself, and throw where that was cut? In a stream it does not. */
  readonly parses?: boolean;
  /** Which files does it send on in results of tools? */
  readonly reads?: Reads;
}

const chatCompletions = (schema: ResponseSchema): CallOptions => ({
  response_format: { type: "json_schema", json_schema: responseFormat(schema) },
});

const openai: Dialect = {
  schema: chatCompletions,
  effort: (effort) => ({ reasoning: { effort } }),
  saysWhy: true,
  parses: true,
};

/** By what the model's `_llmType()` returns. */
const dialects: Readonly<Record<string, Dialect>> = {
  openai,
  azure_openai: openai,
  groq: { schema: chatCompletions, effort: (effort) => ({ reasoning_effort: effort }), saysWhy: true },
  anthropic: {
    schema: ({ jsonSchema }) => ({ outputFormat: { type: "json_schema", schema: jsonSchema } }),
    effort: (effort) => ({ outputConfig: { effort } }),
    saysWhy: true,
    // Of a document it makes two.
    reads: (file) => isPicture(file) && isWithinReach(file),
  },
  googlegenerativeai: { schema: ({ jsonSchema }) => ({ responseSchema: jsonSchema }) },
  ollama: { schema: ({ jsonSchema }) => ({ format: jsonSchema }) },
};

/** The dialect of a chat model. */
export function dialectOf(type: string): Dialect {
  return Object.hasOwn(dialects, type) ? (dialects[type] as Dialect) : {};
}
