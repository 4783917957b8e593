/**
 * @module
 * Events as progress notifications.
 */
import type { MullEvent } from "../../core/events.js";

/** Hears a run, and tells a client after every reply of a model how many there were. How many there will be is not known. */
export function progressOf(
  progressToken: string | number,
  notify: (notification: object) => Promise<void>,
): (event: MullEvent) => void {
  /** What began, has not ended, and has nothing beneath it so far: in the end a source. */
  const leaves = new Set<string>();
  let progress = 0;
  let samples = 0;
  let tools = 0;
  return (event) => {
    if (event.type === "sample") samples++;
    if (event.type === "tool") tools++;
    if (event.type !== "start" && event.type !== "end" && event.type !== "error") return;
    const key = event.path.join("\0");
    if (event.type === "start") {
      for (let length = 0; length < event.path.length; length++) leaves.delete(event.path.slice(0, length).join("\0"));
      leaves.add(key);
      return;
    }
    if (!leaves.delete(key)) return;
    progress++;
    const parts = [count(progress, "reply", "replies"), count(samples, "sample"), count(tools, "tool call")];
    const params = { progressToken, progress, message: parts.filter((part) => part !== "").join(", ") };
    // A client that is gone needs no progress.
    notify({ method: "notifications/progress", params }).catch(() => undefined);
  };
}

function count(n: number, one: string, several: string = `${one}s`): string {
  return n === 0 ? "" : `${n} ${n === 1 ? one : several}`;
}
