/**
 * @module
 * Effort: one knob for how hard a model thinks, whoever made it.
 */
import { exhaustion, type Call } from "../../core/call.js";
import { addToPrompt, callsTools } from "../../core/conversation.js";
import { efforts } from "../../core/efforts.js";
import { InvalidOptionError } from "../../core/errors.js";
import { extend } from "../../core/extend.js";
import type { Effort, Model, ModelRequest, ModelResponse, StopReason, Warning } from "../../core/model.js";
import { checkInteger, checkOptions } from "../../core/options.js";
import { race } from "../../core/scope.js";
import { wrap } from "../../core/wrap.js";

/** Options of {@link effort}. */
export interface EffortOptions<R extends ModelResponse = ModelResponse> {
  /** Asked one after the other while the response is not enough: at least one, in rising order, each once. */
  readonly levels: readonly Effort[];
  /**
   * Is this response enough? Asked after each of several levels; a model that it asks is given `call`.
   * @defaultValue the answer was read, where one is read at all, and the response was not cut by its length
   */
  readonly enough?: ((response: R, call: Call) => boolean | Promise<boolean>) | undefined;
  /** Output cap of a level, thoughts included, in tokens: whole, at least 1; for requests that name none. @defaultValue the provider's */
  readonly maxOutputTokens?: Readonly<Partial<Record<Effort, number | undefined>>> | undefined;
  /** What is added to the prompt of a model that has no such knob; `""` for nothing. @defaultValue {@link effortWords} */
  readonly words?: Readonly<Partial<Record<Effort, string | undefined>>> | undefined;
}

/** One level that was asked. */
export interface EffortAttempt<R extends ModelResponse = ModelResponse> {
  readonly effort: Effort;
  readonly response: R;
}

/** A response, and the effort that it took. */
export type Tried<R extends ModelResponse = ModelResponse> = R & {
  /** The level of this response. */
  readonly effort: Effort;
  /** All levels that were asked, in order. */
  readonly attempts: readonly EffortAttempt<R>[];
};

/**
 * Sets how hard the model thinks, by its own knob or, where it has none, in words; or begins with little, and goes up while that is not enough.
 *
 * Shape: one response in, the same out, with `effort` and `attempts`. A request that names an effort keeps it, and is asked once.
 * Cost: 1 call for one level; for several, up to one for each, and what `enough` asks (counted as `usage.judging`).
 * A model that lacks the knob (`capabilities.effort` is `false`) is asked in words at the end of the prompt, with a `downgrade` event and warning;
 * the output is capped only where you say so. Of several levels the first that is enough is returned; if none is, the last whose answer was read and
 * which was not cut, else the last. `stopped` says why: `'ok'`, `'limit'`, `'budget'`, `'deadline'`, or `'failure'` when a level after the first
 * failed, or `enough` did: the best so far is returned with a warning. Several levels are thoughts while they stream: which one is returned
 * is not known before the end. A response that calls tools is passed on at once.
 *
 * @param how - a level, or options
 * @throws {@link InvalidOptionError} when the stack is built; at a call, where `enough` says neither yes nor no
 * @see Ma et al. 2025, arXiv:2504.09858 (`none`: answering without thinking. Deviation: no prefill, which newer models reject); Snell et al. 2024,
 *   arXiv:2408.03314 (how much thinking pays depends on the question)
 * @example
 * const solver = stack(model, chainOfThought({ answer: number(), instruction: "", askAgain: false }), effort({ levels: ["low", "high"] }));
 */
