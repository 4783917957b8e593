/**
 * @module
 * What the model is told: how to write a program, what became of it, which function it stands in for.
 */
import type { Answer } from "../../../answers/answer.js";
import { code } from "../../../answers/code.js";
import { reply } from "../../../core/conversation.js";
import type { JsonValue } from "../../../core/message.js";
import type { ModelRequest, ModelResponse } from "../../../core/model.js";
import { describeError, shorten } from "../../../core/run-program.js";
import type { ProgramResult, Sandbox } from "../../../core/sandbox.js";

/** The default instruction: asks for the program. */
export const programInstruction: string =
  "Write a program that works out the answer: a function solution(), without parameters, that returns it. Take what is known from the question, and leave every calculation to the program.";
/** Asks for a program again that failed. */
export const repairInstruction: string = "Mend the program, and write the whole of it again.";

/** What a program may use. */
export interface Offer {
  readonly functions: readonly string[];
  readonly globals: readonly string[];
  readonly simulate: boolean;
}

/** The whole of what is asked for behind the question. */
export function programPrompt(
  instruction: string,
  { language }: Sandbox,
  offer: Offer,
  answer: Answer<unknown> | undefined,
): string {
  const { functions, globals, simulate } = offer;
  const parts = [
    instruction,
    answer === undefined ? "" : returned(answer),
    `The program runs in ${titles[language]}, alone: it reads no input, no files and no network.`,
    globals.length === 0 ? "" : `It finds these variables: ${globals.join(", ")}.`,
    functions.length === 0 ? "" : `It may call these functions: ${functions.join(", ")}.`,
    simulate ? simulateOffer : "",
    code({ language }).instruction,
  ];
  return parts.filter((part) => part !== "").join(" ");
}

const titles: Readonly<Record<Sandbox["language"], string>> = { javascript: "JavaScript", python: "Python" };
const simulateOffer =
  "Where only judgement or knowledge of the world can tell, call a function without defining it, under a telling name, such as is_fruit(word): somebody will answer for it. Its arguments and results are JSON.";

/** What solution() has to return, where the answer says so. */
function returned({ instruction, schema }: Answer<unknown>): string {
  if (schema !== undefined)
    return `solution() returns what fits this JSON Schema: ${JSON.stringify(schema.jsonSchema)}.`;
  const [, what] = /^End with "Answer: " and (.+?)\.?$/.exec(instruction) ?? [];
  return what === undefined ? "" : `solution() returns ${what}.`;
}

/** What is said of a program that came to no answer, and of a reply without a program. */
export function complaint(program: string | undefined, result: ProgramResult | undefined, cut: boolean): string {
  if (program === undefined || result === undefined) {
    const what = cut ? "Your answer was cut before the program was complete." : "There is no program in your answer.";
    return `${what} Write one${cut ? " that is shorter" : ""}, in one block between fences.`;
  }
  const printed = result.output.trim() === "" ? "" : `\nIt had printed:\n${shorten(result.output.trim())}`;
  if (result.ok) {
    const came = result.value === null ? "returned nothing" : `returned ${shorten(JSON.stringify(result.value))}`;
    return `The program ran, but ${came}, which is no answer to the question.${printed}\n\n${repairInstruction}`;
  }
  const { error } = result;
  const { line = 0 } = error;
  const words = program.split("\n")[line - 1]?.trim() ?? "";
  const where = words === "" ? "" : ` (line ${line}: ${shorten(words, 120)})`;
  return `The program failed: ${describeError(error)}${where}.${printed}\n\n${repairInstruction}`;
}

/** Asks what a function returns that the program calls. */
export function simulateRequest(
  request: ModelRequest,
  response: ModelResponse,
  name: string,
  args: readonly JsonValue[],
): ModelRequest {
  const asked = `${name}(${args.map((arg) => JSON.stringify(arg)).join(", ")})`;
  const words = `Your program calls ${name}, which it does not define: you answer for it. What does\n\n${asked}\n\nreturn? Give what it returns and nothing else, as JSON in a block fenced as \`\`\`json.`;
  const { tools, ...rest } = reply(request, response, words);
  return tools === undefined || tools.length === 0 ? rest : { ...rest, tools, toolChoice: "none" };
}
