/**
 * @module
 * Self-confidence: the model says how sure it is of its answer.
 */
import { chanceOfYes } from "../../answers/chance-of-yes.js";
import { confidenceForms } from "./self-confidence/confidence-forms.js";
import type { Weight } from "../../answers/weights/weight.js";
import { bottomOf } from "../../core/bottom-of.js";
import { exhaustion, type Call } from "../../core/call.js";
import { callsTools, reply } from "../../core/conversation.js";
import { InvalidOptionError } from "../../core/errors.js";
import { extend } from "../../core/extend.js";
import type { Model, ModelRequest, ModelResponse, Warning } from "../../core/model.js";
import { checkInteger, checkOptions } from "../../core/options.js";
import { sample } from "../../core/sample.js";
import { isModel } from "../../core/stack.js";
import { wrap } from "../../core/wrap.js";

/** Options of {@link selfConfidence}. */
export interface SelfConfidenceOptions {
  /**
   * How it is asked: for a number from 0 to 100, for 1 or 0, or for yes or no, of which the probability counts where the model gives
   * log-probabilities. @defaultValue `'verbal'`
   */
  readonly method?: "verbal" | "binary" | "p-true" | undefined;
  /** How often it is asked; the mean counts: whole, at least 1. Log-probabilities need to be asked for once, whatever this says. @defaultValue 1 */
  readonly samples?: number | undefined;
  /** What is asked, before the form of the reply. @defaultValue {@link confidenceQuestions}`[method]` */
  readonly instruction?: string | undefined;
  /** Who is asked: a model, or a whole stack. @defaultValue the model beneath all layers */
  readonly by?: Model | undefined;
}

/** A response, and how sure the model is of it. */
export type Confident<R extends ModelResponse = ModelResponse> = R & {
  /** From 0 to 1; `undefined` where it could not be had. */
  readonly selfConfidence: number | undefined;
};

/**
 * Asks the model how sure it is of what it answered, as the next turn of the same conversation.
 *
 * Shape: one response in, the same with `selfConfidence` out. Stands beneath {@link sampleN}, so that all samples ask at the same time; its worth is to tell
 * answers to one question apart, as weights of a vote: {@link confidenceWeight}.
 * Cost: 1 call, or `samples`, that reads question and answer again; counted as `usage.judging`. By default it goes past the prompts of the layers
 * beneath, and past their policies: `by` takes a model with policies of its own.
 * A reply that cannot be read, or a call that fails, leaves `selfConfidence` undefined, with a warning; if budget or time ends, `stopped` says so. For
 * `'p-true'` without log-probabilities the share of yes stands in, with a `downgrade`. A response that calls tools is passed on unasked.
 *
 * @throws {@link InvalidOptionError} when the stack is built
 * @see Taubenfeld et al. 2025, CISC, arXiv:2502.06233 (the three ways to ask, here in words of our own); Kadavath et al. 2022, arXiv:2207.05221 (P(True))
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), selfConfidence(), sampleN(16),
 *   majorityVote({ weight: confidenceWeight(), reweigh: softmax(0.2) }));
 */
