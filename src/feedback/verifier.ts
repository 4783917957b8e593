/**
 * @module
 * Feedback by verification: is the answer correct, yes or no, asked once or several times.
 */
import type { Feedback, FeedbackContext, Verdict } from "../core/feedback.js";
import type { Model, ModelRequest, ModelResponse } from "../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../core/options.js";
import { sample } from "../core/sample.js";
import {
  askAbout,
  chanceOf,
  checkJudge,
  checkText,
  readVerdict,
  verdictInstruction,
  withoutVerdict,
} from "./judgement.js";

/** Options of {@link verifier}. */
export interface VerifierOptions {
  /** Verifications of each response: whole, at least 1. @defaultValue 1 */
  readonly samples?: number | undefined;
  /** Their sampling temperature, at least 0. @defaultValue the provider's */
  readonly temperature?: number | undefined;
  /** What the judge is asked to do, before it is asked for yes or no. @defaultValue {@link verifyInstruction} */
  readonly instruction?: string | undefined;
  /** The least score that is good enough, from 0 to 1. @defaultValue 0.6: more than half say yes */
  readonly passing?: number | undefined;
}

/**
 * Feedback from a judge model that thinks the answer through, and says whether it is correct.
 *
 * Shape: a model, or a whole stack, in; {@link Feedback} out. The score is the share of verifications that say yes; those that
 * cannot be read do not count, and none at all is 0. The message is what the first no said. A single verification by a model that
 * gives log-probabilities is scored by P(yes) of its verdict.
 * Cost: `samples` calls of the judge for each response, counted as `usage.judging`; fewer where the budget ends.
 *
 * @throws {@link InvalidOptionError} for what is no model, and for options out of bounds
 * @throws the first failure, where no verification succeeds
 * @see Zhang et al. 2024, arXiv:2408.15240 (GenRM-CoT: verify by thinking, average over several). Deviation: no verifier is trained; for
 *   untrained ones see Zhao et al. 2025, arXiv:2502.01839
 * @example
 * const solver = stack(model, chainOfThought(), sampleN(8), bestOf({ scorer: verifier(model, { samples: 4 }) }));
 */
export function verifier(model: Model, options: VerifierOptions = {}): Feedback {
  checkJudge("verifier", model);
  checkOptions("verifier", options, ["samples", "temperature", "instruction", "passing"]);
  const { samples = 1, temperature, instruction = verifyInstruction, passing = 0.6 } = options;
  checkInteger("verifier", "samples", samples, 1);
  if (temperature !== undefined) checkNumber("verifier", "temperature", temperature, 0);
  checkText("verifier", "instruction", instruction);
  checkNumber("verifier", "passing", passing, 0, 1);
  const settings: Partial<ModelRequest> = {
    ...(temperature !== undefined && { temperature }),
    ...(samples === 1 && model.capabilities.logprobs === true && { logprobs: alternatives }),
  };

  return async (response: ModelResponse, { request, call }: FeedbackContext): Promise<Verdict> => {
    const asked = { ...askAbout(request, response, `${instruction} ${verdictInstruction}`), ...settings };
    let read = 0;
    let sum = 0;
    let message: string | undefined;
    for await (const said of sample(model, asked, call, { n: samples })) {
      const yes = readVerdict(said.text);
      if (yes === undefined) continue;
      read++;
      sum += (samples === 1 ? chanceOf(yes, said) : undefined) ?? Number(yes);
      if (!yes) message ??= withoutVerdict(said.text);
    }
    const score = read === 0 ? 0 : sum / read;
    return { ok: score >= passing, score, message };
  };
}

/** The default instruction of {@link verifier}. */
export const verifyInstruction =
  "Is the answer above correct? Go through it step by step, check every one, and say what is wrong, if anything.";
/** Alternatives of the verdict's word that are asked for: both of its words are nearly always among them. */
const alternatives = 5;
