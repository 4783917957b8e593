/**
 * @module
 * A model, or a whole stack, as a tool of an MCP server.
 */
import * as z from "zod";
import { Budget } from "../../core/budget.js";
import type { BudgetLimits } from "../../core/amounts.js";
import { systemClock, type Clock } from "../../core/clock.js";
import { InvalidOptionError } from "../../core/errors.js";
import type { MullEvent } from "../../core/events.js";
import { fieldsOf } from "../../core/fields.js";
import type { Model, ModelResponse } from "../../core/model.js";
import { checkInteger, checkOptions } from "../../core/options.js";
import { run } from "../../core/run.js";
import { isModel } from "../../core/stack.js";
import { answerOf, failureText, type McpAnswer } from "./answer.js";
import { progressOf } from "./progress.js";

/** What is needed of an MCP server: the `McpServer` of `@modelcontextprotocol/server` has it, and that of `@modelcontextprotocol/sdk`. */
export interface McpToolServer {
  registerTool(name: string, config: never, callback: never): unknown;
}

/** Options of {@link registerModel}. */
export interface RegisterModelOptions {
  /** What clients call it: letters, digits, `_` and `-`, at most 64. */
  readonly name: string;
  /** For people, where a client shows one. @defaultValue the name */
  readonly title?: string | undefined;
  /** Tells the model of the client what it does and when to use it; not empty. */
  readonly description: string;
  /** What answers. */
  readonly model: Model;
  /** Limits of each call, fresh each time, or a `Budget` that all calls share. @defaultValue none */
  readonly budget?: BudgetLimits | Budget | undefined;
  /** Integer, of every call. @defaultValue another one in every call */
  readonly seed?: number | undefined;
  /** Hears every event of every call. */
  readonly onEvent?: ((event: MullEvent) => void) | undefined;
  /** Hears what failed, in full; clients are told little. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** @defaultValue the computer's own */
  readonly clock?: Clock | undefined;
}

const where = "registerModel";

const known: Readonly<Record<keyof RegisterModelOptions, true>> = {
  name: true,
  title: true,
  description: true,
  model: true,
  budget: true,
  seed: true,
  onEvent: true,
  onError: true,
  clock: true,
};

/**
 * Makes a model, or a whole stack, a tool of an MCP server.
 *
 * Shape: `{ prompt }` in; the answer's words out, and as `structuredContent` what the stack knows of them: `{ text, answer, confidence, stopped, usage,
 * warnings }`. A client that wants progress is told after every reply of a model. One that cancels gives the run up.
 * Cost: what the stack costs, a call; see `budget`.
 * What fails is told as a result with `isError`, in words that hold neither prompts nor keys; `onError` hears it in full. Not told apart are clients: who
 * may call is the server's to decide.
 *
 * @throws `InvalidOptionError` when it is registered, for a wrong option; what the server throws for a name that it has
 * @see The Model Context Protocol, 2025-11-25, server/tools
 * @example
 * const server = new McpServer({ name: "solver", version: "1.0.0" });
 * registerModel(server, { name: "solve", description: "Solves word problems.", model: solver, budget: { tokens: 50_000, ms: 120_000 } });
 * await server.connect(new StdioServerTransport());
 */
export function registerModel(server: McpToolServer, options: RegisterModelOptions): void {
  check(server, options);
  const { name, title, description, model, budget, seed, onEvent, onError, clock = systemClock } = options;

  const answer = async (input: { readonly prompt: string }, context: unknown): Promise<McpAnswer> => {
    const { signal, token, notify } = requestOf(context);
    const progress = token === undefined ? undefined : progressOf(token, notify);
    const hear = (event: MullEvent): void => {
      progress?.(event);
      onEvent?.(event);
    };
    try {
      const listening = progress !== undefined || onEvent !== undefined;
      const response: ModelResponse = await run(model, input.prompt, {
        signal,
        budget,
        seed,
        clock,
        ...(listening && { onEvent: hear }),
      });
      return answerOf(response);
    } catch (error) {
      if (signal?.aborted) throw error;
      try {
        onError?.(error);
      } catch {
        // A listener is no part of the answer.
      }
      return { content: [{ type: "text", text: failureText(error) }], isError: true };
    }
  };

  const config = { ...(title !== undefined && { title }), description, inputSchema };
  (server.registerTool as (name: string, config: object, callback: typeof answer) => unknown)(name, config, answer);
}

const inputSchema = z.object({
  prompt: z.string().min(1).describe("The whole question: nothing else of the conversation is seen."),
});

/** What both generations tell of a request, wherever they put it. */
function requestOf(context: unknown): {
  readonly signal: AbortSignal | undefined;
  readonly token: string | number | undefined;
  readonly notify: (notification: object) => Promise<void>;
} {
  const extra = fieldsOf(context) ?? {};
  const about = fieldsOf(extra.mcpReq) ?? extra;
  const token = fieldsOf(about._meta)?.progressToken;
  const send = (about.notify ?? about.sendNotification) as ((notification: object) => Promise<void>) | undefined;
  return {
    signal: about.signal as AbortSignal | undefined,
    token: typeof token === "string" || typeof token === "number" ? token : undefined,
    notify: async (notification) => send?.(notification),
  };
}

function check(server: McpToolServer, options: RegisterModelOptions): void {
  if (typeof fieldsOf(server)?.registerTool !== "function") {
    throw new InvalidOptionError(where, "the first argument", "an McpServer, which has registerTool", server);
  }
  checkOptions(where, options, Object.keys(known));
  const { name, title, description, model, budget, seed, onEvent, onError } = options;
  if (typeof name !== "string" || !/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    throw new InvalidOptionError(where, "name", "1 to 64 letters, digits, _ or -", name);
  }
  if (title !== undefined && typeof title !== "string") throw new InvalidOptionError(where, "title", "a text", title);
  if (typeof description !== "string" || description.trim() === "") {
    throw new InvalidOptionError(where, "description", "a text that is not empty", description);
  }
  if (!isModel(model)) throw new InvalidOptionError(where, "model", "a model", model);
  // What is wrong with it is said now, not at the first call.
  if (budget !== undefined && !(budget instanceof Budget)) new Budget(budget);
  if (seed !== undefined) checkInteger(where, "seed", seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  for (const [option, value] of Object.entries({ onEvent, onError })) {
    if (value !== undefined && typeof value !== "function")
      throw new InvalidOptionError(where, option, "a function", value);
  }
}
