/**
 * @module
 * One request on its way to a provider, for one call or for several equal ones that share it.
 */
import { leastOutput, type Reservation } from "./amounts.js";
import type { CallNode } from "./call.js";
import { Crew } from "./crew.js";
import { CapabilityError, MalformedResponseError, ProviderError } from "./errors.js";
import { tokensOf } from "./estimate.js";
import type { ModelRequest, ModelResponse, Warning } from "./model.js";
import { firstLeft, Passenger } from "./passenger.js";
import { malformed, responseOf, share, total, unknownSpend } from "./reply.js";
import { Scope } from "./scope.js";
import type { Delta, TapedFlight } from "./tape.js";
import type { Reply, SourceCall, SourceOptions } from "./source.js";
import { noUsage, type Spend } from "./usage.js";
import { begin } from "./wrap.js";

/** What all requests of one source have in common. */
export interface FlightPlan extends SourceOptions {
  readonly id: string;
  readonly generate: (request: ModelRequest, call: SourceCall) => Sent;
  /** May it be given the seed of the run? */
  readonly seeded: boolean;
}

type Sent = Promise<Reply | readonly Reply[]>;

/** What a call without an output cap reserves before anything is known of its model. */
const firstOutput = 1024;

export class Flight implements TapedFlight {
  readonly request: ModelRequest;
  /** The call of the first passenger; its path and budget are the flight's. */
  readonly call: CallNode;
  readonly plan: FlightPlan;
  passengers: Passenger[] = [];
  private _reservation: Reservation | undefined;
  /** Those for whom the budget had no room; they follow when this one is back. */
  private _rest: Flight | undefined;
  private _scope: Scope;
  private _left = 0;
  /** The output cap that was reserved, where there is one. */
  private _cap: number | undefined;
  /** Has the provider been asked? */
  sent = false;

  constructor(plan: FlightPlan, request: ModelRequest, call: CallNode) {
    this.plan = plan;
    this.request = request;
    this.call = call;
    this._scope = call.scope;
  }

  get size(): number {
    return this.passengers.length;
  }

  /** Takes a call on board; the promise is its response. */
  board(call: CallNode, warnings: readonly Warning[] | undefined): Promise<ModelResponse> {
    this._left++;
    return new Promise<ModelResponse>((resolve, reject) => {
      const began = call.listening ? begin(this.plan.id, call) : 0;
      const passenger = new Passenger(this, call, warnings, began, resolve, reject);
      // `push` makes room for 16 more, and most are alone.
      if (this.passengers.length === 0) this.passengers = [passenger];
      else this.passengers.push(passenger);
      call.scope.add(passenger);
    });
  }

  /** Reserves, sends, settles. */
  launch(): void {
    // An abort that is under way may not have told all of them yet.
    for (const passenger of this.passengers) {
      if (passenger.call.scope.aborted) passenger.abort(passenger.call.scope.reason);
    }
    if (this._left === 0) return;
    if (this._left < this.size) this.passengers = this.passengers.filter(({ over }) => !over);
    if (!this.call.budget.unlimited) {
      this._book();
      return;
    }
    this._embark();
    this._send();
  }

  private _book(): void {
    const crash = (error: unknown): void => this._crash(error, false);
    try {
      const granted = this._reserve();
      if ("settle" in granted) this._depart(granted);
      else granted.then((reservation) => this._depart(reservation), crash);
    } catch (error) {
      crash(error);
    }
  }

  private _depart(reservation: Reservation): void {
    this._reservation = reservation;
    if (this._left === 0) {
      this._close({ calls: 0, inputTokens: 0, outputTokens: 0, usd: 0 });
      return;
    }
    const { budget } = this.call;
    const limited = budget.limitsFigure("tokens") || budget.limitsFigure("outputTokens") || budget.limitsFigure("usd");
    if (limited) this._cap = Math.max(1, Math.floor(reservation.outputTokens / this.size));
    this._send();
  }

  /** Not `async`: a function that waits takes twice the room of two callbacks. */
  private _send(): void {
    this.sent = true;
    const crash = (error: unknown): void => this._crash(error, true);
    const { deck } = this.call.setting;
    try {
      const sent = deck === undefined ? this.send(this.passengers) : deck.play(this);
      void Promise.resolve(sent).then((reply) => {
        try {
          this._land(Array.isArray(reply) ? (reply as readonly Reply[]) : [reply as Reply]);
        } catch (error) {
          crash(error);
        }
      }, crash);
    } catch (error) {
      crash(error);
    }
  }

  /** Sends the request for some of the passengers. */
  send(passengers: readonly Passenger[], tee?: (delta: Delta, passenger: Passenger) => void): Sent {
    const [first = this] = passengers;
    const crew = new Crew(first.call, this._scope, passengers, tee);
    return this.plan.generate(this._complete(first.call), crew);
  }

  private _reserve(): Reservation | Promise<Reservation> {
    const { budget } = this.call;
    const { id, price } = this.plan;
    if (price === undefined && budget.limitsFigure("usd")) {
      throw new CapabilityError(
        "price",
        id,
        `a budget in usd needs to know what ${id} costs: give its adapter a price`,
      );
    }
    const cost = (input: number, output: number): number =>
      price === undefined ? 0 : (input * price.inputUsd + output * price.outputUsd) / 1e6;
    const habit = budget.habit(id);
    const inputTokens = Math.ceil(tokensOf(this.request, this.plan) * habit.inputRatio);
    const maxOutputTokens = this.request.score === undefined ? this.request.maxOutputTokens : 1;
    const each = maxOutputTokens ?? Math.max(habit.outputTokens, firstOutput);
    const usual = maxOutputTokens ?? (habit.outputTokens || firstOutput);

    const { left } = budget;
    let seats = Math.floor(Math.min(left.outputTokens, left.tokens - inputTokens) / usual);
    seats = Math.max(1, Math.min(this.size, seats));
    while (seats > 1 && cost(inputTokens, seats * usual) > left.usd) seats--;
    this._leaveBehind(seats);
    this._embark();
    const need = {
      inputTokens,
      outputTokens: each * seats,
      usualTokens: usual * seats,
      leastTokens: seats * Math.min(leastOutput, each),
      price: cost,
    };
    return budget.reserve(need, this._scope);
  }

