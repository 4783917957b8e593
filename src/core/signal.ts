/**
 * @module
 * Following the caller's signal. Keeps, for each signal, who follows it: one listener serves them all, since Node takes more than ten for a leak.
 */
import type { Abortable } from "./scope.js";

const followers = new WeakMap<AbortSignal, Set<Abortable>>();

/** Tells `member` when `signal` aborts. Returns how to stop; the listener is gone with the last follower. */
export function follow(signal: AbortSignal, member: Abortable): () => void {
  let members = followers.get(signal);
  if (members === undefined) {
    const all = new Set<Abortable>();
    members = all;
    followers.set(signal, all);
    signal.addEventListener("abort", tell);
  }
  members.add(member);
  return () => {
    if (!members.delete(member) || members.size > 0 || followers.get(signal) !== members) return;
    followers.delete(signal);
    signal.removeEventListener("abort", tell);
  };
}

function tell(this: AbortSignal): void {
  for (const member of followers.get(this) ?? []) member.abort(this.reason);
}
