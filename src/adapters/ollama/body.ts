/**
 * @module
 * A request as `chat` takes it.
 */
import { InvalidOptionError } from "../../core/errors.js";
import { fieldsOf, type Fields } from "../../core/fields.js";
import type { ModelRequest, Warning } from "../../core/model.js";
import { fitEffort } from "../wire/fit-effort.js";
import { ownFields } from "../wire/own-fields.js";
import { downgrade } from "../wire/downgrade.js";
import { readsNone, unreadFiles } from "../wire/tool-files.js";
import type { OllamaRequest } from "./client.js";
import { wireMessages } from "./messages.js";
import type { Profile } from "./profile.js";

/** A request, and what there is to say about it. */
export interface Asked {
  readonly body: OllamaRequest;
  readonly warnings: readonly Warning[];
}

/**
 * Writes a request. `providerOptions.ollama` is merged into it last, its `options` field by field.
 *
 * @throws {@link InvalidOptionError} for `providerOptions` that the adapter sets itself
 * @throws {@link CapabilityError} for a file that Ollama does not take
 */
export function bodyOf(
  request: ModelRequest,
  { id, model, profile }: { readonly id: string; readonly model: string; readonly profile: Profile },
): Asked {
  const { options: ownOptions, ...own } = ownFields(request, "ollama", ["model", "messages", "stream"]);
  const more = fieldsOf(ownOptions) ?? {};
  if ("num_predict" in more) {
    throw new InvalidOptionError(
      "ollama",
      'providerOptions["ollama"].options',
      "free of num_predict: maxOutputTokens is the output cap",
      "num_predict",
    );
  }
  const { schema, logprobs, prefill } = request;
  const messages = request.messages.flatMap((message) => wireMessages(message, id));
  if (prefill !== undefined) messages.push({ role: "assistant", content: prefill });
  const { tools, warnings: untold } = toolsOf(request, id);
  const { think, warnings: unfit } = thinkOf(request, profile, id);
  const options = defined({
    temperature: request.temperature,
    top_p: request.topP,
    top_k: request.topK,
    presence_penalty: request.presencePenalty,
    frequency_penalty: request.frequencyPenalty,
    stop: request.stop?.length ? request.stop : undefined,
    num_predict: request.maxOutputTokens,
    seed: request.seed,
    ...more,
  });
  const body = {
    model,
    messages,
    stream: true as const,
    ...(think !== undefined && { think }),
    ...(schema !== undefined && { format: schema.jsonSchema }),
    ...(tools.length > 0 && { tools }),
    ...(logprobs !== undefined && { logprobs: true, ...(logprobs > 0 && { top_logprobs: logprobs }) }),
    ...(Object.keys(options).length > 0 && { options }),
    ...own,
  };
  return { body, warnings: [...untold, ...unfit, ...unreadFiles(request.messages, id, readsNone)] };
}

/** Ollama leaves it to the model whether to call a tool: it can only be given fewer. */
function toolsOf(
  { tools = [], toolChoice = "auto" }: ModelRequest,
  id: string,
): { tools: readonly Fields[]; warnings: readonly Warning[] } {
  if (toolChoice === "none" || tools.length === 0) return { tools: [], warnings: [] };
  const offered = typeof toolChoice === "object" ? tools.filter(({ name }) => name === toolChoice.name) : tools;
  const forced = toolChoice !== "auto";
  return {
    tools: offered.map(({ name, description, inputSchema }) => ({
      type: "function",
      function: { name, description, parameters: inputSchema },
    })),
    warnings: forced ? [downgrade("toolChoice", `${id} cannot be made to call a tool: it was left to the model`)] : [],
  };
}

function thinkOf(
  { effort }: ModelRequest,
  { efforts }: Profile,
  id: string,
): { think: boolean | string | undefined; warnings: readonly Warning[] } {
  if (effort === undefined) return { think: undefined, warnings: [] };
  if (efforts.length === 0) {
    // Left to itself a model thinks as long as it finds right, which is no small effort.
    const lesser = effort === "minimal" || effort === "low" || effort === "medium";
    const message = `${id} thinks or does not, and has no effort '${effort}': thinking was turned on`;
    return { think: effort !== "none", warnings: lesser ? [downgrade("effort", message)] : [] };
  }
  const level = fitEffort(effort, efforts);
  const message = `${id} has no effort '${effort}': '${level}' was sent instead`;
  return { think: level !== "none" && level, warnings: level === effort ? [] : [downgrade("effort", message)] };
}

function defined(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
