/**
 * @module
 * Conclusions: where a thought ends and its answer begins, and how a thought is made to come to its answer anew.
 */
import type { Call } from "../../core/call.js";
import type { Model, ModelRequest, ModelResponse, Warning } from "../../core/model.js";
import { answerStart, lastSentence } from "../marker.js";

/** A text in two: together they are the text again, if it comes to an answer. */
export interface Conclusion {
  /** All in front of the answer, with the mark that announces it, such as `Answer:`; does not end with spaces. */
  readonly thought: string;
  /** The answer, as it stands behind that; `""` where there is none. */
  readonly words: string;
  /** Does the thought end with what announces an answer? */
  readonly announced: boolean;
}

/**
 * Cuts a text before its answer. That is what its last mark marks, else its last sentence. A text that comes to no answer is a thought whole, to which `Answer:` is added.
 *
 * @param reads - is this text read as the same answer? By default every one is.
 */
export function conclusionOf(text: string, reads: (text: string) => boolean = () => true): Conclusion {
  const marked = answerStart(text, (words) => reads(`Answer:${words}`));
  const at = marked ?? sentenceStart(text, reads);
  if (at === undefined) return { thought: announcing(text), words: "", announced: true };
  const thought = text.slice(0, at).trimEnd();
  return { thought, words: text.slice(thought.length), announced: marked !== undefined };
}

/** A thought that ends with what announces an answer. */
export function announcing(text: string): string {
  const said = text.trimEnd();
  return said === "" ? "Answer:" : `${said}\nAnswer:`;
}

/** An answer as it stands behind a thought that announces one; in a box it is closed. */
export function behind(thought: string, answer: string): string {
  return thought.endsWith("{") ? `${answer}}` : ` ${answer}`;
}

/** Where the last sentence begins, if it is all that is needed. */
function sentenceStart(text: string, reads: (text: string) => boolean): number | undefined {
  const last = lastSentence(text);
  const at = last === "" ? -1 : text.lastIndexOf(last);
  return at >= 0 && reads(text.slice(at)) ? at : undefined;
}

/** A request that makes a model conclude, and why that is only by another turn, if it is. */
export interface Concluding {
  readonly request: ModelRequest;
  readonly problem: string | undefined;
}

/**
 * The request for the answer that a thought leads to: the thought as prefill, where the model goes on with a text and has its thought in it; else another turn that asks for the answer.
 *
 * @param request - what the thought answered
 * @param instruction - asks for the answer in that turn
 */
export function concluding(
  model: Model,
  request: ModelRequest,
  { reasoning = "" }: ModelResponse,
  thought: string,
  instruction: string,
): Concluding {
  const { prefill = "", ...rest } = request;
  const { tools = [] } = request;
  // A thought that is over needs no tools.
  const base: Omit<ModelRequest, "prefill"> = tools.length > 0 ? { ...rest, toolChoice: "none" } : rest;
  const problem =
    model.capabilities.prefill !== true
      ? `${model.id} is not known to continue a started answer`
      : reasoning !== ""
        ? `${model.id} keeps its thought apart from its text, where no prefill reaches it`
        : undefined;
  const begun = prefill + thought;
  if (problem === undefined) return { request: begun === "" ? base : { ...base, prefill: begun }, problem };
  const said = [reasoning, begun].filter((part) => part !== "").join("\n\n");
  const turns = [{ role: "assistant", content: said } as const, { role: "user", content: instruction } as const];
  return { request: { ...base, messages: [...request.messages, ...turns] }, problem };
}

/** Asks for the answer that a thought leads to, of models that cannot go on with it. */
export const concludeInstruction = "Give the answer that this leads to, without further thoughts.";

/** Tells that a thought was concluded by another turn. */
export function concludedByTurn(problem: string, call: Call): Warning {
  const message = `${problem}: another turn asks what a thought leads to`;
  if (call.listening) call.emit({ type: "downgrade", path: call.path, capability: "prefill", message });
  return { code: "downgrade", message, capability: "prefill" };
}
