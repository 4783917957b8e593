/**
 * @module
 * Distinguishing inputs: two programs are run where they may differ, and whoever compares them sees what came out.
 */
import type { Evidence } from "../answers/judging/evidence.js";
import { programOf, type ProgramOf } from "../answers/program-of.js";
import { InvalidOptionError } from "../core/errors.js";
import type { FeedbackContext } from "../core/feedback.js";
import type { Model, ModelResponse } from "../core/model.js";
import { checkInteger, checkOptions } from "../core/options.js";
import { checkSandbox, describeError, shorten } from "../core/run-program.js";
import type { ProgramResult, Sandbox } from "../core/sandbox.js";
import { isModel } from "../core/stack.js";
import { behave, PerQuestion, resultKey, writeCalls } from "./behaviour.js";

/** Options of {@link distinguishingInputs}. */
export interface DistinguishingInputsOptions<R extends ModelResponse = ModelResponse> {
  /** Where the programs run. */
  readonly sandbox: Sandbox;
  /** Who writes the inputs. @defaultValue the model beneath all layers */
  readonly by?: Model | undefined;
  /** How many it writes at most: whole, at least 1. @defaultValue 5 */
  readonly count?: number | undefined;
  /** What it is asked for. @defaultValue {@link distinguishInstruction} */
  readonly instruction?: string | undefined;
  /** The program of a response. @defaultValue as in {@link tests} */
  readonly program?: ProgramOf<R> | undefined;
}

/**
 * Finds out where two programs differ: a model writes inputs on which they might, both are run on them, and the outcomes are the evidence.
 *
 * Shape: a sandbox in; {@link Evidence} out, for `tournament({ evidence })`.
 * Cost: one model call for a pair of programs, whatever the order, counted as `usage.judging`; 2 · `count` runs of the sandbox at most, each by itself. No model is
 * asked where a response has no program, or both have the same.
 *
 * @throws {@link InvalidOptionError} for options out of bounds
 * @throws {@link MalformedResponseError} for a pair, where the model wrote no inputs; what the sandbox throws where it breaks
 * @see Li et al. 2025, arXiv:2502.14382 (S*), section 3.2. Deviation: inputs are written in one call, not first as tests and then as a script; who compares may be another model.
 * @example
 * const samples = stack(model, chainOfThought({ answer: code({ language: "javascript" }) }), sampleN(8));
 * const solver = stack(samples, tournament({ evidence: distinguishingInputs({ sandbox: quickjs() }) }));
 */
export function distinguishingInputs<R extends ModelResponse = ModelResponse>(
  options: DistinguishingInputsOptions<R>,
): Evidence<R> {
  checkOptions("distinguishingInputs", options, ["sandbox", "by", "count", "instruction", "program"]);
  const { sandbox, by, count = 5, instruction = distinguishInstruction } = options;
  checkSandbox("distinguishingInputs", sandbox);
  if (by !== undefined && !isModel(by)) throw new InvalidOptionError("distinguishingInputs", "by", "a model", by);
  checkInteger("distinguishingInputs", "count", count, 1);
  if (typeof instruction !== "string" || instruction.trim() === "")
    throw new InvalidOptionError("distinguishingInputs", "instruction", "a text that is not empty", instruction);
  const { program = programOf(sandbox) } = options;
  if (typeof program !== "function")
    throw new InvalidOptionError("distinguishingInputs", "program", "a function of a response", program);
  const asked = { where: "distinguishingInputs", by, sandbox, count, instruction };
  const questions = new PerQuestion<Map<string, Promise<Trial>>>();

  /** Both programs on inputs made for them; `first` is that of the program that was first when they were made. */
  const attempt = async (one: string, other: string, context: FeedbackContext): Promise<Trial> => {
    const calls = await writeCalls([one, other], asked, context);
    const [first, second] = await Promise.all(
      [one, other].map((source) => behave(sandbox, source, calls, context.call)),
    );
    return {
      calls,
      results: new Map([
        [one, first ?? []],
        [other, second ?? []],
      ]),
    };
  };

  const evidence: Evidence<R> = async (a, b, context) => {
    const [one, other] = [program(a), program(b)];
    if (one === undefined || other === undefined) return without(one, other);
    if (one === other) return "Both programs are the same.";
    const pairs = questions.of(context, () => new Map<string, Promise<Trial>>());
    const pair = JSON.stringify([one, other].sort());
    let trial = pairs.get(pair);
    if (trial === undefined) pairs.set(pair, (trial = attempt(one, other, context)));
    const { calls, results } = await trial;
    return tell(calls, results.get(one) ?? [], results.get(other) ?? []);
  };
  return Object.assign(evidence, { calls: 1 });
}

/** The default instruction of {@link distinguishingInputs}. */
export const distinguishInstruction =
  "Above are two programs that were written for the question. Look where they differ, and write calls of what the question asks for on which they may come to different values: both will be run on them.";

/** Two programs that were run on the same inputs. */
interface Trial {
  readonly calls: readonly string[];
  /** By program. */
  readonly results: ReadonlyMap<string, readonly ProgramResult[]>;
}

/** What came out, where they differ first. */
function tell(calls: readonly string[], one: readonly ProgramResult[], other: readonly ProgramResult[]): string {
  const differ: string[] = [];
  const agree: string[] = [];
  calls.forEach((words, index) => {
    const [a, b] = [one[index] as ProgramResult, other[index] as ProgramResult];
    const same = resultKey(a) === resultKey(b);
    const came = same ? `both ${show(a)}` : `Response 1 ${show(a)}; Response 2 ${show(b)}`;
    (same ? agree : differ).push(`- ${shorten(words)}: ${came}`);
  });
  const head = differ.length > 0 ? "Both programs were run:" : "Both programs were run, and came to the same:";
  return [head, ...differ, ...agree].join("\n");
}

function show(result: ProgramResult): string {
  return result.ok
    ? `came to ${shorten(JSON.stringify(result.value), 120)}`
    : `failed (${describeError(result.error)})`;
}

function without(one: string | undefined, other: string | undefined): string {
  if (one === undefined && other === undefined) return "Neither response holds a program.";
  return `Response ${one === undefined ? 1 : 2} holds no program.`;
}
