/**
 * @module
 * Revision: the model mends its answer by what the world says of it.
 */
import { keyOf } from "../../answers/answer.js";
import { exhaustion, type Call } from "../../core/call.js";
import { callsTools, reply } from "../../core/conversation.js";
import { InvalidOptionError } from "../../core/errors.js";
import { extend } from "../../core/extend.js";
import type { Feedback, Verdict } from "../../core/feedback.js";
import type { Model, ModelRequest, ModelResponse, StopReason } from "../../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../../core/options.js";
import { race } from "../../core/scope.js";
import { wrap } from "../../core/wrap.js";

/** Options of {@link reviseLoop}. */
export interface ReviseLoopOptions<R extends ModelResponse = ModelResponse> {
  /** What says whether a draft is good, and what to mend. Required: without news from outside, revision does not help. */
  readonly feedback: Feedback<R>;
  /** The most revisions: whole, at least 1. @defaultValue 3 */
  readonly rounds?: number | undefined;
  /** Ends after so many revisions in a row that score no higher than the best draft: whole, at least 1. @defaultValue 2 */
  readonly patience?: number | undefined;
  /** What the model is told after a draft. @defaultValue the verdict's message, and {@link reviseInstruction} */
  readonly prompt?: ((verdict: Verdict) => string) | undefined;
}

/** A response and what the feedback said of it. */
export interface Draft<R extends ModelResponse = ModelResponse> {
  readonly response: R;
  /** With its score filled in. */
  readonly verdict: Verdict & { readonly score: number };
}

/** The best draft, with all of them beside it. */
export type Revised<R extends ModelResponse = ModelResponse> = R & {
  /** In the order they were written. */
  readonly drafts: readonly Draft<R>[];
  /** What the feedback said of this one. `undefined` where the budget ended before it could say anything, and for a response that calls tools. */
  readonly verdict: Draft<R>["verdict"] | undefined;
  readonly stopped: StopReason;
};

/**
 * Lets the model revise its answer, as long as the feedback finds fault with it and revising helps.
 *
 * Shape: one response in; the draft with the highest score out, the earlier one on a tie: never just the last. Each revision shows the
 * model the question, its best draft and what was said of it. While it streams, drafts are thoughts: which one is returned is not known before the end.
 * Cost: 1 + `rounds` calls at most, and what the feedback calls.
 * `stopped` says why: `'ok'`, `'no-improvement'` (`patience` revisions in a row were no better, or one repeats an earlier draft's
 * answer and words), `'limit'`, `'budget'` or `'deadline'`. A failure of the model or the feedback after the first draft is `'failure'`: the best draft
 * is returned with a warning. A response that calls tools is no draft: it is returned as it is (`'done'`), for whoever runs them.
 *
 * @throws {@link InvalidOptionError} when the stack is built; for a verdict that is none, at the call
 * @throws what the feedback throws on the first draft
 * @see Shinn et al. 2023, arXiv:2303.11366 (revising on test results); Gou et al. 2023, arXiv:2305.11738 (feedback from tools). Huang et al. 2023,
 *   arXiv:2310.01798: without such feedback accuracy falls. Deviation from all three: the best draft is kept.
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), reviseLoop({
 *   feedback: ({ answer }) => ({ ok: answer !== undefined && answer > 0, message: "The answer is a count: it must be above 0." }),
 * }));
 */