export function effort<R extends ModelResponse = ModelResponse>(
  how: Effort | EffortOptions<NoInfer<R>>,
): (next: Model<R>) => Model<Tried<R>> {
  const options = typeof how === "string" ? { levels: [checkLevel("the level", how)] } : how;
  checkOptions("effort", options, ["levels", "enough", "maxOutputTokens", "words"]);
  const { levels, enough = isWhole, maxOutputTokens = {}, words = {} } = options;
  checkLevels(levels);
  if (typeof enough !== "function")
    throw new InvalidOptionError("effort", "enough", "a function of a response", enough);
  checkCaps(maxOutputTokens);
  checkWords(words);

  return (next) => {
    const inWords = next.capabilities.effort === false;
    const message = `${next.id} has no knob for its effort: it is asked for in words`;
    const downgrade: Warning = { code: "downgrade", message, capability: "effort" };

    const at = (level: Effort, request: ModelRequest): ModelRequest => {
      const { effort: _, ...rest } = request;
      const asked = inWords ? addToPrompt(rest, words[level] ?? effortWords[level]) : { ...rest, effort: level };
      const cap = request.maxOutputTokens ?? maxOutputTokens[level];
      return cap === undefined ? asked : { ...asked, maxOutputTokens: cap };
    };

    const result = (
      { effort: level, response }: EffortAttempt<R>,
      attempts: readonly EffortAttempt<R>[],
      stopped: StopReason | undefined,
      news: readonly Warning[] = [],
    ): Tried<R> => {
      const added = inWords ? [downgrade, ...news] : news;
      return extend(response, {
        effort: level,
        attempts,
        ...(stopped !== undefined && { stopped }),
        ...(added.length > 0 && { warnings: [...(response.warnings ?? []), ...added] }),
      });
    };

    const think = async (request: ModelRequest, call: Call): Promise<Tried<R>> => {
      if (inWords && call.listening) call.emit({ type: "downgrade", path: call.path, capability: "effort", message });
      const wanted = request.effort === undefined ? levels : [request.effort];
      const [only] = wanted;
      if (only !== undefined && wanted.length === 1) {
        const attempt = { effort: only, response: await next.generate(at(only, request), call) };
        return result(attempt, [attempt], undefined);
      }

      const attempts: EffortAttempt<R>[] = [];
      let best: EffortAttempt<R> | undefined;
      let problem = levelFailed;
      try {
        for (const level of wanted) {
          problem = levelFailed;
          const response = await next.generate(at(level, request), call.child(level, { thought: true }));
          const attempt = { effort: level, response };
          attempts.push(attempt);
          if (callsTools(response)) return result(attempt, attempts, "done");
          if (best === undefined || isWhole(response) || !isWhole(best.response)) best = attempt;
          problem = enoughFailed;
          const inner = call.child("enough", { thought: true, judging: true });
          if (checkAnswer(await race(call, () => enough(response, inner)))) return result(attempt, attempts, "ok");
        }
        return result(best as EffortAttempt<R>, attempts, "limit");
      } catch (error) {
        if (call.scope.aborted && exhaustion(call.scope.reason) === undefined) throw error;
        if (best === undefined || InvalidOptionError.is(error)) throw error;
        const end = exhaustion(error);
        return result(best, attempts, end ?? "failure", end === undefined ? [problem] : []);
      }
    };

    return wrap("effort", next, think, {
      outline: {
        detail: levels.join(" → "),
        cost: (inner, inputTokens) => {
          const { calls, tokens } = inner(inputTokens + (inWords ? wordTokens : 0));
          return { calls: levels.length * calls, tokens: levels.length * tokens };
        },
      },
    });
  };
}

/** How the default asks models for their effort that have no knob for it. */
export const effortWords: Readonly<Record<Effort, string>> = {
  none: "Answer at once, with the answer alone.",
  minimal: "Answer quickly: a few words of thought are enough.",
  low: "Think briefly before you answer.",
  medium: "Think step by step before you answer.",
  high: "Think thoroughly, step by step, and check the answer before you give it.",
  xhigh: "Think for a long time: look at more than one way to solve this, and check every step before you answer.",
  max: "Think as long as you can: solve this in more than one way, check every step twice, and answer only when all ways agree.",
};
/** What such words add to a prompt, for the outline. */
const wordTokens = 40;
const levelFailed: Warning = {
  code: "effort-failed",
  message: "a further level of effort failed: the best so far is returned",
};
const enoughFailed: Warning = {
  code: "enough-failed",
  message: "what says whether a response is enough failed: the best so far is returned",
};

/** Was the answer read, where one is read at all, and is nothing cut off? */
function isWhole(response: ModelResponse): boolean {
  const unread = "answer" in response && response.answer === undefined;
  return !unread && response.finishReason !== "length";
}

function checkAnswer(yes: boolean): boolean {
  if (typeof yes !== "boolean") throw new InvalidOptionError("effort", "what enough returns", "true or false", yes);
  return yes;
}

function checkLevel(option: string, level: Effort): Effort {
  if (!efforts.includes(level)) throw new InvalidOptionError("effort", option, `one of ${efforts.join(", ")}`, level);
  return level;
}

function checkLevels(levels: readonly Effort[]): void {
  if (!Array.isArray(levels) || levels.length === 0) {
    throw new InvalidOptionError("effort", "levels", "a list of at least one level", levels);
  }
  levels.forEach((level: Effort, index) => {
    checkLevel(`levels[${index}]`, level);
    const before = levels[index - 1] as Effort | undefined;
    if (before !== undefined && efforts.indexOf(before) >= efforts.indexOf(level)) {
      throw new InvalidOptionError("effort", `levels[${index}]`, `above ${before}`, level);
    }
  });
}

function checkCaps(caps: Readonly<Partial<Record<Effort, number | undefined>>>): void {
  for (const [level, cap] of entriesOf("maxOutputTokens", caps)) {
    checkInteger("effort", `maxOutputTokens.${level}`, cap as number, 1);
  }
}

function checkWords(words: Readonly<Partial<Record<Effort, string | undefined>>>): void {
  for (const [level, text] of entriesOf("words", words)) {
    if (typeof text !== "string") throw new InvalidOptionError("effort", `words.${level}`, "a text", text);
  }
}

/** The values that are given, each for a level. */
function entriesOf(option: string, values: object): [string, unknown][] {
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw new InvalidOptionError("effort", option, "an object with a value for each level", values);
  }
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  for (const [level] of entries) checkLevel(`a level of ${option}`, level as Effort);
  return entries;
}
