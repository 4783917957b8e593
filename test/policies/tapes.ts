/**
 * @module
 * Tapes for tests, and runs over them.
 */
import { run, type Model, type ModelResponse, type MullEvent, type RunOptions, type Tape } from "mull";

/** A tape in memory. */
export function memoryTape(lines: string[] = []): Tape & { readonly lines: string[] } {
  return {
    lines,
    read: () => Promise.resolve([...lines]),
    append: (line) => {
      lines.push(line);
      return Promise.resolve();
    },
  };
}

/** What came of a run, with all it told; times left out. */
export async function story<R extends ModelResponse>(
  model: Model<R>,
  prompt: string,
  options: RunOptions = {},
): Promise<{ readonly response?: R; readonly error?: unknown; readonly events: readonly unknown[] }> {
  const events: unknown[] = [];
  const onEvent = (event: MullEvent): void => {
    events.push("ms" in event ? { ...event, ms: undefined } : event);
  };
  try {
    return { response: await run(model, prompt, { onEvent, ...options }), events };
  } catch (error) {
    return { error, events };
  }
}
