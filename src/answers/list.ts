/**
 * @module
 * Lists in what a model wrote, however it marks their items.
 */
import { jsonIn } from "./json.js";

/**
 * Reads a list: lines with numbers, else lines with bullets, else JSON of texts, or of objects with a text each, else lines that all ask something. JSON
 * comes first where the whole text is JSON, or something stands between fences. Of several numbered lists the last one counts. What stands indented
 * beneath an item belongs to it. `[]` where there is no list.
 */
export function listIn(text: string): readonly string[] {
  const lines = text.split(/\r?\n/);
  const ways = [() => marked(lines, numbered), () => marked(lines, bullet)];
  if (/^\s*[[{]|```/.test(text)) ways.unshift(() => inJson(text));
  else ways.push(() => inJson(text));
  for (const way of [...ways, () => questions(lines)]) {
    const items = clean(way());
    if (items.length > 0) return items;
  }
  return [];
}

/** `1.`, `2)`, `(3)`, `**4.**`, `### 5.`, `- 6.`, `Q7:`, `Step 8:`, `Subquestion 9.`; the number is remembered. */
const numbered =
  /^([ \t]{0,20})(?:#{1,6} |[-*•>] )?[*_]{0,3}(?:(?:step|(?:sub-?)?question|q) ?#?|\()?(\d{1,2})[*_]{0,3}(?:[.):](?!\d)|(?= [-–—] ))[*_]{0,3}[-–—:\s]{0,4}(.*)$/i;
const bullet = /^([ \t]{0,20})()[-*•‣–—+][ \t]+(.*)$/;

function marked(lines: readonly string[], mark: RegExp): readonly string[] {
  let items: string[] = [];
  let last = 0;
  let margin = 0;
  for (const line of lines) {
    const [found, indent = "", digits = "", words = ""] = mark.exec(line) ?? [];
    if (found !== undefined && (items.length === 0 || indent.length <= margin + 1)) {
      const number = Number(digits);
      // A list that begins anew replaces the one before; one that has nothing but ones is a list, too.
      if (number === 1 && last > 1) items = [];
      if (items.length === 0) margin = indent.length;
      last = number;
      items.push(words);
    } else if (items.length > 0 && /^\s+\S/.test(line)) {
      items.push(`${items.pop() ?? ""} ${(bullet.exec(line)?.[3] ?? line).trim()}`);
    }
  }
  return items.length === 1 ? split(items[0] ?? "") : items;
}

/** `First? 2. Second? 3. Third?`, all in one line. */
function split(line: string): readonly string[] {
  const items: string[] = [];
  let rest = line;
  for (let number = 2; ; number++) {
    const at = new RegExp(`(?<=[?.!;,:])\\s\\(?${number}[.)]\\s`).exec(rest);
    if (at === null) return [...items, rest];
    items.push(rest.slice(0, at.index));
    rest = rest.slice(at.index + at[0].length);
  }
}

/** Lines without marks, where each asks something; a first line that announces them is passed over. */
function questions(lines: readonly string[]): readonly string[] {
  const said = lines.map((line) => line.trim()).filter((line) => line !== "");
  const asked = said[0]?.endsWith(":") === true ? said.slice(1) : said;
  return asked.every((line) => /\?["'*_)]{0,3}$/.test(line)) ? asked : [];
}

function inJson(text: string): readonly string[] {
  for (const value of jsonIn(text)) {
    const items = textsIn(value);
    if (items.length > 0) return items;
  }
  return [];
}

/** The items of a list, or of the only list in an object; or the texts of an object that has nothing else. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  if (!Array.isArray(value)) {
    const lists = Object.values(value).filter((item: unknown) => Array.isArray(item));
    return lists.length === 1 ? textsIn(lists[0]) : lists.length === 0 ? textsIn(Object.values(value)) : [];
  }
  const texts = value.map((item: unknown) => (typeof item === "string" ? item : sentenceIn(item)));
  return texts.every((item) => item !== undefined) ? texts : [];
}

/** The first text of several words in an object. */
function sentenceIn(item: unknown): string | undefined {
  if (typeof item !== "object" || item === null) return undefined;
  return Object.values(item).find((value): value is string => typeof value === "string" && /\S\s+\S/.test(value));
}

/** Without decoration around them, without empty ones, each once. */
function clean(items: readonly string[]): readonly string[] {
  return [...new Set(items.map(bare))].filter((item) => /[\p{L}\d]/u.test(item));
}

function bare(item: string): string {
  let words = item.replace(/\s+/g, " ").trim();
  // Emphasis that was begun before the number.
  if (words.split("**").length % 2 === 0) words = words.replace("**", "").trim();
  const [, , inner] = /^(\*\*|__|["'`])(.*)\1$/.exec(words) ?? [];
  return inner === undefined || /\*\*|__|["`]/.test(inner) ? words : inner.trim();
}
