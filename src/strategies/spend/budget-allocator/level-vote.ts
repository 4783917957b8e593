/**
 * @module
 * A vote whose samples are bought level by level: from several models, none of them twice, until it is sure.
 */
import { exhaustion, type Call } from "../../../core/call.js";
import { InvalidOptionError } from "../../../core/errors.js";
import type { Model, ModelRequest, ModelResponse, SampleFailure, StopReason } from "../../../core/model.js";
import { sample } from "../../../core/sample.js";
import type { LevelReport, PlannedLevel } from "./levels.js";
import type { StoppingRule } from "../../../answers/stopping/stopping.js";
import { Tally } from "../../../answers/tally.js";

/** Options of {@link LevelVote}. */
export interface LevelVoteOptions {
  /** Is the vote sure enough? */
  readonly sure: StoppingRule;
  /** The most weight one sample can have. */
  readonly maxWeight: number;
  /** How many samples at a time. */
  readonly concurrency: number | undefined;
}

/** One vote. */
export class LevelVote<R extends ModelResponse> {
  readonly tally: Tally<R>;
  readonly samples: R[] = [];
  readonly failures: SampleFailure[] = [];
  /** What was bought, in order. */
  readonly reports: LevelReport[] = [];
  private readonly _call: Call;
  private readonly _options: LevelVoteOptions;
  private readonly _bought: Map<Model, number> = new Map<Model, number>();
  private readonly _broken: Map<Model, unknown> = new Map<Model, unknown>();

  constructor(call: Call, options: LevelVoteOptions) {
    this.tally = new Tally<R>({ maxWeight: options.maxWeight });
    this._call = call;
    this._options = options;
  }

  /** Has as much been bought of its model as this level wants? */
  has({ model, samples }: PlannedLevel<R>): boolean {
    return (this._bought.get(model) ?? 0) >= samples;
  }

  /** Has its model failed for good? */
  lost({ model }: PlannedLevel<R>): boolean {
    return this._broken.has(model);
  }

  /** The first error of a model that failed for good. */
  get error(): unknown {
    return [...this._broken.values()][0];
  }

  /**
   * Draws what a level still wants of its model, until the vote is sure: `'ok'`. Else says what ended it: `'limit'`, `'budget'`, `'deadline'`, `'failure'`.
   *
   * @throws {@link InvalidOptionError} where its model says that its options are wrong
   * @throws what the drawing throws for a call that was given up, or where budget or time ended before the first sample of all
   */
  async buy(level: PlannedLevel<R>, request: ModelRequest): Promise<StopReason> {
    const { name, samples: wanted, model, weight, settings } = level;
    const { sure, concurrency } = this._options;
    const had = this._bought.get(model) ?? 0;
    const inner = this._call.child(name, { thought: true });
    const asked = settings === undefined ? request : { ...request, ...settings };
    const quorum = this.samples.length > 0 ? 0 : 1;
    const drawing = sample(model, asked, inner, { n: Math.max(0, wanted - had), concurrency, quorum });
    let end: StopReason = "limit";
    try {
      for await (const response of drawing) {
        this.samples.push(response);
        this.tally.add(response, weight);
        if (sure(this.tally)) {
          end = "ok";
          break;
        }
      }
      if (drawing.stopped !== "done" && drawing.stopped !== "decided") end = drawing.stopped;
    } catch (error) {
      if (this._call.scope.aborted || exhaustion(error) !== undefined) throw error;
      this._broken.set(model, error);
      end = "failure";
    }
    const { samples, failures } = drawing;
    // A wrong option is nobody's failure but the caller's.
    const wrong = failures.find(({ error }) => InvalidOptionError.is(error));
    if (wrong !== undefined) throw wrong.error;
    if (end === "failure" && !this._broken.has(model)) this._broken.set(model, failures.at(-1)?.error);
    this._bought.set(model, had + samples.length);
    this.failures.push(...failures);
    this.reports.push({ name, samples: samples.length, confidence: this.tally.confidence, usage: inner.usage });
    return end;
  }
}
