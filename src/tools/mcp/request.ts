/**
 * @module
 * One call of an MCP tool: given up with the run, within its time, and never waiting for a server that is gone.
 */
import type { Call } from "../../core/call.js";
import { CallTimeoutError, ToolError } from "../../core/errors.js";
import { fieldsOf } from "../../core/fields.js";
import { ToolOutput } from "../../core/tool-output.js";
import { callTool, longestMs, ping, type McpClient } from "./client.js";
import { isGone, reasonOf } from "./failures.js";
import { resultOf } from "./result.js";

/** How far a tool is, as its server says. */
export interface McpProgress {
  /** The tool, as the model calls it. */
  readonly tool: string;
  /** Grows from one to the next. */
  readonly progress: number;
  /** What it grows to, where that is known. */
  readonly total?: number;
  readonly message?: string;
}

/** How a tool is called. */
export interface RequestRules {
  readonly timeoutMs: number;
  readonly resetTimeoutOnProgress: boolean;
  readonly onProgress: ((progress: McpProgress, call: Call) => void) | undefined;
}

/** A tool, by whom it is known. */
export interface McpTarget {
  readonly client: McpClient;
  /** What the server calls it. */
  readonly name: string;
  /** What the model calls it. */
  readonly tool: string;
}

/** So often a server that works on a call is asked whether it is still there: over HTTP, its end would not be noticed otherwise. */
const pulseMs = 3_000;

/** A sign of life that does not come for so long says nothing: the server is busy. */
const pulseTimeoutMs = 60_000;

/**
 * Calls a tool. A server that says no, in its result or as a JSON-RPC error, gives a {@link ToolOutput} that is an error.
 *
 * @throws {@link ToolError} when the server is gone; {@link CallTimeoutError} when the time is over; the reason of an abort. The server is told to stop in
 * all these cases.
 */
export function request(
  { client, name, tool }: McpTarget,
  input: unknown,
  rules: RequestRules,
  call: Call,
): Promise<unknown> {
  const { timeoutMs, resetTimeoutOnProgress, onProgress } = rules;
  const { clock, scope } = call;
  // A signal of its own: the SDKs leave listeners on it.
  const controller = new AbortController();
  return new Promise((resolve, reject) => {
    let over = false;
    let timer: unknown;
    let pulse: unknown;

    const end = (settle: () => void, giveUp?: string): void => {
      if (over) return;
      over = true;
      clock.clearTimeout(timer);
      clock.clearTimeout(pulse);
      scope.remove(member);
      settle();
      // What the server is told; reasons of a caller are not its business.
      if (giveUp !== undefined) controller.abort(giveUp);
    };
    const member = { abort: (reason: unknown) => end(() => reject(reason), "given up") };
    const fail = (error: unknown): void => {
      if (isGone(error)) {
        const why = `the MCP server of ${tool} is gone: ${reasonOf(error)}`;
        end(() => reject(new ToolError(tool, why, { cause: error })), "gone");
      } else end(() => resolve(new ToolOutput(reasonOf(error), { isError: true })));
    };
    const wait = (): void => {
      clock.clearTimeout(timer);
      if (timeoutMs === Infinity) return;
      const late = (): void => reject(new CallTimeoutError(timeoutMs, `${tool} took longer than ${timeoutMs} ms`));
      timer = clock.setTimeout(() => end(late, "timed out"), timeoutMs);
    };
    const beat = (): void => {
      if (over) return;
      pulse = clock.setTimeout(() => {
        ping(client, { timeout: pulseTimeoutMs })?.then(beat, (error: unknown) =>
          isGone(error) ? fail(error) : beat(),
        );
      }, pulseMs);
    };
    const hear = (given: object): void => {
      const { progress = 0, total, message } = fieldsOf(given) ?? {};
      if (over) return;
      if (resetTimeoutOnProgress) wait();
      try {
        onProgress?.(
          {
            tool,
            progress: Number(progress),
            ...(typeof total === "number" && { total }),
            ...(typeof message === "string" && { message }),
          },
          call,
        );
      } catch {
        // A listener does not stop the tool.
      }
    };

    scope.add(member);
    wait();
    if (client.ping !== undefined) beat();
    const onprogress = onProgress !== undefined || resetTimeoutOnProgress ? hear : undefined;
    const settings = { signal: controller.signal, timeout: longestMs, ...(onprogress && { onprogress }) };
    const asked = async (): Promise<object> => callTool(client, name, input, settings);
    asked().then((result) => end(() => resolve(resultOf(result))), fail);
  });
}
