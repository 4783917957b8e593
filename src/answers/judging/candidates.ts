/**
 * @module
 * Candidates: what was sampled, each answer once, as it is shown to a model that chooses among them or makes one of them.
 */
import { callsTools } from "../../core/conversation.js";
import { InvalidOptionError } from "../../core/errors.js";
import type { ModelRequest, ModelResponse } from "../../core/model.js";
import { keyOf } from "../answer.js";
import { wordsAndCalls } from "../tool-calls.js";

/** One answer, and how often it was given. */
export interface Candidate<R extends ModelResponse = ModelResponse> {
  /** Its place among the different answers, from 0, in the order they were seen. */
  readonly index: number;
  readonly key: string;
  /** The first sample that gave it. */
  readonly sample: R;
  /** How many samples gave it. */
  readonly count: number;
}

/** What is shown of a sample: all that it wrote, its answer alone, or words of your own. */
export type Show<R extends ModelResponse = ModelResponse> = "text" | "answer" | ((sample: R) => string);

/**
 * The different answers among samples, in the order they were seen. A sample whose answer cannot be read is none; if none can,
 * their words are. A sample without words and without an answer is never one.
 */
export function candidatesOf<R extends ModelResponse>(samples: readonly R[]): readonly Candidate<R>[] {
  const answers = group(samples, keyOf);
  return answers.length > 0 ? answers : group(samples, ({ text }) => text.trim() || undefined);
}

function group<R extends ModelResponse>(
  samples: readonly R[],
  key: (sample: R) => string | undefined,
): readonly Candidate<R>[] {
  const found = new Map<string, Candidate<R>>();
  for (const sample of samples) {
    const name = key(sample);
    if (name === undefined) continue;
    const known = found.get(name) ?? { index: found.size, key: name, sample, count: 0 };
    found.set(name, { ...known, count: known.count + 1 });
  }
  return [...found.values()];
}

/** Negative where `a` was given more often than `b`, or as often and earlier. */
export function byCount(a: Candidate, b: Candidate): number {
  return b.count - a.count || a.index - b.index;
}

/**
 * Samples as a numbered list, from `Response 1` on. `notes` stand behind the names.
 *
 * @throws {@link InvalidOptionError} for a `show` that gives no text
 */
export function listed<R extends ModelResponse>(
  where: string,
  samples: readonly R[],
  show: Show<R>,
  { prefill = "" }: ModelRequest,
  notes: readonly string[] = [],
): string {
  const parts = samples.map((sample, index) => {
    const note = notes[index] ?? "";
    return `# Response ${index + 1}${note === "" ? "" : ` (${note})`}\n${shown(where, sample, show, prefill)}`;
  });
  return parts.join("\n\n");
}

function shown<R extends ModelResponse>(where: string, sample: R, show: Show<R>, prefill: string): string {
  if (show === "text" || (show === "answer" && callsTools(sample))) return prefill + wordsAndCalls(sample);
  if (show === "answer") {
    const { answer, key } = sample as { readonly answer?: unknown; readonly key?: string | undefined };
    return typeof answer === "string" ? answer : (key ?? prefill + sample.text);
  }
  const words: unknown = show(sample);
  if (typeof words !== "string") throw new InvalidOptionError(where, "what show returns", "a text", words);
  return words;
}

/** How often each was given, where that was more than once. */
export function counts(candidates: readonly Candidate[]): readonly string[] {
  return candidates.map(({ count }) => (count === 1 ? "" : `given ${count} times`));
}

/** @throws {@link InvalidOptionError} for what is no way to show a sample */
export function checkShow(where: string, show: unknown): void {
  if (show !== "text" && show !== "answer" && typeof show !== "function") {
    throw new InvalidOptionError(where, "show", "'text', 'answer' or a function of a sample", show);
  }
}
