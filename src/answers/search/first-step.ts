/**
 * @module
 * The first step of what a model wrote: where it begins, and where it ends.
 */
import { InvalidOptionError } from "../../core/errors.js";
import { extend } from "../../core/extend.js";
import type { ModelResponse, TokenLogprob } from "../../core/model.js";

/**
 * What a step is: a line, a paragraph, or your own: a function that says where the first step of a text ends (the index behind it), or `undefined` while it is not
 * over. Of your own steps the model writes up to `stepTokens`, and what is behind the first is cut off.
 */
export type StepSplitter = "line" | "paragraph" | ((text: string) => number | undefined);

/** How steps are told apart, and asked for. */
export interface Splitting {
  /** Stands between two steps, and makes the model stop there. */
  readonly separator: string;
  readonly split: (text: string) => number | undefined;
  readonly words: string;
  /** Is it a function of the user's? Then white space is its own business. */
  readonly own: boolean;
}

/** Part of a text. */
export interface Span {
  readonly from: number;
  readonly to: number;
  /** Line breaks in front of it. */
  readonly breaks: number;
  /** Is its end in sight? */
  readonly complete: boolean;
}

/**
 * Throws for what says of no step where it ends.
 *
 * @throws {@link InvalidOptionError}
 */
export function checkSplitter(where: string, split: StepSplitter): void {
  if (split === "line" || split === "paragraph" || typeof split === "function") return;
  throw new InvalidOptionError(where, "split", "'line', 'paragraph', or a function that says where a step ends", split);
}

/** The splitting of a splitter. */
export function splittingOf(split: StepSplitter): Splitting {
  return typeof split === "function" ? { separator: "", split, words: "one step", own: true } : kinds[split];
}

const kinds = {
  line: { separator: "\n", split: behind(/\s*\n/), words: "one line", own: false },
  paragraph: { separator: "\n\n", split: behind(/\s*\n[ \t\r]*\n/), words: "one paragraph", own: false },
} as const;

function behind(end: RegExp): (text: string) => number | undefined {
  return (text) => end.exec(text)?.index;
}

/**
 * The first step that has words, of what stands behind `start`; where no end is in sight, all.
 *
 * @throws {@link InvalidOptionError} for what a splitter of the user's returns
 */
export function firstStep(text: string, start: number, { split, own }: Splitting): Span {
  const rest = text.slice(start);
  const [blank] = own ? [""] : (/^(?:[ \t\r]*\n)*/.exec(rest) ?? [""]);
  const words = rest.slice(blank.length);
  const end = words === "" ? undefined : split(words);
  if (end !== undefined && !(Number.isInteger(end) && end >= 1 && end <= words.length)) {
    const bound = `an index behind the first step, from 1 to the ${words.length} of the text, or undefined`;
    throw new InvalidOptionError("split", "what it returns", bound, end);
  }
  const from = start + blank.length;
  const breaks = blank.split("\n").length - 1;
  return { from, to: from + (end ?? words.length), breaks, complete: end !== undefined };
}

/** The response with a part of its words, and what was said of these tokens. */
export function cut<R extends ModelResponse>(response: R, from: number, to: number): R {
  const { text, content, logprobs, ...rest } = response;
  if (from === 0 && to === text.length) return response;
  const words = text.slice(from, to);
  const kept = logprobs && logprobsOf(text, logprobs, from, to);
  const others = content?.filter(({ type }) => type !== "text");
  return extend(rest, {
    text: words,
    ...(others && { content: words === "" ? others : [...others, { type: "text" as const, text: words }] }),
    ...(kept && { logprobs: kept }),
  }) as ModelResponse as R;
}

/** The tokens of a part of a text; `undefined` where they do not make up the text. */
function logprobsOf(
  text: string,
  logprobs: readonly TokenLogprob[],
  from: number,
  to: number,
): readonly TokenLogprob[] | undefined {
  if (logprobs.map(({ token }) => token).join("") !== text) return undefined;
  let at = 0;
  return logprobs.filter(({ token }) => {
    const begins = at;
    at += token.length;
    return at > from && begins < to;
  });
}
