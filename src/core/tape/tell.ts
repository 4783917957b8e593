/**
 * @module
 * The words of a reply that is on a tape.
 */
import type { Passenger } from "../passenger.js";
import type { Reply } from "../source.js";
import type { Delta } from "../tape.js";

/** Tells the words again: as they were told, or in one piece where nobody listened then. */
export function tell(passenger: Passenger, reply: Reply, deltas: readonly Delta[] | undefined): void {
  if (!passenger.call.listening) return;
  if (deltas !== undefined) {
    for (const delta of deltas) passenger.delta(delta);
    return;
  }
  if (reply.reasoning !== undefined && reply.reasoning !== "") passenger.delta({ reasoning: reply.reasoning });
  if (reply.text !== "") passenger.delta({ text: reply.text });
}