export function reviseLoop<R extends ModelResponse = ModelResponse>(
  options: ReviseLoopOptions<NoInfer<R>>,
): (next: Model<R>) => Model<Revised<R>> {
  checkOptions("reviseLoop", options, ["feedback", "rounds", "patience", "prompt"]);
  const { feedback, rounds = 3, patience = 2, prompt = defaultPrompt } = options;
  if (typeof feedback !== "function") {
    const bound = "a function that says how good a response is; tests(…), conformsTo(…) and judge(…) make one";
    throw new InvalidOptionError("reviseLoop", "feedback", bound, feedback);
  }
  checkInteger("reviseLoop", "rounds", rounds, 1);
  checkInteger("reviseLoop", "patience", patience, 1);
  if (typeof prompt !== "function")
    throw new InvalidOptionError("reviseLoop", "prompt", "a function of a verdict", prompt);

  return (next) => {
    const assess = async (request: ModelRequest, response: R, round: number, call: Call): Promise<Draft<R>> => {
      const inner = call.child("feedback", { thought: true, judging: true });
      const given = await race(call, () => feedback(response, { request, call: inner, model: next, round }));
      const verdict = checkVerdict(given);
      if (call.listening) {
        call.emit({ type: "feedback", path: call.path, round, ok: verdict.ok, score: verdict.score });
      }
      return { response, verdict };
    };

    const revise = async (request: ModelRequest, call: Call): Promise<Revised<R>> => {
      const write = (asked: ModelRequest): Promise<R> => next.generate(asked, call.child("draft", { thought: true }));
      const first = await write(request);
      const drafts: Draft<R>[] = [];
      let best: Draft<R> | undefined;
      let stale = 0;
      let response = first;
      try {
        for (let round = 0; ; round++) {
          if (callsTools(response)) return extend(response, { drafts, verdict: undefined, stopped: "done" });
          const draft = await assess(request, response, round, call);
          const repeated = drafts.some((earlier) => sameWords(earlier.response, response));
          drafts.push(draft);
          if (draft.verdict.ok) return result(draft, drafts, "ok");
          if (best === undefined || draft.verdict.score > best.verdict.score) {
            best = draft;
            stale = 0;
          } else stale++;
          if (repeated || stale >= patience) return result(best, drafts, "no-improvement");
          if (round === rounds) return result(best, drafts, "limit");
          response = await write(reply(request, best.response, prompt(best.verdict)));
        }
      } catch (error) {
        if (call.scope.aborted && exhaustion(call.scope.reason) === undefined) throw error;
        const end = exhaustion(error);
        if (end !== undefined) {
          return best ? result(best, drafts, end) : extend(first, { drafts, verdict: undefined, stopped: end });
        }
        if (best === undefined || InvalidOptionError.is(error)) throw error;
        const warning = {
          code: "revision-failed",
          message: "a revision, or the feedback on it, failed: the best draft is returned",
        };
        return extend(result(best, drafts, "failure"), { warnings: [...(best.response.warnings ?? []), warning] });
      }
    };

    return wrap("reviseLoop", next, revise, {
      outline: {
        detail: `rounds = ${rounds}`,
        cost: (inner, inputTokens, outputTokens) => {
          const once = inner(inputTokens);
          const again = inner(inputTokens + outputTokens + feedbackTokens);
          return { calls: once.calls + rounds * again.calls, tokens: once.tokens + rounds * again.tokens };
        },
      },
    });
  };
}

/** Asks for the revision. */
export const reviseInstruction = "Mend your answer: go through it step by step, and write the whole of it again.";
/** What feedback adds to a prompt, for the outline. */
const feedbackTokens = 200;

function defaultPrompt({ message = "" }: Verdict): string {
  return message === "" ? reviseInstruction : `${message}\n\n${reviseInstruction}`;
}

function checkVerdict(verdict: Verdict): Draft["verdict"] {
  const { ok } = (verdict as Partial<Verdict> | undefined) ?? {};
  if (typeof ok !== "boolean") {
    throw new InvalidOptionError(
      "reviseLoop",
      "what feedback returns",
      "a verdict such as { ok: false, message: '…' }",
      verdict,
    );
  }
  const { score = ok ? 1 : 0 } = verdict;
  return extend(verdict, { score: checkNumber("reviseLoop", "the score of a verdict", score, 0, 1) });
}

function sameWords(a: ModelResponse, b: ModelResponse): boolean {
  return a.text === b.text && keyOf(a) === keyOf(b);
}

function result<R extends ModelResponse>(best: Draft<R>, drafts: readonly Draft<R>[], stopped: StopReason): Revised<R> {
  return extend(best.response, { drafts, verdict: best.verdict, stopped });
}
