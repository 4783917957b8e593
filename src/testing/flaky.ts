/**
 * @module
 * A model that sometimes fails.
 */
import { ProviderError } from "../core/errors.js";
import type { Model, ModelResponse } from "../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../core/options.js";
import { source, type SourceOptions } from "../core/source.js";
import { wrap } from "../core/wrap.js";

/** Options of {@link flaky}. */
export interface FlakyOptions {
  /** How likely a call fails, from 0 to 1, drawn from the run's seed and the path. @defaultValue 0 */
  readonly probability?: number | undefined;
  /** Calls that fail, by their number from 0, in order of arrival. @defaultValue none */
  readonly at?: readonly number[] | undefined;
  /** What a failing call throws. @defaultValue a {@link ProviderError} of status 503, which may be retried */
  readonly error?: ((index: number) => unknown) | undefined;
}

/**
 * Lets calls of a model fail. How many calls came outlives a call.
 *
 * Shape: response in, the same response out, or an error.
 * Cost: a failing call is one request that failed, in the model's place; the model is not asked.
 *
 * @throws `InvalidOptionError` for options out of bounds
 * @example
 * const model = flaky(scripted(["Answer: 24"]), { at: [0] });
 * const solver = stack(model, retry()); // asks twice
 */
export function flaky<R extends ModelResponse>(model: Model<R>, options: FlakyOptions = {}): Model<R> {
  checkOptions("flaky", options, ["probability", "at", "error"]);
  const { probability = 0, at = [], error = overloaded } = options;
  checkNumber("flaky", "probability", probability, 0, 1);
  for (const index of at) checkInteger("flaky", "at", index, 0);
  let calls = 0;

  return wrap("flaky", model, (request, call) => {
    const index = calls++;
    if (!at.includes(index) && !(probability > 0 && call.random.next() < probability)) {
      return model.generate(request, call);
    }
    const fail = async (): Promise<never> => {
      throw error(index);
    };
    const failing = source(model.id, model.capabilities, fail, nothing);
    return failing.generate(request, call) as Promise<never>;
  });
}

/** What a failed request costs, so that it fits into every budget. */
const nothing: SourceOptions = { countTokens: () => 0, price: { inputUsd: 0, outputUsd: 0 } };

function overloaded(index: number): ProviderError {
  return new ProviderError(`call ${index} was to fail`, { status: 503 });
}
