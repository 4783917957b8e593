/**
 * @module
 * Revisions: every node is a whole answer, made anew from the question or mended from another.
 */
import type { Branch, ExpandContext, Line } from "../../../answers/search/line.js";
import { reply } from "../../../core/conversation.js";
import { InvalidOptionError } from "../../../core/errors.js";
import type { Model, ModelResponse } from "../../../core/model.js";
import { checkOptions } from "../../../core/options.js";
import { isModel } from "../../../core/stack.js";
import type { AnyExpander } from "./proposals.js";

/** Options of {@link revisions}. */
export interface RevisionsOptions {
  /** Who answers and mends, one action each, for an order that chooses among them: `abMcts`. @defaultValue the model beneath */
  readonly models?: readonly Model[] | undefined;
  /** Asks for a better answer, behind what the scorer said of the last. @defaultValue {@link improveInstruction} */
  readonly instruction?: string | undefined;
}

/**
 * An expander whose nodes are whole answers: from the root a new one, from an answer a better one, asked for with what the scorer said of it.
 *
 * Cost: 1 call for each node that is gone on from.
 *
 * @throws {@link InvalidOptionError} for options out of bounds
 * @see Inoue et al. 2025, arXiv:2503.04412, section 3 (generate or refine)
 */
export function revisions(options: RevisionsOptions = {}): AnyExpander {
  checkOptions("revisions", options, ["models", "instruction"]);
  const { models, instruction = improveInstruction } = options;
  if (models !== undefined && !(Array.isArray(models) && models.length > 0 && models.every(isModel)))
    throw new InvalidOptionError("revisions", "models", "a list of at least one model", models);
  if (typeof instruction !== "string" || instruction.trim() === "")
    throw new InvalidOptionError("revisions", "instruction", "a text that is not empty", instruction);

  const revise = async <R extends ModelResponse>(
    { response, score, verdict }: Line<R>,
    { request, model, call, action }: ExpandContext<R>,
  ): Promise<readonly Branch<R>[]> => {
    const said = [
      verdict?.message ?? "",
      score === undefined ? "" : `Score of this answer: ${shown(score)}.`,
      instruction,
    ];
    const asked =
      response === undefined ? request : reply(request, response, said.filter((part) => part !== "").join("\n\n"));
    // Whoever gives other models knows what they give.
    const author = (models?.[action] ?? model) as Model<R>;
    const answer = await author.generate(asked, call);
    return [{ response: answer, step: answer.text, done: true }];
  };
  return Object.assign(revise, { label: "revisions", actions: models?.length ?? 1 });
}

/** The default instruction of {@link revisions}. */
export const improveInstruction: string =
  "Give a better answer: mend what is wrong with this one, and keep what is right. Write the whole answer anew.";

function shown(score: number): string {
  return String(Number(score.toPrecision(3)));
}
