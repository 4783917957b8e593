/**
 * @module
 * Which response a judge names: a number from 1 on, read from what it wrote.
 */
import type { ModelResponse } from "../../core/model.js";

/** Asks for it. */
export const nameInstruction = 'End with "Choice: " and the number of that response.';

/**
 * The index, from 0, of the response that a judge names among `count`; `undefined` where it names none, or more than one.
 *
 * Reads what stands behind the last `Choice:` (`3`, `**Response 3**`, `[3]`); without that mark, the only `Response 3` of a last line that denies
 * nothing, or a text that is a number and nothing else. Of a judge that reads answers itself, its answer is read. `Answer: 3` is not read otherwise:
 * it may answer the question. Nor are letters, which may be answers, too.
 */
export function namedResponse(judgement: ModelResponse, count: number): number | undefined {
  const { key } = judgement as { readonly key?: string | undefined };
  const index =
    ("key" in judgement ? read(key ?? "") : undefined) ?? read(judgement.text, judgement.finishReason === "length");
  return index !== undefined && index >= 0 && index < count ? index : undefined;
}

/** Of a text that was cut, only a mark counts. */
function read(words: string, cut: boolean = false): number | undefined {
  const text = words.replace(/[*_`]/g, "");
  const mark = [...text.matchAll(/\bchoice\s{0,3}[:：]/gi)].at(-1);
  if (mark !== undefined) return numberAt(text.slice(mark.index + mark[0].length));
  if (cut) return undefined;
  return onlyNamed(lastLine(text)) ?? (/^\W*\d+\W*$/.test(text) ? numberAt(text) : undefined);
}

/** The number that a text begins with, where it is no list and no fraction. */
function numberAt(text: string): number | undefined {
  const found = leadingNumber.exec(text);
  if (found === null || goesOn.test(text.slice(found[0].length))) return undefined;
  return Number(found[1]) - 1;
}

const leadingNumber =
  /^[\s"'“([#]{0,9}(?:(?:response|candidate|option|number|no\.)[\s#([]{0,3})?(\d{1,6})(?!\w|[.,]\d)/i;
/** Behind a number: another one. */
const goesOn = /^[\s)\]"'”]{0,3}(?:\/|,|&|or\b|and\b)[\s(["'“]{0,3}(?:response[\s#]{0,3})?\d/i;

/** The one response that is named in a line. */
function onlyNamed(text: string): number | undefined {
  if (/\b(?:not|no|none|neither|nor|wrong|incorrect|worse|worst|except)\b|n['’]t\b/i.test(text)) return undefined;
  const named = new Set<number>();
  for (const [, digits] of text.matchAll(/\bresponse\s{0,3}#?\s?[([]?(\d{1,6})(?!\w|[.,]\d)/gi))
    named.add(Number(digits) - 1);
  const [only] = named;
  return named.size === 1 ? only : undefined;
}

function lastLine(text: string): string {
  const end = text.trimEnd();
  return end.slice(end.lastIndexOf("\n") + 1);
}
