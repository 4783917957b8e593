/**
 * @module
 * Replaying: the tape answers, nobody else is asked.
 */
import type { CallNode } from "../call.js";
import { TapeMissError } from "../errors.js";
import type { Passenger } from "../passenger.js";
import type { Reply } from "../source.js";
import { FailedReply, type Deck, type Tape, type TapedFlight } from "../tape.js";
import { errorOf, type CallLine } from "./line.js";
import { keyOf, Reels, type Reel } from "./reels.js";
import { Sequence } from "./sequence.js";
import { tell, tellAgain } from "./tell.js";
import { fromJson } from "./value.js";

/** Plays the runs of one tape. */
export class ReplayDeck implements Deck {
  private readonly _tape: Tape;
  private readonly _sequences = new WeakMap<Reel, Sequence>();
  private _reels: Promise<Reels> | undefined;

  constructor(tape: Tape) {
    this._tape = tape;
  }

  async play(flight: TapedFlight): Promise<readonly (Reply | undefined)[]> {
    const reels = await (this._reels ??= Reels.read(this._tape));
    const { passengers, call } = flight;
    const request = reels.request(flight.request);
    const path = passengers[0]?.call.path ?? [];
    const reel = reels.of(call.state, path, request.id);
    if (reel === undefined) throw miss(call, reels.whyNoRun(call.state, path, request));
    const lines = passengers.map((passenger) => {
      const line = reel.calls.get(keyOf(passenger.call.path));
      if (line !== undefined && line.request !== request.id)
        throw miss(call, reels.whyNoCall(reel, passenger.call.path, request));
      return line;
    });
    if (lines.every((line) => line === undefined)) flight.sent = false;
    let sequence = this._sequences.get(reel);
    if (sequence === undefined)
      this._sequences.set(reel, (sequence = new Sequence([...reel.calls.keys()], call.clock)));
    const replies = await Promise.all(
      passengers.map((passenger, i) => {
        const why = (): string => reels.whyNoCall(reel, passenger.call.path, request);
        return replyOf(passenger, lines[i], sequence, why);
      }),
    );
    // Where all of a request failed, it failed as a whole.
    const [failed, ...others] = replies.filter((reply) => reply !== undefined);
    if (failed instanceof FailedReply && others.every((reply) => reply instanceof FailedReply)) throw failed.error;
    return replies;
  }
}

/** Resolves when it is the turn of the call, or when it was given up. */
function replyOf(
  passenger: Passenger,
  line: CallLine | undefined,
  sequence: Sequence,
  whyNot: () => string,
): Promise<Reply | undefined> {
  const { call } = passenger;
  const { clock, scope, path } = call;
  const key = keyOf(path);
  return new Promise((resolve, reject) => {
    let timer: unknown;
    const member = {
      abort: () => {
        if (timer !== undefined) clock.clearTimeout(timer);
        sequence.end(key);
        resolve(undefined);
      },
    };
    const settle = (reply: Reply): void => {
      scope.remove(member);
      sequence.end(key);
      resolve(reply);
    };
    scope.add(member);
    if (passenger.over) return;
    const fail = (why: string): void => {
      scope.remove(member);
      sequence.end(key);
      reject(miss(call, why));
    };
    if (line === undefined) {
      // Perhaps it is about to be given up: so that nothing came of it.
      sequence.waitForAll(key, () => fail(whyNot()));
      return;
    }
    sequence.wait(key, () => {
      if ("reply" in line) {
        const reply = fromJson(line.reply) as Reply;
        tell(passenger, reply, line.deltas);
        settle(reply);
      } else if ("error" in line) settle(new FailedReply(errorOf(line.error)));
      else {
        tellAgain(passenger, line.deltas ?? []);
        // Who gave it up because of what was told did so again.
        if (passenger.over) return;
        // What was given up then is given up now. If nobody does, that is an error, so that nothing hangs.
        timer = clock.setTimeout(
          () => {
            scope.remove(member);
            sequence.end(key);
            reject(
              miss(call, `the call at ${path.join("/")} was given up when it was recorded, and is waited for now`),
            );
          },
          2 * line.cancelledMs + patienceMs,
        );
      }
    });
  });
}

const patienceMs = 10_000;

/** A call that the tape does not have ends the whole run: a vote without it would be another. */
function miss(call: CallNode, why: string): TapeMissError {
  const error = new TapeMissError(why);
  let root = call;
  while (root.parent !== undefined) root = root.parent;
  root.scope.abort(error);
  return error;
}
