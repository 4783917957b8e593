/**
 * @module
 * Words to tokens and back. A token is a word, a sign, or a whole number from 0 to 299.
 */
import { cutBy, type Piece } from "./piece.js";
import { vocabulary } from "./vocabulary.js";

/** What a text is cut into: marks, numbers, words, signs. The comma of `1,000` belongs to the number, the stop of `5.` does not. */
const pieces = /<\/?calc>|answer:|\d+(?:[.,]\d+)*|[\p{L}_]+(?:['’-][\p{L}]+)*|\n|[-+*/=.?×÷−]/giu;
/** The same, with the marks of the chat template: what is written may have them, what is read may not. */
const writtenPieces = new RegExp(`<(?:pad|eos|unk)>|\\[(?:direct|cot|tool|check)\\]|${pieces.source}`, pieces.flags);
const alike: Readonly<Record<string, string>> = { "×": "*", "÷": "/", "−": "-", "answer:": "Answer:" };
const tokens: ReadonlyMap<string, number> = new Map(vocabulary.map((word, token) => [word, token]));

/** The token of a word of the vocabulary; of any other, that of `<unk>`. */
export function tokenOf(word: string): number {
  return tokens.get(word) ?? (tokens.get("<unk>") as number);
}

/** The token of every word that is not in the vocabulary. */
export const unknown: number = tokenOf("<unk>");

/** The tokens of a text. Words that are not in the vocabulary become `<unk>`; signs that are not are left out. */
export function encode(text: string): number[] {
  return (text.match(pieces) ?? []).map(find);
}

/** The pieces of a text that the model is to have written; joined they are the text. */
export function cut(text: string): Piece[] {
  return cutBy(writtenPieces, text, find);
}

/**
 * The words and numbers of a text that the embedded model cannot read, each once. It guesses around them.
 *
 * @example
 * unknownWords("Tom has 1,000 crumpets."); // ["1,000", "crumpets"]
 */
export function unknownWords(text: string): string[] {
  return [...new Set(text.match(pieces))].filter((piece) => find(piece) === unknown);
}

/** A token as it is written behind a text: with a space, but where a line begins or a sentence ends. */
export function pieceOf(token: number, before: string): string {
  const word = vocabulary[token] as string;
  const close = word === "." || word === "?" || word === "\n";
  return close || before === "" || /\s/.test(before.charAt(before.length - 1)) ? word : ` ${word}`;
}

/** Tokens as text. */
export function decode(tokens: readonly number[]): string {
  let text = "";
  for (const token of tokens) text += pieceOf(token, text);
  return text;
}

/** The token of a piece, in the form the vocabulary has: `now` is `Now`, `apple` is `apples`. */
function find(piece: string): number {
  const lower = piece.toLowerCase();
  const capital = lower.charAt(0).toUpperCase() + lower.slice(1);
  const forms = [piece, alike[lower] ?? lower, capital, `${lower}s`];
  const form = forms.find((form) => tokens.has(form));
  return form === undefined ? unknown : (tokens.get(form) as number);
}
