/**
 * @module
 * Programs: the model writes one, a sandbox runs it, and what it returns is the answer.
 */
import type { Answer } from "../../answers/answer.js";
import { code } from "../../answers/code.js";
import { checkAnswer } from "../../answers/reasoning.js";
import { exhaustion, type Call } from "../../core/call.js";
import { addToPrompt, callsTools, reply } from "../../core/conversation.js";
import { InvalidOptionError } from "../../core/errors.js";
import type { JsonValue } from "../../core/message.js";
import type { Model, ModelRequest, ModelResponse, StopReason } from "../../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../../core/options.js";
import { checkSandbox } from "../../core/run-program.js";
import type { HostFunction, Sandbox } from "../../core/sandbox.js";
import { wrap } from "../../core/wrap.js";
import { better, programmed, type Attempt, type ProgramAttempt } from "./program/attempt.js";
import { complaint, programInstruction, programPrompt } from "./program/prompts.js";
import { Runner } from "./program/runner.js";

/** Options of {@link program}. */
export interface ProgramOptions<A = JsonValue> {
  /** Where the programs run, and what they are written in: `quickjs()`, `python()`. */
  readonly sandbox: Sandbox;
  /** How what the program returns is read and compared: numbers and texts as words, answers with a schema as JSON. @defaultValue the JSON value itself */
  readonly answer?: Answer<A> | undefined;
  /** How often a program that came to no answer is written again: whole, at least 0. @defaultValue 2 */
  readonly repairs?: number | undefined;
  /** Lets the model answer for functions that the program calls and nobody defines. @defaultValue `false` */
  readonly simulate?: boolean | undefined;
  /** The most calls of such functions in one call of the layer: whole, at least 1. @defaultValue 20 */
  readonly maxSimulated?: number | undefined;
  /** Functions the program may call, by name. The model is told their names: say in `instruction` what they do. @defaultValue none */
  readonly functions?: Readonly<Record<string, HostFunction>> | undefined;
  /** Variables it finds, by name: JSON. The model is told their names. @defaultValue none */
  readonly globals?: Readonly<Record<string, JsonValue>> | undefined;
  /** The longest one run may take: milliseconds, at least 1. @defaultValue the sandbox's limit */
  readonly timeoutMs?: number | undefined;
  /** Asks for the program. What it may use, and how it is fenced, is said behind it. @defaultValue {@link programInstruction} */
  readonly instruction?: string | undefined;
}

/** A response whose answer a program worked out. */
export type Programmed<A = JsonValue, R extends ModelResponse = ModelResponse> = R & {
  /** `undefined` where no program came to one. */
  readonly answer: A | undefined;
  readonly key: string | undefined;
  /** The model's own reasoning where it returns one, else what it wrote. */
  readonly thought: string;
  /** The program that came to the answer, or the best of those that did not. */
  readonly program: string | undefined;
  /** What it returned; `undefined` where it failed. */
  readonly value: JsonValue | undefined;
  /** What it printed. */
  readonly output: string;
  /** All programs in the order they were written, this one among them. */
  readonly attempts: readonly ProgramAttempt[];
  readonly stopped: StopReason;
};

/**
 * Asks the model for a program, runs it in a sandbox, and answers with what it returns. In the place of `chainOfThought`.
 *
 * Shape: one response in; the same with `answer`, `key`, `program`, `value`, `output` and `attempts` out. The program is a function `solution()`; one that has
 * none is run as it is, and what its last expression comes to is taken. `null` is no answer. A program that fails, or whose value cannot be read, is shown to
 * the model with what went wrong, to be mended, and so is a reply without a program. While it streams, programs are thoughts.
 * Cost: 1 + `repairs` calls at most; with `simulate`, at most `maxSimulated` more.
 * `stopped`: `'done'`, `'limit'` (no repair is left), `'no-improvement'` (the same program failed twice), `'budget'`, `'deadline'`, or `'failure'` where a repair, or the
 * sandbox in one, failed. But for `'done'` the response that came furthest is returned, with the warning `program-failed` where it has no answer.
 * Programs are taken to be pure: they may be run again. What a host function gave is kept for that: its k-th call with the same arguments is made once in a
 * call of the layer. A response that calls tools is passed on as it is.
 *
 * @throws {@link InvalidOptionError} when the stack is built
 * @throws what the sandbox throws where it cannot start or breaks, at the first program
 * @see Gao et al. 2022, arXiv:2211.10435 (PAL); Chen et al. 2022, arXiv:2211.12588 (program of thoughts). Deviation: without worked examples, and errors are mended.
 *   Li et al. 2023, arXiv:2312.04474 (chain of code), for `simulate`. Deviation: they run line by line and simulate any line that fails; here functions without a
 *   definition are, and the program is run again from its start.
 * @example
 * const solver = stack(model, program({ sandbox: quickjs(), answer: number() }), sampleN(5), majorityVote());
 * const { answer, program: source } = await run(solver, "How many primes lie between 100 and 150?");
 */
