/**
 * @module
 * Reading a turn of ReAct: what was thought, which tools are called, what the final answer is.
 */
import type { ToolDescription } from "../../core/model.js";
import { readArguments } from "./arguments.js";
import { segmentsOf, type Segment } from "./labels.js";

/** From where to where in the text. */
export type Span = readonly [start: number, end: number];

/** What a model wrote. */
export interface Turn {
  readonly thoughts: readonly Span[];
  readonly calls: readonly { readonly name: string; readonly input: unknown }[];
  /** Of the final answer; `undefined` where none is marked. */
  readonly answer: Span | undefined;
  /** Is it the text as it is: no label, and nothing behind it that was invented? */
  readonly plain: boolean;
}

/** What is known about the turn. */
export interface TurnOptions {
  readonly tools?: readonly ToolDescription[] | undefined;
  /** Did the text end too soon? */
  readonly cut?: boolean | undefined;
}

/**
 * Reads a turn; never throws. Actions that stand before anything else decide: a final answer behind one was written without its result. If
 * none of them names a tool (`Action: None`), the answer counts. What follows an observation was invented, and what follows the final answer is left out.
 */
export function readTurn(text: string, { tools = [], cut = false }: TurnOptions = {}): Turn {
  const thoughts: Span[] = [];
  let actions: Action[] = [];
  let answer: Span | undefined;
  const segments = segmentsOf(text);
  let end = text.length;
  for (const segment of segments) {
    const { label, at, start } = segment;
    const last = actions.at(-1);
    if (label === "observation" && text.slice(0, at).trim() !== "") {
      end = at;
      break;
    }
    if (answer !== undefined) {
      if (endsAnswer(segment, text, tools)) break;
      answer = [answer[0], segment.end];
    } else if (label === "action") {
      const finish = finishIn(text.slice(start, segment.end), start, tools);
      if (finish === undefined) actions.push({ head: text.slice(start, segment.end), input: undefined });
      else answer = finish;
    } else if (label === "input" && last?.input === undefined && last !== undefined) {
      last.input = text.slice(start, segment.end);
    } else if (label === "final") {
      if (actions.some(({ head }) => toolIn(head, tools) !== undefined)) break;
      actions = [];
      answer = [start, segment.end];
    } else thoughts.push([label === "thought" ? start : at, segment.end]);
  }
  const plain = segments.length === 1 && segments[0]?.label === undefined && end === text.length;
  const calls = actions.map((action, index) => callOf(action, tools, cut && index === actions.length - 1));
  return { thoughts: thoughts.filter(([from, to]) => !isFence(text.slice(from, to))), calls, answer, plain };
}

/** Is this the name of a tool, in whatever case? */
export function findTool(name: string, tools: readonly ToolDescription[]): ToolDescription | undefined {
  const same = tools.filter((tool) => tool.name.toLowerCase() === name.toLowerCase());
  return tools.find((tool) => tool.name === name) ?? (same.length === 1 ? same[0] : undefined);
}

/** The tool that the words behind `Action:` name. */
export function toolIn(head: string, tools: readonly ToolDescription[]): ToolDescription | undefined {
  return findTool(split(head, tools).name, tools);
}

interface Action {
  readonly head: string;
  input: string | undefined;
}

function callOf({ head, input }: Action, tools: readonly ToolDescription[], cut: boolean): Turn["calls"][number] {
  const { name, rest } = split(head, tools);
  const tool = findTool(name, tools);
  return { name: tool?.name ?? name, input: readArguments(input ?? rest, tool?.inputSchema, cut) };
}

/** The name, and the arguments that stand behind it: `search[foo]`, `search("foo")`, `search {"q": "foo"}`, or in the next line. */
function split(head: string, tools: readonly ToolDescription[]): { readonly name: string; readonly rest: string } {
  const words = head.trim();
  if (tools.some(({ name }) => name === words)) return { name: words, rest: "" };
  const [, name, square, round, rest] =
    /^[*_`"']{0,3}([\w.-]+)[*_`"']{0,3}\s*(?:\[([\s\S]*)\][.`]*|\(([\s\S]*)\)[.`]*|:?\s*(\{[\s\S]*|```[\s\S]*))$/.exec(
      words,
    ) ?? [];
  if (name !== undefined) return { name, rest: square ?? round ?? rest ?? "" };
  const [line = ""] = words.split("\n", 1);
  return { name: line.replace(/^[*_`"']+|[*_`"'.:]+$/g, "").trim(), rest: words.slice(line.length) };
}

/** The answer in `Finish[42]`, as the paper writes it, unless a tool has that name. */
function finishIn(head: string, start: number, tools: readonly ToolDescription[]): Span | undefined {
  const [, before, words] = /^(\s*finish\s*\[)([\s\S]*)\]\s*$/i.exec(head) ?? [];
  if (before === undefined || words === undefined || findTool("finish", tools) !== undefined) return undefined;
  return [start + before.length, start + before.length + words.length];
}

/** Does the next turn begin here, which the model made up? */
function endsAnswer({ label, start, end }: Segment, text: string, tools: readonly ToolDescription[]): boolean {
  return label === "thought" || (label === "action" && toolIn(text.slice(start, end), tools) !== undefined);
}

function isFence(words: string): boolean {
  return /^\s*(?:```\w*\s*)?$/.test(words);
}
