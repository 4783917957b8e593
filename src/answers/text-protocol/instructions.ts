/**
 * @module
 * How a model is told about its tools, and about the form in which it calls them.
 */
import type { ModelRequest, ResponseSchema, ToolDescription } from "../../core/model.js";

/** The form, behind the list of the tools. */
export const formInstruction = `To use a tool, write:

Thought: what you know, and what you do next
Action: the name of one tool
Action Input: its arguments, as one JSON object in one line

Then stop: what the tool gives is told to you as an Observation; never write one yourself. Actions that do not need each other's results may stand one behind the other, each with its Action Input.

As soon as you know the answer, write:

Thought: how you know it
Final Answer: the answer, in the form in which it was asked for`;

/** Tools and form, for the system's message: the same in all turns, so that it stays in a provider's cache. */
export function toolInstruction(tools: readonly ToolDescription[]): string {
  const list = tools.map(({ name, description, inputSchema }) => {
    const { $schema: _, ...schema } = inputSchema;
    return `${name}: ${description}\nArguments, as JSON Schema: ${JSON.stringify(schema)}`;
  });
  return `You can use these tools:\n\n${list.join("\n\n")}\n\n${formInstruction}`;
}

/** What is asked for in this turn alone. */
export function turnInstruction({ toolChoice = "auto", schema }: ModelRequest): string {
  if (toolChoice === "none") {
    const form = schema === undefined ? `write "Final Answer: " and the answer` : "give the final answer";
    return `Use no more tools: ${form} now.`;
  }
  const must =
    toolChoice === "required"
      ? "Use a tool now."
      : typeof toolChoice === "object"
        ? `Use the tool ${toolChoice.name} now.`
        : "";
  return [must, schema === undefined ? "" : schemaInstruction(schema)].filter((words) => words !== "").join(" ");
}

function schemaInstruction({ jsonSchema }: ResponseSchema): string {
  return `The final answer must be JSON alone, and fit this JSON Schema: ${JSON.stringify(jsonSchema)}`;
}
