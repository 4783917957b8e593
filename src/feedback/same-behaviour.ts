/**
 * @module
 * Sameness by behaviour: do two programs come to the same?
 */
import type { Sameness } from "../answers/clusters.js";
import { programOf, type ProgramOf } from "../answers/program-of.js";
import { InvalidOptionError } from "../core/errors.js";
import type { FeedbackContext } from "../core/feedback.js";
import type { Model, ModelRequest, ModelResponse } from "../core/model.js";
import { checkInteger, checkOptions } from "../core/options.js";
import { checkSandbox } from "../core/run-program.js";
import type { ProgramResult, Sandbox } from "../core/sandbox.js";
import { isModel } from "../core/stack.js";
import { behave, PerQuestion, resultKey, writeCalls } from "./behaviour.js";

/** Options of {@link sameBehaviour}. */
export interface SameBehaviourOptions<R extends ModelResponse = ModelResponse> {
  /** Where the programs run. */
  readonly sandbox: Sandbox;
  /** Calls to compare them on, such as `"add(1, 2)"`: a list of at least one, or a function of the question. @defaultValue a model writes them */
  readonly inputs?: readonly string[] | ((request: ModelRequest) => readonly string[]) | undefined;
  /** Who writes them. @defaultValue the model beneath all layers */
  readonly by?: Model | undefined;
  /** How many it writes at most: whole, at least 1. @defaultValue 8 */
  readonly count?: number | undefined;
  /** What it is asked for. @defaultValue {@link inputsInstruction} */
  readonly instruction?: string | undefined;
  /** The program of a sample. @defaultValue as in {@link tests} */
  readonly program?: ProgramOf<R> | undefined;
}

/**
 * Says whether two samples hold programs that behave alike: for votes among programs, of which no two are written in the same way.
 *
 * Shape: a sandbox in; a function of two samples out, for `majorityVote({ same })`. Two programs are the same where they come to the same on every input, to a
 * value on one of them at least; an error is the same as one of its class. A sample without a program is like no other.
 * Cost: one model call for a question, with the first two programs in the prompt, counted as `usage.judging`; none where `inputs` are given. Each program is run
 * once on each input, each in a run of its own.
 *
 * @throws {@link InvalidOptionError} for options out of bounds
 * @throws {@link MalformedResponseError} at a comparison, where the model wrote no calls; what the sandbox throws where it breaks
 * @see Li et al. 2022, arXiv:2203.07814, section 4.4 (clusters of programs by what they do on generated inputs); Chen et al. 2022, arXiv:2207.10397 (CodeT: agreement on
 *   generated tests). Deviation: inputs alone, without what they should come to.
 * @example
 * const samples = stack(model, chainOfThought({ answer: code({ language: "javascript" }) }), sampleN(8));
 * const solver = stack(samples, majorityVote({ same: sameBehaviour({ sandbox: quickjs(), inputs: ["add(1, 2)", "add(-1, 0.5)"] }) }));
 */
export function sameBehaviour<R extends ModelResponse = ModelResponse>(options: SameBehaviourOptions<R>): Sameness<R> {
  checkOptions("sameBehaviour", options, ["sandbox", "inputs", "by", "count", "instruction", "program"]);
  const { sandbox, inputs, by, count = 8, instruction = inputsInstruction } = options;
  checkSandbox("sameBehaviour", sandbox);
  if (inputs !== undefined && typeof inputs !== "function") checkInputs("inputs", inputs);
  if (by !== undefined && !isModel(by)) throw new InvalidOptionError("sameBehaviour", "by", "a model", by);
  checkInteger("sameBehaviour", "count", count, 1);
  if (typeof instruction !== "string" || instruction.trim() === "")
    throw new InvalidOptionError("sameBehaviour", "instruction", "a text that is not empty", instruction);
  for (const name of ["by", "count", "instruction"] as const) {
    if (inputs !== undefined && options[name] !== undefined)
      throw new InvalidOptionError("sameBehaviour", name, "left out where inputs are given", options[name]);
  }
  const { program = programOf(sandbox) } = options;
  if (typeof program !== "function")
    throw new InvalidOptionError("sameBehaviour", "program", "a function of a sample", program);
  const asked = { where: "sameBehaviour", by, sandbox, count, instruction };
  const questions = new PerQuestion<Question>();

  const callsFor = (a: string, b: string, context: FeedbackContext): readonly string[] | Promise<readonly string[]> => {
    if (inputs === undefined) return writeCalls([a, b], asked, context);
    return typeof inputs === "function" ? checkInputs("what inputs returns", inputs(context.request)) : inputs;
  };

  return async (a: R, b: R, context: FeedbackContext): Promise<boolean> => {
    const [one, other] = [program(a), program(b)];
    if (one === undefined || other === undefined) return false;
    const question = questions.of(context, () => ({
      calls: Promise.resolve(callsFor(one, other, context)),
      results: new Map<string, Promise<readonly ProgramResult[]>>(),
    }));
    const calls = await question.calls;
    const [first = [], second = []] = await Promise.all(
      [one, other].map((source) => {
        let results = question.results.get(source);
        if (results === undefined)
          question.results.set(source, (results = behave(sandbox, source, calls, context.call)));
        return results;
      }),
    );
    return first.some(({ ok }) => ok) && calls.every((_, i) => keyAt(first, i) === keyAt(second, i));
  };
}

/** The default instruction of {@link sameBehaviour}. */
export const inputsInstruction =
  "Above are programs that were written for the question. Write calls of what the question asks for, which show whether a program is right: a few usual ones, and those at which programs fail, such as empty, large, negative or equal values.";

/** What is known of a question. */
interface Question {
  readonly calls: Promise<readonly string[]>;
  /** By program. */
  readonly results: Map<string, Promise<readonly ProgramResult[]>>;
}

function keyAt(results: readonly ProgramResult[], index: number): string {
  return resultKey(results[index] as ProgramResult);
}

function checkInputs(option: string, inputs: readonly string[]): readonly string[] {
  const list: readonly unknown[] = Array.isArray(inputs) ? inputs : [];
  const ok = list.length > 0 && list.every((input) => typeof input === "string" && input.trim() !== "");
  if (!ok) throw new InvalidOptionError("sameBehaviour", option, "a list of at least one expression", inputs);
  return inputs;
}