  /** A flight of several has a scope of its own: it is aborted only when all of them are. */
  private _embark(): void {
    if (this.size > 1) this._scope = new Scope();
  }

  /** Those beyond the first `seats` follow in another flight. */
  private _leaveBehind(seats: number): void {
    const [next] = this.passengers.slice(seats);
    if (next === undefined) return;
    this._rest = new Flight(this.plan, this.request, next.call);
    for (const passenger of this.passengers.splice(seats)) {
      passenger.flight = this._rest;
      this._rest.passengers.push(passenger);
      if (passenger.over) continue;
      this._left--;
      this._rest._left++;
    }
  }

  /** The request as it is sent: with the cap that was reserved, and the seed of the run. */
  private _complete(call: CallNode): ModelRequest {
    const { request, _cap: cap } = this;
    const capped = cap !== undefined && cap !== request.maxOutputTokens;
    const seeded = this.plan.seeded && call.state.seeded && request.seed === undefined;
    if (!capped && !seeded) return request;
    return {
      ...request,
      ...(capped && { maxOutputTokens: cap }),
      ...(seeded && { seed: call.random.bits() & 0x7fffffff }),
    };
  }

  private _land(given: readonly Reply[]): void {
    // The request, and what was read for it, belong to the first whom the reply still finds.
    const first = firstLeft(this.passengers);
    const { replies, spends } = share(
      given.slice(0, this.size),
      this.call.setting.deck === undefined ? first : 0,
      this.plan.price,
    );
    this._settle(spends);
    for (const [i, passenger] of this.passengers.entries()) {
      if (passenger.over) continue;
      const reply = replies[i];
      const spend = spends[i];
      if (spend === undefined) {
        const missing = new MalformedResponseError(`${this.plan.id} gave ${given.length} of ${this.size} completions`);
        this._fail(passenger, missing, i === first ? unknownSpend(1) : undefined);
        continue;
      }
      const problem = malformed(reply as Reply, this.request, this.plan.id);
      if (problem) this._fail(passenger, problem, spend);
      else this._arrive(passenger, reply as Reply, spend);
    }
  }

  private _arrive(passenger: Passenger, reply: Reply, spend: Spend): void {
    const { call, warnings } = passenger;
    call.record(call.judging ? { ...spend, judging: spend } : spend);
    this._leave(passenger);
    const lowered = this._cap !== undefined && this._cap < (this.request.maxOutputTokens ?? Infinity);
    passenger.arrive(responseOf(reply, call.usage, warnings, lowered ? this._cap : undefined), reply.warnings);
  }

  /** Settles the reservation, and learns. */
  private _settle(spends: readonly Spend[]): void {
    if (this._reservation === undefined) return;
    const spent = total(spends);
    this._close(spent);
    const habit = this.call.budget.habit(this.plan.id);
    if (spent.inputTokens !== undefined) {
      const estimate = tokensOf(this.request, this.plan);
      if (estimate > 0) habit.inputRatio = Math.max(habit.inputRatio, spent.inputTokens / estimate);
    }
    for (const { outputTokens } of this.request.score === undefined ? spends : []) {
      if (outputTokens !== undefined) habit.outputTokens = Math.max(habit.outputTokens, 2 * outputTokens, 64);
    }
  }

  /** Everybody's call failed. */
  private _crash(error: unknown, sent: boolean): void {
    if (sent) {
      // A provider that answered with an error bills nothing; of anything else the worst is assumed.
      const free = ProviderError.is(error) && error.status !== undefined;
      this._close(free ? { calls: 1, inputTokens: 0, outputTokens: 0, usd: 0 } : { calls: 1 });
    } else this._rest?.launch();
    let calls = 1;
    for (const passenger of this.passengers) {
      if (passenger.over) continue;
      this._fail(passenger, error, sent ? unknownSpend(calls) : undefined);
      calls = 0;
    }
  }

  /** Settles the reservation. Those who were left behind may start. */
  private _close(spent: Parameters<Reservation["settle"]>[0]): void {
    this._reservation?.settle(spent);
    const rest = this._rest;
    this._rest = undefined;
    rest?.launch();
  }

  private _fail(passenger: Passenger, error: unknown, spend: Spend | undefined): void {
    if (passenger.over) return;
    const { call } = passenger;
    if (spend !== undefined) call.record({ ...noUsage, failed: spend });
    this._leave(passenger);
    passenger.fail(error);
  }

  /** For a passenger whose call was given up. */
  giveUp(passenger: Passenger, reason: unknown): void {
    if (passenger.over) return;
    const { call } = passenger;
    this._leave(passenger);
    if (this.sent) {
      const last = this._left === 0;
      call.record({ ...noUsage, cancelled: unknownSpend(last ? 1 : 0) });
      if (last) this._close({ calls: 1 });
    }
    passenger.fail(reason);
    if (this._left === 0 && this.size > 1) this._scope.abort(reason);
  }

  private _leave(passenger: Passenger): void {
    passenger.over = true;
    passenger.call.scope.remove(passenger);
    this._left--;
  }
}
