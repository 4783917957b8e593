/**
 * @module
 * Feedback from tests: what a right answer must satisfy.
 */
import { InvalidOptionError } from "../core/errors.js";
import type { Feedback } from "../core/feedback.js";
import type { ModelResponse } from "../core/model.js";

/** A test of a response. `false`, or an error, is a failure; the error's message is shown to the model. */
export type ResponseTest<R extends ModelResponse = ModelResponse> = (response: R) => boolean | Promise<boolean>;

/**
 * Feedback that runs tests: the score is the share that passes, the message names those that do not.
 *
 * Shape: tests by name in, {@link Feedback} out. Cost: no model calls of its own. The tests run at the same time.
 *
 * @throws {@link InvalidOptionError} for no test, or one that is no function
 * @see Shinn et al. 2023, arXiv:2303.11366 (revising on test results)
 * @example
 * const feedback = tests<Answered<number>>({
 *   "the answer is a whole number": ({ answer }) => Number.isInteger(answer),
 *   "the answer is at most 100": ({ answer = 0 }) => answer <= 100,
 * });
 */
export function tests<R extends ModelResponse = ModelResponse>(
  tests: Readonly<Record<string, ResponseTest<R>>>,
): Feedback<R> {
  const named = Object(tests) === tests ? Object.entries(tests) : [];
  if (named.length === 0) throw new InvalidOptionError("tests", "tests", "an object of at least one test", tests);
  for (const [name, test] of named) {
    if (typeof test !== "function")
      throw new InvalidOptionError("tests", `tests[${JSON.stringify(name)}]`, "a function of a response", test);
  }
  return async (response) => {
    const complaints = await Promise.all(named.map(([name, test]) => complaintOf(name, test, response)));
    const failed = complaints.filter((complaint) => complaint !== undefined);
    const score = 1 - failed.length / named.length;
    if (failed.length === 0) return { ok: true, score };
    return { ok: false, score, message: `This is not so yet: ${failed.join("; ")}.` };
  };
}

async function complaintOf<R extends ModelResponse>(
  name: string,
  test: ResponseTest<R>,
  response: R,
): Promise<string | undefined> {
  try {
    return (await test(response)) ? undefined : name;
  } catch (error) {
    return `${name} (${error instanceof Error ? error.message : String(error)})`;
  }
}
