/**
 * @module
 * Lines of thought that a search grows, and how one goes on.
 */
import type { Call } from "../../core/call.js";
import type { Verdict } from "../../core/feedback.js";
import type { Model, ModelRequest, ModelResponse } from "../../core/model.js";
import type { Reasoned } from "../reasoning.js";

/** A line of thought that is to go on; with no steps, the question alone. */
export interface Line<R extends ModelResponse = ModelResponse> {
  /** All of it so far. */
  readonly text: string;
  /** Its steps, as each was written. */
  readonly steps: readonly string[];
  /** The response whose text it is; `undefined` where there are no steps. */
  readonly response: R | undefined;
  /** How good the scorer finds it; `undefined` where nobody could say. */
  readonly score: number | undefined;
  /** Of a scorer that gives verdicts. */
  readonly verdict: (Verdict & { readonly score: number }) | undefined;
}

/** What an {@link Expander} may ask. */
export interface ExpandContext<R extends ModelResponse = ModelResponse> {
  /** The question, with what asks for the thought and the answer. */
  readonly request: ModelRequest;
  /** The model beneath. */
  readonly model: Model<R>;
  /** To be passed to models that are asked. */
  readonly call: Call;
  /** Which of the expander's actions, from 0. */
  readonly action: number;
}

/** How a line may go on: the next step in words, or the response that has the whole line with it. */
export type Branch<R extends ModelResponse = ModelResponse> =
  | string
  | {
      /** Its text is the whole line. */
      readonly response: R;
      /** The step alone. @defaultValue what the text has more than the line */
      readonly step?: string | undefined;
      /** Is it an answer? @defaultValue what the search's `done` says */
      readonly done?: boolean | undefined;
    };

/** Says how a line may go on. It may ask models, with the call of its context; nobody waits for it after an abort. */
export interface Expander<R extends ModelResponse = ModelResponse> {
  (line: Line<R>, context: ExpandContext<R>): readonly Branch<R>[] | Promise<readonly Branch<R>[]>;
  /** For {@link outline}. @defaultValue the function's name */
  readonly label?: string | undefined;
  /** How many ways to go on it has, which an order of search may choose from: whole, at least 1. @defaultValue 1 */
  readonly actions?: number | undefined;
}

/** How the scores of a line's steps become its own: that of the last step, the least of all, or their product. */
export type ScoreAggregation = "last" | "min" | "prod";

/** A step of a line, and the score of the line as it was then. */
export interface ScoredStep {
  readonly text: string;
  readonly score: number | undefined;
}

/** A line of thought that came to its end, its answer read. */
export type Searched<A, R extends ModelResponse = ModelResponse> = Reasoned<A, R> & {
  readonly steps: readonly ScoredStep[];
  /** Of the whole line, by the scores of its steps; `undefined` where nobody could say. */
  readonly score: number | undefined;
};
