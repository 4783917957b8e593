/**
 * @module
 * Feedback from several verifiers, each of which looks at one aspect.
 */
import { InvalidOptionError } from "../core/errors.js";
import { extend } from "../core/extend.js";
import type { Feedback, FeedbackContext, Verdict } from "../core/feedback.js";
import type { Model, ModelRequest, ModelResponse } from "../core/model.js";
import { checkNumber, checkOptions } from "../core/options.js";
import { sample } from "../core/sample.js";
import { askAbout, checkJudge, checkText, readVerdict, verdictInstruction, withoutVerdict } from "./judgement.js";

/** One aspect of an answer. */
export interface Aspect {
  /** Begins the message of one that does not approve: `'units'`. */
  readonly name: string;
  /** What is checked, as a question to which yes is good: `'Is every unit right?'` */
  readonly question: string;
  /** Who checks it. @defaultValue the first argument of {@link aspects} */
  readonly model?: Model | undefined;
}

/** Options of {@link aspects}. */
export interface AspectsOptions {
  /** What is looked at; at least one, each by a name of its own. @defaultValue {@link defaultAspects} */
  readonly aspects?: readonly Aspect[] | undefined;
  /** The least share of approvals that is good enough, from 0 to 1. @defaultValue 1: all approve */
  readonly passing?: number | undefined;
}

/**
 * Feedback from several verifiers, each of which approves of one aspect of the answer or does not.
 *
 * Shape: a model, or a whole stack, in; {@link Feedback} out. The score is the share that approves; the message says what the others found, by
 * name. A verdict that cannot be read, or does not come because its call fails or the budget ends, is no approval.
 * Cost: one call for each aspect and response, all at the same time, counted as `usage.judging`.
 *
 * @throws {@link InvalidOptionError} for what is no model, and for no aspect, one without name or question, or two of one name
 * @throws the first failure, where all fail
 * @see Lifshitz et al. 2025, BoN-MAV, arXiv:2502.20379 (the answer with the most approvals wins; more verifiers scale better than one reward model)
 * @example
 * const solver = stack(model, chainOfThought(), sampleN(8), bestOf({ scorer: aspects(model) }));
 */
export function aspects(model: Model, options: AspectsOptions = {}): Feedback {
  checkJudge("aspects", model);
  checkOptions("aspects", options, ["aspects", "passing"]);
  const { aspects = defaultAspects, passing = 1 } = options;
  checkAspects(aspects);
  checkNumber("aspects", "passing", passing, 0, 1);

  return async (response: ModelResponse, { request, call }: FeedbackContext): Promise<Verdict> => {
    const asked = new Map(aspects.map((aspect) => [requestOf(aspect, request, response), aspect]));
    const requests = [...asked.keys()];
    const panel: Model<ModelResponse & { readonly aspect: Aspect }> = {
      ...model,
      generate: async (each, inner) => {
        const aspect = asked.get(each) as Aspect;
        return extend(await (aspect.model ?? model).generate(each, inner), { aspect });
      },
    };
    let approvals = 0;
    const complaints: string[] = [];
    const drawing = sample(panel, requests[0] as ModelRequest, call, {
      n: requests.length,
      request: (index) => requests[index] as ModelRequest,
    });
    for await (const { text, aspect } of drawing) {
      const yes = readVerdict(text);
      if (yes === true) approvals++;
      if (yes === false) complaints.push(`${aspect.name}: ${withoutVerdict(text)}`);
    }
    const score = approvals / requests.length;
    const message = complaints.length === 0 ? undefined : complaints.join("\n\n");
    return { ok: score >= passing, score, message };
  };
}

/** The default aspects of {@link aspects}. */
export const defaultAspects: readonly Aspect[] = [
  { name: "arithmetic", question: "Is every calculation in the answer right? Do each of them again." },
  { name: "logic", question: "Does every step of the answer follow from those before it and from the question?" },
  { name: "units", question: "Are all units right, and kept through every step? Where there are none, that is right." },
  { name: "facts", question: "Is everything true that the answer takes from outside of the question?" },
  { name: "the question", question: "Does the answer give what the question asks for, and all of it?" },
];

function requestOf({ question }: Aspect, request: ModelRequest, response: ModelResponse): ModelRequest {
  return askAbout(request, response, `${question} ${onlyThat} ${verdictInstruction}`);
}

const onlyThat = "Look at nothing else. Say in a few sentences what is wrong, if anything.";

function checkAspects(aspects: readonly Aspect[]): void {
  if (!Array.isArray(aspects) || aspects.length === 0)
    throw new InvalidOptionError("aspects", "aspects", "a list of at least one aspect", aspects);
  const names = new Set<string>();
  aspects.forEach((aspect: Aspect, index) => {
    const where = `aspects: aspects[${index}]`;
    checkOptions(where, aspect, ["name", "question", "model"]);
    const { name, question, model } = aspect;
    checkText(where, "name", name);
    checkText(where, "question", question);
    if (model !== undefined) checkJudge(where, model, "model");
    if (names.has(name)) throw new InvalidOptionError(where, "name", "a name of its own", name);
    names.add(name);
  });
}
