/**
 * @module
 * Doing what a tool does: within its time, again where it fails and may be tried again, and no more of the result than a model shall read.
 */
import { exhaustion, open, type Call } from "../call.js";
import { CallTimeoutError, ToolError } from "../errors.js";
import { hopeless } from "../sample.js";
import type { FilePart } from "../message.js";
import { race, sleep } from "../scope.js";
import type { Tool } from "../tool.js";
import { ToolOutput } from "../tool-output.js";
import type { ToolRules } from "./rules.js";
import { limited } from "./show-result.js";

/** What the model is told of a call. */
export interface Told {
  readonly output: unknown;
  readonly isError?: boolean | undefined;
  readonly files?: readonly FilePart[] | undefined;
}

/** What a tool needs that is run: a {@link Tool} is one. */
export type Performer = Pick<Tool, "name" | "execute" | "effect" | "timeoutMs" | "retries" | "maxResult">;

/** Before the first attempt after a failure; doubles with every further one. */
const waitMs = 250;

/**
 * Runs a tool with arguments that were checked. Not `async`: it is on the way of every call of a tool.
 *
 * @param failures - attempts that were made before
 * @throws {@link ToolError} where it fails, and that is not to be reported; the reason of an abort; a budget that ended inside
 */
export function perform(
  tool: Performer,
  input: unknown,
  onToolError: "report" | "throw",
  rules: ToolRules,
  call: Call,
  failures: number = 0,
): Promise<Told> {
  const { timeoutMs = rules.timeoutMs ?? Infinity, maxResult = rules.maxResult ?? Infinity } = tool;
  const fail = (error: unknown): Told | Promise<Told> => {
    if (call.scope.aborted) throw call.scope.reason;
    const { effect, retries = rules.retries ?? 0 } = tool;
    const again = effect !== true && failures < retries && !hopeless(error) && exhaustion(error) === undefined;
    if (!again) return failure(tool.name, error, onToolError, maxResult);
    const wait = sleep(call, waitMs * 2 ** failures);
    return wait.then(() => perform(tool, input, onToolError, rules, call, failures + 1));
  };
  const work =
    timeoutMs === Infinity ? race(call, () => tool.execute(input, call)) : within(timeoutMs, tool, input, call);
  return work.then((given) => {
    try {
      return toldOf(given, maxResult);
    } catch (error) {
      return fail(error);
    }
  }, fail);
}

/** What the model is told of a result. */
export function toldOf(given: unknown, maxResult: number): Told {
  if (!ToolOutput.is(given)) return { output: limited(given, maxResult) };
  const { output, files, isError } = given;
  return { output: limited(output, maxResult), ...(files.length > 0 && { files }), ...(isError && { isError }) };
}

/**
 * What the model is told of a failure.
 *
 * @throws {@link ToolError} where it is not to be reported; a budget that ended
 */
export function failure(
  name: string,
  error: unknown,
  onToolError: "report" | "throw",
  maxResult: number = Infinity,
): Told {
  if (exhaustion(error) !== undefined) throw error;
  const why = messageOf(error);
  if (onToolError === "throw") throw new ToolError(name, `the tool ${name} failed: ${why}`, { cause: error });
  return { output: limited(why, maxResult), isError: true };
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function within(ms: number, tool: Performer, input: unknown, call: Call): Promise<unknown> {
  const doubt = tool.effect === true ? "; whether it was done all the same is not known" : "";
  const reason = (): CallTimeoutError => new CallTimeoutError(ms, `${tool.name} took longer than ${ms} ms${doubt}`);
  const part = open(call, "", { ms, reason });
  try {
    return await race(part.call, () => tool.execute(input, part.call));
  } finally {
    part.close();
  }
}
