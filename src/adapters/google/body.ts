/**
 * @module
 * A request as `models.generateContent` takes it.
 */
import { fieldsOf, type Fields } from "../../core/fields.js";
import type { ModelRequest, Warning } from "../../core/model.js";
import type { SourceCall } from "../../core/source.js";
import { ownFields } from "../wire/own-fields.js";
import { downgrade } from "../wire/downgrade.js";
import type { GoogleRequest } from "./client.js";
import { unreadFiles } from "../wire/tool-files.js";
import { contentsOf, readerOf } from "./contents.js";
import type { Profile } from "./profile.js";
import { planThinking } from "./thinking.js";

/** Fields that the adapter alone sets: the budget and the reading of the answer rest on them. */
const owned = [
  "candidateCount",
  "maxOutputTokens",
  "systemInstruction",
  "abortSignal",
  "automaticFunctionCalling",
  "automaticContinuation",
];

/** A request, and what there is to say about it. */
export interface Asked {
  readonly request: GoogleRequest;
  readonly warnings: readonly Warning[];
}

/**
 * Writes a request. `providerOptions.google` is merged into its `config` last; its tools are added to those of the request.
 *
 * @throws {@link InvalidOptionError} for `providerOptions` that the adapter sets itself, and for messages without any turn
 */
export function bodyOf(
  request: ModelRequest,
  { id, model, profile }: { readonly id: string; readonly model: string; readonly profile: Profile },
  { n }: Pick<SourceCall, "n">,
  signal: AbortSignal,
): Asked {
  const own = ownFields(request, "google", owned);
  const { tools = [], toolChoice, logprobs } = request;
  const penalties = {
    ...(request.presencePenalty !== undefined && { presencePenalty: request.presencePenalty }),
    ...(request.frequencyPenalty !== undefined && { frequencyPenalty: request.frequencyPenalty }),
  };
  const refused = profile.penalties ? [] : Object.keys(penalties);
  const clash = !profile.mixes && tools.length > 0 && request.schema !== undefined;
  const schema = clash ? undefined : request.schema;
  const thinking = planThinking(request, profile, id);
  const { messages, prefill } = request;
  const reads = readerOf(profile);
  const { contents, systemInstruction } = contentsOf(messages, prefill, profile.signs, reads, id);
  const declared = tools.map(({ name, description, inputSchema }) => ({
    name,
    description,
    parametersJsonSchema: inputSchema,
  }));
  const allTools = [
    ...(declared.length > 0 ? [{ functionDeclarations: declared }] : []),
    ...(Array.isArray(own.tools) ? (own.tools as readonly unknown[]) : []),
  ];
  const config: Fields = {
    systemInstruction,
    temperature: request.temperature,
    topP: request.topP,
    topK: request.topK,
    ...(profile.penalties && penalties),
    stopSequences: request.stop?.length ? request.stop : undefined,
    maxOutputTokens: request.maxOutputTokens,
    seed: request.seed,
    candidateCount: n > 1 ? n : undefined,
    thinkingConfig: thinking.config,
    ...(logprobs !== undefined && { responseLogprobs: true, ...(logprobs > 0 && { logprobs }) }),
    ...(schema !== undefined && { responseMimeType: "application/json", responseJsonSchema: schema.jsonSchema }),
    ...(tools.length > 0 &&
      toolChoice !== undefined && { toolConfig: { functionCallingConfig: choiceOf(toolChoice) } }),
    ...own,
    ...(allTools.length > 0 && { tools: allTools }),
    abortSignal: signal,
    // Calls are for toolLoop; and what the SDK would ask or ask again by itself, no budget has heard of.
    automaticFunctionCalling: { disable: true },
    automaticContinuation: false,
    httpOptions: { ...fieldsOf(own.httpOptions), retryOptions: { attempts: 1 } },
  };
  return {
    request: { model, contents, config: defined(config) },
    warnings: [
      ...refused.map((name) => downgrade(name, `${id} does not take ${name}: it was left out`)),
      ...thinking.warnings,
      ...unreadFiles(messages, id, reads),
      ...(clash
        ? [downgrade("schema", `${id} does not take tools and a schema at once: the schema was left out`)]
        : []),
    ],
  };
}

function choiceOf(choice: NonNullable<ModelRequest["toolChoice"]>): Fields {
  if (typeof choice === "object") return { mode: "ANY", allowedFunctionNames: [choice.name] };
  return { mode: { auto: "AUTO", none: "NONE", required: "ANY" }[choice] };
}

/** Some of the SDK's fields are refused when they are there without a value. */
function defined(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
