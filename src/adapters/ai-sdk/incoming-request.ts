/**
 * @module
 * Call options of the AI SDK as a request.
 */
import type { BudgetLimits } from "../../core/amounts.js";
import type { JsonSchema } from "../../core/message.js";
import type { ModelRequest, ToolDescription } from "../../core/model.js";
import { checkOptions } from "../../core/options.js";
import type { IncomingCall, MullCallOptions } from "./incoming-call.js";
import { messagesOf } from "./incoming-prompt.js";
import type { AiSdkWarning } from "./language-model.js";
import type { ProviderOptions } from "./provider-options.js";
import type { AiSdkCallOptions } from "./specification.js";

/** A request, and what goes with it. */
export interface Incoming {
  readonly request: ModelRequest;
  readonly seed: number | undefined;
  readonly budget: BudgetLimits | undefined;
  /** What could not be said in the request. */
  readonly warnings: AiSdkWarning[];
}

/** Reads the options. A seed is that of the run, so that samples differ; headers are nobody's. */
export function requestOf(given: AiSdkCallOptions): Incoming {
  const options = given as unknown as IncomingCall;
  const warnings: AiSdkWarning[] = [];
  const warn = (feature: string, details?: string): void => {
    if (warnings.some((warning) => warning.type === "unsupported" && warning.feature === feature)) return;
    warnings.push({ type: "unsupported", feature, ...(details !== undefined && { details }) });
  };
  const { responseFormat, toolChoice, stopSequences } = options;
  const { mull, ...providerOptions } = options.providerOptions ?? {};
  const own: MullCallOptions = mull ?? {};
  checkOptions("providerOptions.mull", own, ["budget", "effort", "logprobs", "prefill", "latent"]);
  const { budget, ...fields } = own;

  const tools = (options.tools ?? []).flatMap((tool): ToolDescription[] => {
    if (tool.type !== "function") {
      warn(`the tool ${tool.name}`, "only functions reach the models beneath");
      return [];
    }
    if (tool.inputExamples !== undefined) warn("examples of a tool's input");
    if (tool.providerOptions !== undefined) warn("provider options of a tool");
    if (tool.strict !== undefined) warn("strict tools", "whether a schema is kept is for the model beneath to say");
    const { name, description = "", inputSchema } = tool;
    return [{ name, description, inputSchema: inputSchema as JsonSchema }];
  });
  const json = responseFormat?.type === "json" ? responseFormat : undefined;
  if (json !== undefined && json.schema === undefined)
    warn("responseFormat", "JSON without a schema: ask for it in the prompt");
  if (options.includeRawChunks === true) warn("includeRawChunks");

  const request = {
    messages: messagesOf(options.prompt, warn),
    tools: tools.length > 0 ? tools : undefined,
    toolChoice:
      toolChoice?.type === "tool" ? { name: toolChoice.toolName } : tools.length > 0 ? toolChoice?.type : undefined,
    schema:
      json?.schema === undefined
        ? undefined
        : { jsonSchema: json.schema as JsonSchema, ...(json.name !== undefined && { name: json.name }) },
    temperature: options.temperature,
    topP: options.topP,
    topK: options.topK,
    presencePenalty: options.presencePenalty,
    frequencyPenalty: options.frequencyPenalty,
    stop: stopSequences?.length ? stopSequences : undefined,
    maxOutputTokens: options.maxOutputTokens,
    providerOptions: Object.keys(providerOptions).length > 0 ? (providerOptions as ProviderOptions) : undefined,
    ...fields,
  } satisfies ModelRequest;
  const defined = Object.entries(request).filter(([, value]) => value !== undefined);
  return { request: Object.fromEntries(defined) as unknown as ModelRequest, seed: options.seed, budget, warnings };
}
