/**
 * @module
 * The chat template: from a request to the tokens that the network was trained on.
 */
import type { ModelRequest } from "../core/model.js";
import { chainIn, readConversation, readDraft, type Conversation, type Draft } from "./conversation.js";
import type { Opening } from "./line.js";
import { encode, pieceOf, tokenOf } from "./tokenizer.js";

/** What the network reads, and how it goes on. */
export interface Prompt extends Opening {
  readonly tokens: readonly number[];
}

/**
 * Puts a request into one of the four formats of `training/data.py`: the question, a mark, and what was written so far.
 *
 * - `[check]` where an assistant's message has steps and an answer: it is checked, whatever words ask for that. With steps alone it is
 *   finished with `Answer:`, and with an answer alone thought through with `[cot]`. Of several drafts the last one counts.
 * - `[tool]` where a tool takes an `expression`, and `toolChoice` does not forbid it.
 * - `[cot]` where results of tools are there, but tools may not be called any more, or where instructions ask for steps.
 * - `[direct]` else.
 *
 * A prefill is gone on with. One that has an answer and words behind it, such as `Wait`, is a draft to check.
 */
export function fillTemplate(request: ModelRequest): Prompt {
  const { messages, prefill = "" } = request;
  const conversation = readConversation(messages);
  const started = readDraft(prefill);
  const again = started.answer !== undefined && started.steps.length > 0 && /[\p{L}\d]/u.test(started.rest);
  const { parts, forced, tool } = again ? checking(started) : formatOf(request, conversation);
  const tokens = encode(`${conversation.question}\n`);
  for (const [mark, lines] of parts) {
    tokens.push(tokenOf(mark), ...encode(["", ...lines, ""].join("\n")));
  }
  tokens.push(...encode(chainIn(again ? started.rest : prefill)));
  return {
    tokens,
    forced: forced === undefined || prefill !== "" ? [] : [tokenOf(forced)],
    prefill,
    tool,
    toolCalls: conversation.toolCalls,
    end: tokenOf("<eos>"),
    pieceOf,
  };
}

/** The marks of the four formats, each a line of its own. */
type Mark = "[direct]" | "[cot]" | "[tool]" | "[check]";

interface Format {
  /** Marks, and the lines behind each. */
  readonly parts: readonly (readonly [mark: Mark, lines: readonly string[]])[];
  readonly forced?: "Answer:" | "<calc>";
  readonly tool?: string;
}

function formatOf(request: ModelRequest, { instructions, results, draft }: Conversation): Format {
  const known = results
    .filter(({ result }) => result !== undefined)
    .map(({ expression, result }) => `${expression} = ${result}`);
  if (draft !== undefined) {
    const whole = { ...draft, steps: [...known, ...draft.steps] };
    const { steps, answer } = whole;
    if (answer === undefined) return { parts: [[steps.length > 0 ? "[cot]" : "[direct]", steps]], forced: "Answer:" };
    return steps.length > 0 ? checking(whole) : { parts: [["[cot]", []]] };
  }
  const tool = toolOf(request);
  if (tool !== undefined) {
    const lines = results.map(({ expression, result = "<unk>" }) => `<calc> ${expression} </calc> = ${result}`);
    return { parts: [["[tool]", lines]], tool, ...(obliged(request) && { forced: "<calc>" }) };
  }
  const thinks = known.length > 0 || /step|reason|think|work/i.test(instructions);
  return { parts: [[thinks ? "[cot]" : "[direct]", known]] };
}

function checking({ steps, answer = "" }: Draft): Format {
  return {
    parts: [
      ["[cot]", [...steps, `Answer: ${answer}`]],
      ["[check]", []],
    ],
  };
}

/** Name of the tool that takes an expression, if it may be called. */
function toolOf({ tools = [], toolChoice = "auto" }: ModelRequest): string | undefined {
  if (toolChoice === "none") return undefined;
  return tools.find(({ name, inputSchema }) => {
    const { properties } = inputSchema as {
      readonly properties?: { readonly expression?: { readonly type?: unknown } };
    };
    return properties?.expression?.type === "string" && (typeof toolChoice === "string" || toolChoice.name === name);
  })?.name;
}

function obliged({ toolChoice = "auto" }: ModelRequest): boolean {
  return toolChoice === "required" || typeof toolChoice === "object";
}
