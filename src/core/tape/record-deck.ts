/**
 * @module
 * Recording: what the tape has is not asked again, everything else is asked and kept.
 */
import { MalformedResponseError } from "../errors.js";
import type { Warning } from "../model.js";
import { firstLeft, type Passenger } from "../passenger.js";
import { moveInput } from "../reply.js";
import type { Reply } from "../source.js";
import { FailedReply, type Deck, type Delta, type Tape, type TapedFlight } from "../tape.js";
import { tapedError, type Kept, type Line, type TapedReply } from "./line.js";
import { keyOf, Reels, type KnownRequest, type Reel } from "./reels.js";
import { tell } from "./tell.js";
import { fromJson, toJson } from "./value.js";

/** Records the calls of all runs onto one tape. */
export class RecordDeck implements Deck {
  private readonly _tape: Tape;
  private _reels: Promise<Reels> | undefined;
  /** The line that is being written last. */
  private _tail: Promise<unknown> = Promise.resolve();
  /** Why a line could not be written. */
  private _broken: unknown;

  constructor(tape: Tape) {
    this._tape = tape;
  }

  async play(flight: TapedFlight): Promise<readonly (Reply | undefined)[]> {
    const reels = await (this._reels ??= this._open());
    const { passengers, call } = flight;
    const request = reels.request(flight.request);
    const [first] = passengers;
    const path = first?.call.path ?? [];
    if (request.isNew) void this._write({ type: "request", id: request.id, request: request.json });
    let reel = reels.of(call.state, path, request.id);
    if (reel === undefined) {
      reel = reels.begin(call.state, path, request.id);
      void this._write(reel.first);
    }
    const replies = passengers.map((passenger) => playBack(reel, passenger, request));
    const live = passengers.filter((passenger, i) => replies[i] === undefined && !passenger.over);
    if (live.length > 0) {
      const fresh = await this._ask(flight, reel, request, live, live.length === passengers.length);
      for (const [i, passenger] of live.entries()) replies[passengers.indexOf(passenger)] = fresh[i];
    }
    return replies;
  }

  private async _open(): Promise<Reels> {
    const reels = await Reels.read(this._tape);
    if (reels.reels.length === 0) void this._write({ type: "tape", version: 1 });
    return reels;
  }

  /** Asks for those who are not on the tape, and keeps what comes. */
  private async _ask(
    flight: TapedFlight,
    reel: Reel,
    request: KnownRequest,
    live: readonly Passenger[],
    alone: boolean,
  ): Promise<readonly (Reply | undefined)[]> {
    const { clock, listening } = flight.call;
    const began = clock.now();
    const deltas = new Map<Passenger, Delta[]>(listening ? live.map((passenger) => [passenger, []]) : []);
    const keep = (passenger: Passenger, what: Kept): Promise<void> => {
      const { path } = passenger.call;
      return this._write({ type: "call", run: reel.id, path, request: request.id, model: flight.plan.id, ...what });
    };
    const told = (passenger: Passenger): { readonly deltas?: readonly Delta[] } => {
      const heard = deltas.get(passenger);
      return heard === undefined ? {} : { deltas: toJson(heard) as readonly Delta[] };
    };
    const members = live.map((passenger) => {
      const member = { abort: () => void keep(passenger, { cancelledMs: clock.now() - began, ...told(passenger) }) };
      passenger.call.scope.add(member);
      return { passenger, member };
    });
    const unwatch = (): void => {
      for (const { passenger, member } of members) passenger.call.scope.remove(member);
    };
    let replies: readonly Reply[];
    try {
      const sent = await flight.send(live, (delta, passenger) => deltas.get(passenger)?.push(delta));
      replies = Array.isArray(sent) ? (sent as readonly Reply[]) : [sent as Reply];
    } catch (error) {
      unwatch();
      await Promise.all(live.filter(({ over }) => !over).map((one) => keep(one, { error: tapedError(error) })));
      if (alone) throw error;
      return live.map(() => new FailedReply(error));
    }
    unwatch();
    const first = firstLeft(live);
    if (first > 0) replies = moveInput(replies, first);
    const whole = live.map((passenger, i) => {
      const reply = replies[i];
      if (passenger.over) return undefined;
      if (typeof reply !== "object" || reply === null) return reply;
      return { ...reply, usage: { ...reply.usage, calls: i === first ? 1 : 0 } };
    });
    await Promise.all(
      live.map(async (passenger, i) => {
        const reply = whole[i];
        if (passenger.over) return;
        const missing = new MalformedResponseError(
          `${flight.plan.id} gave ${replies.length} of ${live.length} completions`,
        );
        if (typeof reply !== "object" || reply === null) return keep(passenger, { error: tapedError(missing) });
        await keep(passenger, { reply: toJson(reply) as TapedReply, ...told(passenger) });
        // It left while the line was written.
        if (passenger.over) await keep(passenger, { cancelledMs: clock.now() - began });
      }),
    );
    return this._broken === undefined ? whole : whole.map((reply) => reply && warned(reply, this._broken));
  }

  /** Never rejects: an answer that was paid for is not lost because a disk is full. */
  private _write(line: Line): Promise<void> {
    const text = JSON.stringify(line);
    const written = this._tail
      .then(() => this._tape.append(text))
      .catch((error: unknown) => {
        this._broken ??= error;
      });
    this._tail = written;
    return written;
  }
}

/** The reply that an earlier process has paid for; what failed or was given up is asked again. */
function playBack(reel: Reel, passenger: Passenger, request: KnownRequest): Reply | undefined {
  if (passenger.over) return undefined;
  const line = reel.calls.get(keyOf(passenger.call.path));
  if (line?.request !== request.id || !("reply" in line)) return undefined;
  const reply = fromJson(line.reply) as Reply;
  tell(passenger, reply, line.deltas);
  return reply;
}

function warned(reply: Reply, error: unknown): Reply {
  const why = error instanceof Error ? error.message : String(error);
  const warning: Warning = { code: "tape", message: `a line of the tape could not be written: ${why}` };
  return { ...reply, warnings: [...(reply.warnings ?? []), warning] };
}
