/**
 * @module
 * Reading a conversation with the looped model: the program or the row that is asked about, what the instructions are, and what was answered so far.
 */
import { ProviderError } from "../core/errors.js";
import { textOf, type Message } from "../core/message.js";
import { operations, rowLength } from "./loop-vocabulary.js";

/** What a conversation comes to. */
export interface LoopQuestion {
  /** The digit that is begun with; `undefined` where none is named. */
  readonly start: string | undefined;
  /** The digits to each of which the one operation is done; `undefined` for a program. */
  readonly row: readonly string[] | undefined;
  /** `+3`, `*9`, … in order. */
  readonly operations: readonly string[];
  /** All words of system and user, but those before the program. */
  readonly instructions: string;
  /** The last answer, or the beginning of one, that an assistant gave to it. */
  readonly draft: string | undefined;
}

/**
 * Reads the messages of a request. The last message of the user that names a start digit or a row has what is asked, as behind worked examples; where none does, the
 * first one that has operations.
 *
 * @throws `ProviderError` for operations that the model does not know, and for a row of another length
 */
export function readQuestion(messages: readonly Message[]): LoopQuestion {
  const texts = messages.map((message) => ({ role: message.role, text: textOf(message) }));
  const users = texts.map(({ role, text }) => (role === "user" ? readProgram(text) : none));
  const started = users.findLastIndex(({ start, row }) => start !== undefined || row !== undefined);
  const at = started >= 0 ? started : users.findIndex((program) => program.operations.length > 0);
  const heard = texts.filter(({ role }, i) => role === "system" || (role === "user" && i >= at));
  const answers = texts.filter(({ role, text }, i) => role === "assistant" && i > at && text !== "");
  const program = users[at] ?? none;
  check(program);
  return { ...program, instructions: heard.map(({ text }) => text).join("\n"), draft: answers.at(-1)?.text };
}

/** Signs as the vocabulary has them. */
export function plainSigns(text: string): string {
  return text.replace(/[×·]/g, "*").replace(/[−–]/g, "-");
}

type Program = Pick<LoopQuestion, "start" | "row" | "operations">;

const none: Program = { start: undefined, row: undefined, operations: [] };

/** The number behind `start at`, else the first one without a sign before all that have one; those behind `each of`; and those with a sign. */
function readProgram(text: string): Program {
  const plain = plainSigns(text);
  const found = [...plain.matchAll(/(?<![\p{L}.,])(?:([-+*])\s?)?(\d+)(?![\p{L}.,]?\d)/gu)];
  const signed = found.findIndex(([, sign]) => sign !== undefined);
  const each = /\beach of\s+(\d+(?:(?:\s*,\s*|\s+)(?:and\s+)?\d+)+)/i.exec(plain)?.[1];
  const named = /\bstart(?:s|ing)?\b[^\d\n+*-]{0,12}?(\d+)/i.exec(plain)?.[1];
  const bare = found.slice(0, signed < 0 ? undefined : signed).find(([, sign]) => sign === undefined);
  return {
    start: each === undefined ? (named ?? bare?.[2]) : undefined,
    row: each?.match(/\d+/g) ?? undefined,
    operations: found.flatMap(([, sign, number]) => (sign === undefined ? [] : [`${sign}${number as string}`])),
  };
}

function check({ start, row, operations: given }: Program): void {
  if (start !== undefined && start.length > 1) {
    throw new ProviderError(`tinyLoop starts at a digit from 0 to 9, and the question at ${start}`, { status: 400 });
  }
  const strange = given.find((operation) => !operations.includes(operation));
  if (strange !== undefined) {
    const message = `tinyLoop knows the operations +1 to +9, -1 to -9, *3, *7 and *9, and the question has ${strange}`;
    throw new ProviderError(message, { status: 400 });
  }
  if (row !== undefined && (row.length !== rowLength || row.some((digit) => digit.length > 1) || given.length !== 1)) {
    const form = `tinyLoop does one operation to each of ${rowLength} digits`;
    const message = `${form}, and the question has ${given.length} operations and the row ${row.join(" ")}`;
    throw new ProviderError(message, { status: 400 });
  }
}
