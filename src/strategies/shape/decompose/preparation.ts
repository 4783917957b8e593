/**
 * @module
 * What is found out before a question is answered: a plan, a principle, answers to simpler questions.
 */
import { exhaustion, type Call } from "../../../core/call.js";
import { addToPrompt } from "../../../core/conversation.js";
import { InvalidOptionError } from "../../../core/errors.js";
import type { Model, ModelRequest, ModelResponse, Warning } from "../../../core/model.js";

/** A simpler question, and what was said to it. */
export interface Subanswer {
  readonly question: string;
  readonly response: ModelResponse;
}

/** What was found out. */
export interface Preparation {
  /** What is added to the prompt; `""` for nothing. */
  readonly words: string;
  readonly plan?: string | undefined;
  readonly subanswers?: readonly Subanswer[];
  /** What kept it from being more. */
  readonly problem?: Problem | undefined;
}

/** Budget or time that ended, something to warn of, or both. */
export interface Problem {
  readonly stopped?: "budget" | "deadline";
  readonly warning?: Warning;
}

/** Who is asked, and who wants to know. */
export interface Helpers {
  readonly planner: Model;
  /** For the simpler questions. */
  readonly solver: Model;
  /** To be told what will be added to the prompt, as far as it is known, so that enough of the budget is kept back. */
  readonly expect: (words: string) => void;
}

/** Finds something out about a request, for which other models may be asked. */
export type Prepare = (request: ModelRequest, call: Call, helpers: Helpers) => Promise<Preparation>;

/** What an error comes to: the question is answered with what there is. Errors after which nothing can be asked are thrown on. */
export function problemOf(error: unknown, call: Call, warning: Warning): Problem {
  if (call.scope.aborted && exhaustion(call.scope.reason) === undefined) throw error;
  if (InvalidOptionError.is(error)) throw error;
  const stopped = exhaustion(error);
  return stopped === undefined ? { warning } : { stopped };
}

/** Asks something of its own about a request: without what only its answer needs, such as a schema and tools. */
export function aside(request: ModelRequest, words: string): ModelRequest {
  const {
    tools,
    toolChoice: _,
    schema: _schema,
    stop: _stop,
    logprobs: _logprobs,
    prefill: _prefill,
    ...rest
  } = request;
  // Providers want to know of the tools that were called before.
  const known = tools !== undefined && request.messages.some(({ role }) => role === "tool");
  return addToPrompt(known ? { ...rest, tools, toolChoice: "none" } : rest, words);
}
