/**
 * @module
 * A calculator for models: exact where it can be, safe whatever they write.
 */
import type { StandardResult } from "../core/standard-schema.js";
import type { Tool } from "../core/tool.js";
import { calculate } from "./calculator/calculate.js";

export { calculate } from "./calculator/calculate.js";

/**
 * Makes a tool that computes expressions with {@link calculate}.
 *
 * Shape: `{ expression: "2 * (3 + 4)^2" }` in, `"98"` out.
 * Cost: none.
 * Nothing is evaluated as code, and nothing takes long. What cannot be computed is thrown as an Error that says what is wrong and where,
 * which `toolLoop` tells the model.
 *
 * @example
 * const solver = stack(model, toolLoop({ tools: [calculator()] }));
 * const { text } = await run(solver, "A loan of 12,500 grows by 4.2 % a year. What is it after 7 years?");
 */
export function calculator(): Tool {
  return {
    name: "calculator",
    description,
    inputSchema: {
      type: "object",
      properties: {
        expression: { type: "string", description: "Such as 1250 * (1 + 4.2/100)^7 or round(sqrt(2), 3)" },
      },
      required: ["expression"],
    },
    parse,
    execute: (input) => calculate((input as CalculatorInput).expression),
  };
}

interface CalculatorInput {
  readonly expression: string;
}

const description =
  "Computes an arithmetic expression exactly. Operators: + - * / ^ ! and % (remainder, not percent). " +
  "Functions: sqrt, abs, floor, ceil, round(x, places), min, max, exp, ln, log10, log2, sin, cos, tan (radians). " +
  "Constants: pi, e. No variables, no units, no currency signs; write every * out.";

function parse(input: unknown): StandardResult<CalculatorInput> {
  const expression = (input as Partial<CalculatorInput> | null | undefined)?.expression;
  if (typeof expression === "string") return { value: { expression } };
  return { issues: [{ message: 'expected a text such as "2 * (3 + 4)"', path: ["expression"] }] };
}
