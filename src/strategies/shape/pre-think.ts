/**
 * @module
 * Thinking ahead: what follows from a context is worked out once, before it is asked about.
 */
import { figures, type Amount } from "../../core/amounts.js";
import type { Budget } from "../../core/budget.js";
import { exhaustion, type Call, type ChildOptions } from "../../core/call.js";
import { withWarnings } from "../../core/continuation.js";
import { callsTools, insertAfterSystem } from "../../core/conversation.js";
import { BudgetExceededError, CapabilityError, InvalidOptionError, NoAnswerError } from "../../core/errors.js";
import { estimateText } from "../../core/estimate.js";
import { extend } from "../../core/extend.js";
import { textOf, type SystemMessage } from "../../core/message.js";
import type { Model, ModelRequest, ModelResponse, Warning } from "../../core/model.js";
import { checkInteger, checkOptions } from "../../core/options.js";
import { RecentMap } from "../../core/policy/recent-map.js";
import { SingleFlight } from "../../core/policy/single-flight.js";
import { run, type RunOptions } from "../../core/run.js";
import { isModel } from "../../core/stack.js";
import { wrap } from "../../core/wrap.js";

/** Options of {@link preThink}. */
export interface PreThinkOptions {
  /** What will be asked about; put in front of every request. @defaultValue the system messages of each request, which have it already */
  readonly context?: string | undefined;
  /** Who thinks ahead. @defaultValue the model beneath */
  readonly thinker?: Model | undefined;
  /** Questions such as will be asked, for the thinker to prepare for. @defaultValue it expects some by itself */
  readonly questions?: readonly string[] | undefined;
  /** Asks for the notes. @defaultValue {@link thinkAheadInstruction} */
  readonly instruction?: string | undefined;
  /** The most tokens of the notes, the thinker's own thoughts included: whole, at least 1. @defaultValue the provider's */
  readonly maxTokens?: number | undefined;
}

/** A response, and the notes that it was made with. */
export type PreThought<R extends ModelResponse = ModelResponse> = R & {
  /** What was worked out ahead; `undefined` where only the plain context was there. */
  readonly notes: string | undefined;
};

/** A layer that thinks ahead at its first call, or earlier. */
export interface PreThinker {
  <R extends ModelResponse>(next: Model<R>): Model<PreThought<R>>;
  /**
   * Thinks about `context` now, unless that is done, and gives the notes with what they cost. Takes the options of `run`.
   *
   * @throws {@link InvalidOptionError} without a `context`, and without a `thinker` before the layer is stacked
   * @throws what the thinker throws: nothing is kept then
   */
  think(options?: RunOptions): Promise<ModelResponse>;
}

/**
 * Thinks about a context once, before it is asked about, and keeps the notes for all later calls: that is its purpose.
 *
 * Shape: one response in, the same out with `notes`. The context and the notes stand at the very beginning of every request, always the same to the letter,
 * so that the provider's prompt cache has them. The context stays whole: notes may leave out what a question needs.
 * Cost: 1 call; 1 more, once, for the notes of each context, by the first call or by `think()`. Calls of that time wait for it; if it is given up, the
 * next of them thinks. It may take half of what is left of the caller's budget.
 * Where thinking ahead fails or the budget is too small, the plain context is used, with a warning (`'not-thought-ahead'`), and the next call
 * tries again. Notes that a budget cut short are used, but not kept. Without `context`, the notes on the last 100 system prompts are kept.
 *
 * @throws {@link InvalidOptionError} when the stack is built; at a call, that or {@link CapabilityError} where the thinker throws it
 * @see Lin et al. 2025, arXiv:2504.13171, section 3. Deviation: the notes stand behind the context instead of taking its place.
 * @example
 * const report = preThink({ context: await readFile("report.txt", "utf8"), thinker: strong });
 * await report.think({ budget: { usd: 0.05 } });
 * const { text, notes } = await run(stack(model, report), "How much did we sell in May?");
 */
export function preThink(options: PreThinkOptions = {}): PreThinker {
  const ask = asking(options);
  const { context, thinker } = options;
  const kept = new RecentMap<string>(mostContexts);
  const flights = new SingleFlight<Thought>();
  let beneath: Model | undefined;

  /** What there is to know of a context: kept, thought by another call, or thought now. */
  const consider = async (about: string, model: Model, call: Call, early: boolean): Promise<Thought> => {
    const known = kept.get(about);
    if (known !== undefined) return { notes: known };
    const shared = await flights.join(about, call);
    if (shared !== undefined) return shared;
    // It is our turn to think.
    try {
      const inner = call.child("think", { thought: true, ...(!early && halfOf(call.budget)) });
      const response = await model.generate(ask(about), inner);
      if (call.scope.aborted) throw call.scope.reason;
      const notes = response.text.trim();
      if (notes === "" || callsTools(response)) throw new NoAnswerError("the thinker wrote no notes");
      // Whoever thinks early says what it may cost; the budget of one call must not decide for all that follow.
      if (isCut(response) && !early) return { notes };
      kept.set(about, notes);
      flights.share(about, { notes });
      return { notes };
    } catch (error) {
      // What was built wrong does not get better.
      if (call.scope.aborted || InvalidOptionError.is(error) || CapabilityError.is(error)) throw error;
      // The budget is this caller's own: others may have more.
      if (exhaustion(error) === undefined) flights.share(about, { error });
      return { error };
    } finally {
      flights.leave(about);
    }
  };

  const layer = <R extends ModelResponse>(next: Model<R>): Model<PreThought<R>> => {
    beneath ??= next;
    const prepare = async (request: ModelRequest, call: Call): Promise<PreThought<R>> => {
      const about = context ?? systemOf(request);
      const thought: Thought = about === "" ? {} : await consider(about, thinker ?? next, call, false);
      const response = await next.generate(prepared(request, context, thought.notes), call);
      const warnings = thought.notes === undefined ? [warningOf(about, thought)] : [];
      return extend(response, { notes: thought.notes, ...withWarnings(response, warnings) });
    };
    return wrap("preThink", next, prepare, {
      outline: {
        inner: thinker === undefined ? [next] : [next, thinker],
        cost: (inner, inputTokens, outputTokens) => {
          const read = estimateText(context ?? "") + promptTokens;
          const thinking = inner(read, thinker === undefined ? 0 : 1);
          const answering = inner(inputTokens + read + outputTokens);
          return { calls: thinking.calls + answering.calls, tokens: thinking.tokens + answering.tokens };
        },
      },
    });
  };

  const think = async (runOptions: RunOptions = {}): Promise<ModelResponse> => {
    const model = thinker ?? beneath;
    if (context === undefined)
      throw new InvalidOptionError("preThink", "context", "a text, to be thought about ahead of any request", context);
    if (model === undefined)
      throw new InvalidOptionError(
        "preThink",
        "thinker",
        "a model, or the layer stacked on one, before think()",
        model,
      );
    const ahead = wrap("preThink", model, async (_, call): Promise<ModelResponse> => {
      const { notes, error } = await consider(context, model, call, true);
      if (notes === undefined) throw error;
      return { text: notes, finishReason: "stop", usage: call.usage };
    });
    return run(ahead, context, runOptions);
  };
  return Object.assign(layer, { think });
}

