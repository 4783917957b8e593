/**
 * @module
 * What an answer is: how it is asked for, read and compared.
 */
import { extend } from "../core/extend.js";
import type { ModelResponse, ResponseSchema } from "../core/model.js";
import { toolCallsKey } from "./tool-calls.js";

/** A kind of answer: a number, one of some choices, an object of a schema. Pure: makes no calls. */
export interface Answer<A> {
  /** Asks for it in words, so that `parse` can find it: `'End with "Answer: " and the number.'` */
  readonly instruction: string;
  /** Reads it from what a model wrote; `undefined` where it cannot be read. Never throws. */
  parse(text: string): A | undefined;
  /** Two answers are the same if their keys are: what votes, deduplicates, caches and scores. */
  key(answer: A): string;
  /** Asks for it by constrained decoding, where the model has that. */
  readonly schema?: ResponseSchema | undefined;
}

/** A response whose answer was read; `undefined` where it could not be. */
export type Answered<A, R extends ModelResponse = ModelResponse> = R & {
  readonly answer: A | undefined;
  readonly key: string | undefined;
};

/** Adds the answer to a response. */
export function answered<A, R extends ModelResponse>(answer: Answer<A>, response: R): Answered<A, R> {
  const value = answer.parse(response.text);
  return extend(response, { answer: value, key: value === undefined ? undefined : answer.key(value) });
}

/**
 * The key of any response: that of its tool calls, where it calls any; of its answer; or of its words where no answer was asked for. `undefined` casts no
 * vote.
 */
export function keyOf(response: ModelResponse): string | undefined {
  const calls = toolCallsKey(response);
  if (calls !== undefined) return calls;
  if ("key" in response) return response.key as string | undefined;
  const words = response.text.trim().replace(/\s+/g, " ").toLowerCase();
  return words === "" ? undefined : words;
}
