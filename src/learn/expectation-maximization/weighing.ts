/**
 * @module
 * Weighing: what P(y|x,z) is for each thought z, given the known answer y.
 */
import { completionOf, conclusionIn, givenUp, type Attempt, type Ended } from "../../answers/learning/attempts.js";
import {
  announcing,
  behind,
  concludedByTurn,
  concludeInstruction,
  concluding,
} from "../../answers/learning/conclusion.js";
import type { Asked, LearnPlan } from "../../answers/learning/learn-options.js";
import { askAll } from "../../core/ask-all.js";
import { exhaustion, type Call } from "../../core/call.js";
import { InvalidOptionError } from "../../core/errors.js";
import { extend } from "../../core/extend.js";
import { logprobOf, scoring } from "../../core/likelihood.js";
import type { Model, ModelRequest, ModelResponse, Warning } from "../../core/model.js";

/** How the E-step is made. */
export interface EStepPlan extends LearnPlan {
  readonly kind: "importance" | "metropolis";
  readonly likelihood: "score" | "check";
  readonly keep: number | "all";
  readonly write: (answer: unknown) => string;
}

/** A thought, and the known answer behind it. */
export interface Thought {
  readonly response: ModelResponse;
  /** Ends with what announces the answer. */
  readonly text: string;
  readonly completion: string;
}

/** A thought with ln P(y|x,z); -Infinity where it cannot be. */
export interface Weighed {
  readonly thought: Thought;
  readonly log: number;
}

/** What was weighed. */
export interface Weighing {
  readonly proposals: readonly Weighed[];
  /** The thought that stood there before, weighed anew: the model may be another one. */
  readonly standing: Weighed | undefined;
  readonly warnings: readonly Warning[];
  readonly ended?: Ended | undefined;
  /** Why nothing could be weighed. */
  readonly error?: unknown;
}

/** 1 where the thought came to the right answer. */
export function byCheck(attempts: readonly Attempt[], standing: Thought | undefined): Weighing {
  const proposals = attempts.map(({ response, completion, right }): Weighed => {
    return { thought: { response, text: response.text, completion }, log: right ? 0 : -Infinity };
  });
  return { proposals, standing: standing && { thought: standing, log: 0 }, warnings: [] };
}

/** What the model says of the answer behind the thought; equal thoughts are scored once. */
export async function byScore(
  model: Model,
  plan: EStepPlan,
  { asked, right }: Asked,
  attempts: readonly Attempt[],
  standing: Thought | undefined,
  call: Call,
): Promise<Weighing> {
  const answer = plan.write(right);
  const instruction = [concludeInstruction, plan.answer.instruction].filter((part) => part !== "").join(" ");
  const warnings: Warning[] = [];
  const requests = new Map<string, ModelRequest>();
  const idOf = ({ response: { reasoning = "" }, text }: Thought): string => JSON.stringify([reasoning, text]);

  const fresh = attempts.map((one): Thought => {
    const { thought, announced } = conclusionIn(one, plan.answer);
    const text = announced ? thought : announcing(thought);
    const completion = completionOf(asked, extend(one.response, { text: text + behind(text, answer) }));
    return { response: one.response, text, completion };
  });
  for (const thought of standing === undefined ? fresh : [standing, ...fresh]) {
    const id = idOf(thought);
    if (requests.has(id)) continue;
    const { request, problem } = concluding(model, asked, thought.response, thought.text, instruction);
    if (problem !== undefined && warnings.length === 0) warnings.push(concludedByTurn(problem, call));
    requests.set(id, scoring(request, problem === undefined ? behind(thought.text, answer) : `Answer: ${answer}`));
  }
  const judging = call.child("score", { thought: true, judging: true });
  let responses: readonly (ModelResponse | undefined)[] = [];
  let ended: Ended | undefined;
  let failure: unknown;
  try {
    const scored = await askAll(model, [...requests.values()], judging, undefined, 1);
    const { stopped } = scored;
    responses = scored.responses;
    if (stopped === "budget" || stopped === "deadline") ended = { stopped, error: undefined };
  } catch (error) {
    if (givenUp(call) || InvalidOptionError.is(error)) throw error;
    failure = error;
    const stopped = exhaustion(error);
    if (stopped !== undefined) ended = { stopped, error };
  }
  const logs = new Map([...requests.keys()].map((id, k) => [id, responses[k] && logprobOf(responses[k])]));
  const weigh = (thought: Thought): Weighed[] => {
    const log = logs.get(idOf(thought));
    return log === undefined ? [] : [{ thought, log }];
  };
  return { proposals: fresh.flatMap(weigh), standing: standing && weigh(standing)[0], warnings, ended, error: failure };
}
