/**
 * @module
 * The labels of ReAct in a text: `Thought:`, `Action:`, `Action Input:`, `Observation:`, `Final Answer:`, where lines begin.
 */
import { objectAt } from "./arguments.js";

/** What a part of the text is. */
export type Label = "thought" | "input" | "action" | "observation" | "final";

/** A part of a text: from its label, or from the beginning, to the next label. */
export interface Segment {
  /** `undefined` for what stands before the first label. */
  readonly label: Label | undefined;
  /** Where the label begins. */
  readonly at: number;
  /** Where the words behind it begin and end. */
  readonly start: number;
  readonly end: number;
}

/** In the order of the groups of {@link pattern}. */
const labels: readonly Label[] = ["thought", "input", "action", "observation", "final"];
const pattern =
  "[ \\t>*_#`]{0,12}(?:(Thought)|(Action[ _]?[Ii]nput)|(Action)|(Observation)|(Final[ _]?[Aa]nswer))(?: ?\\d{1,3})?[*_` ]{0,4}[:：][*_`]{0,3}[ \\t]*";

/** The parts of a text. Labels within the arguments of an action, a JSON object or a block between fences, are none. */
export function segmentsOf(text: string): readonly Segment[] {
  const label = new RegExp(`(?:^|\\n)${pattern}`, "g");
  const found: { readonly label: Label | undefined; readonly at: number; readonly start: number }[] = [];
  // Where one has no end, the text is read to its own; once is enough.
  let ends = true;
  for (let match = label.exec(text); match !== null; match = label.exec(text)) {
    const name = nameOf(match);
    const start = match.index + match[0].length;
    // Arguments of nothing are words like others.
    if (name === "input" && found.at(-1)?.label !== "action") {
      label.lastIndex = start;
      continue;
    }
    if (found.length === 0 && match.index > 0) found.push({ label: undefined, at: 0, start: 0 });
    found.push({ label: name, at: match.index, start });
    // The next label may follow at once: its line begins with the end of this one.
    label.lastIndex = start;
    if (name !== "input" || !ends) continue;
    const end = endOfInput(text, start);
    ends = end !== undefined;
    label.lastIndex = end ?? start;
  }
  if (found.length === 0) found.push({ label: undefined, at: 0, start: 0 });
  return found.map((part, index) => ({ ...part, end: found[index + 1]?.at ?? text.length }));
}

/** The label that a line begins with, and where its words begin. */
export function labelOf(line: string): { readonly label: Label; readonly start: number } | undefined {
  const match = new RegExp(`^${pattern}`).exec(line);
  return match === null ? undefined : { label: nameOf(match), start: match[0].length };
}

/** May a line that begins like this still become one with a label? */
export function mayBecomeLabel(line: string): boolean {
  if (line.length > longest) return false;
  const words = line.replace(/^[ \t>*_#`]+/, "").toLowerCase();
  return beginnings.some((label) => label.startsWith(words) || words.startsWith(label));
}

const beginnings = ["thought", "action", "observation", "final answer", "final_answer", "finalanswer"];
/** No label with its decoration is longer. */
const longest = 50;

function nameOf(match: RegExpExecArray): Label {
  return labels.find((_, index) => match[index + 1] !== undefined) as Label;
}

/** Where the arguments that begin here end, as far as they say so themselves; `undefined` where they have no end. */
function endOfInput(text: string, start: number): number | undefined {
  let begin = start;
  while (/\s/.test(text.charAt(begin))) begin++;
  if (text.startsWith("```", begin)) {
    const close = text.indexOf("```", begin + 3);
    return close < 0 ? undefined : close + 3;
  }
  return text[begin] === "{" ? objectAt(text, begin)?.end : start;
}
