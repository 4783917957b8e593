/**
 * @module
 * Proposals: the model is asked for several next steps at once.
 */
import type { Branch, ExpandContext, Line } from "../../../answers/search/line.js";
import { addToPrompt, callsTools } from "../../../core/conversation.js";
import { InvalidOptionError } from "../../../core/errors.js";
import { extend } from "../../../core/extend.js";
import type { ModelResponse } from "../../../core/model.js";
import { checkInteger, checkOptions } from "../../../core/options.js";

/** Options of {@link proposals}. */
export interface ProposalsOptions {
  /** Of what is proposed the first so many are taken: whole, at least 1. @defaultValue all */
  readonly most?: number | undefined;
  /** Asks for the next steps, behind the question and the steps so far. @defaultValue {@link proposeInstruction} */
  readonly instruction?: string | undefined;
}

/** An expander for lines of any model. */
export interface AnyExpander {
  <R extends ModelResponse>(line: Line<R>, context: ExpandContext<R>): Promise<readonly Branch<R>[]>;
  readonly label: string;
  readonly actions?: number;
}

/**
 * An expander that asks the model for several next steps in one call, a line each. List marks in front of them are taken away; of equal ones one is kept.
 *
 * Cost: 1 call for each node that is gone on from.
 *
 * @throws {@link InvalidOptionError} for options out of bounds
 * @see Yao et al. 2023, arXiv:2305.10601, section 3, thought generator (b): propose
 */
export function proposals(options: ProposalsOptions = {}): AnyExpander {
  checkOptions("proposals", options, ["most", "instruction"]);
  const { most = Infinity, instruction = proposeInstruction } = options;
  if (most !== Infinity) checkInteger("proposals", "most", most, 1);
  if (typeof instruction !== "string" || instruction.trim() === "")
    throw new InvalidOptionError("proposals", "instruction", "a text that is not empty", instruction);

  const propose = async <R extends ModelResponse>(
    { text }: Line<R>,
    { request, model, call }: ExpandContext<R>,
  ): Promise<readonly Branch<R>[]> => {
    const words = text === "" ? instruction : `Steps so far:\n${text}\n\n${instruction}`;
    const response = await model.generate(addToPrompt(request, words), call);
    if (callsTools(response)) return [{ response, step: response.text, done: true }];
    const { content: _, logprobs: __, ...rest } = response;
    return stepsIn(response.text)
      .slice(0, most)
      .map((step): Branch<R> => {
        const whole = text === "" ? step : `${text}\n${step}`;
        return { response: extend(rest, { text: whole }) as ModelResponse as R, step };
      });
  };
  return Object.assign(propose, { label: most === Infinity ? "proposals" : `proposals of ${most}` });
}

/** The default instruction of {@link proposals}. */
export const proposeInstruction: string =
  "Propose several different next steps, one on each line, and nothing else. A step that gives the answer ends the line with the answer, as asked for above.";

/** Lines that have words, without bullets and numbers of a list. */
function stepsIn(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/^\s*(?:[-*•]\s+|\(?\d{1,2}[.):]\s+)?/, "").trimEnd())
    .filter((line) => line !== "" && !line.startsWith("```"));
}
