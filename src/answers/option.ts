/**
 * @module
 * Which of several options a text chooses: what `choice` and `boolean` read with.
 */
import { firstLine, lastLine, plain, readMarked } from "./marker.js";

/** One mention of an option in a line. */
interface Mention<V> {
  readonly value: V;
  readonly start: number;
  readonly end: number;
}

/**
 * Reads which option a text chooses; `undefined` where it chooses none, or it is not clear which.
 *
 * Behind the last mark of an answer: the option it begins with, or the only one that is mentioned. Without a mark: the last line, if it is
 * nothing but an option (`(B)`), or the whole, if it is one line that begins with one (`B) Paris`, `Yes, because …`) and names no other.
 *
 * @param options - what may be written, whatever its case, and what it stands for
 */
export function optionReader<V>(
  options: readonly (readonly [written: string, value: V])[],
): (text: string) => V | undefined {
  // The longest first, so that `New York City` is not read as `New York`.
  const sorted = options
    .map(([word, value]) => ({ word: plain(word), value }))
    .sort((a, b) => b.word.length - a.word.length);
  const mention = new RegExp(sorted.map(({ word }) => `(${pattern(word)})`).join("|"), "giu");

  const mentionsIn = (line: string): Mention<V>[] =>
    [...line.matchAll(mention)].flatMap(({ 0: written, index, ...groups }) => {
      const option = sorted.find((_, i) => groups[i + 1] !== undefined);
      const before = line.slice(0, index);
      const after = line.slice(index + written.length);
      if (option === undefined || (written.length === 1 && !isMeant(written, option.word, before, after))) return [];
      return [{ value: option.value, start: index, end: index + written.length }];
    });

  const choose = (line: string): V | undefined => {
    const [first, ...rest] = mentionsIn(line);
    if (first === undefined) return undefined;
    const other = rest.find(({ value }) => value !== first.value);
    const before = line.slice(0, first.start);
    if (other === undefined) return negation.test(before) ? undefined : first.value;
    return opening.test(before) && !joining.test(line.slice(first.end, other.start)) ? first.value : undefined;
  };

  const alone = (line: string, whole: boolean): V | undefined => {
    const [first, ...rest] = mentionsIn(line);
    if (first === undefined || !opening.test(line.slice(0, first.start))) return undefined;
    const after = line.slice(first.end);
    const begins = whole && /^[).:,;]\s/.test(after) && rest.every(({ value }) => value === first.value);
    return begins || closing.test(after) ? first.value : undefined;
  };

  return (text) => {
    const marked = readMarked(text, (words) => choose(firstLine(words)));
    if (marked !== undefined) return marked.value;
    const line = lastLine(text);
    return alone(plain(line), line.trim() === text.trim());
  };
}

/** What may stand in front of an option that a line begins with, and behind one that it ends with. */
const opening = /^[\s("'“‘[*_-]*(?:the )?(?:(?:option|choice|letter|answer)[\s:]{1,3})?[("'“‘[*_]*$/i;
const closing = /^[\s)"'”’\]*_.,:;!]*$/;
/** What stands between two options that are meant as equals. */
const joining = /^(?:\W*(?:and|or|nor)\b|\W*$)/i;
const negation = /\b(?:not|never|neither|cannot|except)\b|n['’]t\b/i;

/** The option, but not inside of a longer word or number. */
function pattern(word: string): string {
  const escaped = word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&").replace(/\s+/g, "\\s+");
  const before = /^\p{L}/u.test(word)
    ? "(?<![\\p{L}\\p{N}]|[\\p{L}\\p{N}]['’])"
    : /^\p{N}/u.test(word)
      ? "(?<![\\p{L}\\p{N}.−-]|\\d,)"
      : "";
  const after = /[\p{L}\p{N}]$/u.test(word) ? "(?![\\p{L}\\p{N}]|['’]\\p{L}|[.,]\\d)" : "";
  return before + escaped + after;
}

/** Is a single letter an option, and not the word `a`, or `I`, or an abbreviation? */
function isMeant(written: string, option: string, before: string, after: string): boolean {
  if (/[("'“‘[*_]$/.test(before) || (opening.test(before) && closing.test(after))) return true;
  if (written !== option) return false;
  return !/^[ai]$/i.test(written) || !/^\s+(?!(?:is|as|and|or|because|since)\b)\p{Ll}/u.test(after);
}
