/**
 * @module
 * A line that tells how far the job is.
 */
import type { Terminal } from "./main.js";
import type { Method } from "./methods.js";

/** Writes over one line of a terminal; elsewhere a line for each way. */
export function progress(
  { err, live }: Terminal,
  methods: number,
  problems: number,
): { readonly update: (method: Method, done: number) => void; readonly clear: () => void } {
  const width = 24;
  let current: Method | undefined;
  let finished = 0;
  return {
    update(method, done) {
      if (method !== current) {
        if (current !== undefined) finished++;
        current = method;
        if (!live) err(`${method.name.replace("… ", "")} …\n`);
      }
      if (!live) return;
      const share = (finished * problems + done) / (methods * problems);
      const bar = "█".repeat(Math.round(share * width)).padEnd(width, "░");
      err(`\r\u001b[2K${bar} ${Math.round(100 * share)} %  ${method.name.replace("… ", "")} ${done}/${problems}`);
    },
    clear() {
      if (live) err("\r\u001b[2K");
    },
  };
}
