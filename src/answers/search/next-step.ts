/**
 * @module
 * The next step of a line of thought: how the model is made to write it, and what it makes of the line.
 */
import type { Call } from "../../core/call.js";
import { joined, newLine, tokensWritten, withWarnings } from "../../core/continuation.js";
import { addToPrompt, callsTools } from "../../core/conversation.js";
import { MalformedResponseError, NoAnswerError } from "../../core/errors.js";
import { extend } from "../../core/extend.js";
import type { Model, ModelRequest, ModelResponse, Warning } from "../../core/model.js";
import { addUsage } from "../../core/usage.js";
import { cut, firstStep, splittingOf, type Span, type Splitting, type StepSplitter } from "./first-step.js";
import type { Branch, ExpandContext, Line } from "./line.js";

/** Options of {@link nextStep}. */
export interface NextStepOptions {
  readonly split: StepSplitter;
  /** The most tokens of a step. */
  readonly stepTokens: number;
}

/** An expander of one branch, for lines of any model. */
export type StepExpander = <R extends ModelResponse>(
  line: Line<R>,
  context: ExpandContext<R>,
) => Promise<readonly Branch<R>[]>;

/**
 * An expander that has the model write one more step: by prefill where the model has that; where it has not, or keeps its thought apart from its text, by another
 * turn that shows it its work so far, with a `downgrade` warning. All steps of a line together keep within `maxOutputTokens` of the request.
 *
 * Cost: 1 call; by prefill 1 more where it stops at once: it may have begun with an empty line.
 * A line is at its end where no words come, where a stop sequence of the request does, where tools are called, and at the output cap; of all others the
 * search's `done` decides. A step that is longer than `stepTokens` is cut there, and the next one goes on with it. A request with a `schema` is asked whole,
 * with a warning.
 *
 * @throws {@link NoAnswerError} at a call, where the model wrote as much as it may, and no words
 * @throws {@link InvalidOptionError} at a call, for what a splitter returns
 */
export function nextStep({ split, stepTokens }: NextStepOptions): StepExpander {
  const splitting = splittingOf(split);
  return async <R extends ModelResponse>({ response: before, text }: Line<R>, context: ExpandContext<R>) => {
    const { request, model, call } = context;
    if (request.schema !== undefined && model.capabilities.schema !== false) {
      const whole = await model.generate(request, call);
      return [{ response: extend(whole, withWarnings(whole, [structured])), step: whole.text, done: true }];
    }
    const { prefill = "", stop = [] } = request;
    const room = (request.maxOutputTokens ?? Infinity) - (before === undefined ? 0 : tokensWritten(before));
    if (before !== undefined && room < 1)
      return [{ response: extend(before, { finishReason: "length" as const }), step: "", done: true }];

    const problem = cannotPrefill(model, before);
    const begun = prefill + text;
    // A step that was cut goes on where it was cut.
    const between = text === "" || before?.finishReason === "length" ? "" : gapBehind(text, splitting, problem);
    const asked: ModelRequest =
      problem === undefined
        ? { ...request, ...(begun !== "" && { prefill: begun + between }) }
        : anotherTurn(request, begun, splitting.words);
    const capped = { ...asked, maxOutputTokens: Math.min(stepTokens, room) };
    const part = await written(model, capped, call, problem === undefined ? splitting.separator : "");
    if (callsTools(part)) return [{ response: follow(before, between, part), step: part.text, done: true }];

    const span = firstStep(part.text, problem === undefined ? 0 : echoOf(part.text, begun, splitting), splitting);
    const own = stepOf(part, span, splitting);
    const told = problem === undefined ? own : downgraded(own, problem, before, call);
    const { text: step, finishReason } = own;
    if (step.trim() === "") {
      // With the last of the output cap the line ends; a hidden thought that leaves no room for words would go on for ever.
      if (finishReason === "length" && (before === undefined || stepTokens < room)) throw wordless(model, capped);
      return [{ response: before === undefined ? told : over(before, told), step: "", done: true }];
    }
    const gap = gapOf(between, before, problem === undefined ? span.breaks : 0);
    const end = endOf(begun + gap + step, begun.length, stop);
    if (end !== undefined) return [untilStop(before, text, gap, told, end - prefill.length)];
    const response = follow(before, gap, told);
    if (finishReason === "length") return [{ response, step, done: false }];
    const spoken = problem === undefined && splitting.own && part.text.slice(span.to).trim() === "";
    return [{ response, step, ...((spoken || finishReason === "content-filter") && { done: true }) }];
  };
}

const structured: Warning = {
  code: "not-stepped",
  message: "the request asks for a JSON Schema, which holds for whole answers: the thought was not cut into steps",
};

/** Why the text so far cannot be gone on with, if it cannot. */
function cannotPrefill({ id, capabilities }: Model, before: ModelResponse | undefined): string | undefined {
  if (capabilities.prefill !== true) return `${id} is not known to continue a started answer`;
  if ((before?.reasoning ?? "") === "") return undefined;
  return `${id} keeps its thought apart from its text, where no prefill reaches it`;
}

