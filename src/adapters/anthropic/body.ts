/**
 * @module
 * A request as the body of `POST /v1/messages`.
 */
import type { ModelRequest, Warning } from "../../core/model.js";
import { joinFields } from "../wire/join-fields.js";
import { leaveOut } from "../wire/leave-out.js";
import { ownFields } from "../wire/own-fields.js";
import { downgrade } from "../wire/downgrade.js";
import { unreadFiles } from "../wire/tool-files.js";
import { answerToolOf, type AnswerTool } from "./answer-tool.js";
import { markCache } from "./cache-marks.js";
import type { AnthropicBody } from "./client.js";
import { readsFile } from "./file-block.js";
import { samplingOf } from "./sampling.js";
import type { Settings } from "./settings.js";
import { planThinking } from "./thinking.js";
import { turnsOf, type Block, type Turn } from "./turns.js";
import { isOpen, wireSchema } from "./wire-schema.js";

/** What is sent, and what there is to say about it. */
export interface Order {
  readonly body: AnthropicBody;
  /** The tool that stands in for a format. */
  readonly answer: AnswerTool | undefined;
  readonly warnings: readonly Warning[];
}

/** Fields that the adapter alone sets: the budget, the cache and the reading of the answer rest on them. */
const owned = ["model", "messages", "system", "stream", "max_tokens"];
/** Settings that the wire has no field for. */
const lacks = ["seed", "logprobs", "presencePenalty", "frequencyPenalty", "latent"] as const;
/** Fields that belong to the adapter and the user. */
const shared = ["tools", "output_config"];

/**
 * Writes the body. What has no field is left out, with a warning; `providerOptions.anthropic` is merged last.
 *
 * @throws {@link InvalidOptionError} for `providerOptions` that the adapter sets itself
 * @throws {@link CapabilityError} for a file that the API does not take
 */
export function orderOf(request: ModelRequest, settings: Settings): Order {
  const { id, model, profile, cache } = settings;
  const own = ownFields(request, "anthropic", owned);
  const max_tokens = request.maxOutputTokens ?? settings.maxOutputTokens;
  const warnings: Warning[] = [
    ...leaveOut(request, id, lacks).warnings,
    ...unreadFiles(request.messages, id, readsFile),
  ];
  const format = formatOf(request, settings, warnings);
  const choice = choiceOf(request, settings, format.answer, warnings);
  const forced = choice?.type === "any" || choice?.type === "tool";
  const obstacle = forced
    ? "where a tool must be called"
    : request.prefill === undefined
      ? undefined
      : "where the answer was started";
  const plan = planThinking(request, settings, max_tokens, obstacle);
  const sampling = samplingOf(request, id, profile, plan.on);
  warnings.push(...plan.warnings, ...sampling.warnings);

  const tools = [...(request.tools ?? []).map(toolOf), ...(format.answer === undefined ? [] : [format.answer.tool])];
  const conversation = turnsOf(request.messages, request.prefill, id);
  const prompt = cache === undefined ? { tools, ...conversation } : markCache({ tools, ...conversation }, cache);
  const output = {
    ...(plan.effort !== undefined && { effort: plan.effort }),
    ...(format.schema !== undefined && { format: { type: "json_schema", schema: format.schema } }),
  };
  const body: AnthropicBody = {
    model,
    max_tokens,
    ...(prompt.tools.length > 0 && { tools: prompt.tools }),
    ...(choice !== undefined && { tool_choice: choice }),
    ...(prompt.system.length > 0 && { system: prompt.system }),
    messages: prompt.turns.map(wireTurn),
    ...(plan.thinking !== undefined && { thinking: plan.thinking }),
    ...(Object.keys(output).length > 0 && { output_config: output }),
    ...sampling.fields,
  };
  return { body: joinFields({ ...body }, own, shared) as unknown as AnthropicBody, answer: format.answer, warnings };
}

/** How the format of the answer is asked for: as a schema, as a tool, or, where that cannot be, not at all. */
function formatOf(
  request: ModelRequest,
  { id, profile, capabilities }: Settings,
  warnings: Warning[],
): { readonly schema?: unknown; readonly answer?: AnswerTool | undefined } {
  const { schema, prefill, toolChoice } = request;
  if (schema === undefined) return {};
  if (prefill !== undefined) {
    warnings.push(downgrade("schema", `${id} has no format for an answer that was started: schema was left out`));
    return {};
  }
  if (capabilities.schema === true && !isOpen(schema.jsonSchema)) return { schema: wireSchema(schema.jsonSchema) };
  // Who must call another tool does not answer now.
  if (toolChoice === "required" || typeof toolChoice === "object") return {};
  if (profile.forces) return { answer: answerToolOf(schema, request) };
  warnings.push(
    downgrade(
      "schema",
      `${id} can be held neither to this schema, which leaves fields open, nor to a tool: it was left out`,
    ),
  );
  return {};
}

/** Which tool is to be called; `undefined` leaves it to the model, as the API does. */
function choiceOf(
  { tools = [], toolChoice }: ModelRequest,
  { id, profile }: Settings,
  answer: AnswerTool | undefined,
  warnings: Warning[],
): Block | undefined {
  if (answer !== undefined) {
    const free = tools.length > 0 && toolChoice !== "none";
    return free ? { type: "any" } : { type: "tool", name: answer.name, disable_parallel_tool_use: true };
  }
  if (tools.length === 0 || toolChoice === undefined || toolChoice === "auto") return undefined;
  if (toolChoice === "none") return { type: "none" };
  if (!profile.forces) {
    warnings.push(downgrade("toolChoice", `${id} cannot be made to call a tool: the choice was left to it`));
    return undefined;
  }
  return toolChoice === "required" ? { type: "any" } : { type: "tool", name: toolChoice.name };
}

function toolOf({ name, description, inputSchema }: NonNullable<ModelRequest["tools"]>[number]): Block {
  return { name, description, input_schema: inputSchema };
}

/** Plain words go as a string. */
function wireTurn({ role, blocks }: Turn): Block {
  const [first, second] = blocks;
  const isPlain = second === undefined && first?.type === "text" && Object.keys(first).length === 2;
  return { role, content: isPlain ? first.text : blocks };
}
