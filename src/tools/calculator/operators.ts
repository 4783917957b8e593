/**
 * @module
 * What may stand between two operands.
 */
import { raise } from "./powers.js";
import { add, divide, multiply, subtract, type Quantity } from "./quantity.js";
import { remainder } from "./rounding.js";

/** An operator with two sides. */
export interface Operator {
  /** The higher, the more tightly it binds. */
  readonly rank: number;
  /** The least rank of what its right side takes in: its own rank where it is done from the right. */
  readonly right: number;
  readonly apply: (left: Quantity, right: Quantity) => Quantity;
}

/** What a sign takes in: `-2^2` is `-(2^2)`, `-2*3` is `(-2)*3`. */
export const signRank = 3;

const plus: Operator = { rank: 1, right: 2, apply: add };
const minus: Operator = { rank: 1, right: 2, apply: subtract };
const times: Operator = { rank: 2, right: 3, apply: multiply };
const over: Operator = { rank: 2, right: 3, apply: divide };
const rest: Operator = { rank: 2, right: 3, apply: remainder };
const toThe: Operator = { rank: 4, right: 4, apply: raise };

export const operators: ReadonlyMap<string, Operator> = new Map([
  ["+", plus],
  ["-", minus],
  ["−", minus],
  ["–", minus],
  ["*", times],
  ["×", times],
  ["·", times],
  ["⋅", times],
  ["/", over],
  ["÷", over],
  ["%", rest],
  ["^", toThe],
  ["**", toThe],
]);

/** Does it turn what follows into its negative? */
export function isMinus(sign: string): boolean {
  return operators.get(sign) === minus;
}
