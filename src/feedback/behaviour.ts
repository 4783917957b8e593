/**
 * @module
 * Behaviour: what programs come to when they are called, and calls that a model writes to tell them apart.
 */
import { code } from "../answers/code.js";
import { judgeRequest } from "../answers/judging/judging.js";
import { valueKey } from "../answers/value-key.js";
import { bottomOf } from "../core/bottom-of.js";
import type { Call } from "../core/call.js";
import { MalformedResponseError } from "../core/errors.js";
import type { FeedbackContext } from "../core/feedback.js";
import type { Model, ModelRequest } from "../core/model.js";
import { followedBy, runProgram } from "../core/run-program.js";
import type { ProgramResult, Sandbox } from "../core/sandbox.js";
import type { Scope } from "../core/scope.js";

/** Runs a program once for each call, each in a run of its own. */
export function behave(
  sandbox: Sandbox,
  program: string,
  calls: readonly string[],
  call: Call,
): Promise<readonly ProgramResult[]> {
  return Promise.all(calls.map((words) => runProgram(sandbox, followedBy(sandbox, program, words), call)));
}

/** When two results are the same: values by what they are, failures by the class of their error. */
export function resultKey(result: ProgramResult): string {
  return result.ok ? valueKey(result.value) : `${result.error.kind} ${result.error.name}`;
}

/** How calls are asked for. */
export interface CallsAsked {
  readonly where: string;
  readonly by: Model | undefined;
  readonly sandbox: Sandbox;
  /** How many at most. */
  readonly count: number;
  readonly instruction: string;
}

/**
 * Lets a model write calls for programs. Cost: one call of it.
 *
 * @throws {@link MalformedResponseError} for a reply without any
 */
export async function writeCalls(
  programs: readonly string[],
  { where, by, sandbox, count, instruction }: CallsAsked,
  { request, call, model }: FeedbackContext,
): Promise<readonly string[]> {
  const { language } = sandbox;
  const shown = programs.map((program, index) => `# Program ${index + 1}\n\`\`\`${language}\n${program}\n\`\`\``);
  const task = `${instruction} Write ${count} at most, each an expression in one line, in one block fenced as \`\`\`${language}, without comments and without what they come to.`;
  const { text } = await (by ?? bottomOf(model)).generate(judgeRequest(request, shown.join("\n\n"), task), call);
  const calls = callsIn(code({ language }).parse(text) ?? "").slice(0, count);
  if (calls.length === 0) throw new MalformedResponseError(`${where}: the model wrote no calls`);
  return calls;
}

/** One call a line, each once; comments are none. What a model could not keep from writing around them is taken away. */
function callsIn(block: string): readonly string[] {
  const calls = block.split("\n").map((line) => {
    const bare = line.trim().replace(/;$/, "");
    return /^(?:print|console\.log)\((.*)\)$/.exec(bare)?.[1] ?? bare;
  });
  return [...new Set(calls)].filter((line) => line !== "" && !/^(?:#|\/\/)/.test(line));
}

/** What is worked out once for a question, and forgotten with its run. */
export class PerQuestion<T> {
  private readonly _known = new WeakMap<Scope, WeakMap<ModelRequest, T>>();

  /** What belongs to the question of a context; made where it is asked for first. */
  of({ request, call }: FeedbackContext, make: () => T): T {
    let questions = this._known.get(call.scope);
    if (questions === undefined) this._known.set(call.scope, (questions = new WeakMap<ModelRequest, T>()));
    let known = questions.get(request);
    if (known === undefined) questions.set(request, (known = make()));
    return known;
  }
}
