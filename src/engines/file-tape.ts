/**
 * @module
 * A tape in a file: one JSON object a line.
 */
import { appendFile, readFile, truncate } from "node:fs/promises";
import { InvalidOptionError } from "../core/errors.js";
import type { Tape } from "../core/tape.js";

/**
 * Makes a tape of a file, for `record` and `replay`. The file is made with the first line.
 *
 * A last line that was torn, because the process was killed while it wrote, is left out, and cut off before the next one is written. Lines are handed to the
 * operating system one by one: they survive the death of the process, not that of the machine. One process at a time may write.
 *
 * @throws `InvalidOptionError` for a path that is none
 * @example
 * const recorded = stack(model, record(fileTape("run.jsonl")), sampleN(5), majorityVote());
 */
export function fileTape(path: string | URL): Tape {
  if (!(path instanceof URL) && (typeof path !== "string" || path === "")) {
    throw new InvalidOptionError("fileTape", "path", "the path of a file", path);
  }
  let mended: Promise<void> | undefined;

  return {
    read: async () => {
      const text = await textOf(path);
      return text
        .slice(0, text.lastIndexOf("\n") + 1)
        .split("\n")
        .slice(0, -1);
    },
    append: async (line) => {
      await (mended ??= mend(path));
      await appendFile(path, `${line}\n`);
    },
  };
}

/** Cuts off what a killed process left of its last line. */
async function mend(path: string | URL): Promise<void> {
  const text = await textOf(path);
  const end = text.lastIndexOf("\n") + 1;
  if (end < text.length) await truncate(path, new TextEncoder().encode(text.slice(0, end)).length);
}

/** What the file has; nothing where there is none. */
async function textOf(path: string | URL): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === "ENOENT") return "";
    throw error;
  }
}
