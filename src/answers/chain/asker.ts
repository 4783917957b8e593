/**
 * @module
 * Asking for the answer that a given thought leads to.
 */
import type { Call } from "../../core/call.js";
import { newLine } from "../../core/continuation.js";
import { addToPrompt, callsTools } from "../../core/conversation.js";
import type { Model, ModelRequest, ModelResponse } from "../../core/model.js";
import type { Answer } from "../answer.js";

/** How a model is made to go on from a thought that is given: by prefill, as if it had written it itself, or by another turn that shows it. */
export type Instrument = "prefill" | "prompt";

/** How the answer is asked for. */
export interface AskerPlan<A> {
  readonly answer: Answer<A>;
  /** What makes the model answer behind a thought. */
  readonly cue: string;
  /** The most tokens of an answer behind the cue. */
  readonly answerTokens: number;
  readonly instrument: Instrument | undefined;
}

/** Asks for answers to one question, each from another thought, at temperature 0 where the model lets it choose. */
export class Asker<A> {
  readonly instrument: Instrument;
  /** Why not by prefill, where nobody asked for anything else. */
  readonly problem: string | undefined;
  /** How often the model thought anew, unseen or apart, before it gave an answer that was to come from the thought given. */
  rethought = 0;
  private readonly _model: Model;
  private readonly _request: ModelRequest;
  private readonly _asked: ModelRequest;
  private readonly _plan: AskerPlan<A>;
  private readonly _call: Call;

  /**
   * @param request - the question
   * @param asked - the question, with what asks for a thought and an answer
   * @param apart - does the model keep its thought apart from its text?
   */
  constructor(
    model: Model,
    request: ModelRequest,
    asked: ModelRequest,
    apart: boolean,
    plan: AskerPlan<A>,
    call: Call,
  ) {
    this._model = model;
    const cold: ModelRequest =
      model.capabilities.temperature === false ? ({} as ModelRequest) : ({ temperature: 0 } as ModelRequest);
    this._request = { ...request, ...cold };
    this._asked = { ...asked, ...cold };
    this._plan = plan;
    this._call = call;
    if (plan.instrument === undefined) {
      if (model.capabilities.prefill !== true) this.problem = `${model.id} is not known to continue a started answer`;
      else if (apart) this.problem = `${model.id} keeps its thought apart from its text, where no prefill reaches it`;
    }
    this.instrument = plan.instrument ?? (this.problem === undefined ? "prefill" : "prompt");
  }

  /** The key of the answer that it gives at once behind a thought; behind an empty one, without any thought. `undefined` where it cannot be read. */
  async answerBehind(thought: string): Promise<string | undefined> {
    const { cue, answerTokens, answer } = this._plan;
    const call = this._call.child("answer");
    const { tools = [], maxOutputTokens = Infinity } = this._request;
    const without = tools.length > 0 ? { toolChoice: "none" as const } : {};
    if (this.instrument === "prefill") {
      const begun = thought + newLine(thought) + cue;
      const cap = Math.min(answerTokens, maxOutputTokens);
      const response = await this._model.generate(
        { ...this._asked, ...without, prefill: begun, ...(cap !== Infinity && { maxOutputTokens: cap }) },
        call,
      );
      return this._read(cue, response);
    }
    const request =
      thought.trim() === ""
        ? addToPrompt(this._request, `${answerAtOnce} ${answer.instruction}`)
        : shown(this._request, thought, `${answerNow} ${answer.instruction}`);
    return this._read("", await this._model.generate({ ...request, ...without }, call));
  }

  /** The key of the answer that it comes to when it goes on from a thought that is not empty. Where it comes to none, it is asked for behind all of that. */
  async answerFrom(thought: string): Promise<string | undefined> {
    const call = this._call.child("goOn");
    const prefilled = this.instrument === "prefill";
    const request = prefilled
      ? { ...this._asked, prefill: thought }
      : shown(this._asked, thought, `${goOnFrom} ${this._plan.answer.instruction}`);
    const response = await this._model.generate(request, call);
    const key = this._read(prefilled ? thought : "", response);
    if (key !== undefined || callsTools(response)) return key;
    return this.answerBehind(prefilled ? thought + response.text : `${thought}${newLine(thought)}${response.text}`);
  }

  private _read(before: string, response: ModelResponse): string | undefined {
    const { reasoning = "", usage } = response;
    if (reasoning.trim() !== "" || (usage.reasoningTokens ?? 0) > 0) this.rethought++;
    const value = callsTools(response) ? undefined : this._plan.answer.parse(before + response.text);
    return value === undefined ? undefined : this._plan.answer.key(value);
  }
}

const answerAtOnce = "Answer at once, without any thoughts.";
const answerNow = "Given this partial work, answer now, without further thoughts.";
const goOnFrom = "Go on exactly from where this ends, and come to the answer.";

/** The question, a thought as the model's own turn, and what is asked of it then. */
function shown(request: ModelRequest, thought: string, words: string): ModelRequest {
  const turns = [{ role: "assistant", content: thought } as const, { role: "user", content: words } as const];
  return { ...request, messages: [...request.messages, ...turns] };
}
