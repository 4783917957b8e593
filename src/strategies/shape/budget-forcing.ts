/**
 * @module
 * Budget forcing: a thought that ends too soon is made to go on, and one that takes too long is made to answer.
 */
import { exhaustion, type Call } from "../../core/call.js";
import { joined, newLine, tellingBefore, tokensWritten, withWarnings } from "../../core/continuation.js";
import { callsTools, reply } from "../../core/conversation.js";
import { InvalidOptionError } from "../../core/errors.js";
import { extend } from "../../core/extend.js";
import type { Model, ModelRequest, ModelResponse, Warning } from "../../core/model.js";
import { checkInteger, checkOptions } from "../../core/options.js";
import { wrap } from "../../core/wrap.js";

/** Options of {@link budgetForcing}. */
export interface BudgetForcingOptions {
  /** A thought of fewer tokens is made to go on: whole, at least 1, at most `maxTokens`. @defaultValue none: every thought is, `extensions` times */
  readonly minTokens?: number | undefined;
  /** At so many tokens the thought is cut, and the answer is asked for: whole, at least 1. @defaultValue never */
  readonly maxTokens?: number | undefined;
  /** How often a thought may be made to go on: whole, at least 0. @defaultValue 1; with `minTokens` 6; with `maxTokens` alone 0 */
  readonly extensions?: number | undefined;
  /** What makes it go on. @defaultValue `'Wait'` */
  readonly word?: string | undefined;
  /** What makes it answer. @defaultValue `'Final answer:'` */
  readonly cue?: string | undefined;
  /** The most tokens of the answer behind the cue: whole, at least 1. Needs `maxTokens`. @defaultValue 128 */
  readonly answerTokens?: number | undefined;
}

/** What was done to a thought. */
export interface Forcing {
  /** How often it was made to go on. */
  readonly extensions: number;
  /** Was it cut, and the answer asked for? */
  readonly cut: boolean;
  /** What the model wrote, the answer included: by its usage, or an estimate where that says nothing. */
  readonly tokens: number;
}

/** The whole text, with what was done to it. */
export type Forced<R extends ModelResponse = ModelResponse> = R & { readonly forced: Forcing };

/**
 * Makes the model think for at least, or at most, so long: a thought that ends too soon goes on behind `Wait`, one that is too long is cut and
 * ends with `Final answer:`.
 *
 * Shape: one response in, one out that has the words of all parts in `text`, with `word` and `cue` between them. Stands beneath
 * `chainOfThought`, which then reads the whole text; above it every part is a call of `chainOfThought`, and the last answer counts.
 * Cost: 1 call, 1 for each extension, and 1 for the answer of a thought that was cut. Every part reads prompt and thought again.
 * By prefill where the model has that; where it has not, or keeps its thought apart from its text, by another turn of the user, with a `downgrade`
 * warning. All parts together keep within `maxOutputTokens` of the request. If a part fails or the budget ends, what was written before is returned.
 * A response that calls tools, and a request with a `schema`, are passed on as they are.
 *
 * @throws {@link InvalidOptionError} when the stack is built
 * @see Muennighoff et al. 2025, arXiv:2501.19393, section 3.1. Deviation: without marks around the thought, a thought is over where the model stops;
 *   it may have answered by then, and answers again.
 * @example
 * const solver = stack(model, budgetForcing({ extensions: 2 }), chainOfThought({ answer: number() }));
 * const { answer, forced } = await run(solver, "How many legs do three spiders have?");
 */
export function budgetForcing(
  options: BudgetForcingOptions = {},
): <R extends ModelResponse>(next: Model<R>) => Model<Forced<R>> {
  const { minTokens, maxTokens, extensions, word, cue, answerTokens } = planOf(options);
  const extending: Prompt = { name: "extend", put: word, say: `${word}\n\n${goOn}`, gap: "\n" };
  const answering: Prompt = { name: "answer", put: cue, say: `${answerNow}\n\n${cue}`, gap: " " };

  return <R extends ModelResponse>(next: Model<R>): Model<Forced<R>> => {
    const force = async (request: ModelRequest, call: Call): Promise<Forced<R>> => {
      if (request.schema !== undefined && next.capabilities.schema !== false) {
        const response = await next.generate(request, call);
        const forced: Forcing = { extensions: 0, cut: false, tokens: tokensWritten(response) };
        return extend(response, { forced, ...withWarnings(response, [structured]) });
      }
      const room = request.maxOutputTokens ?? Infinity;
      const first = capped(request, Math.min(room, maxTokens));
      let part: Part<R> = { asked: first, response: await next.generate(first, call) };
      let whole = part.response;
      let forced: Forcing = { extensions: 0, cut: false, tokens: tokensWritten(whole) };
      const warnings: Warning[] = [];
      const result = (): Forced<R> => extend(whole, { forced, ...withWarnings(whole, warnings) });

      try {
        while (!forced.cut && !callsTools(part.response)) {
          const { extensions: done, tokens } = forced;
          const { finishReason } = part.response;
          const cut = finishReason === "length" && maxTokens < Infinity;
          const short = finishReason === "stop" && done < extensions && tokens < minTokens;
          const most = Math.min(room - tokens, cut ? answerTokens : maxTokens - tokens);
          if (!(cut || short) || most < 1) break;

          const problem = cannotPrefill(next, whole);
          if (problem !== undefined && warnings.length === 0) warnings.push(downgraded(problem, call));
          const prompt = cut ? answering : extending;
          const { between, ...question } = continuation(prompt, request, part, whole, problem === undefined);
          const asked = capped(question.asked, most);
          const response = await next.generate(asked, call.child(prompt.name, tellingBefore(call, between)));
          if (response.text.trim() === "" && !callsTools(response)) break; // nothing to add
          part = { asked, response };
          whole = joined(whole, between, response);
          forced = { extensions: cut ? done : done + 1, cut, tokens: tokens + tokensWritten(response) };
        }
        return result();
      } catch (error) {
        if (call.scope.aborted && exhaustion(call.scope.reason) === undefined) throw error;
        const stopped = exhaustion(error);
        if (stopped === undefined) warnings.push(failed);
        return extend(result(), stopped === undefined ? {} : { stopped });
      }
    };

    return wrap("budgetForcing", next, force, {
      outline: {
        detail: [
          ...(minTokens < Infinity ? [`minTokens = ${minTokens}`] : []),
          ...(maxTokens < Infinity ? [`maxTokens = ${maxTokens}`] : []),
          `extensions = ${extensions}`,
        ].join(", "),
        cost: (inner, inputTokens, outputTokens) => {
          const parts = 1 + extensions + (maxTokens < Infinity ? 1 : 0);
          let [calls, tokens] = [0, 0];
          for (let i = 0; i < parts; i++) {
            const cost = inner(inputTokens + i * (outputTokens + promptTokens));
            calls += cost.calls;
            tokens += cost.tokens;
          }
          return { calls, tokens };
        },
      },
    });
  };
}