/** What stands between two steps: an empty line, too, where the model has left one before. */
function gapBehind(text: string, { separator, own }: Splitting, problem: string | undefined): string {
  if (own) return problem === undefined ? "" : newLine(text);
  return text.includes("\n\n") ? "\n\n" : separator;
}

/** The same, now that it is known with how many line breaks the model went on. */
function gapOf(between: string, before: ModelResponse | undefined, breaks: number): string {
  if (before === undefined) return "";
  if (before.finishReason === "length") return "\n".repeat(Math.min(breaks, 2));
  return breaks > 0 ? "\n\n" : between;
}

/** The request as a turn that shows the work so far. */
function anotherTurn(request: ModelRequest, begun: string, words: string): ModelRequest {
  const { prefill: _, ...rest } = request;
  if (begun === "") return addToPrompt(rest, `Write only the first step, as ${words}, and nothing behind it.`);
  const goOn = `Go on exactly from where it ends. Write only the next step, as ${words}, and nothing behind it. ${atTheEnd}`;
  const turns = [{ role: "assistant", content: begun } as const, { role: "user", content: goOn } as const];
  return { ...rest, messages: [...request.messages, ...turns] };
}

const atTheEnd = "Where no step is left, it is the answer, as asked for above.";

/**
 * What the model writes, up to the separator. The request's own stop sequences are looked for later: nobody says which one was met, and
 * providers take only a few.
 */
async function written<R extends ModelResponse>(
  model: Model<R>,
  { stop: _, ...asked }: ModelRequest,
  call: Call,
  separator: string,
): Promise<R> {
  if (separator === "") return model.generate(asked, call);
  let part: R | undefined;
  try {
    part = await model.generate({ ...asked, stop: [separator] }, call);
    if (part.text.trim() !== "" || part.finishReason !== "stop" || callsTools(part)) return part;
  } catch (error) {
    // An answer that is empty from its beginning is refused.
    if (!MalformedResponseError.is(error) || asked.prefill !== undefined) throw error;
  }
  const again = await model.generate(asked, call);
  return again.text.trim() === "" && !callsTools(again) ? (part ?? again) : again;
}

/** How much of what was written is the work so far, said again. */
function echoOf(text: string, begun: string, { own }: Splitting): number {
  const end = text.length - text.trimStart().length + begun.length;
  const said =
    begun !== "" && text.slice(0, end).trimStart() === begun && (own || /^\s*(?:\n|$)/.test(text.slice(end)));
  return said ? end : 0;
}

/** The step alone. What was cut off behind it does not count as cut short. */
function stepOf<R extends ModelResponse>(part: R, { from, to, complete }: Span, { own }: Splitting): R {
  const open = !complete && part.finishReason === "length";
  const end = own || open ? to : from + part.text.slice(from, to).trimEnd().length;
  const step = cut(part, from, end);
  return complete && part.finishReason === "length" ? extend(step, { finishReason: "stop" as const }) : step;
}

/** The whole line, with the usage of all its steps. */
function follow<R extends ModelResponse>(before: R | undefined, between: string, part: R): R {
  if (before === undefined) return part;
  return extend(joined(before, between, part), { usage: addUsage(before.usage, part.usage) });
}

/** A line to which nothing is added. */
function over<R extends ModelResponse>(before: R, { finishReason, usage, warnings = [] }: R): R {
  const news = warnings.filter(({ message }) => !before.warnings?.some((known) => known.message === message));
  return extend(before, { finishReason, usage: addUsage(before.usage, usage), ...withWarnings(before, news) });
}

/** Where the first of these sequences begins, of those that end behind `from`. */
function endOf(text: string, from: number, sequences: readonly string[]): number | undefined {
  const found = sequences
    .filter((sequence) => sequence !== "")
    .map((sequence) => text.indexOf(sequence, Math.max(0, from - sequence.length + 1)))
    .filter((index) => index >= 0);
  return found.length === 0 ? undefined : Math.min(...found);
}

/** The line up to a stop sequence of the request, which may have begun in an earlier step. */
function untilStop<R extends ModelResponse>(
  before: R | undefined,
  text: string,
  gap: string,
  part: R,
  end: number,
): Branch<R> {
  const step = part.text.slice(0, Math.max(0, end - text.length - gap.length));
  const last = extend(cut(part, 0, step.length), { finishReason: "stop" as const });
  if (before === undefined || step !== "") return { response: follow(before, gap, last), step, done: true };
  return { response: cut(over(before, last), 0, Math.max(0, Math.min(end, text.length))), step: "", done: true };
}

function wordless({ id }: Model, { maxOutputTokens = 0 }: ModelRequest): NoAnswerError {
  const message = `${id} wrote no words of a step in ${maxOutputTokens} tokens: give it more stepTokens, or less to think`;
  return new NoAnswerError(message);
}

function downgraded<R extends ModelResponse>(response: R, problem: string, before: R | undefined, call: Call): R {
  const message = `${problem}: another turn asks it to go on, step by step`;
  if (before?.warnings?.some((known) => known.message === message)) return response;
  if (call.listening) call.emit({ type: "downgrade", path: call.path, capability: "prefill", message });
  return extend(response, withWarnings(response, [{ code: "downgrade", message, capability: "prefill" }]));
}