export function selfConfidence(
  options: SelfConfidenceOptions = {},
): <R extends ModelResponse>(next: Model<R>) => Model<Confident<R>> {
  checkOptions("selfConfidence", options, ["method", "samples", "instruction", "by"]);
  const { method = "verbal", samples = 1, by } = options;
  const form = confidenceForms[method];
  if (!Object.hasOwn(confidenceForms, method) || form === undefined)
    throw new InvalidOptionError("selfConfidence", "method", "'verbal', 'binary' or 'p-true'", method);
  checkInteger("selfConfidence", "samples", samples, 1);
  const { instruction = confidenceQuestions[method] } = options;
  if (typeof instruction !== "string" || instruction.trim() === "")
    throw new InvalidOptionError("selfConfidence", "instruction", "a text that is not empty", instruction);
  if (by !== undefined && !isModel(by)) throw new InvalidOptionError("selfConfidence", "by", "a model", by);
  const words = `${instruction} ${form.instruction}`;

  return <R extends ModelResponse>(next: Model<R>): Model<Confident<R>> => {
    const asked = by ?? bottomOf(next);

    const answer = async (request: ModelRequest, call: Call): Promise<Confident<R>> => {
      const response = await next.generate(request, call);
      if (callsTools(response)) return extend(response, { selfConfidence: undefined });
      try {
        const { value, warning } = await ask(question(request, response), call);
        return extend(response, { selfConfidence: value, ...addWarning(response, warning) });
      } catch (error) {
        if (call.scope.aborted && exhaustion(call.scope.reason) === undefined) throw error;
        if (InvalidOptionError.is(error)) throw error;
        const stopped = exhaustion(error);
        const warning = { code: "confidence-failed", message: "how sure the model is could not be asked" };
        return extend(response, {
          selfConfidence: undefined,
          ...addWarning(response, warning),
          ...(stopped !== undefined && { stopped }),
        });
      }
    };

    const question = (request: ModelRequest, response: R): ModelRequest => {
      const { schema: _schema, stop: _stop, logprobs: _logprobs, ...rest } = reply(request, response, words);
      return {
        ...rest,
        ...(rest.tools !== undefined && rest.tools.length > 0 && { toolChoice: "none" }),
        ...(method === "p-true" && asked.capabilities.logprobs !== false && { logprobs: alternatives }),
      };
    };

    const ask = async (request: ModelRequest, call: Call): Promise<Opinion> => {
      const inner = call.child("confidence", { thought: true, judging: true });
      const replies: ModelResponse[] = [];
      if (request.logprobs !== undefined) {
        const first = await asked.generate(request, inner);
        const chance = chanceOfYes(first.logprobs);
        if (chance !== undefined) return { value: chance };
        replies.push(first);
      }
      if (replies.length < samples) {
        const drawing = sample(asked, request, inner, {
          n: samples - replies.length,
          quorum: replies.length === 0 ? 1 : 0,
        });
        for await (const one of drawing) replies.push(one);
      }
      const values = replies.map(({ text }) => form.read(text)).filter((value) => value !== undefined);
      if (values.length === 0) {
        const message = "the model was asked how sure it is, and its reply could not be read";
        return { value: undefined, warning: { code: "confidence-unread", message } };
      }
      const value = values.reduce((sum, one) => sum + one, 0) / values.length;
      return method === "p-true" ? { value, warning: downgrade(asked.id, call) } : { value };
    };

    return wrap("selfConfidence", next, answer, {
      outline: {
        detail: samples === 1 ? method : `${method}, samples = ${samples}`,
        inner: by === undefined ? [next] : [next, by],
        cost: (inner, inputTokens, outputTokens) => {
          const once = inner(inputTokens);
          const length = inputTokens + outputTokens + questionTokens;
          const again = by === undefined ? { calls: 1, tokens: length + outputTokens } : inner(length, 1);
          return { calls: once.calls + samples * again.calls, tokens: once.tokens + samples * again.tokens };
        },
      },
    });
  };
}

/**
 * The weight of a vote by what {@link selfConfidence} learned: from 0 to 1. A sample that could not be asked counts half.
 */
export function confidenceWeight(): Weight<Confident> {
  return Object.assign(({ selfConfidence: confidence = 0.5 }: Confident) => confidence, { max: 1 });
}

/** What is asked, by method. */
export const confidenceQuestions = {
  verbal: "How likely is it that your answer is right?",
  binary: "Are you confident that your answer is right?",
  "p-true": "Is your answer right?",
} as const;

/** Enough for yes and no in several spellings; some providers give no more. */
const alternatives = 5;
/** What the question adds to a prompt, for the outline. */
const questionTokens = 50;

interface Opinion {
  readonly value: number | undefined;
  readonly warning?: Warning;
}

function addWarning(response: ModelResponse, warning: Warning | undefined): Pick<ModelResponse, "warnings"> {
  return warning === undefined ? {} : { warnings: [...(response.warnings ?? []), warning] };
}

function downgrade(id: string, call: Call): Warning {
  const message = `${id} gives no log-probabilities of yes and no: how often it says yes stands in for P(True)`;
  if (call.listening) call.emit({ type: "downgrade", path: call.path, capability: "logprobs", message });
  return { code: "downgrade", message, capability: "logprobs" };
}