/** Stands behind the word in a turn of the user, for models that cannot go on with a text. */
const goOn = "Check what you wrote so far, step by step, and go on exactly from where it ends.";
/** Stands in front of the cue there. */
const answerNow = "Stop thinking now. Write only what stands behind these words:";
/** What such a turn adds to a prompt, for the outline. */
const promptTokens = 30;

const failed: Warning = {
  code: "forcing-failed",
  message: "the thought could not be made to go on, or to end: what was written before is returned",
};
const structured: Warning = {
  code: "not-forced",
  message: "the request asks for a JSON Schema, and words behind JSON would spoil it: the thought was left as it is",
};

/** What makes a thought go on, or answer. */
interface Prompt {
  readonly name: "extend" | "answer";
  /** Put into the text. */
  readonly put: string;
  /** Said by the user, where the text cannot be gone on with. */
  readonly say: string;
  /** Stands between the two turns then. */
  readonly gap: string;
}

/** A part of the text, and how it was asked for. */
interface Part<R> {
  readonly asked: ModelRequest;
  readonly response: R;
}

/** The request for one more part, and what stands between it and the text so far. */
function continuation(
  { put, say, gap }: Prompt,
  request: ModelRequest,
  part: Part<ModelResponse>,
  whole: ModelResponse,
  prefilled: boolean,
): { readonly asked: ModelRequest; readonly between: string } {
  const started = (request.prefill ?? "") + whole.text;
  const between = newLine(started) + put;
  const asked = prefilled ? { ...request, prefill: started + between } : reply(part.asked, part.response, say);
  // What a thought needs of tools was asked for before it ended.
  const tools = request.tools !== undefined && request.tools.length > 0;
  return { asked: tools ? { ...asked, toolChoice: "none" } : asked, between: prefilled ? between : between + gap };
}

/** The request with an output cap, where there is one. */
function capped(request: ModelRequest, maxOutputTokens: number): ModelRequest {
  return maxOutputTokens === Infinity ? request : { ...request, maxOutputTokens };
}

/** Why the text so far cannot be gone on with, if it cannot. */
function cannotPrefill({ id, capabilities }: Model, { reasoning = "" }: ModelResponse): string | undefined {
  if (capabilities.prefill !== true) return `${id} is not known to continue a started answer`;
  return reasoning === "" ? undefined : `${id} keeps its thought apart from its text, where no prefill reaches it`;
}

function downgraded(problem: string, call: Call): Warning {
  const message = `${problem}: another turn asks it to go on`;
  if (call.listening) call.emit({ type: "downgrade", path: call.path, capability: "prefill", message });
  return { code: "downgrade", message, capability: "prefill" };
}

/** The options, with their defaults; what is not limited is infinite. */
interface Plan {
  readonly minTokens: number;
  readonly maxTokens: number;
  readonly extensions: number;
  readonly word: string;
  readonly cue: string;
  readonly answerTokens: number;
}

function planOf(options: BudgetForcingOptions): Plan {
  const where = "budgetForcing";
  checkOptions(where, options, ["minTokens", "maxTokens", "extensions", "word", "cue", "answerTokens"]);
  const { minTokens, maxTokens, word = "Wait", cue = "Final answer:", answerTokens = 128 } = options;
  if (maxTokens !== undefined) checkInteger(where, "maxTokens", maxTokens, 1);
  if (minTokens !== undefined) checkInteger(where, "minTokens", minTokens, 1, maxTokens);
  const onlyCut = minTokens === undefined && maxTokens !== undefined;
  const { extensions = minTokens !== undefined ? 6 : onlyCut ? 0 : 1 } = options;
  // A layer that has nothing to do is a mistake.
  checkInteger(where, "extensions", extensions, onlyCut ? 0 : 1);
  checkInteger(where, "answerTokens", answerTokens, 1);
  if (options.answerTokens !== undefined && maxTokens === undefined)
    throw new InvalidOptionError(where, "answerTokens", "absent where there is no maxTokens", answerTokens);
  for (const [name, text] of Object.entries({ word, cue })) {
    if (typeof text !== "string" || text.trim() === "")
      throw new InvalidOptionError(where, name, "a text that is not empty", text);
  }
  return { minTokens: minTokens ?? Infinity, maxTokens: maxTokens ?? Infinity, extensions, word, cue, answerTokens };
}
