/**
 * @module
 * Feedback from tests: what a right answer must satisfy.
 */
import { programOf, type ProgramOf } from "../answers/program-of.js";
import { InvalidOptionError } from "../core/errors.js";
import type { Feedback } from "../core/feedback.js";
import type { ModelResponse } from "../core/model.js";
import { checkOptions } from "../core/options.js";
import { checkSandbox } from "../core/run-program.js";
import type { Sandbox } from "../core/sandbox.js";
import { checkCase, runCase, type TestCase } from "./tests/case.js";

/** A test of a response. `false`, or an error, is a failure; the error's message is shown to the model. */
export type ResponseTest<R extends ModelResponse = ModelResponse> = (response: R) => boolean | Promise<boolean>;

/** Options of {@link tests}. */
export interface TestsOptions<R extends ModelResponse = ModelResponse> {
  /** Where the program of a response is run, for tests that are cases. @defaultValue none: all tests are functions */
  readonly sandbox?: Sandbox | undefined;
  /**
   * The program of a response; `undefined` for none. @defaultValue `response.program`, an answer that is a text, or the last block of the sandbox's
   * language
   */
  readonly program?: ProgramOf<R> | undefined;
}

/**
 * Feedback that runs tests: the score is the share that passes, the message names those that do not.
 *
 * Shape: tests by name in, {@link Feedback} out. A test is a function of the response, or a case for the program in it: `{ call, equals }` is an expression and the
 * JSON value it must come to (numbers to 12 digits), `{ run }` is a program that must end without an error and not come to `false`.
 * Cost: no model calls of its own; one run of the sandbox for each case, in which the program and then the case are run. The tests run at the same time, as far as
 * the sandbox has workers; one that never ends costs the others nothing. Without a program in the response all cases fail.
 *
 * @throws {@link InvalidOptionError} for no test, one that is neither a function nor a case, and a case without a sandbox
 * @throws what the sandbox throws where it breaks, at a response
 * @see Shinn et al. 2023, arXiv:2303.11366 (revising on test results); Chen et al. 2021, arXiv:2107.03374 (programs scored by running tests)
 * @example
 * const feedback = tests<Answered<number>>({
 *   "the answer is a whole number": ({ answer }) => Number.isInteger(answer),
 *   "the answer is at most 100": ({ answer = 0 }) => answer <= 100,
 * });
 * @example
 * const cases = tests({ "small numbers": { call: "add(1, 2)", equals: 3 } }, { sandbox: quickjs() });
 */
export function tests<R extends ModelResponse = ModelResponse>(
  tests: Readonly<Record<string, ResponseTest<R> | TestCase>>,
  options: TestsOptions<NoInfer<R>> = {},
): Feedback<R> {
  const named = Object(tests) === tests ? Object.entries(tests) : [];
  if (named.length === 0) throw new InvalidOptionError("tests", "tests", "an object of at least one test", tests);
  checkOptions("tests", options, ["sandbox", "program"]);
  const { sandbox } = options;
  if (sandbox !== undefined) checkSandbox("tests", sandbox);
  if (options.program !== undefined && typeof options.program !== "function")
    throw new InvalidOptionError("tests", "program", "a function of a response", options.program);
  for (const [name, test] of named) {
    const option = `tests[${JSON.stringify(name)}]`;
    if (typeof test === "function") continue;
    checkCase(option, test);
    if (sandbox === undefined)
      throw new InvalidOptionError("tests", option, "a function where there is no sandbox", test);
  }
  const read = options.program ?? (sandbox && programOf(sandbox));

  return async (response, context) => {
    const program = read?.(response);
    const complain = (name: string, test: ResponseTest<R> | TestCase): Promise<string | undefined> => {
      if (typeof test === "function") return complaintOf(name, test, response);
      if (program === undefined) return Promise.resolve(name);
      return runCase(sandbox as Sandbox, program, name, test, context.call);
    };
    const complaints = await Promise.all(named.map(([name, test]) => complain(name, test)));
    const failed = complaints.filter((complaint) => complaint !== undefined);
    const score = 1 - failed.length / named.length;
    if (failed.length === 0) return { ok: true, score };
    const none = program === undefined && named.some(([, test]) => typeof test !== "function");
    const message = `This is not so yet: ${failed.join("; ")}.`;
    return { ok: false, score, message: none ? `There is no program in your answer. ${message}` : message };
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
