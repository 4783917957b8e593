/**
 * @module
 * Sameness from a model: do two answers say the same in other words?
 */
import { boolean } from "../answers/boolean.js";
import { checkShow, listed, type Show } from "../answers/judging/candidates.js";
import type { Sameness } from "../answers/clusters.js";
import { judgeRequest } from "../answers/judging/judging.js";
import { InvalidOptionError, MalformedResponseError } from "../core/errors.js";
import type { FeedbackContext } from "../core/feedback.js";
import type { Model, ModelResponse } from "../core/model.js";
import { checkOptions } from "../core/options.js";
import { isModel } from "../core/stack.js";

/** Options of {@link sameMeaning}. */
export interface SameMeaningOptions<R extends ModelResponse = ModelResponse> {
  /** What the model is asked, before it is asked for yes or no. @defaultValue {@link sameMeaningInstruction} */
  readonly instruction?: string | undefined;
  /** What is compared: `'answer'` (the words of samples without one), `'text'`, or a function that says it. @defaultValue `'answer'` */
  readonly show?: Show<R> | undefined;
}

/**
 * Says, by a model, whether two samples answer the question in the same way: for votes on free text.
 *
 * Shape: a model, or a whole stack, in; a function of two samples out, for `majorityVote({ same })`.
 * Cost: one call for each comparison, counted as `usage.judging`. The question and both answers are in the prompt.
 *
 * @throws {@link InvalidOptionError} for what is no model, and for options out of bounds
 * @throws {@link MalformedResponseError} at a comparison, for a reply that is neither yes nor no
 * @see Kuhn et al. 2023, arXiv:2302.09664; Farquhar et al. 2024, doi:10.1038/s41586-024-07421-0 (clusters by entailment in both directions). Deviation:
 *   both directions are asked in one prompt.
 * @example
 * const solver = stack(model, sampleN(8), majorityVote({ same: sameMeaning(model) }));
 * const { text, entropy } = await run(solver, "Why do leaves fall in autumn?");
 */
export function sameMeaning<R extends ModelResponse = ModelResponse>(
  model: Model,
  options: SameMeaningOptions<R> = {},
): Sameness<R> {
  if (!isModel(model))
    throw new InvalidOptionError("sameMeaning", "the first argument", "a model (id, capabilities, generate)", model);
  checkOptions("sameMeaning", options, ["instruction", "show"]);
  const { instruction = sameMeaningInstruction } = options;
  const show: Show<R> = options.show ?? "answer";
  if (typeof instruction !== "string" || instruction.trim() === "")
    throw new InvalidOptionError("sameMeaning", "instruction", "a text that is not empty", instruction);
  checkShow("sameMeaning", show);

  return async (a: R, b: R, { request, call }: FeedbackContext): Promise<boolean> => {
    const responses = listed("sameMeaning", [a, b], show, request);
    const { text } = await model.generate(
      judgeRequest(request, responses, `${instruction} ${yesOrNo.instruction}`),
      call,
    );
    const same = yesOrNo.parse(text);
    if (same === undefined) throw new MalformedResponseError("sameMeaning: the judge said neither yes nor no");
    return same;
  };
}

/** The default instruction of {@link sameMeaning}. */
export const sameMeaningInstruction =
  "Do these two responses give the same answer to the question, so that each follows from the other? Wording and detail that do not change the answer do not count.";

const yesOrNo = boolean();
