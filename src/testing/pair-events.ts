/**
 * @module
 * Reading a trace: does everything that starts end?
 */
import type { MullEvent } from "../core/events.js";

/** What is wrong with the starts and ends of a trace, if anything. */
export function pairEvents(events: readonly MullEvent[]): string | undefined {
  const open = new Set<string>();
  const seen = new Set<string>();
  for (const { type, path } of events) {
    const at = path.join("/");
    if (type === "start") {
      if (seen.has(at)) return `expected every path to start once, ${at} started twice`;
      seen.add(at);
      open.add(at);
    } else if (type === "end" || type === "error") {
      if (!open.delete(at)) return `expected every ${type} event to follow its start, that of ${at} does not`;
    }
  }
  return open.size === 0
    ? undefined
    : `expected every start event to have its end, ${[...open].join(" and ")} has none`;
}
