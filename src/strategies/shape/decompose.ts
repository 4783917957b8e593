/**
 * @module
 * Decomposition: a question is prepared before it is answered, by a plan, a principle, or simpler questions.
 */
import { finalShare } from "./decompose/final-share.js";
import { leastToMost, notes, subquestionsInstruction } from "./decompose/least-to-most.js";
import type { Prepare, Problem, Subanswer } from "./decompose/preparation.js";
import { reasoningModules, selfDiscover } from "./decompose/self-discover.js";
import { principleInstruction, stepBack } from "./decompose/step-back.js";
import { bottomOf } from "../../core/bottom-of.js";
import { exhaustion, type Call } from "../../core/call.js";
import { addToPrompt } from "../../core/conversation.js";
import { InvalidOptionError } from "../../core/errors.js";
import { extend } from "../../core/extend.js";
import type { Model, ModelRequest, ModelResponse, Warning } from "../../core/model.js";
import { checkInteger, checkOptions } from "../../core/options.js";
import type { Outline } from "../../core/outline.js";
import { race } from "../../core/scope.js";
import { isModel } from "../../core/stack.js";
import { wrap } from "../../core/wrap.js";

/**
 * How a question is prepared.
 *
 * - `'plan'`: the model devises a plan and carries it out, in one call
 * - `'step-back'`: the principle behind the question is stated first
 * - `'least-to-most'`: simpler questions are answered first, one after the other
 * - `'self-discover'`: a plan for this kind of task is made once, and followed for every question
 */
export type DecomposeMethod = "plan" | "step-back" | "least-to-most" | "self-discover";

/** Options of {@link decompose}. */
export interface DecomposeOptions {
  readonly method: DecomposeMethod;
  /** Who plans; it may be a whole stack. Not for `'plan'`. @defaultValue the model beneath all layers, past their prompts, but also past policies such as `retry` */
  readonly planner?: Model | undefined;
  /** Asks for the plan, the principle or the simpler questions. Not for `'self-discover'`. @defaultValue {@link decomposeInstructions} */
  readonly instruction?: string | undefined;
  /** Questions that are answered at most, the question itself counted in: whole, at least 2. For `'least-to-most'`. @defaultValue 6 */
  readonly steps?: number | undefined;
  /** Who answers the simpler questions. For `'least-to-most'`. @defaultValue the model beneath this layer, which asks for them in its form of answer */
  readonly solver?: Model | undefined;
  /** Which task a request belongs to; each has its own plan. For `'self-discover'`. @defaultValue all requests are of one task */
  readonly task?: ((request: ModelRequest, call: Call) => string | Promise<string>) | undefined;
  /** Ways to think that plans are composed of: at least one. For `'self-discover'`. @defaultValue {@link reasoningModules} */
  readonly modules?: readonly string[] | undefined;
}

/** A response, and what was found out before it. */
export type Decomposed<R extends ModelResponse = ModelResponse> = R & {
  /** The simpler questions, the principle, or the plan of the task; `undefined` where there is none apart from the answer. */
  readonly plan: string | undefined;
  /** Of `'least-to-most'`: the simpler questions that were answered, in order. */
  readonly subanswers: readonly Subanswer[];
};

/**
 * Prepares a question before it is answered; with `'self-discover'` the layer keeps the plan of every task (the 1,000 used last) from call to call.
 *
 * Shape: one response in; the response to the question itself out, with `plan` and `subanswers`. What was found out is added to the end of the last user message.
 * Cost: `'plan'` 1 call; `'step-back'` 2; `'least-to-most'` 1 + `steps` at most; `'self-discover'` 4 for the first request of a task, then 1.
 * Equal in all: what cannot be read or fails on the way is left out with a warning (`'plan-unreadable'`, `'plan-failed'`, `'plan-cut'`,
 * `'plan-unread'`, `'subquestion-failed'`), and the question is asked with what there is. One call, and tokens for it, are kept back for that; of a small budget half.
 * Where budget or time end on the way, `stopped` says so; where even the question itself cannot be asked any more, the simpler answers are returned as text,
 * without an answer, if the model beneath gave any. Requests that end with the results of tools are passed on. Concurrent first requests of a task share
 * the plan that one of them makes; one that failed, was given up or could not be read is not kept.
 *
 * @throws {@link InvalidOptionError} when the stack is built; at a call, for a `task` that is no text
 * @throws what `task` throws
 * @see Wang et al. 2023, arXiv:2305.04091 (plan-and-solve); Zheng et al. 2023, arXiv:2310.06117, section 2 (step-back); Zhou et al. 2022,
 *   arXiv:2205.10625 (least-to-most); Zhou et al. 2024, arXiv:2402.03620, section 2 (Self-Discover). Deviations: all zero-shot; the plan of a task is
 *   discovered from its first question instead of several examples, and may also be a list
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), decompose({ method: "least-to-most" }));
 * const { answer, subanswers } = await run(solver, "How many legs do three spiders and two cats have?");
 */
