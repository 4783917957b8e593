/**
 * @module
 * Cutting a long text: the question from the document, and the document into blocks. No character is lost or doubled.
 */
import { estimateText } from "../../../core/estimate.js";

/** A text in two: what is read block by block, and what is asked of it. */
export interface DocumentQuestion {
  readonly document: string;
  /** May be empty. */
  readonly question: string;
}

/**
 * The last paragraph of a text as its question. Where that asks nothing and the paragraph before it ends with a question mark, the sentence that asks comes, too: a layer
 * above has added its instruction. Of a text of one paragraph, and of a paragraph longer than `mostTokens`, the last sentence; where that is as long, no question.
 */
export function splitQuestion(text: string, mostTokens: number): DocumentQuestion {
  const end = text.trimEnd().length;
  const last = startOf(paragraphEnd, text, end);
  let start = last;
  if (last === 0) start = startOf(sentenceEnd, text, end);
  else if (!text.slice(last).includes("?")) {
    const before = text.slice(0, last).trimEnd();
    if (/\?["'”’)\]]*$/.test(before)) {
      const paragraph = startOf(paragraphEnd, text, before.length);
      start = Math.max(paragraph, startOf(sentenceEnd, text, before.length));
    }
  }
  if (estimateText(text.slice(start)) > mostTokens) start = startOf(sentenceEnd, text, end);
  if (start === 0 || estimateText(text.slice(start)) > mostTokens) start = text.length;
  return { document: text.slice(0, start), question: text.slice(start) };
}

/**
 * Cuts a text into blocks of at most so many tokens by the estimate, and of one character at least: in the second half of a block behind an empty line, else behind a
 * sentence or a line, else behind a space; where there is none, anywhere but in the middle of a character.
 */
export function cutBlocks(text: string, blockTokens: number): readonly string[] {
  const blocks: string[] = [];
  for (let from = 0; from < text.length;) {
    const length = lengthWithin(text.slice(from, from + 3 * blockTokens + 1), blockTokens);
    const block = text.slice(from, from + length);
    const to = from + length === text.length ? length : cutOf(block);
    blocks.push(block.slice(0, to));
    from += to;
  }
  return blocks;
}

const paragraphEnd = /\n[^\S\n]*\n\s*/g;
const sentenceEnd = /[.!?。！？…]["'”’)\]]*\s+|\n\s*/g;
const space = /\s+/g;

/** Where the last part begins that ends at `end`; 0 where there is but one. */
function startOf(boundary: RegExp, text: string, end: number): number {
  let start = 0;
  for (const match of text.slice(0, end).matchAll(boundary)) {
    const behind = match.index + match[0].length;
    if (behind < end) start = behind;
  }
  return start;
}

/** How many characters make so many tokens at most; a whole one at least. */
function lengthWithin(text: string, tokens: number): number {
  let [least, most] = [0, text.length];
  while (least < most) {
    const middle = (least + most + 1) >> 1;
    if (estimateText(text.slice(0, middle)) <= tokens) least = middle;
    else most = middle - 1;
  }
  const split = isHigh(text, least - 1) && isLow(text, least);
  if (split) least--;
  return least > 0 ? least : isHigh(text, 0) && isLow(text, 1) ? 2 : 1;
}

/** Where to cut a block that is not the last. */
function cutOf(block: string): number {
  const half = block.length / 2;
  for (const boundary of [paragraphEnd, sentenceEnd, space]) {
    let cut = 0;
    for (const { 0: found, index } of block.matchAll(boundary)) cut = index + found.length;
    if (cut > half) return cut;
  }
  return block.length;
}

function isHigh(text: string, index: number): boolean {
  return (text.charCodeAt(index) & 0xfc00) === 0xd800;
}

function isLow(text: string, index: number): boolean {
  return (text.charCodeAt(index) & 0xfc00) === 0xdc00;
}
