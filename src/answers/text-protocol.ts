/**
 * @module
 * The text protocol: tools for models that cannot call any, in the words of ReAct.
 */
import type { Call } from "../core/call.js";
import { addToPrompt, callsTools } from "../core/conversation.js";
import { withWarnings } from "../core/continuation.js";
import type { MullEvent } from "../core/events.js";
import { extend } from "../core/extend.js";
import type { Model, ModelRequest, ModelResponse, Warning } from "../core/model.js";
import { wrap } from "../core/wrap.js";
import { toolInstruction, turnInstruction } from "./text-protocol/instructions.js";
import { observationStop } from "./text-protocol/writes-calls.js";
import { readTurn } from "./text-protocol/read-turn.js";
import { acting, answering } from "./text-protocol/responses.js";
import { Teller } from "./text-protocol/teller.js";
import { addToSystem, hasTools, writeTurns } from "./text-protocol/write-turns.js";

/**
 * Gives a model tools in words: it is told about them, writes `Action:` and `Action Input:`, and is told an `Observation:`; above it all this looks like
 * tool calls. `toolLoop` puts it over a model whose capabilities say `tools: false`; over any other model it is a layer like all.
 *
 * Shape: one response in; the same out, with `toolCalls` (`text-1`, `text-2`, …) and the thought as `text` where the model acts, else with the final
 * answer as `text` and the thought before it as `reasoning`. Text without labels is the final answer. A request without tools goes through as it is.
 * Cost: none of its own; the list of the tools and the form, some 250 tokens, stand in every prompt.
 * Writing stops before an observation; where the model does not stop, what it invents is cut off. Broken JSON is passed on as text, for whoever runs the tools to
 * complain about. Where a tool may be called, a `schema` is asked for in words, which is a `downgrade`. A `toolChoice` that is not heeded is a warning.
 *
 * @see Yao et al. 2022, arXiv:2210.03629, appendix C. Deviation: chat turns in place of one prompt, JSON arguments, several actions in one turn, no worked examples
 * @example
 * const solver = stack(model, textProtocol, chainOfThought({ answer: number() }), toolLoop({ tools: [calculator()] }));
 */
export function textProtocol<R extends ModelResponse>(next: Model<R>): Model<R> {
  const speak = async (request: ModelRequest, call: Call): Promise<R> => {
    const { tools = [], toolChoice = "auto", messages, prefill, schema } = request;
    const used = messages.some(hasTools);
    if (tools.length === 0 && !used) return next.generate(request, call);
    const { tools: _, toolChoice: __, ...rest } = request;
    if (!used && toolChoice === "none") return next.generate(rest, call);

    const mayCall = tools.length > 0 && toolChoice !== "none";
    const known = mayCall ? tools : [];
    const teller = new Teller({ tools: known, whole: schema !== undefined || prefill !== undefined });
    const asked = inWords(request, mayCall);
    const response = await next.generate(asked, telling(call, teller));
    const warnings = warningsOf(request, mayCall, next, call);
    if (callsTools(response)) return response;
    const turn = readTurn((prefill ?? "") + response.text, { tools: known, cut: response.finishReason === "length" });
    const read =
      mayCall && turn.calls.length > 0 ? acting(response, turn, request) : answering(response, turn, request);
    if (!callsTools(read)) tellRest(read.text, call, teller);
    const all = [...warnings, ...heeded(toolChoice, read)];
    return all.length === 0 ? read : extend(read, withWarnings(read, all));
  };

  const model = wrap("textProtocol", next, speak, {
    outline: { cost: (inner, inputTokens) => inner(inputTokens + promptTokens) },
  });
  return { ...model, capabilities: { ...next.capabilities, tools: true } };
}

/** What the form and a short list of tools add to a prompt, for the outline. */
const promptTokens = 250;
/** Providers take no more stop sequences. */
const mostStops = 4;

/** The request without tools. */
function inWords(request: ModelRequest, mayCall: boolean): ModelRequest {
  const { tools = [], toolChoice, schema, messages, stop = [], ...rest } = request;
  const system = tools.length === 0 ? messages : addToSystem(messages, toolInstruction(tools));
  const stops =
    !mayCall || stop.includes(observationStop) || stop.length >= mostStops ? stop : [...stop, observationStop];
  const written: ModelRequest = {
    ...rest,
    messages: writeTurns(system),
    ...(stops.length > 0 && { stop: stops }),
    ...(!mayCall && schema !== undefined && { schema }),
  };
  return addToPrompt(written, turnInstruction({ messages, toolChoice: mayCall ? toolChoice : "none", schema }));
}

/** Tells what is written as what it is; what is no word as it comes. After a failure the words begin again. */
function telling(call: Call, teller: Teller): Call {
  if (!call.listening || call.thought) return call;
  const onEvent = (event: MullEvent): void => {
    if (["retry", "fallback", "hedge"].includes(event.type)) teller.begin();
    if (event.type !== "delta" || !event.output || event.text === undefined) {
      call.emit(event);
      return;
    }
    const { type, path, text, logprobs } = event;
    const pieces = teller.hear(text);
    if (pieces.length === 0 && logprobs !== undefined) call.emit({ type, path, logprobs, output: false });
    pieces.forEach((piece, index) => {
      const more = index === 0 && logprobs !== undefined && { logprobs };
      call.emit({ type, path, ...piece, ...more, output: piece.text !== undefined });
    });
  };
  return call.child("", { onEvent });
}

/** Tells what was kept back of the final answer: all of it, where only the end showed that it is one. */
function tellRest(answer: string, call: Call, { heard, told }: Teller): void {
  const text = answer.startsWith(told) ? answer.slice(told.length) : "";
  if (heard && text !== "") call.emit({ type: "delta", path: call.path, text, output: true });
}

function warningsOf({ schema }: ModelRequest, mayCall: boolean, next: Model, call: Call): readonly Warning[] {
  if (schema === undefined || !mayCall) return [];
  const capability = "schema";
  const message = `textProtocol: ${next.id} was asked for the schema in words, because it may call tools instead`;
  if (call.listening) call.emit({ type: "downgrade", path: call.path, capability, message });
  return [{ code: "downgrade", message, capability }];
}

/** Did the model do as it had to? */
function heeded(
  toolChoice: NonNullable<ModelRequest["toolChoice"]>,
  { toolCalls = [] }: ModelResponse,
): readonly Warning[] {
  const must = toolChoice === "required" || typeof toolChoice === "object";
  const does = toolCalls.some(({ name }) => typeof toolChoice !== "object" || name === toolChoice.name);
  if (!must || does) return [];
  return [{ code: "tool-not-called", message: "the model was told in words to call a tool, and did not" }];
}
