/**
 * @module
 * Trainers: what makes a better model of examples. The contract; the implementations stand in `src/engines`.
 */
import type { Message } from "./message.js";
import type { Model } from "./model.js";

/** One example to learn from: what was asked, and what a good answer is. */
export interface TrainingExample {
  /** System and user, and earlier turns; no answer. At least one. */
  readonly messages: readonly Message[];
  /** What the model should have written: thoughts and answer, as they stood. */
  readonly completion: string;
  /** How much it counts, above 0. Trainers that know no weights leave it out. @defaultValue 1 */
  readonly weight?: number | undefined;
}

/** Two answers to one question, of which one is better. */
export interface PreferencePair {
  /** What was asked. At least one. */
  readonly messages: readonly Message[];
  readonly chosen: string;
  readonly rejected: string;
}

/** An answer, and whether it is right: what a verifier learns from. */
export interface LabelledSolution {
  /** What was asked. At least one. */
  readonly messages: readonly Message[];
  readonly completion: string;
  /** Is its answer right? */
  readonly right: boolean;
  /** Its answer is right, and the way to it is not. @defaultValue `false` */
  readonly rightAnswerWrongReason?: boolean | undefined;
}

/** Settings of one training. */
export interface TrainOptions {
  /** Gives the training up; the promise rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Which round of learning this is, from 0, for names of files and jobs. @defaultValue 0 */
  readonly round?: number | undefined;
}

/** Makes a model of examples. */
export interface Trainer {
  /**
   * Trains on the examples, and gives the model that came of it.
   *
   * @throws the reason of `signal`
   */
  train(examples: readonly TrainingExample[], options?: TrainOptions): Promise<Model>;
}
