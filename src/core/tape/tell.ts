/**
 * @module
 * The words of a reply that is on a tape.
 */
import type { Passenger } from "../passenger.js";
import type { Reply } from "../source.js";
import type { Delta } from "../tape.js";
import { fromJson } from "./value.js";

/** Tells the words again: as they were told, or in one piece where nobody listened then. */
export function tell(passenger: Passenger, reply: Reply, deltas: readonly Delta[] | undefined): void {
  if (!passenger.call.listening) return;
  if (deltas !== undefined) {
    tellAgain(passenger, deltas);
    return;
  }
  if (reply.reasoning !== undefined && reply.reasoning !== "") passenger.delta({ reasoning: reply.reasoning });
  const { text, logprobs } = reply;
  if (text !== "") passenger.delta(logprobs === undefined ? { text } : { text, logprobs });
}

/** Tells words as they were told. */
export function tellAgain(passenger: Passenger, deltas: readonly Delta[]): void {
  for (const delta of deltas) passenger.delta(fromJson(delta) as Delta);
}
