/**
 * @module
 * The batch of {@link allocate}: which sample comes next, and what becomes of it.
 */
import { rememberedWorth } from "../../../answers/chance/urn.js";
import { figures, type BudgetLimits } from "../../../core/amounts.js";
import { Budget } from "../../../core/budget.js";
import { exhaustion, type Call, type CallNode } from "../../../core/call.js";
import { BudgetExceededError, InvalidOptionError } from "../../../core/errors.js";
import type { Feedback } from "../../../core/feedback.js";
import { Heap } from "../../../core/heap.js";
import { inTurn, type Outcome, type Turns } from "../../../core/in-turn.js";
import type { Model, ModelRequest, ModelResponse, StopReason } from "../../../core/model.js";
import { hopeless } from "../../../core/sample.js";
import { race } from "../../../core/scope.js";
import { addUsage, noUsage, type Spend, type Usage } from "../../../core/usage.js";
import type { AllocationResult, AllocationState } from "../allocate.js";
import { Allotment } from "./allotment.js";

/** A request that lost so many samples gets no more; a batch that lost so many before it got any is over. */
const mostFailures = 3;

interface Settings<R extends ModelResponse> {
  readonly samples: number;
  readonly concurrency: number;
  readonly leastWorth: number;
  readonly accept: Feedback<R> | undefined;
}

/** A sample, and whether it answers its request. */
interface Drawn<R extends ModelResponse> {
  readonly response: R;
  readonly accepted: boolean;
  /** Why nobody could say. */
  readonly error?: unknown;
}

/** The next sample of a request. */
interface Task<R extends ModelResponse> {
  readonly allotment: Allotment<R>;
  /** Which of its samples, from 0. */
  readonly round: number;
}

interface Entry<R extends ModelResponse> {
  readonly allotment: Allotment<R>;
  readonly rank: number;
  /** Void when another entry was made since. */
  readonly version: number;
}

/** All requests, and the order in which samples are given to them. */
export class Batch<R extends ModelResponse> implements Turns<Task<R>, Drawn<R>> {
  readonly concurrency: number;
  private readonly _model: Model<R>;
  private readonly _settings: Settings<R>;
  private readonly _all: readonly Allotment<R>[];
  private readonly _earlier: Usage;
  private readonly _queue = new Heap<Entry<R>>(
    (a, b) => a.rank > b.rank || (a.rank === b.rank && a.allotment.index < b.allotment.index),
  );
  private readonly _versions: number[];
  private _call: Call | undefined;
  private _push: (result: AllocationResult<R>) => void = () => undefined;
  /** What a sample costs in the unit that the budget limits; 1 where only calls or time are. */
  private _cost: (usage: Usage) => number = () => 1;
  private _failed = 0;
  private _drawn = false;
  /** What ended the batch before all was settled. */
  private _end: { readonly stopped: StopReason; readonly error: unknown } | undefined;

  constructor(
    model: Model<R>,
    requests: readonly ModelRequest[],
    settings: Settings<R>,
    resume: AllocationState<R> | undefined,
  ) {
    const { samples, accept, concurrency } = settings;
    this.concurrency = concurrency;
    this._model = model;
    this._settings = settings;
    const worthOf = accept === undefined ? rememberedWorth() : undefined;
    this._all = requests.map((request, index) => new Allotment<R>(index, request, samples, worthOf));
    this._versions = requests.map(() => 0);
    this._earlier = resume?.usage ?? noUsage;
    for (const { index, response, accepted } of resume?.samples ?? []) {
      const allotment = this._all[index];
      if (allotment === undefined)
        throw new InvalidOptionError("allocate", "resume.samples", `indices below ${requests.length}`, index);
      allotment.add(response, accepted);
      allotment.begun++;
      this._drawn = true;
    }
  }

  get usage(): Usage {
    return this._call === undefined ? this._earlier : addUsage(this._earlier, this._call.usage);
  }

  state(): AllocationState<R> {
    const samples = this._all.flatMap(({ index, samples: drawn, accepted }) =>
      drawn.map((response) => ({ index, response, accepted: response === accepted })),
    );
    return { requests: this._all.length, samples, usage: this.usage };
  }

  /** What an earlier batch left of the limits; where it left nothing, the batch is over. */
  within(limits: BudgetLimits): Budget {
    const spent = spentIn(this._earlier);
    const left: { -readonly [K in keyof BudgetLimits]: BudgetLimits[K] } = { ...limits };
    const whole = new Budget(limits);
    for (const name of figures) {
      const limit = limits[name] ?? Infinity;
      if (limit === Infinity || spent[name] === 0) continue;
      // What is not known may be all.
      left[name] = limit - (spent[name] ?? limit);
      if (left[name] > 0) continue;
      const error = new BudgetExceededError(name, `the budget of ${limit} ${name} was spent before`);
      this._end = { stopped: "budget", error };
      return whole;
    }
    return new Budget(left);
  }