/** The default instruction. */
export const thinkAheadInstruction: string =
  "Questions about this will be asked later. Think ahead, and write notes for whoever answers them: what follows from it step by step, " +
  "figures that can be worked out, and the questions that are likely, with their answers. Leave out what it says itself.";
/** Stands between a context and the notes on it. */
const notesHeading = "Notes on this, worked out before:";
/** What instruction and heading add to prompts, for the outline. */
const promptTokens = 80;
/** System prompts whose notes are kept. */
const mostContexts = 100;

/** What came of thinking ahead: notes, or the error that stood in the way. */
interface Thought {
  readonly notes?: string;
  readonly error?: unknown;
}

/** Checks the options; makes what the thinker is asked. */
function asking(options: PreThinkOptions): (about: string) => ModelRequest {
  const where = "preThink";
  checkOptions(where, options, ["context", "thinker", "questions", "instruction", "maxTokens"]);
  const { context, thinker, questions = [], instruction = thinkAheadInstruction, maxTokens } = options;
  for (const [name, text] of Object.entries({ context: context ?? "none", instruction })) {
    if (typeof text !== "string" || text.trim() === "")
      throw new InvalidOptionError(where, name, "a text that is not empty", text);
  }
  if (thinker !== undefined && !isModel(thinker)) throw new InvalidOptionError(where, "thinker", "a model", thinker);
  if (!Array.isArray(questions)) throw new InvalidOptionError(where, "questions", "a list of texts", questions);
  questions.forEach((question: unknown, index) => {
    if (typeof question !== "string" || question.trim() === "")
      throw new InvalidOptionError(where, `questions[${index}]`, "a text that is not empty", question);
  });
  if (maxTokens !== undefined) checkInteger(where, "maxTokens", maxTokens, 1);

  const list = questions.map((question) => `- ${question}`).join("\n");
  const content = list === "" ? instruction : `${instruction}\n\nQuestions may be such as these:\n${list}`;
  return (about) => ({
    messages: [
      { role: "system", content: about },
      { role: "user", content },
    ],
    ...(maxTokens !== undefined && { maxOutputTokens: maxTokens }),
  });
}

function systemOf({ messages }: ModelRequest): string {
  const texts = messages.filter(({ role }) => role === "system").map(textOf);
  return texts.join("\n\n").trim();
}

/** The request with the context, where it has not got it itself, and the notes. */
function prepared(request: ModelRequest, context: string | undefined, notes: string | undefined): ModelRequest {
  const parts = [...(context === undefined ? [] : [context]), ...(notes === undefined ? [] : [notesHeading, notes])];
  if (parts.length === 0) return request;
  const message: SystemMessage = { role: "system", content: parts.join("\n\n") };
  if (context === undefined) return insertAfterSystem(request, [message]);
  return { ...request, messages: [message, ...request.messages] };
}

/** Half of what is left of a budget, for the notes: the other half is for the answer. */
function halfOf(budget: Budget): Pick<ChildOptions, "budget"> {
  if (budget.unlimited) return {};
  const limits: { [name in keyof Amount]?: number } = {};
  for (const name of figures) {
    const half = budget.left[name] / 2;
    if (half === Infinity) continue;
    limits[name] = name === "usd" ? half : Math.floor(half);
    if (limits[name] === 0)
      throw new BudgetExceededError(name, `half of what is left of ${name} is too little to think`);
  }
  return { budget: limits };
}

/** Did the budget end the notes? */
function isCut({ stopped, warnings = [] }: ModelResponse): boolean {
  return stopped === "budget" || stopped === "deadline" || warnings.some(({ code }) => code === "budget-cap");
}

function warningOf(about: string, { error }: Thought): Warning {
  const why =
    about === ""
      ? "the request has no system prompt to think about"
      : exhaustion(error) === undefined
        ? "thinking ahead failed"
        : "the budget was too small to think ahead";
  return { code: "not-thought-ahead", message: `${why}: the question was asked without notes` };
}