export function decompose(
  options: DecomposeOptions,
): <R extends ModelResponse>(next: Model<R>) => Model<Decomposed<R>> {
  checkOptions("decompose", options, ["method", "planner", "instruction", "steps", "solver", "task", "modules"]);
  const { method, planner, solver, steps = 6, task = () => "", modules = reasoningModules } = options;
  checkMethod(options);
  const { instruction = method === "self-discover" ? "" : decomposeInstructions[method] } = options;
  for (const [name, model] of Object.entries({ planner, solver })) {
    if (model !== undefined && !isModel(model))
      throw new InvalidOptionError("decompose", name, "a model (id, capabilities, generate)", model);
  }
  if (typeof instruction !== "string") throw new InvalidOptionError("decompose", "instruction", "a text", instruction);
  checkInteger("decompose", "steps", steps, 2);
  if (typeof task !== "function") throw new InvalidOptionError("decompose", "task", "a function of a request", task);
  checkModules(modules);

  return <R extends ModelResponse>(next: Model<R>): Model<Decomposed<R>> => {
    const helpers = { planner: planner ?? bottomOf(next), solver: solver ?? next };
    const taskOf = async (request: ModelRequest, call: Call): Promise<string> => {
      const name = await race(call, () => task(request, call.child("task", { thought: true })));
      if (typeof name !== "string") throw new InvalidOptionError("decompose", "what task returns", "a text", name);
      return name;
    };
    const ways: Readonly<Record<Exclude<DecomposeMethod, "plan">, () => Prepare>> = {
      "step-back": () => stepBack(instruction),
      "least-to-most": () => leastToMost(instruction, steps - 1),
      "self-discover": () => selfDiscover(modules, taskOf),
    };
    const prepare = method === "plan" ? undefined : ways[method]();

    const solve = async (request: ModelRequest, call: Call): Promise<Decomposed<R>> => {
      if (request.messages.at(-1)?.role === "tool") return result(await next.generate(request, call), undefined, []);
      if (prepare === undefined)
        return result(await next.generate(addToPrompt(request, instruction), call), undefined, []);
      const share = finalShare(request, call);
      const answer = (words: string): Promise<R> =>
        next.generate(addToPrompt(request, words), call.child("final", share.budget && { budget: share.budget }));
      try {
        const found = await prepare(request, call, { ...helpers, expect: share.expect });
        const { words, plan, subanswers = [] } = found;
        let { problem } = found;
        try {
          const response = await answer(words).catch((error: unknown) => {
            // What was found out may be too long to be read with what is left of the budget.
            if (words === "" || call.scope.aborted || exhaustion(error) !== "budget") throw error;
            problem = unread;
            return answer("");
          });
          return result(response, plan, subanswers, problem);
        } catch (error) {
          const last = subanswers.at(-1);
          const end = call.scope.aborted ? exhaustion(call.scope.reason) : exhaustion(error);
          if (end === undefined || last === undefined || helpers.solver !== next) throw error;
          return result(unfinished(last.response as R, subanswers), plan, subanswers, { stopped: end });
        }
      } finally {
        share.release();
      }
    };

    return wrap("decompose", next, solve, { outline: outlineOf(options, steps, next) });
  };
}

