/**
 * @module
 * Sampling: several lines of thought on one question.
 */
import type { Call } from "../../core/call.js";
import { InvalidOptionError } from "../../core/errors.js";
import { extend } from "../../core/extend.js";
import type { UserMessage } from "../../core/message.js";
import type { Model, ModelRequest, ModelResponse, Sampled, Sampler } from "../../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../../core/options.js";
import { sample, sampleWarnings, type Draw } from "../../core/sample.js";
import { wrap } from "../../core/wrap.js";

/** Options of {@link sampleN}. */
export interface SampleNOptions {
  /** How many at a time: whole, at least 1. @defaultValue all */
  readonly concurrency?: number | undefined;
  /** Fewer good samples than this are an error: whole, from 1 to `n`. @defaultValue 1 */
  readonly quorum?: number | undefined;
  /** Sampling temperature, at least 0, for requests that name none. @defaultValue the provider's */
  readonly temperature?: number | undefined;
  /**
   * Hints that make samples differ, added in turn to the end of the prompt from the second sample on; `false` for none.
   * @defaultValue {@link defaultVariants} for a model that locks its temperature, else none
   */
  readonly variants?: readonly string[] | false | undefined;
  /** `'completion'` yields whichever is ready; quick samples are not a fair sample. @defaultValue `'index'` */
  readonly order?: "index" | "completion" | undefined;
  /** The first sample comes alone, so that it fills the provider's prompt cache. @defaultValue `false` */
  readonly warm?: boolean | undefined;
}

/**
 * Draws `n` samples of the model beneath.
 *
 * Shape: one response in; the first sample out, with all of them in `samples`. Lazy: a narrower above draws one by one and may stop early.
 * Cost: `n` calls of the model beneath, at most; equal requests become one with native `n`, where the provider has it.
 * A failed sample is listed in `failures`; an error that cannot get better ends the sampling. Out of budget or time, the samples so far
 * are returned. Warns when all samples are the same words, for then a vote among them says nothing, and when hints in the prompt stand in
 * for a temperature that the model locks. In index order a slow sample
 * holds back those behind it, so that the same seed gives the same result whatever the timing.
 *
 * @param n - how many; whole, at least 1
 * @throws {@link InvalidOptionError} when the stack is built
 * @throws the first failure, when fewer than `quorum` samples are good
 * @see Wang et al. 2022, arXiv:2203.11171, section 2 (sampling a diverse set of reasoning paths). Deviation: the temperature is the provider's unless given.
 * @example
 * const { samples } = await run(stack(model, sampleN(5, { temperature: 0.8 })), "Name a colour.");
 */
export function sampleN(
  n: number,
  options: SampleNOptions = {},
): <R extends ModelResponse>(next: Model<R>) => Sampler<R> {
  checkInteger("sampleN", "n", n, 1);
  checkOptions("sampleN", options, ["concurrency", "quorum", "temperature", "variants", "order", "warm"]);
  const { concurrency, quorum = 1, temperature, variants, order = "index", warm = false } = options;
  if (concurrency !== undefined && concurrency !== Infinity) checkInteger("sampleN", "concurrency", concurrency, 1);
  checkInteger("sampleN", "quorum", quorum, 1, n);
  if (temperature !== undefined) checkNumber("sampleN", "temperature", temperature, 0);
  checkVariants(variants);
  if (typeof warm !== "boolean") throw new InvalidOptionError("sampleN", "warm", "true or false", warm);
  if (!["index", "completion"].includes(order))
    throw new InvalidOptionError("sampleN", "order", "'index' or 'completion'", order);

  return <R extends ModelResponse>(next: Model<R>): Sampler<R> => {
    const hints =
      variants === false ? [] : (variants ?? (next.capabilities.temperature === false ? defaultVariants : []));
    const varied = hints.length > 0 && n > 1;
    const downgrade =
      varied && variants === undefined
        ? `${next.id} locks its temperature: samples differ by hints in the prompt`
        : undefined;
    const drawn = downgrade === undefined ? next : warned(next, downgrade);

    const begin = (asked: ModelRequest, call: Call, most: number = n): Draw<R> => {
      const request = temperature === undefined || asked.temperature !== undefined ? asked : { ...asked, temperature };
      if (downgrade !== undefined && call.listening) {
        call.emit({ type: "downgrade", path: call.path, capability: "temperature", message: downgrade });
      }
      return sample(drawn, request, call, {
        n: Math.min(n, most),
        concurrency,
        quorum: Math.min(quorum, most),
        order,
        warm,
        ...(varied && { request: (index: number) => vary(request, hints, index) }),
      });
    };

    const model = wrap(
      "sampleN",
      next,
      async (request, call): Promise<Sampled<R>> => {
        const drawing = begin(request, call);
        for await (const _ of drawing); // all of them
        const { samples, failures, stopped } = drawing;
        const first = samples[0] as R;
        return { ...first, samples, failures, stopped, ...sampleWarnings(first, samples) };
      },
      {
        outline: {
          detail: `n = ${n}`,
          cost: (inner, inputTokens) => {
            const { calls, tokens } = inner(inputTokens);
            return { calls: n * calls, tokens: n * tokens };
          },
        },
      },
    );
    return { ...model, draw: (request, call, most) => begin(request, call.child("sampleN"), most) };
  };
}

/** What makes samples differ when the temperature cannot. */
export const defaultVariants: readonly string[] = [
  "Take another approach than the most obvious one.",
  "Work backwards from what is asked.",
  "Write down what is known first, then solve it.",
  "Check every step before the next.",
  "Solve it in as few steps as you can.",
];

function checkVariants(variants: SampleNOptions["variants"]): void {
  if (variants === undefined || variants === false) return;
  const list: readonly unknown[] = Array.isArray(variants) ? variants : [];
  const bound = "false, or a list of at least one text that is not empty";
  if (list.length === 0) throw new InvalidOptionError("sampleN", "variants", bound, variants);
  for (const hint of list) {
    if (typeof hint !== "string" || hint.trim() === "")
      throw new InvalidOptionError("sampleN", "variants", bound, hint);
  }
}

/** The same model; its responses say what was done instead of raising the temperature. */
function warned<R extends ModelResponse>(next: Model<R>, message: string): Model<R> {
  return {
    ...next,
    generate: async (request, call) => {
      const response = await next.generate(request, call);
      return extend(response, { warnings: [...(response.warnings ?? []), { code: "downgrade", message }] });
    },
  };
}

/** The request of sample `index`: the first is as asked, so that it can be cached; the others end with a hint. */
function vary(request: ModelRequest, hints: readonly string[], index: number): ModelRequest {
  const hint = hints[(index - 1) % hints.length];
  if (index === 0 || hint === undefined) return request;
  const { messages } = request;
  const last = messages.at(-1);
  if (last?.role !== "user") return { ...request, messages: [...messages, { role: "user", content: hint }] };
  const content: UserMessage["content"] =
    typeof last.content === "string" ? `${last.content}\n\n${hint}` : [...last.content, { type: "text", text: hint }];
  return { ...request, messages: [...messages.slice(0, -1), { role: "user", content }] };
}
