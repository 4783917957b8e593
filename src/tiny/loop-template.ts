/**
 * @module
 * The chat template of the looped model: from a request to the tokens that the network was trained on, and from tokens to words.
 */
import { InvalidOptionError, ProviderError } from "../core/errors.js";
import type { LatentRequest, ModelRequest } from "../core/model.js";
import type { Opening } from "./line.js";
import { plainSigns, readQuestion } from "./loop-question.js";
import { loopToken, loopVocabulary, mostSteps, operations as known, rowLength } from "./loop-vocabulary.js";
import { cutBy, type Piece } from "./piece.js";
import type { Token } from "./slots.js";

/** What the looped network reads, and how it goes on. */
export interface LoopPrompt {
  readonly tokens: readonly Token[];
  readonly opening: Opening;
  /** Does it write its steps? */
  readonly inWords: boolean;
  /** May what it knows at the end of the prompt be carried on? */
  readonly carries: boolean;
  /** How many tokens its answer has. */
  readonly length: number;
}

/**
 * Puts a request into one of the formats of `training/loop/data.py`: the operations behind the start digit, or behind a carried state; or a row with the
 * operation that is done to each of its digits.
 *
 * - In words where the instructions ask for steps, where a prefill has steps, or where an assistant's message stands behind the question: steps
 *   without an answer are finished, everything else is thought through anew.
 * - At once else. A row is only answered so, with pause tokens behind it.
 *
 * @throws `ProviderError` for a question that it cannot read, has too many operations to be written out, or is asked in a way that was not trained
 * @throws `InvalidOptionError` for another number of pause tokens than it was trained with
 */
export function fillLoopTemplate(request: ModelRequest): LoopPrompt {
  const { messages, prefill = "", latent = {} } = request;
  const { start, row, operations, instructions, draft } = readQuestion(messages);
  const started = tokensIn(prefill);
  const opening = { forced: [], prefill, tool: undefined, toolCalls: 0, end: tokenOf("<eos>") };
  const atOnce = { opening: { ...opening, pieceOf: pieceAtOnce, exactly: 1 }, inWords: false, length: 1 };
  const inSteps = draft !== undefined || started.some(isOperation) || /step|reason|think|work/i.test(instructions);
  const pauses = pausesOf(latent, row);
  if (row !== undefined) {
    if (inSteps) throw refused("tinyLoop answers questions about a row at once, and this one asks for steps");
    if (latent.state !== undefined) throw refused("tinyLoop does not read a row behind a state");
    return { ...atOnce, tokens: [...row, ...operations, ...pauses].map(tokenOf), carries: false };
  }
  const begin = latent.state ?? (start === undefined ? undefined : tokenOf(start));
  if (begin === undefined) {
    const message = "tinyLoop reads questions such as: Start at 7, then +3 *9 -4. What is the last digit?";
    throw refused(`${message} This one names no start digit`);
  }
  if (!inSteps) return { ...atOnce, tokens: [begin, ...operations.map(tokenOf)], carries: true };

  if (operations.length > mostSteps) {
    throw refused(`tinyLoop writes at most ${mostSteps} steps, and the question has ${operations.length} operations`);
  }
  // An empty place behind each operation, and room for all that there could be: what is copied always stands equally far back.
  const program = Array.from({ length: mostSteps }, (_, i) => [operations[i] ?? "<pad>", "<pad>"].map(tokenOf)).flat();
  const thought = tokensIn(draft ?? "");
  const finishes = prefill === "" && thought.some(isOperation) && !thought.includes(tokenOf("="));
  const written = finishes ? thought : started;
  return {
    tokens: [begin, ...program, tokenOf("<think>"), ...written],
    opening: { ...opening, ...(finishes && { forced: [tokenOf("=")] }), pieceOf: pieceInWords },
    inWords: true,
    carries: false,
    length: finishes ? 2 : Math.max(1, 2 * operations.length + 2 - written.length),
  };
}

/** What stands behind a row: each pause token was taught to work on a digit of its own, so there is no row without them, and no other number of them. */
function pausesOf({ pauseTokens = 0 }: LatentRequest, row: readonly string[] | undefined): readonly string[] {
  if (row === undefined) {
    if (pauseTokens === 0) return [];
    throw refused("tinyLoop pauses behind a row only, and this question has none");
  }
  if (pauseTokens === 0)
    throw refused(`tinyLoop reads a row only with ${rowLength} pause tokens: pauseTokens(${rowLength})`);
  if (pauseTokens === rowLength) return [...Array.from({ length: rowLength }, () => "<pause>"), "="];
  throw new InvalidOptionError("tinyLoop", "latent.pauseTokens", `${rowLength}, as it was trained`, pauseTokens);
}

function refused(message: string): ProviderError {
  return new ProviderError(message, { status: 400 });
}

/** Marks, operations, numbers, and words. */
const pieces = String.raw`<(?:pad|eos|state|think|pause)>|=|[-+*×·−–]\s?\d+|\d+|\p{L}+`;
const piecesInWords = new RegExp(`answer:|${pieces}`, "giu");
const piecesAtOnce = new RegExp(String.raw`answer:\s*\d+|${pieces}`, "giu");

/** The pieces of a text that the model is to have written in one of its formats. */
export function cutLoop(text: string, inWords: boolean): Piece[] {
  return cutBy(inWords ? piecesInWords : piecesAtOnce, text, (piece) =>
    /^answer:$/i.test(piece) ? tokenOf("=") : loopToken(plainSigns(piece).replace(/^answer:|\s/gi, "")),
  );
}

/** Behind the last operation: `Answer: 6`. */
function pieceAtOnce(token: number, before: string): string {
  const word = loopVocabulary[token] as string;
  return before === "" && isDigit(word) ? `Answer: ${word}` : spaced(word, before, isOperation(token));
}

/** Behind `<think>`: a step in each line, `=` is the mark of the answer. */
function pieceInWords(token: number, before: string): string {
  const word = loopVocabulary[token] as string;
  return spaced(word === "=" ? "Answer:" : word, before, word === "=" || isOperation(token));
}

function spaced(word: string, before: string, line: boolean): string {
  const last = before.at(-1);
  if (last === undefined || last === "\n") return word;
  return line ? `\n${word}` : last === " " ? word : ` ${word}`;
}

/** What a text has of the vocabulary, with steps. */
function tokensIn(text: string): number[] {
  return cutLoop(text, true).flatMap(({ token }) => token ?? []);
}

function isDigit(word: string): boolean {
  return /^\d$/.test(word);
}

function isOperation(token: number): boolean {
  return known.includes(loopVocabulary[token] as string);
}

function tokenOf(word: string): number {
  return loopToken(word) as number;
}