export function program<A = JsonValue>(
  options: ProgramOptions<A>,
): <R extends ModelResponse>(next: Model<R>) => Model<Programmed<A, R>> {
  const known = ["sandbox", "answer", "repairs", "simulate", "maxSimulated", "functions", "globals", "timeoutMs"];
  checkOptions("program", options, [...known, "instruction"]);
  const { sandbox, answer, repairs = 2, simulate = false, maxSimulated = 20, timeoutMs } = options;
  const { functions = {}, globals = {}, instruction = programInstruction } = options;
  checkSandbox("program", sandbox);
  if (answer !== undefined) checkAnswer("program", answer);
  checkInteger("program", "repairs", repairs, 0);
  if (typeof simulate !== "boolean") throw new InvalidOptionError("program", "simulate", "true or false", simulate);
  checkInteger("program", "maxSimulated", maxSimulated, 1);
  if (!simulate && options.maxSimulated !== undefined)
    throw new InvalidOptionError("program", "maxSimulated", "left out without simulate", maxSimulated);
  checkNames("functions", functions);
  checkNames("globals", globals);
  for (const [name, work] of Object.entries(functions)) {
    if (typeof work !== "function") throw new InvalidOptionError("program", `functions.${name}`, "a function", work);
    if (name in globals) throw new InvalidOptionError("program", "globals", "of other names than functions", name);
  }
  if (timeoutMs !== undefined) checkNumber("program", "timeoutMs", timeoutMs, 1);
  if (typeof instruction !== "string" || instruction.trim() === "")
    throw new InvalidOptionError("program", "instruction", "a text that is not empty", instruction);
  const offer = { functions: Object.keys(functions), globals: Object.keys(globals), simulate };
  const prompt = programPrompt(instruction, sandbox, offer, answer);
  const written = code({ language: sandbox.language });

  return <R extends ModelResponse>(next: Model<R>): Model<Programmed<A, R>> => {
    const work = async (request: ModelRequest, call: Call): Promise<Programmed<A, R>> => {
      const asked = addToPrompt(request, prompt);
      const runner = new Runner(sandbox, next, call, { functions, globals, timeoutMs, simulate, maxSimulated });
      const attempts: Attempt<A, R>[] = [];
      /** The one that is being run. */
      let current: Attempt<A, R> | undefined;
      const best = (): Attempt<A, R> => attempts.reduce(better);
      try {
        for (let asking = asked; ;) {
          const response = await next.generate(asking, call.child("draft", { thought: true }));
          const source = callsTools(response) ? undefined : written.parse((asking.prefill ?? "") + response.text);
          current = { response, source, result: undefined, answer: undefined, simulated: [] };
          if (callsTools(response)) return programmed(current, attempts, answer, "done");
          if (source !== undefined) {
            const { result, simulated, broken } = await runner.run(source, asking, response);
            current = { ...current, result, simulated, answer: result.ok ? read(result.value, answer) : undefined };
            if (broken !== undefined) throw broken.error;
          }
          const repeated = source !== undefined && attempts.some((earlier) => earlier.source === source);
          attempts.push(current);
          const { result, answer: found } = current;
          current = undefined;
          if (found !== undefined) return programmed(best(), attempts, answer, "done");
          if (repeated) return programmed(best(), attempts, answer, "no-improvement");
          if (attempts.length > repairs) return programmed(best(), attempts, answer, "limit");
          asking = reply(asked, response, complaint(source, result, response.finishReason === "length"));
        }
      } catch (error) {
        if (call.scope.aborted && exhaustion(call.scope.reason) === undefined) throw error;
        const end = exhaustion(error);
        if ((end === undefined && attempts.length === 0) || InvalidOptionError.is(error)) throw error;
        if (current !== undefined) attempts.push(current);
        if (attempts.length === 0) throw error;
        return programmed(best(), attempts, answer, end ?? "failure");
      }
    };

    return wrap("program", next, work, {
      outline: {
        detail: `${sandbox.language}, repairs = ${repairs}${simulate ? `, maxSimulated = ${maxSimulated}` : ""}`,
        cost: (inner, inputTokens, outputTokens) => {
          const once = inner(inputTokens + promptTokens);
          const again = inner(inputTokens + outputTokens + 2 * promptTokens);
          const more = repairs + (simulate ? maxSimulated : 0);
          return { calls: once.calls + more * again.calls, tokens: once.tokens + more * again.tokens };
        },
      },
    });
  };
}

/** What an instruction, or an error, adds to a prompt, for the outline. */
const promptTokens = 150;

/** What a program returned, read as an answer. */
function read<A>(value: JsonValue, answer: Answer<A> | undefined): A | undefined {
  if (value === null) return undefined;
  if (answer === undefined) return value as A;
  const json = JSON.stringify(value);
  const words = typeof value === "string" ? value : json;
  if (answer.schema !== undefined) return answer.parse(json) ?? answer.parse(words);
  return answer.parse(words) ?? answer.parse(`Answer: ${words}`);
}

function checkNames(option: string, named: unknown): void {
  if (typeof named !== "object" || named === null || Array.isArray(named))
    throw new InvalidOptionError("program", option, "an object", named);
  for (const name of Object.keys(named)) {
    if (!/^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(name) || name === "solution")
      throw new InvalidOptionError("program", `a name in ${option}`, "an identifier other than solution", name);
  }
}
