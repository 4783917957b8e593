/**
 * @module
 * Pause tokens: the model reads tokens without meaning before it answers, and has that much longer to think.
 */
import { checkThinksIn } from "../../core/check-thinks-in.js";
import type { Model, ModelRequest, ModelResponse } from "../../core/model.js";
import { checkInteger } from "../../core/options.js";
import { wrap } from "../../core/wrap.js";

/**
 * Has the model read so many tokens without meaning before it answers.
 *
 * Shape: one response in, the same out. A request that names `latent.pauseTokens` itself keeps it.
 * Cost: 1 call, with `count` more tokens to read.
 * Only for models that were pretrained with such a token and say so (`capabilities.latent`). Dots and other fillers in the prompt of a model that was not
 * trained on them gain nothing, so there is no fallback in words.
 *
 * @param count - how many: whole, at least 1
 * @throws {@link InvalidOptionError} when the stack is built
 * @throws {@link CapabilityError} when the stack is built, for a model that is not known to have such a token
 * @see Goyal et al. 2023, arXiv:2310.02226 (pretrained and finetuned with them); Lanham et al. 2023, arXiv:2307.13702 (fillers in a prompt: no gain)
 * @example
 * const solver = stack(trained, pauseTokens(10), chainOfThought({ answer: number(), instruction: "" }));
 */
export function pauseTokens(count: number): <R extends ModelResponse>(next: Model<R>) => Model<R> {
  checkInteger("pauseTokens", "count", count, 1);
  return <R extends ModelResponse>(next: Model<R>): Model<R> => {
    checkThinksIn("pauseTokens", next, "pauseTokens");
    return wrap("pauseTokens", next, (request, call) => next.generate(pausing(request, count), call), {
      outline: { detail: `count = ${count}`, cost: (inner, inputTokens) => inner(inputTokens + count) },
    });
  };
}

function pausing(request: ModelRequest, count: number): ModelRequest {
  if (request.latent?.pauseTokens !== undefined) return request;
  return { ...request, latent: { ...request.latent, pauseTokens: count } };
}
