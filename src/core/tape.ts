/**
 * @module
 * Tapes: where the calls of a run are kept, so that it can be played again, or go on where it broke off.
 */
import type { CallNode } from "./call.js";
import type { DeltaEvent } from "./events.js";
import type { ModelRequest } from "./model.js";
import type { Passenger } from "./passenger.js";
import type { Reply } from "./source.js";

/** Lines of text, kept in order: a file, a table, an array. Each line is one JSON object. */
export interface Tape {
  /** All lines so far. A last line that was not written to its end is left out. */
  read(): Promise<Iterable<string>>;
  /** Adds a line, without its line end. Resolves when it is kept; calls do not overlap. */
  append(line: string): Promise<void>;
}

/** Some more words of a completion. */
export type Delta = Pick<DeltaEvent, "text" | "reasoning" | "toolInput" | "logprobs">;

/** A request on its way to a provider, as a deck sees it. */
export interface TapedFlight {
  readonly plan: { readonly id: string };
  readonly request: ModelRequest;
  readonly call: CallNode;
  readonly passengers: readonly Passenger[];
  /** Has the provider been asked? If not, nothing is counted for those who leave. */
  sent: boolean;
  /** Sends it for some of the passengers; `tee` hears their words. */
  send(
    passengers: readonly Passenger[],
    tee: (delta: Delta, passenger: Passenger) => void,
  ): Promise<Reply | readonly Reply[]>;
}

/** Stands between sources and their providers. */
export interface Deck {
  /** The replies, in the order of the passengers; nothing for those who left. */
  play(flight: TapedFlight): Promise<readonly (Reply | undefined)[]>;
}

/** A failure that is the reply to one of several passengers. */
export class FailedReply implements Reply {
  readonly text = "";
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}