/** What asks for the plan to be carried out, the principle, or the simpler questions. */
export const decomposeInstructions: Readonly<Record<Exclude<DecomposeMethod, "self-discover">, string>> = {
  plan:
    "First understand the question: write down what is given and what is asked. Then devise a plan, and carry it out step by step, " +
    "with every intermediate result; leave no step out, and calculate with care.",
  "step-back": principleInstruction,
  "least-to-most": subquestionsInstruction,
};

/** Which options a method has. */
const own: Readonly<Record<DecomposeMethod, readonly (keyof DecomposeOptions)[]>> = {
  plan: ["instruction"],
  "step-back": ["planner", "instruction"],
  "least-to-most": ["planner", "instruction", "steps", "solver"],
  "self-discover": ["planner", "task", "modules"],
};
const unread: Problem = {
  stopped: "budget",
  warning: {
    code: "plan-unread",
    message: "the budget did not suffice to read what was found out: the question was asked directly",
  },
};
/** What instructions add to a prompt, and what the ways to think do, for the outline. */
const promptTokens = 100;
const moduleTokens = 400;

function checkMethod(options: DecomposeOptions): void {
  const { method } = options;
  const methods = Object.keys(own);
  if (!methods.includes(method))
    throw new InvalidOptionError("decompose", "method", `one of ${methods.join(", ")}`, method);
  for (const [name, value] of Object.entries(options)) {
    if (name === "method" || value === undefined || own[method].includes(name as keyof DecomposeOptions)) continue;
    throw new InvalidOptionError("decompose", name, `absent with method '${method}'`, value);
  }
}

function checkModules(modules: readonly string[]): void {
  if (!Array.isArray(modules) || modules.length === 0)
    throw new InvalidOptionError("decompose", "modules", "a list of at least one text", modules);
  modules.forEach((module: unknown, index) => {
    if (typeof module !== "string" || module.trim() === "")
      throw new InvalidOptionError("decompose", `modules[${index}]`, "a text that is not empty", module);
  });
}

function result<R extends ModelResponse>(
  response: R,
  plan: string | undefined,
  subanswers: readonly Subanswer[],
  problem: Problem = {},
): Decomposed<R> {
  const { stopped, warning } = problem;
  return extend(response, {
    plan,
    subanswers,
    ...(stopped !== undefined && { stopped }),
    ...(warning !== undefined && { warnings: [...(response.warnings ?? []), warning] }),
  });
}

/** What there is where the question itself could not be asked any more: the simpler answers, and no answer. */
function unfinished<R extends ModelResponse>(last: R, subanswers: readonly Subanswer[]): R {
  const text = notes(subanswers);
  const warning: Warning = {
    code: "unfinished",
    message: "the question itself was not asked any more: the text is what was found out on the way",
  };
  return extend(last, {
    text,
    finishReason: "other",
    answer: undefined,
    key: undefined,
    ...(last.content !== undefined && { content: [{ type: "text", text }] }),
    warnings: [...(last.warnings ?? []), warning],
  });
}

function outlineOf({ method, planner, solver }: DecomposeOptions, steps: number, next: Model): Partial<Outline> {
  const inner = [next, ...(planner === undefined ? [] : [planner]), ...(solver === undefined ? [] : [solver])];
  return {
    detail: method === "least-to-most" ? `${method}, steps = ${steps}` : method,
    inner,
    cost: (of, inputTokens, outputTokens) => {
      let calls = 0;
      let tokens = 0;
      const add = (model: Model | undefined, input: number): void => {
        const alone = { calls: 1, tokens: input + outputTokens };
        const cost = model === undefined ? alone : of(input, inner.indexOf(model));
        calls += cost.calls;
        tokens += cost.tokens;
      };
      const asked = inputTokens + promptTokens;
      const subquestions = method === "least-to-most" ? steps - 1 : 0;
      if (method === "step-back" || method === "least-to-most") add(planner, asked);
      if (method === "self-discover") {
        add(planner, asked + moduleTokens);
        add(planner, asked + outputTokens);
        add(planner, asked + outputTokens);
      }
      for (let k = 0; k < subquestions; k++) add(solver ?? next, asked + k * outputTokens);
      const found = method === "plan" ? 0 : Math.max(1, subquestions) * outputTokens;
      add(next, asked + found);
      return { calls, tokens };
    },
  };
}
