/**
 * @module
 * Reasoning: asking for a thought and an answer, and reading both. What the primitives that shape one line of thought have in common.
 */
import { exhaustion, type Call } from "../core/call.js";
import { addToPrompt, callsTools, insertAfterSystem, reply } from "../core/conversation.js";
import { InvalidOptionError } from "../core/errors.js";
import { extend } from "../core/extend.js";
import type { Message } from "../core/message.js";
import type { Model, ModelRequest, ModelResponse } from "../core/model.js";
import { wrap } from "../core/wrap.js";
import type { Answer } from "./answer.js";
import { writesCalls } from "./text-protocol/writes-calls.js";

/** The default instruction: asks for the thought. */
export const stepByStep: string = "Think step by step before you answer.";

/** A worked example, shown to the model before the question. */
export interface Exemplar {
  readonly question: string;
  /** How it is solved, step by step. */
  readonly thought: string;
  /** The answer, written as the model shall write it. */
  readonly answer: string;
}

/** A response whose answer was read, with the thought that led to it. */
export type Reasoned<A, R extends ModelResponse = ModelResponse> = R & {
  /** `undefined` where it could not be read. */
  readonly answer: A | undefined;
  /** What makes two answers the same. */
  readonly key: string | undefined;
  /** The model's own reasoning where it returns one, else what it wrote. */
  readonly thought: string;
};

/** How a thought and its answer are asked for. */
export interface ReasoningOptions<A> {
  /** @defaultValue the words behind the last `Answer:`, else all */
  readonly answer?: Answer<A> | undefined;
  /** Asks for the thought, in front of what the answer asks for; `""` for none. */
  readonly instruction: string;
  /** @defaultValue none */
  readonly exemplars?: readonly Exemplar[] | undefined;
  /** Ask once more, for the answer alone, when it cannot be read. @defaultValue `true` */
  readonly askAgain?: boolean | undefined;
}

/**
 * Makes the layer called `name`: it asks for a thought and an answer at the end of the last user message, and reads both. An answer that cannot
 * be read is asked for once more, alone; if that fails or the budget ends, the first response is returned.
 *
 * @throws {@link InvalidOptionError} at once
 */
export function reasoning<A>(
  name: string,
  options: ReasoningOptions<A>,
): <R extends ModelResponse>(next: Model<R>) => Model<Reasoned<A, R>> {
  const { answer = lastWords as Answer<unknown> as Answer<A>, instruction, exemplars = [], askAgain = true } = options;
  checkAnswer(name, answer);
  if (typeof instruction !== "string") throw new InvalidOptionError(name, "instruction", "a text", instruction);
  if (typeof askAgain !== "boolean") throw new InvalidOptionError(name, "askAgain", "true or false", askAgain);
  const turns = turnsOf(name, exemplars);
  const words = [instruction, answer.instruction].filter((part) => part !== "").join(" ");

  return <R extends ModelResponse>(next: Model<R>): Model<Reasoned<A, R>> => {
    const think = async (request: ModelRequest, call: Call): Promise<Reasoned<A, R>> => {
      const asked = insertAfterSystem(addToPrompt(request, words), turns);
      const response = await next.generate(asked, call);
      const calling = callsTools(response) || writesCalls(asked, response.text);
      const first = read(response, answer, request.prefill, calling);
      if (first.answer !== undefined || !askAgain || calling || asked.score !== undefined) return first;
      return finish(next, asked, first, answer, call);
    };
    return wrap(name, next, think, {
      outline: {
        ...(turns.length > 0 && { detail: `${exemplars.length} exemplars` }),
        cost: (inner, inputTokens, outputTokens) => {
          const once = inner(inputTokens + promptTokens);
          if (!askAgain) return once;
          const again = inner(inputTokens + outputTokens + 2 * promptTokens);
          return { calls: once.calls + again.calls, tokens: once.tokens + again.tokens };
        },
      },
    });
  };
}

/**
 * Throws for what is no answer.
 *
 * @throws {@link InvalidOptionError}
 */
