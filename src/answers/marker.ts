/**
 * @module
 * Where an answer stands in a text: after its mark, or in the last box.
 */

/** What an attempt to read gave: `undefined` where the text marks no answer, a value that may be `undefined` where it marks one. */
export type Marked<A> = { readonly value: A | undefined } | undefined;

/**
 * How an answer is marked: in a `box`; by a `label`, such as `Answer:` where a line begins; or it is only `said`, as in `the answer is`,
 * which may also be part of a thought.
 */
export type MarkKind = "box" | "label" | "said";

interface Mark {
  readonly kind: MarkKind;
  /** What stands behind it, to the end of the text, or in the box; `undefined` for a box that was cut. */
  readonly words: string | undefined;
}

/**
 * Reads what the last mark of an answer marks: `\boxed{…}`, `Answer:`, `<answer>`, a heading `Answer`, `the answer is`, and `####` in
 * the last line. What is only said is passed over where `read` makes nothing of it; boxes and labels decide.
 *
 * @param read - takes what stands behind the mark, to the end of the text, or what is in the box
 */
export function readMarked<A>(text: string, read: (words: string, kind: MarkKind) => A | undefined): Marked<A> {
  for (const { words, kind } of marksOf(text)) {
    const value = words === undefined ? undefined : read(words, kind);
    if (value !== undefined || kind !== "said") return { value };
  }
  return undefined;
}

/** Does the text say where its answer is, by a label or in a box? That the answer is only said may be part of a thought. */
export function isMarked(text: string): boolean {
  for (const { words = "", kind } of marksOf(text)) if (kind !== "said" && words.trim() !== "") return true;
  return false;
}

/** Where the words begin that the last mark of an answer marks, of those that `reads` takes for one; what is only said is passed over as {@link readMarked} does. */
export function answerStart(text: string, reads: (words: string) => boolean): number | undefined {
  for (const { words = "", kind } of marksOf(text)) {
    const box = Math.max(text.lastIndexOf("\\boxed"), text.lastIndexOf("\\fbox"), 0);
    const at = kind === "box" ? text.indexOf(words, box) : text.length - words.length;
    if (words.trim() !== "" && text.startsWith(words, at) && reads(words)) return at;
    if (kind !== "said") return undefined;
  }
  return undefined;
}

/** The first line that has words, without decoration; at most 500 characters. Of a numbered list beneath a heading: nothing. */
export function firstLine(words: string): string {
  const [lead] = leading.exec(words) ?? [""];
  const [line = ""] = words.slice(lead.length, lead.length + 500).split("\n", 1);
  return lead.includes("\n") && /^\d{1,2}[.)]\s+\S/.test(line) ? "" : plain(line);
}

/** The last line that has words, as it is; at most its last 1,000 characters. */
export function lastLine(text: string): string {
  const end = text.trimEnd();
  return end.slice(Math.max(end.lastIndexOf("\n") + 1, end.length - 1000));
}

/** The closing sentence of the last line that has words, without decoration. */
export function lastSentence(text: string): string {
  return plain(
    lastLine(text)
      .split(/(?<=[.!?]["')*]{0,3})\s+(?=[\p{Lu}"'(*\\$])/u)
      .at(-1) ?? "",
  );
}

/** Takes emphasis, code ticks, LaTeX delimiters, tags and calculator notes (`<<6*7=42>>`) away. */
export function plain(words: string): string {
  return words
    .replace(/<<[^<>]*>>|<\/?\w{1,12}>|\\[()[\]]|(?<![\w)])\*\*|\*\*(?![\w(])|\\?[`$]/g, "")
    .replace(/\\(?:text(?:bf|it|rm)?|mathrm|mathbf|mbox|boxed|fbox)\s?\{([^{}]*)\}/g, "$1")
    .trim();
}

/** Decoration in front of an answer, line ends too. */
const leading = /^[\s*_`"“]+/;

/**
 * `Answer:`, `"answer": `, `**Final answer** (in cm):`, `<answer>`, `answer is`; or the word at the end of its line. All parts are
 * bounded, so that no text takes long.
 */
const mark =
  /(?<![/\w])answer(?: choice| option)?["'*_]{0,4}(?: ?\([^()\n]{0,40}\))?["'*_]{0,4}[ \t]{0,4}(?:([:：>])|(=|(?:is|was|(?:w|sh)ould be|must be|equals|becomes)(?![\w']| not\b)):?|(?=[*_ ]{0,4}(?:\n|$)))/gi;

/** What may stand in front of a label, from the beginning of its line. */
const heading = /^[\s#*_"'{-]*(?:the |my )?(?:final |correct )?$/i;

/** A text with more marks than this is no answer: it is not read over and over. */
const most = 16;

/** All marks, the last first. */
function* marksOf(text: string): Generator<Mark> {
  const line = lastLine(text);
  // A heading such as `#### 2. Add them` is none.
  if (/^####[ \t]*(?!\d{1,2}[.):]\s)\S/.test(line)) yield { kind: "said", words: line.slice(4) };

  const found = [...text.matchAll(mark)].reverse();
  const [at, last] = lastBox(text);
  let box = last;
  let count = 0;
  for (const { 0: word, 1: colon, 2: verb, index } of found) {
    if (box !== undefined && at > index) {
      yield box;
      box = undefined;
    }
    const before = text.slice(Math.max(text.lastIndexOf("\n", index - 1) + 1, index - 40), index);
    const label = colon === ">" || (verb === undefined && heading.test(before));
    if (!label && colon === undefined && verb === undefined) continue; // only the word, in the middle of a text
    const words = text.slice(index + word.length);
    // Emphasis that begins before the mark ends behind it: `**Answer:** 42`, `**Answer: 42**`.
    const [emphasis = ""] = /[*_]{1,3}(?=[\w ]{0,20}$)/.exec(before) ?? [];
    yield { kind: label ? "label" : "said", words: word.includes(emphasis) ? words : words.replace(emphasis, "") };
    if (++count === most) return;
  }
  if (box !== undefined) yield box;
}

/** The last `\boxed{…}` that is not empty, its braces balanced, and where it stands. */
function lastBox(text: string): [at: number, box: Mark | undefined] {
  for (let at = text.length, tries = 0; at > 0 && tries < 4; tries++) {
    at = Math.max(text.lastIndexOf("\\boxed", at - 1), text.lastIndexOf("\\fbox", at - 1));
    if (at < 0) break;
    const [opening] = /^\\f?box(?:ed)?\s{0,4}\{?/.exec(text.slice(at, at + 16)) ?? [""];
    const start = at + opening.length;
    // Without braces a box holds what follows: `\boxed 5`.
    const end = opening.endsWith("{")
      ? closing(text, start)
      : start + text.slice(start, start + 100).search(/[\s$\\]|$/);
    const words = end === undefined ? undefined : text.slice(start, end);
    if (words?.trim() !== "") return [at, { kind: "box", words }];
  }
  return [-1, undefined];
}

/** Where the brace that was opened before `start` is closed. */
function closing(text: string, start: number): number | undefined {
  for (let i = start, depth = 1; i < text.length; i++) {
    const char = text[i];
    if (char === "\\") i++;
    else if (char === "{") depth++;
    else if (char === "}" && --depth === 0) return i;
  }
  return undefined;
}
