/**
 * @module
 * Attempts: samples of one question, each read, and checked against the right answer.
 */
import { exhaustion, type Call } from "../../core/call.js";
import { callsTools } from "../../core/conversation.js";
import type { Feedback } from "../../core/feedback.js";
import type { Model, ModelRequest, ModelResponse, StopReason } from "../../core/model.js";
import { sample } from "../../core/sample.js";
import { race } from "../../core/scope.js";
import type { Answer } from "../answer.js";
import { conclusionOf, type Conclusion } from "./conclusion.js";

/** One sample, read. */
export interface Attempt {
  readonly response: ModelResponse;
  /** What makes two answers the same; `undefined` where none can be read. */
  readonly key: string | undefined;
  readonly right: boolean;
  /** What the model wrote, thought and answer: to learn from. */
  readonly completion: string;
}

/** Why something ended before it was done. */
export interface Ended {
  readonly stopped: StopReason;
  /** Where it is known: it is needed where nothing came before it. */
  readonly error: unknown;
}

/** What came of the samples of one question. */
export interface Attempts {
  readonly attempts: readonly Attempt[];
  /** Of samples, or of checks, that were lost. */
  readonly errors: readonly unknown[];
  /** Set where budget or time is over. */
  readonly ended: Ended | undefined;
}

/** How samples are asked for, and told right from wrong. */
export interface AttemptPlan {
  readonly answer: Answer<unknown>;
  readonly samples: number;
  /** @defaultValue the answer's key must be the right one */
  readonly check: Feedback | undefined;
}

/**
 * Draws samples of one question and checks each. What fails is left out; out of budget or time, what there is is returned.
 *
 * @param asked - the question, with what asks for thought and answer
 * @param question - as it was given, for the check
 * @param right - key of the right answer
 * @throws the reason of an abort by the caller
 */
export async function attempt(
  model: Model,
  asked: ModelRequest,
  question: ModelRequest,
  right: string | undefined,
  plan: AttemptPlan,
  call: Call,
): Promise<Attempts> {
  const { answer, samples, check } = plan;
  const attempts: Attempt[] = [];
  const errors: unknown[] = [];
  let ended: Ended | undefined;
  const drawing = sample(model, asked, call, { n: samples });
  const { prefill = "" } = asked;
  try {
    for await (const response of drawing) {
      const calling = callsTools(response);
      const value = calling ? undefined : answer.parse(prefill + response.text);
      const key = value === undefined ? undefined : answer.key(value);
      const context = { request: question, model, round: drawing.samples.length - 1 };
      try {
        const ok =
          check === undefined ? right !== undefined && key === right : await passes(check, response, context, call);
        attempts.push({ response, key, right: ok && !calling, completion: completionOf(asked, response) });
      } catch (error) {
        if (givenUp(call) || exhaustion(error) !== undefined) throw error;
        errors.push(error);
      }
    }
  } catch (error) {
    if (givenUp(call)) throw error;
    const stopped = exhaustion(error);
    if (stopped !== undefined) ended = { stopped, error };
  }
  errors.push(...drawing.failures.map(({ error }) => error));
  const { stopped } = drawing;
  if (stopped === "budget" || stopped === "deadline") ended ??= { stopped, error: undefined };
  return { attempts, errors, ended };
}

/** Did the caller give up? */
export function givenUp({ scope }: Pick<Call, "scope">): boolean {
  return scope.aborted && exhaustion(scope.reason) === undefined;
}

/** Does feedback say that a response is good enough? What it spends is judging. */
export async function passes(
  feedback: Feedback,
  response: ModelResponse,
  context: { readonly request: ModelRequest; readonly model: Model; readonly round: number },
  call: Call,
): Promise<boolean> {
  const judging = call.child("check", { thought: true, judging: true });
  const { ok } = await race(judging, () => feedback(response, { ...context, call: judging }));
  return ok;
}

/** Where the thought of an attempt ends and its answer begins. */
export function conclusionIn({ response, key }: Attempt, answer: Answer<unknown>): Conclusion {
  return conclusionOf(response.text, (text) => {
    const value = key === undefined ? undefined : answer.parse(text);
    return value !== undefined && answer.key(value) === key;
  });
}

/** What a model wrote, from the beginning of its answer; a thought that it keeps apart stands in front, as models with open weights write it. */
export function completionOf({ prefill = "" }: ModelRequest, { reasoning = "", text }: ModelResponse): string {
  const answer = prefill + text;
  return reasoning.trim() === "" ? answer : `<think>\n${reasoning.trim()}\n</think>\n\n${answer}`;
}