  async draw(call: Call, push: (result: AllocationResult<R>) => void, budget: Budget): Promise<void> {
    this._call = call;
    this._push = push;
    if (budget.limitsFigure("usd")) this._cost = ({ usd }) => usd ?? 1;
    else if (budget.limitsFigure("tokens"))
      this._cost = (usage) => (usage.inputTokens ?? 0) + (usage.outputTokens ?? 1);
    else if (budget.limitsFigure("outputTokens")) this._cost = ({ outputTokens }) => outputTokens ?? 1;
    for (const allotment of this._all) {
      for (const { usage } of allotment.samples) allotment.cost += this._cost(usage);
      this._place(allotment);
    }
    for await (const _ of inTurn(call, this)); // all of them
    const { stopped = "limit" } = this._end ?? {};
    for (const allotment of this._all) this._settle(allotment, stopped);
  }

  next(): Task<R> | undefined {
    while (this._end === undefined) {
      const entry = this._queue.pop();
      if (entry === undefined) return undefined;
      const { allotment, version } = entry;
      if (version !== this._versions[allotment.index]) continue;
      const round = allotment.begun++;
      this._place(allotment);
      return { allotment, round };
    }
    return undefined;
  }

  wanted({ allotment }: Task<R>): boolean {
    return allotment.stopped === undefined;
  }

  async begin({ allotment, round }: Task<R>, inside: (name: string) => CallNode): Promise<Drawn<R>> {
    const { index, request } = allotment;
    const call = inside(`q${index}`);
    const response = await this._model.generate(request, call.child(`#${round}`));
    const { accept } = this._settings;
    if (accept === undefined) return { response, accepted: false };
    const judging = call.child("accept", { judging: true });
    try {
      const { ok } = await race(judging, () => accept(response, { request, call: judging, model: this._model, round }));
      return { response, accepted: ok };
    } catch (error) {
      return { response, accepted: false, error };
    }
  }

  land({ allotment, round }: Task<R>, outcome: Outcome<Drawn<R>>): void {
    if (allotment.stopped !== undefined) return;
    const error = "error" in outcome ? outcome.error : outcome.value.error;
    const over = exhaustion(error);
    if (over !== undefined) this._end ??= { stopped: over, error };
    if ("value" in outcome) {
      const { response, accepted } = outcome.value;
      allotment.add(response, accepted);
      allotment.cost += this._cost(response.usage);
      this._drawn = true;
    } else {
      allotment.lose(round, error);
      if (over === undefined) this._fail(allotment, error);
    }
    this._place(allotment);
  }

  private _fail(allotment: Allotment<R>, error: unknown): void {
    if (hopeless(error) || allotment.failures.length >= mostFailures) this._settle(allotment, "failure");
    // Where nothing ever came, the next request would fail like the others.
    if (!this._drawn && hopeless(error) && ++this._failed >= mostFailures) this._end ??= { stopped: "failure", error };
  }

  /** Settles a request, or puts it where its next sample is due. */
  private _place(allotment: Allotment<R>): void {
    const version = (this._versions[allotment.index] ?? 0) + 1;
    this._versions[allotment.index] = version;
    if (allotment.stopped !== undefined) return;
    const { worth, exhausted, inFlight } = allotment;
    if (allotment.accepted !== undefined) this._settle(allotment, "ok");
    else if (worth === 0 || worth < this._settings.leastWorth)
      this._settle(allotment, exhausted && inFlight === 0 ? "limit" : "decided");
    else if (!exhausted) this._queue.push({ allotment, rank: allotment.rank, version });
    else if (inFlight === 0) this._settle(allotment, "limit");
  }

  private _settle(allotment: Allotment<R>, stopped: StopReason): void {
    if (allotment.stopped !== undefined) return;
    allotment.stopped = stopped;
    const { index, request, failures } = allotment;
    const response = allotment.elected(stopped);
    const { error } = (this._end?.stopped === stopped ? this._end : failures.at(-1)) ?? { error: undefined };
    this._push({ index, request, response, stopped, ...(response === undefined && { error }) });
  }
}

/** All that was spent, on calls that were given up or failed too, in the figures of a budget; `undefined` where it is not known. */
function spentIn(usage: Usage): Readonly<Record<(typeof figures)[number], number | undefined>> {
  const sum = (figure: (spend: Spend) => number | undefined): number | undefined => {
    let total: number | undefined = 0;
    for (const spend of [usage, usage.failed ?? noUsage, usage.cancelled ?? noUsage]) {
      const part = figure(spend);
      total = total === undefined || part === undefined ? undefined : total + part;
    }
    return total;
  };
  const output = sum(({ outputTokens }) => outputTokens);
  const input = sum(({ inputTokens }) => inputTokens);
  const tokens = input === undefined || output === undefined ? undefined : input + output;
  return { calls: sum(({ calls }) => calls), tokens, outputTokens: output, usd: sum(({ usd }) => usd) };
}
