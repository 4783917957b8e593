/**
 * @module
 * The desk at which samples register before they vote: may they, for what, and what is their vote worth?
 */
import { exhaustion, type Call } from "../../../core/call.js";
import { callsTools } from "../../../core/conversation.js";
import { CapabilityError, InvalidOptionError } from "../../../core/errors.js";
import type { Model, ModelRequest, ModelResponse, Warning } from "../../../core/model.js";
import { checkNumber } from "../../../core/options.js";
import { race } from "../../../core/scope.js";
import { keyOf } from "../../../answers/answer.js";
import { Clusters, type Sameness } from "../../../answers/clusters.js";
import type { Weight } from "../../../answers/weights/weight.js";

/** What is asked about a sample before it votes. */
export interface VotingRules<R extends ModelResponse> {
  readonly weight: Weight<R> | undefined;
  readonly maxWeight: number;
  /** Are weights reweighed? Then one of 0 may become a vote. */
  readonly weighs: boolean;
  readonly discard: ((sample: R) => boolean) | undefined;
  readonly same: Sameness<R> | undefined;
}

/** Where samples are registered before they vote. */
export class VotingDesk<R extends ModelResponse> {
  discarded = 0;
  private readonly _rules: VotingRules<R>;
  private readonly _next: Model;
  private readonly _request: ModelRequest;
  private readonly _call: Call;
  private readonly _clusters = new Clusters<R>();
  private _round = -1;
  /** Samples that could be weighed, those that could not, and comparisons that failed. */
  private _weighed = 0;
  private _unweighed = 0;
  private _failed = 0;

  constructor(rules: VotingRules<R>, next: Model, request: ModelRequest, call: Call) {
    this._rules = rules;
    this._next = next;
    this._request = request;
    this._call = call;
  }

  get warnings(): readonly Warning[] {
    const { _failed: failed, _unweighed: unweighed } = this;
    const warnings: Warning[] = [];
    if (failed > 0)
      warnings.push({
        code: "comparison-failed",
        message: `comparisons that failed, and count as "not the same": ${failed}`,
      });
    if (unweighed > 0)
      warnings.push({
        code: "no-logprobs",
        message: `samples without log-probabilities, which cast no vote: ${unweighed}`,
      });
    return warnings;
  }

  /** What a sample votes for, if it may, and what its vote is worth. */
  async register(sample: R): Promise<{ readonly key: string | undefined; readonly worth: number }> {
    const { discard, same, weighs } = this._rules;
    this._round++;
    if (discard !== undefined && checkAnswer("discard", discard(sample))) {
      this.discarded++;
      return { key: undefined, worth: 0 };
    }
    const key = keyOf(sample);
    const worth = key === undefined ? undefined : this._weigh(sample);
    if (key === undefined || worth === undefined) return { key: undefined, worth: 0 };
    // A vote that is worth nothing needs no comparison, and calls of tools are told by themselves.
    if (same === undefined || (worth === 0 && !weighs) || callsTools(sample)) return { key, worth };
    return { key: await this._clusters.place(sample, key, (first, other) => this._compare(same, first, other)), worth };
  }

  private _weigh(sample: R): number | undefined {
    const { weight, maxWeight } = this._rules;
    if (weight === undefined) return 1;
    if (weight.logprobs !== undefined && (sample.logprobs ?? []).length === 0) {
      // A model that never gives any is found out by its first sample.
      if (this._weighed === 0) throw withoutLogprobs(this._next, "did not return");
      this._unweighed++;
      return undefined;
    }
    this._weighed++;
    return checkNumber("majorityVote", "weight", weight(sample), 0, maxWeight);
  }

  private async _compare(same: Sameness<R>, first: R, sample: R): Promise<boolean> {
    const { _call: call, _request: request, _next: model, _round: round } = this;
    const inner = call.child("same", { thought: true, judging: true });
    let answer: boolean;
    try {
      answer = await race(call, () => same(first, sample, { request, call: inner, model, round }));
    } catch (error) {
      if (exhaustion(error) !== undefined || call.scope.aborted || InvalidOptionError.is(error)) throw error;
      this._failed++;
      return false;
    }
    return checkAnswer("same", answer);
  }
}

/** The error of a weight that needs what a model does not give. */
export function withoutLogprobs({ id }: Model, why: string): CapabilityError {
  const message = `majorityVote: the weight reads log-probabilities, which ${id} ${why}; selfConfidence() asks the model in words instead`;
  return new CapabilityError("logprobs", id, message);
}

function checkAnswer(option: string, answer: boolean): boolean {
  if (typeof answer !== "boolean")
    throw new InvalidOptionError("majorityVote", `what ${option} returns`, "true or false", answer);
  return answer;
}
