/**
 * @module
 * Feedback from recomputing: is the arithmetic that a line of thought writes out right?
 */
import { equationsIn, type Equation } from "../answers/chain/equations.js";
import type { Verdict } from "../core/feedback.js";
import type { ModelResponse } from "../core/model.js";

/** What was found in a line of thought. */
export interface ArithmeticVerdict extends Verdict {
  /** The share of its equations that hold; 1 where there are none. */
  readonly score: number;
  /** In order; empty where nothing could be worked out again, which is no sign that it is right. */
  readonly equations: readonly Equation[];
  /** The line of the first equation that does not hold, from 0. Lines without words do not count. */
  readonly step: number | undefined;
}

/**
 * Feedback that works out again every equation a response writes out, in its reasoning and its text, and names the first that does not hold.
 *
 * Shape: {@link Feedback} out. It reads `8 * 6 = 48`, `$14.88 + $4.88 = $19.76`, `5 apples plus 3 apples is 8`, `20% of 50 = 10`, LaTeX, and chains `a = b = c`.
 * What holds variables, functions or words for numbers, what may be read in two ways, and what changes the unit is passed over: it finds wrong arithmetic, not
 * wrong ideas. Rounding is accepted where the right side has decimals, and where the line says that it rounds.
 * Cost: no model calls.
 *
 * @see Tyen et al. 2023, arXiv:2311.08516 (models mend a mistake once they are told where it is, and are poor at finding it)
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), reviseLoop({ feedback: arithmeticSteps() }));
 */
export function arithmeticSteps(): (response: ModelResponse) => ArithmeticVerdict {
  return ({ reasoning = "", text }) => {
    const equations = equationsIn(`${reasoning}\n${text}`);
    const wrong = equations.filter(({ ok }) => !ok);
    const [first] = wrong;
    const score = equations.length === 0 ? 1 : 1 - wrong.length / equations.length;
    if (first === undefined) return { ok: true, score, equations, step: undefined };
    const { written, value, step } = first;
    const [left = ""] = written.split(/ [=≈] /);
    return { ok: false, score, message: `"${written}" is wrong: ${left} is ${decimal(value)}.`, equations, step };
  };
}

/** `10/3` as 3.333333333. */
function decimal(value: string): string {
  const [over = "", under = "1"] = value.split("/");
  return String(Number((Number(over) / Number(under)).toPrecision(10)));
}
