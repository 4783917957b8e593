/**
 * @module
 * The calculator without its tool: a Pratt parser that computes as it reads.
 */
import { read, show } from "./decimals.js";
import { constants, functions } from "./functions.js";
import { isMinus, operators, signRank } from "./operators.js";
import { factorial } from "./powers.js";
import { negate, type Quantity } from "./quantity.js";

/**
 * Computes an expression such as `2 * (3 + 4)^2`.
 *
 * Shape: text in, the result as text out, which can be read again. Pure, and quick whatever is given.
 * Knows `+ - * / %` (remainder), `^` or `**`, `!`, parentheses, decimals, `1.5e3`, thousands separators outside the arguments of functions
 * (`1,234.5`), the signs `× ÷ − π`, the constants `pi` and `e`, and `sqrt abs floor ceil round min max exp ln log10 log2 sin cos tan` (radians).
 * Fractions are exact: `0.1 + 0.2` is `0.3`, `1/3*3` is `1`. Whole numbers are written in full, up to 10^1000; decimals of up to 30 digits,
 * too; all else is rounded to 15 significant digits. `-2^2` is -4, `2^3^2` is 512, `-7 % 3` is 2; halves round away from 0.
 *
 * @param expression - at most 1,000 characters, nested at most 100 deep
 * @throws Error whose message says what is wrong and where, for a model to read: `unexpected ')' at position 5`
 * @example
 * calculate("1,250 * 1.05^2"); // "1378.125"
 */
export function calculate(expression: string): string {
  if (expression.length > mostCharacters) {
    throw new Error(`the expression has ${expression.length} characters, at most ${mostCharacters} can be read`);
  }
  return show(new Reading(expression).result());
}

const mostCharacters = 1000;
const mostDepth = 100;

const number = /(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/iy;
const groupedNumber = /\d{1,3}(?:,\d{3})+(?![\d,])(?:\.\d+)?/y;
const name = /[a-z][a-z0-9_]*|π/iy;
const symbol = /\*\*|[^\s]/uy;

/** One expression being read. */
class Reading {
  private readonly _text: string;
  private _at = 0;
  private _depth = 0;
  /** Does a comma part arguments here? Then it parts no thousands. */
  private _inArguments = false;

  constructor(text: string) {
    this._text = text;
  }

  result(): Quantity {
    const value = this._expression(0);
    if (this._peek() !== "") throw this._unexpectedAfterOperand();
    return value;
  }

  /** Whatever follows, up to an operator of a lower rank. */
  private _expression(least: number): Quantity {
    let left = this._operand();
    for (;;) {
      const sign = this._peek();
      const position = this._at;
      if (sign === "!") {
        this._at++;
        left = this._compute(position, factorial, left);
        if (this._peek() === "!") throw this._unexpected(); // 5!! is neither 5! nor (5!)! to everybody
        continue;
      }
      const operator = operators.get(sign);
      if (operator === undefined || operator.rank < least) break;
      const { rank, right, apply } = operator;
      this._at += sign.length;
      if (sign === "%" && /^$|[)*/^,]/.test(this._peek())) {
        throw new Error(
          `'%' at position ${position + 1} is the remainder, and its right side is missing; write 15% as 15/100`,
        );
      }
      // What is done from the left nests no deeper however long it gets.
      left = this._compute(position, apply, left, rank < right ? this._expression(right) : this._nested(right));
    }
    return left;
  }

  private _nested(least: number): Quantity {
    if (++this._depth > mostDepth) throw new Error(`nested more than ${mostDepth} deep at position ${this._at + 1}`);
    const value = this._expression(least);
    this._depth--;
    return value;
  }

  private _operand(): Quantity {
    const sign = this._peek();
    const position = this._at;
    const digits = (this._inArguments ? undefined : this._take(groupedNumber)) ?? this._take(number);
    if (digits !== undefined) return this._compute(position, () => read(digits.replaceAll(",", "")));
    if (sign === "(") return this._parenthesis(() => this._nested(0), false);
    if (sign === "+" || isMinus(sign)) {
      this._at++;
      const value = this._nested(signRank);
      return sign === "+" ? value : negate(value);
    }
    const word = this._take(name)?.toLowerCase();
    if (word === undefined) throw this._unexpected();
    const constant = constants.get(word);
    if (constant !== undefined) return constant;
    const called = functions.get(word);
    if (called === undefined) {
      const known = [...functions.keys(), ...constants.keys()].join(", ");
      throw new Error(`unknown name '${word.slice(0, 20)}' at position ${position + 1}; known are ${known}`);
    }
    if (this._peek() !== "(") throw new Error(`'${word}' at position ${position + 1} needs parentheses: ${word}(…)`);
    const values = this._parenthesis(() => this._arguments(), true);
    const [fewest, most] = called.takes;
    if (values.length < fewest || values.length > most) {
      const takes = most === fewest ? `${fewest} number` : `${fewest} to ${most} numbers`;
      throw new Error(`${word} at position ${position + 1} takes ${takes}, got ${values.length}`);
    }
    return this._compute(position, called.apply, ...values);
  }

  private _arguments(): readonly Quantity[] {
    const values = [this._nested(0)];
    while (this._peek() === ",") {
      this._at++;
      values.push(this._nested(0));
    }
    return values;
  }

  private _parenthesis<T>(inside: () => T, ofArguments: boolean): T {
    const opened = this._at++;
    const around = this._inArguments;
    this._inArguments = ofArguments;
    const value = inside();
    this._inArguments = around;
    const sign = this._peek();
    if (sign === "") throw new Error(`the '(' at position ${opened + 1} is not closed`);
    if (sign !== ")") throw this._unexpectedAfterOperand();
    this._at++;
    return value;
  }

  /** Does a computation; what goes wrong in it went wrong here. */
  private _compute<T extends readonly unknown[]>(
    position: number,
    apply: (...values: T) => Quantity,
    ...values: T
  ): Quantity {
    try {
      return apply(...values);
    } catch (error) {
      throw new Error(`${(error as Error).message} at position ${position + 1}`, { cause: error });
    }
  }

  /** The next sign, spaces skipped; empty at the end. */
  private _peek(): string {
    while (/\s/.test(this._text.charAt(this._at))) this._at++;
    return this._match(symbol) ?? "";
  }

  private _take(pattern: RegExp): string | undefined {
    const found = this._match(pattern);
    if (found !== undefined) this._at += found.length;
    return found;
  }

  private _match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this._at;
    return pattern.exec(this._text)?.[0];
  }

  private _unexpected(): Error {
    const sign = this._peek();
    if (sign !== "") return new Error(`unexpected ${this._here()}`);
    return new Error(this._text.trim() === "" ? "the expression is empty" : "unexpected end: a number is missing");
  }

  private _unexpectedAfterOperand(): Error {
    const sign = this._peek();
    if (sign === ",") return new Error(`unexpected ${this._here()}; decimals are written with a point`);
    return new Error(
      /[\p{L}\p{N}(.]/u.test(sign) ? `an operator is missing before ${this._here()}` : `unexpected ${this._here()}`,
    );
  }

  /** The word that stands here, and where that is. */
  private _here(): string {
    const word = this._match(number) ?? this._match(name) ?? this._peek();
    return `'${word.slice(0, 20)}' at position ${this._at + 1}`;
  }
}
