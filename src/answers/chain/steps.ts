/**
 * @module
 * The thought in a response, and its steps.
 */
import type { Capabilities } from "../../core/capabilities.js";
import { callsTools } from "../../core/conversation.js";
import { InvalidOptionError } from "../../core/errors.js";
import type { ModelResponse } from "../../core/model.js";
import type { Answer } from "../answer.js";
import { conclusionOf } from "../learning/conclusion.js";
import { reasoningKindOf } from "./reasoning-kind.js";
import type { Thought } from "./thoughts.js";

/** Cuts a thought into steps; joined they are the thought again, word for word. */
export type ThoughtSplitter = (thought: string) => readonly string[];

/** The thought of a response: its own reasoning where it has one, else the text before the answer. */
export function thoughtOf<A>(response: ModelResponse, capabilities: Capabilities, answer: Answer<A>): Thought<A> {
  const { text, reasoning = "" } = response;
  const value = callsTools(response) ? undefined : answer.parse(text);
  const key = value === undefined ? undefined : answer.key(value);
  const apart = reasoning.trim() !== "";
  const words = apart ? reasoning : key === undefined ? text : beforeAnswer(text, key, answer);
  const kind = words.trim() === "" ? "none" : reasoningKindOf(response, capabilities);
  return { text: words.trim() === "" ? "" : words, apart, kind, answer: value, key };
}

/** Everything before the sentence, or the line, in which the answer stands. */
function beforeAnswer<A>(text: string, key: string, answer: Answer<A>): string {
  const reads = (part: string): boolean => {
    const value = answer.parse(part);
    return value !== undefined && answer.key(value) === key;
  };
  const { thought, words } = conclusionOf(text, reads);
  if (words === "") return text;
  if (!announcing.test(thought)) return thought;
  const line = thought.slice(thought.lastIndexOf("\n") + 1);
  const [last = ""] = sentencesOf(line).slice(-1);
  return thought.slice(0, thought.length - last.length);
}

/** What ends with the mark of an answer: `Answer:`, `**The answer is`, `\boxed{`, `####`. */
const announcing = /(?:answer\b[^.!?\n]{0,20}|\\f?box(?:ed)?\s*\{?|####)\s*$/i;

/**
 * Cuts a thought into its lines, those without words joined to the one before; a thought of one line into its sentences, the space between them at the
 * beginning of the next.
 */
export function stepsOf(thought: string): readonly string[] {
  if (thought.trim() === "") return [];
  const steps: string[] = [];
  for (const line of thought.split(/(?<=\n)/)) {
    const last = steps.at(-1);
    if (last !== undefined && (line.trim() === "" || last.trim() === "")) steps[steps.length - 1] = last + line;
    else steps.push(line);
  }
  return steps.length > 1 ? steps : sentencesOf(thought);
}

function sentencesOf(text: string): readonly string[] {
  return text.split(/(?<=\S[.!?]["')\]*]{0,3})(?=\s+["'(*\\$\p{Lu}\d])/u);
}

/**
 * The steps of a thought.
 *
 * @throws {@link InvalidOptionError} where a splitter of the user's leaves something out
 */
export function splitBy(split: ThoughtSplitter, thought: string): readonly string[] {
  const steps: readonly string[] = thought === "" ? [] : split(thought);
  const isWhole: boolean = Array.isArray(steps) && steps.join("") === thought;
  if (!isWhole)
    throw new InvalidOptionError("split", "what it returns", "texts that are the thought when they are joined", steps);
  return steps.filter((step) => step !== "");
}
