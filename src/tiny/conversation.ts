/**
 * @module
 * Reading a conversation: what is asked, what the instructions are, what tools gave, and what was answered so far.
 */
import {
  textOf,
  type AssistantMessage,
  type Message,
  type ToolCallPart,
  type ToolResultPart,
} from "../core/message.js";
import { unknownWords } from "./tokenizer.js";
import { largestNumber } from "./vocabulary.js";

/** What a conversation comes to. */
export interface Conversation {
  /** The problem, sentence by sentence. */
  readonly question: string;
  /** All other words of system and user. */
  readonly instructions: string;
  /** Calculations that tools did. */
  readonly results: readonly Calculation[];
  /** Tool calls so far. */
  readonly toolCalls: number;
  /** The last answer, or the beginning of one, that an assistant gave. */
  readonly draft: Draft | undefined;
}

/** A calculation and its result; `undefined` where that is no whole number from 0 to 299. */
export interface Calculation {
  readonly expression: string;
  readonly result: string | undefined;
}

/** Steps, and what they lead to. */
export interface Draft {
  /** `12 + 5 = 17`, one each. */
  readonly steps: readonly string[];
  /** The number behind the last `Answer:`. */
  readonly answer: string | undefined;
  /** What stands behind the answer. */
  readonly rest: string;
}

/**
 * Reads the messages of a request. The first message of the user is the problem; a later one that states another problem, as behind
 * worked examples, takes its place. Everything else that system and user say is instructions.
 */
export function readConversation(messages: readonly Message[]): Conversation {
  let problem: Problem | undefined;
  let draft: Draft | undefined;
  let results: Calculation[] = [];
  const instructions: string[] = [];
  const calls = new Map<string, string>();
  for (const message of messages) {
    const text = textOf(message);
    if (message.role === "tool") {
      for (const part of message.content) {
        const expression = calls.get(part.id);
        if (expression !== undefined) results.push({ expression, result: resultOf(part) });
      }
    } else if (message.role === "assistant") {
      const asked = callsOf(message.content);
      for (const { id, input } of asked) calls.set(id, expressionOf(input));
      if (asked.length === 0 && text !== "") draft = readDraft(text);
    } else if (message.role === "system") {
      instructions.push(text);
    } else {
      const stated = readProblem(text);
      const another = problem === undefined || (stated.complete && stated.question !== problem.question);
      instructions.push(another ? stated.around : text);
      if (!another) continue;
      problem = stated;
      draft = undefined;
      results = [];
    }
  }
  const { question = "" } = problem ?? {};
  return { question, instructions: instructions.join("\n"), results, toolCalls: calls.size, draft };
}

/** Reads the last answer in a text, and the steps before it. */
export function readDraft(text: string): Draft {
  const answers = [...text.matchAll(/answer:[^\w\n]*(\d+)/gi)];
  const [last, before] = [answers.at(-1), answers.at(-2)];
  const end = last?.index ?? text.length;
  const own = stepsIn(text.slice(before === undefined ? 0 : before.index + before[0].length, end));
  return {
    steps: own.length > 0 ? own : stepsIn(text.slice(0, end)),
    answer: last?.[1],
    rest: last === undefined ? "" : text.slice(end + last[0].length),
  };
}

/** The part of a text that can stand in a chain, such as steps, marks and answers; words are left out. */
export function chainIn(text: string): string {
  const signs = text.match(/<\/?calc>|answer:|\b(?:ok|fix)\b|\d+|[-+*/=×÷−]|\n/gi) ?? [];
  return signs
    .join(" ")
    .replace(/\n[\s]*/g, "\n")
    .trimStart();
}

function stepsIn(text: string): string[] {
  const found = text.matchAll(/(\d+)\s*([-+*/×÷−])\s*(\d+)\s*=\s*(\d+)/g);
  return Array.from(found, ([, a, sign, b, c]) => `${a} ${sign} ${b} = ${c}`);
}

interface Problem {
  readonly question: string;
  /** The words around it. */
  readonly around: string;
  /** Does it say a number, and ask for one? */
  readonly complete: boolean;
}

/**
 * Reads the problem out of a message: up to the last `?`, or to the end where there is none, and without the sentences that hold no number
 * and mostly unknown words. If nothing is left, all of it is the problem.
 */
function readProblem(text: string): Problem {
  const end = text.lastIndexOf("?") + 1 || text.length;
  const sentences: string[] = [];
  const around: string[] = [];
  for (const sentence of text.slice(0, end).split(/(?<=[.?!])\s+|\n+/)) {
    const bare = sentence.replace(/^\s*(?:q|question|problem|task)\s*:\s*/i, "").replace(/[\s!:;]+$/, "");
    if (/\d/.test(bare) || familiar(bare)) sentences.push(/[.?]$/.test(bare) ? bare : `${bare}.`);
    else around.push(sentence);
  }
  if (sentences.length === 0) sentences.push(text.slice(0, end).replace(/\s+/g, " "));
  const known = sentences.filter(familiar);
  return {
    question: sentences.join(" "),
    around: [...around, text.slice(end)].join("\n"),
    complete: known.some((sentence) => /\d/.test(sentence)) && known.at(-1)?.endsWith("?") === true,
  };
}

/** Does it know half of the words, or more? */
function familiar(sentence: string): boolean {
  const words = sentence.match(/[\p{L}\d]+/gu) ?? [];
  return words.length > 0 && unknownWords(sentence).length * 2 <= words.length;
}

function callsOf(content: AssistantMessage["content"]): ToolCallPart[] {
  return typeof content === "string" ? [] : content.filter((part) => part.type === "tool-call");
}

function expressionOf(input: unknown): string {
  if (typeof input === "string") return input;
  const { expression } = (input ?? {}) as { readonly expression?: unknown };
  return typeof expression === "string" ? expression : "";
}

function resultOf({ output, isError }: ToolResultPart): string | undefined {
  const value = typeof output === "string" && output.trim() !== "" ? Number(output) : output;
  const fits =
    isError !== true && Number.isInteger(value) && (value as number) >= 0 && (value as number) <= largestNumber;
  return fits ? String(value) : undefined;
}
