/**
 * @module
 * Fallback: when a model fails, the next one answers.
 */
import { BudgetExceededError, InvalidOptionError, MullError } from "../core/errors.js";
import { extend } from "../core/extend.js";
import type { Model, ModelResponse, Warning } from "../core/model.js";
import { checkOptions } from "../core/options.js";
import { isModel } from "../core/stack.js";
import { wrap } from "../core/wrap.js";

/** Options of {@link fallback}. */
export interface FallbackOptions {
  /**
   * Should the next model be asked after this failure? Never asked about an abort, a spent budget or an invalid option.
   * @defaultValue after every other failure
   */
  readonly when?: ((error: unknown) => boolean) | undefined;
}

/**
 * Asks the next model of a list when the one before it failed.
 *
 * Shape: response in, the same response out, of the first model that gives one; of another than the first, with a warning (`'fallback'`) that
 * names it and says what failed.
 * Cost: at most one call of each model; failed ones are in `usage.failed`.
 * Every call begins with the first model again. Each step is told by a `fallback` event: words streamed before it are void. The capabilities are
 * those of the first model; what another one lacks is left out with a warning, or fails and goes to the one after it. A model that hangs
 * has not failed: put a `timeout` beneath.
 *
 * @param models - at least one, in the order in which they are asked; each may be a whole stack
 * @throws {@link InvalidOptionError} when the stack is built
 * @throws the error of the last model asked, as it came; those before it were told by the events
 * @example
 * const solver = stack(model, timeout(20_000), fallback([smaller]), retry()); // tries both before it waits
 */
export function fallback<F extends ModelResponse>(
  models: readonly Model<F>[],
  options: FallbackOptions = {},
): <R extends ModelResponse>(next: Model<R>) => Model<R | F> {
  checkModels(models);
  checkOptions("fallback", options, ["when"]);
  const { when = always } = options;
  if (typeof when !== "function") throw new InvalidOptionError("fallback", "when", "a function of an error", when);
  const others = [...models];

  return <R extends ModelResponse>(next: Model<R>) => {
    const line: readonly Model<R | F>[] = [next, ...others];

    return wrap(
      "fallback",
      next,
      async (request, call): Promise<R | F> => {
        const failed: string[] = [];
        for (let index = 0; ; index++) {
          const model = line[index] as Model<R | F>;
          try {
            const response = await model.generate(request, call);
            return index === 0 ? response : withWarning(response, `${model.id} answered: ${failed.join("; ")}`);
          } catch (error) {
            const following = line[index + 1];
            if (following === undefined || call.scope.aborted || isFinal(error) || !when(error)) throw error;
            failed.push(`${model.id} failed (${show(error)})`);
            if (call.listening) call.emit({ type: "fallback", path: call.path, to: following.id, error });
          }
        }
      },
      {
        outline: {
          inner: line,
          cost: (inner, inputTokens) => {
            const costs = line.map((_, index) => inner(inputTokens, index));
            return {
              calls: costs.reduce((sum, { calls }) => sum + calls, 0),
              tokens: costs.reduce((sum, { tokens }) => sum + tokens, 0),
            };
          },
        },
      },
    );
  };
}

function checkModels(models: unknown): void {
  if (!Array.isArray(models) || models.length === 0 || models.some((model) => !isModel(model))) {
    throw new InvalidOptionError("fallback", "models", "a list of at least one model", models);
  }
}

function always(): boolean {
  return true;
}

/** Would the next model fail in the same way? */
function isFinal(error: unknown): boolean {
  return BudgetExceededError.is(error) || InvalidOptionError.is(error);
}

function withWarning<R extends ModelResponse>(response: R, message: string): R {
  const warning: Warning = { code: "fallback", message };
  return extend(response, { warnings: [...(response.warnings ?? []), warning] });
}

/** What may be said of an error: foreign messages may hold prompts or keys. */
function show(error: unknown): string {
  if (MullError.is(error)) return error.message;
  return error instanceof Error ? error.name : typeof error;
}