export function checkAnswer(where: string, answer: Partial<Answer<unknown>> | null): void {
  const ok =
    typeof answer === "object" &&
    typeof answer?.instruction === "string" &&
    typeof answer.parse === "function" &&
    typeof answer.key === "function";
  if (!ok) throw new InvalidOptionError(where, "answer", "an answer, such as number() or choice([…])", answer);
}

/** The default answer: the words behind the last `Answer:`, else all. */
export const lastWords: Answer<string> = {
  instruction: 'End with "Answer: " and the answer.',
  parse: (text) => {
    const words = text
      .split(/answer:/i)
      .at(-1)
      ?.trim();
    return words === "" ? undefined : words;
  },
  key: (words) => words.toLowerCase().replace(/\s+/g, " "),
};
/** Asks for the answer alone. */
const answerAlone = "Give the answer alone, without further thoughts.";
/** What an instruction adds to a prompt, for the outline. */
const promptTokens = 50;

function read<A, R extends ModelResponse>(
  response: R,
  answer: Answer<A>,
  prefill: string = "",
  calling: boolean = callsTools(response),
): Reasoned<A, R> {
  const value = calling ? undefined : answer.parse(prefill + response.text);
  return extend(response, {
    answer: value,
    key: value === undefined ? undefined : answer.key(value),
    thought: response.reasoning ?? response.text,
  });
}

/** Asks for the answer that could not be read. */
async function finish<A, R extends ModelResponse>(
  next: Model<R>,
  asked: ModelRequest,
  first: Reasoned<A, R>,
  answer: Answer<A>,
  call: Call,
): Promise<Reasoned<A, R>> {
  const request: ModelRequest = {
    ...reply(asked, first, `${answerAlone} ${answer.instruction}`),
    ...(answer.schema !== undefined && next.capabilities.schema !== false && { schema: answer.schema }),
    ...(asked.tools !== undefined && asked.tools.length > 0 && { toolChoice: "none" }),
  };
  if (call.listening) call.emit({ type: "delta", path: call.path, text: "\n", output: !call.thought });
  try {
    const last = read(await next.generate(request, call), answer);
    const { finishReason, answer: value, key } = last;
    return extend(first, {
      text: `${first.text}\n${last.text}`,
      finishReason,
      answer: value,
      key,
      ...both(first, last),
    });
  } catch (error) {
    if (call.scope.aborted && exhaustion(call.scope.reason) === undefined) throw error;
    const stopped = exhaustion(error);
    if (stopped !== undefined) return extend(first, { stopped });
    const warning = {
      code: "answer-not-asked",
      message: "the answer could not be read, and asking for it alone failed",
    };
    return extend(first, { warnings: [...(first.warnings ?? []), warning] });
  }
}

/** What two responses, one behind the other, have of parts and warnings. */
function both(first: ModelResponse, last: ModelResponse): Pick<ModelResponse, "content" | "warnings"> {
  const { content, warnings = [] } = first;
  const news = last.warnings?.filter(({ message }) => !warnings.some((known) => known.message === message)) ?? [];
  return {
    ...(content !== undefined && { content: [...content, { type: "text", text: `\n${last.text}` }] }),
    ...(news.length > 0 && { warnings: [...warnings, ...news] }),
  };
}

function turnsOf(where: string, exemplars: readonly Exemplar[]): readonly Message[] {
  if (!Array.isArray(exemplars)) throw new InvalidOptionError(where, "exemplars", "a list", exemplars);
  return exemplars.flatMap((exemplar: Partial<Exemplar> | null, index): Message[] => {
    const { question, thought, answer } = exemplar ?? {};
    for (const [name, value] of Object.entries({ question, thought, answer })) {
      if (typeof value !== "string" || value.trim() === "") {
        throw new InvalidOptionError(where, `exemplars[${index}].${name}`, "a text that is not empty", value);
      }
    }
    return [
      { role: "user", content: question as string },
      { role: "assistant", content: `${thought}\nAnswer: ${answer}` },
    ];
  });
}
