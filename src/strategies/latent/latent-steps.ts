/**
 * @module
 * Latent steps: a recurrent block is looped before every token, so that the model thinks longer without writing more.
 */
import type { LatentAbility } from "../../core/capabilities.js";
import { checkThinksIn } from "../../core/check-thinks-in.js";
import { InvalidOptionError } from "../../core/errors.js";
import type { Model, ModelRequest, ModelResponse } from "../../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../../core/options.js";
import { wrap } from "../../core/wrap.js";

/** Options of {@link latentSteps}: at least one of the two. */
export interface LatentStepsOptions {
  /** Loops of the recurrent block for every token; with `halt`, the most. Whole, at least 1. @defaultValue with `halt`, the model's own */
  readonly steps?: number | undefined;
  /**
   * Loops no further once two successive loops differ by less than this: the KL divergence of what comes next, in nats, above 0. Easy questions then take fewer
   * loops than hard ones. @defaultValue none: always `steps` loops
   */
  readonly halt?: number | undefined;
}

/**
 * Sets how often the model loops its recurrent block: so many times, or until another loop hardly changes what it would say.
 *
 * Shape: one response in, the same out; `latent.steps` says how many loops the first token took, where the model tells it. A request that names `steps` or
 * `halt` itself keeps both as it has them.
 * Cost: 1 call. What a loop costs is for the model to count: `tinyLoop()` of `mull/tiny` counts a reasoning token for every loop beyond the first of every token it
 * writes, so that budgets buy loops as they buy words, and an output cap too low for the loops gets fewer of them.
 * Only for models that say they were trained for it (`capabilities.latent`): any other would ignore the field.
 *
 * @throws {@link InvalidOptionError} when the stack is built
 * @throws {@link CapabilityError} when the stack is built, for a model that is not known to loop, or not known to halt
 * @see Dehghani et al. 2018, arXiv:1807.03819 (a layer applied again and again); Geiping et al. 2025, arXiv:2502.05171 (depth chosen at the question; exit by KL
 *   divergence of successive loops); Graves 2016, arXiv:1603.08983 (halting learned by a unit of its own. Deviation: here nothing is learned for it)
 * @example
 * const solver = stack(await tinyLoop(), latentSteps({ steps: 16, halt: 1e-4 }));
 * const { text, latent } = await run(solver, "Start at 7, then +3 *9 -4. What is the last digit?");
 */
export function latentSteps(options: LatentStepsOptions): <R extends ModelResponse>(next: Model<R>) => Model<R> {
  checkOptions("latentSteps", options, ["steps", "halt"]);
  const { steps, halt } = options;
  if (steps === undefined && halt === undefined) {
    throw new InvalidOptionError("latentSteps", "steps", "a number of loops, unless halt says when to stop", steps);
  }
  if (steps !== undefined) checkInteger("latentSteps", "steps", steps, 1);
  if (halt !== undefined && !(checkNumber("latentSteps", "halt", halt, 0, Number.MAX_VALUE) > 0)) {
    throw new InvalidOptionError("latentSteps", "halt", "a number above 0", halt);
  }
  const settings = { ...(steps !== undefined && { steps }), ...(halt !== undefined && { halt }) };

  return <R extends ModelResponse>(next: Model<R>): Model<R> => {
    for (const ability of Object.keys(settings)) checkThinksIn("latentSteps", next, ability as LatentAbility);
    return wrap("latentSteps", next, (request, call) => next.generate(looped(request, settings), call), {
      outline: {
        detail: Object.entries(settings)
          .map(([name, value]) => `${name} = ${value}`)
          .join(", "),
      },
    });
  };
}

/** The request with these settings, unless it has its own. */
function looped(request: ModelRequest, settings: LatentStepsOptions): ModelRequest {
  const { latent = {} } = request;
  if (latent.steps !== undefined || latent.halt !== undefined) return request;
  return { ...request, latent: { ...latent, ...settings } };
}
