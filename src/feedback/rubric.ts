/**
 * @module
 * Feedback by a rubric: several criteria with weights, scored in one call.
 */
import { jsonIn } from "../answers/json.js";
import { InvalidOptionError } from "../core/errors.js";
import type { Feedback, FeedbackContext, Verdict } from "../core/feedback.js";
import type { Model, ModelResponse } from "../core/model.js";
import { checkNumber, checkOptions } from "../core/options.js";
import { askAbout, checkJudge, checkText, shareOf } from "./judgement.js";

/** Options of {@link rubric}. */
export interface RubricOptions {
  /** What the judge is asked to do, before the criteria are named. @defaultValue {@link rubricInstruction} */
  readonly instruction?: string | undefined;
  /** The least score that is good enough, from 0 to 1. @defaultValue 0.9 */
  readonly passing?: number | undefined;
}

/**
 * Feedback from a judge model that scores an answer by several criteria: for what has no single right answer.
 *
 * Shape: a model, or a whole stack, and the weight of each criterion in; {@link Feedback} out. The score is the weighted mean of the criteria, each
 * from 0 to 1; a criterion whose score cannot be read counts as 0. Scores are read from lines such as `clarity: 7`, or from JSON. The message is
 * what the judge said.
 * Cost: one call of the judge for each response, counted as `usage.judging`.
 *
 * @param criteria - by name, as the judge shall read it; weights above 0
 * @throws {@link InvalidOptionError} for what is no model, for no criteria, and for a weight that is not above 0
 * @see Zheng et al. 2023, arXiv:2306.05685 (models as judges, and their biases); Liu et al. 2023, G-Eval, arXiv:2303.16634 (criteria, scored by filling in a form)
 * @example
 * const scorer = rubric(model, { "is correct": 3, "is easy to follow": 1, "is polite": 1 });
 */
export function rubric(
  model: Model,
  criteria: Readonly<Record<string, number>>,
  options: RubricOptions = {},
): Feedback {
  checkJudge("rubric", model);
  const weights = checkCriteria(criteria);
  checkOptions("rubric", options, ["instruction", "passing"]);
  const { instruction = rubricInstruction, passing = 0.9 } = options;
  checkText("rubric", "instruction", instruction);
  checkNumber("rubric", "passing", passing, 0, 1);
  const names = weights.map(([name]) => name);
  const form = `${names.map((name) => `- ${name}`).join("\n")}\n\n${formInstruction}\n${names.map((name) => `${name}: 0`).join("\n")}`;
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);

  return async (response: ModelResponse, { request, call }: FeedbackContext): Promise<Verdict> => {
    const { text } = await model.generate(askAbout(request, response, `${instruction}\n${form}`), call);
    const object = objectWith(names, text);
    const score = weights.reduce((sum, [name, weight]) => {
      return sum + (weight / total) * (inLine(name, text) ?? inObject(name, object) ?? 0);
    }, 0);
    // Parts of 1 may add up to a little more.
    const bounded = Math.min(1, Math.round(score * 1e12) / 1e12);
    return { ok: bounded >= passing, score: bounded, message: text.trim() };
  };
}

/** The default instruction of {@link rubric}. */
export const rubricInstruction =
  "Score the answer above by each of these criteria, and say in a sentence for each what is missing, if anything:";
const formInstruction =
  "End with one line for each criterion, its name and a whole number from 0 (not at all) to 10 (in every part):";

/** The last line that scores a criterion: `clarity: 7`, `2. **Clarity**: 7/10`, `| clarity | 7 |`. */
function inLine(name: string, text: string): number | undefined {
  const words = name
    .trim()
    .replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")
    .replace(/\s+/g, "\\s+");
  const before = "^[\\s>|*_#•-]{0,8}(?:\\d{1,2}[.)]\\s{0,4})?[*_\"'`]{0,4}";
  const after =
    "[*_\"'`]{0,4}\\s{0,4}[:=|–—-][\\s*_\"'`]{0,8}(\\d{1,3}(?:\\.\\d{1,3})?)(?:\\s{0,2}(?:\\/|out of|of)\\s{0,2}(\\d{1,3}))?(?![\\d.]*\\d)";
  const [, points, scale] = [...text.matchAll(new RegExp(before + words + after, "gimu"))].at(-1) ?? [];
  return points === undefined ? undefined : shareOf(points, scale);
}

/** The first object in a text that names a criterion; its names in lower case. */
function objectWith(names: readonly string[], text: string): ReadonlyMap<string, unknown> {
  for (const value of jsonIn(text)) {
    if (typeof value !== "object" || value === null) continue;
    const entries = new Map(
      Object.entries(value).map(([name, score]) => [name.trim().toLowerCase(), score as unknown]),
    );
    if (names.some((name) => entries.has(name.trim().toLowerCase()))) return entries;
  }
  return new Map();
}

function inObject(name: string, object: ReadonlyMap<string, unknown>): number | undefined {
  const value = object.get(name.trim().toLowerCase());
  const points: unknown = typeof value === "object" && value !== null && "score" in value ? value.score : value;
  const [, number, scale] = /^\s*(\d+(?:\.\d+)?)(?:\s*\/\s*(\d+))?\s*$/.exec(String(points)) ?? [];
  return number === undefined ? undefined : shareOf(number, scale);
}

function checkCriteria(
  criteria: Readonly<Record<string, number>>,
): readonly (readonly [name: string, weight: number])[] {
  const isObject = typeof criteria === "object" && criteria !== null && !Array.isArray(criteria);
  const weights = isObject ? Object.entries(criteria) : [];
  if (weights.length === 0)
    throw new InvalidOptionError("rubric", "criteria", "an object of at least one criterion and its weight", criteria);
  for (const [name, weight] of weights) {
    checkText("rubric", "the name of a criterion", name);
    if (!(Number.isFinite(weight) && weight > 0))
      throw new InvalidOptionError("rubric", `criteria[${JSON.stringify(name)}]`, "a finite number above 0", weight);
  }
  return weights;
}
