/**
 * @module
 * Judgements: how a judge is asked about a response, and how yes, no and points are read from what it says.
 */
import { boolean } from "../answers/boolean.js";
import { chanceOfYes } from "../answers/chance-of-yes.js";
import { judgeRequest } from "../answers/judging/judging.js";
import { InvalidOptionError } from "../core/errors.js";
import type { ModelRequest, ModelResponse } from "../core/model.js";
import { isModel } from "../core/stack.js";

/** The request to a judge: the question, the response, what to do. A `prefill` of the question is a part of the response. */
export function askAbout(request: ModelRequest, { text }: ModelResponse, task: string): ModelRequest {
  return judgeRequest(request, `# Answer\n${request.prefill ?? ""}${text}`, task);
}

/** Asks for what {@link readVerdict} reads. */
export const verdictInstruction = 'End with "Verdict: Yes" or "Verdict: No".';

const yesOrNo = boolean();
/** `Yes` and `No` as they are, not as the beginning of a sentence (`no errors found`) or of a choice (`Yes/No`). */
const verdictLine = /\bverdict\W{1,8}(yes|no)\b(?!["'*_]{0,4}(?:\s*\/| +(?:or\b|\p{Ll})))/giu;

/** Yes or no: behind the last `Verdict:`, else where {@link boolean} finds it. `undefined` where neither can be read. */
export function readVerdict(text: string): boolean | undefined {
  const [, word] = [...text.matchAll(verdictLine)].at(-1) ?? [];
  return word === undefined ? yesOrNo.parse(text) : word.toLowerCase() === "yes";
}

/** What was said, without the verdict. */
export function withoutVerdict(text: string): string {
  return text.replace(/[*_"']*\bverdict\W{1,8}(?:yes|no)\b["'*_]*\.?/gi, "").trim();
}

/** P(yes) of a verdict that was read, from the log-probabilities of its word; `undefined` where the response has none. */
export function chanceOf(verdict: boolean, { logprobs = [] }: ModelResponse): number | undefined {
  const at = logprobs.findLastIndex(({ token }) => /^\W*(?:yes|no)\W*$/i.test(token));
  const word = logprobs[at];
  return word !== undefined && /yes/i.test(word.token) === verdict ? chanceOfYes(logprobs.slice(at)) : undefined;
}

/** Asks for what {@link readScore} reads. */
export const scoreInstruction = 'End with "Score: " and a whole number from 0 (wrong) to 10 (right in every part).';

const scoreLine = /\**score\**\s*:\s*\**\s*(\d+(?:\.\d+)?)(?:\s*\/\s*(\d+))?\**\.?/gi;

/** The share of the scale behind the last `Score:`; 0 where there is none. */
export function readScore(text: string): number {
  const [, points, scale] = [...text.matchAll(scoreLine)].at(-1) ?? [];
  return shareOf(points, scale);
}

/** What was said, without the score. */
export function withoutScore(text: string): string {
  return text.replace(scoreLine, "").trim();
}

/** Points as a share of the scale, from 0 to 1; 0 where there are none, and where they are on another scale than was asked for. */
export function shareOf(points: unknown, scale: unknown = 10): number {
  const share = Number(points) / Number(scale);
  return share >= 0 && share <= 1 ? share : 0;
}

/** @throws {@link InvalidOptionError} for what is no model */
export function checkJudge(where: string, model: unknown, option: string = "the first argument"): void {
  if (!isModel(model)) throw new InvalidOptionError(where, option, "a model (id, capabilities, generate)", model);
}

/** @throws {@link InvalidOptionError} for what is no text, or an empty one */
export function checkText(where: string, option: string, value: unknown): void {
  if (typeof value !== "string" || value.trim() === "")
    throw new InvalidOptionError(where, option, "a text that is not empty", value);
}
