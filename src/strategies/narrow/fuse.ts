/**
 * @module
 * Fusion: a model reads all samples, and writes one answer of them.
 */
import { keyOf } from "../../answers/answer.js";
import { byCount, candidatesOf, counts, listed, type Show } from "../../answers/judging/candidates.js";
import { aggregateRequest, checkReading } from "../../answers/judging/judging.js";
import { exhaustion, type Call } from "../../core/call.js";
import { callsTools } from "../../core/conversation.js";
import { InvalidOptionError, NoAnswerError } from "../../core/errors.js";
import { extend } from "../../core/extend.js";
import { keepBack } from "../../core/keep-back.js";
import type {
  Model,
  ModelRequest,
  ModelResponse,
  Sampled,
  SampleFailure,
  StopReason,
  Warning,
} from "../../core/model.js";
import { checkInteger, checkOptions } from "../../core/options.js";
import { draw, sampleWarnings } from "../../core/sample.js";
import { wrap } from "../../core/wrap.js";

/** Options of {@link fuse}. */
export interface FuseOptions<R extends ModelResponse = ModelResponse> {
  /** Who writes the answer: a model, or a whole stack, whose responses are like the samples. @defaultValue what the samples come from, once more */
  readonly by?: Model<R> | undefined;
  /** How many responses are read at a time, what was made of those before among them: whole, at least 2. @defaultValue all at once */
  readonly window?: number | undefined;
  /** What is shown of a sample: `'text'`, `'answer'`, or a function that says it. @defaultValue `'text'` */
  readonly show?: Show<R> | undefined;
  /** What to make of them. @defaultValue {@link synthesize} */
  readonly instruction?: string | undefined;
}

/** What was made of the samples, with them beside it. */
export type Fused<R extends ModelResponse = ModelResponse> = R & {
  /** Is this a new answer? `false` for one of the samples: all agreed, or no synthesis could be had. */
  readonly fused: boolean;
  /** Those drawn. */
  readonly samples: readonly R[];
  readonly failures: readonly SampleFailure[];
  readonly stopped: StopReason;
};

/**
 * Shows all samples to a model that writes one answer of what is good in them: mixture of agents, or, over samples of one model, Self-MoA.
 *
 * Shape: samples in, one new response of the same kind out. By default it comes from where the samples come from, so that it is thought through,
 * and its answer read, as theirs are. Each answer is shown once, with how often it was given, behind the question.
 * Cost: 1 call of `by`; with a `window` of w and M different answers, ceil((M - 1) / (w - 1)). None where all samples agree. While samples are drawn,
 * enough of the budget is kept back for it.
 * If it fails, or cannot be read where samples could, the last synthesis that was had is returned, else the answer given most often: with a warning, or with `stopped` where
 * budget or time ended. Samples whose answer cannot be read are not shown, unless none can be read. The model is not to call tools.
 *
 * @throws {@link InvalidOptionError} when the stack is built; at a call, for a `show` that gives no text
 * @see Wang et al. 2024, arXiv:2406.04692 (mixture of agents); Li et al. 2025, arXiv:2502.00674 (Self-MoA, and its sequential form with a window). Deviation: equal
 *   answers are shown once, with their count; no call where all agree.
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), sampleN(6), fuse());
 * const { answer, text, samples } = await run(solver, "How many trailing zeros has 125!?");
 */
export function fuse<R extends ModelResponse>(
  options: FuseOptions<NoInfer<R>> = {},
): (next: Model<Sampled<R>>) => Model<Fused<R>> {
  checkOptions("fuse", options, ["by", "window", "show", "instruction"]);
  checkReading("fuse", options);
  const { by, window = Infinity, instruction = synthesize } = options;
  const show: Show<R> = options.show ?? "text";
  if (window !== Infinity) checkInteger("fuse", "window", window, 2);

  return (next) => {
    /** One response of who writes. */
    const write = async (request: ModelRequest, call: Call): Promise<R> => {
      if (by !== undefined) return by.generate(request, call);
      const drawing = draw(next, request, call, 1);
      for await (const response of drawing) return response;
      throw new NoAnswerError("nobody wrote a synthesis");
    };

    const fusion = async (request: ModelRequest, call: Call): Promise<Fused<R>> => {
      const drawing = draw(next, request, call);
      const kept = keepBack(request, call, {
        planned: drawing.planned,
        reading: (count) => ({ calls: callsFor(count, window), reads: count + callsFor(count, window) }),
        outputTokens: answerTokens,
      });
      let written: R | undefined;
      try {
        for await (const _ of drawing) kept.expect(drawing.samples);
        const { samples, failures, stopped } = drawing;
        const all = candidatesOf(samples);
        const sample = [...all].sort(byCount)[0]?.sample ?? samples[0];
        if (sample === undefined) throw new NoAnswerError("there is no sample to fuse");
        // Calls cannot be fused: they are made, where most samples want to, or else left out.
        const candidates = callsTools(sample) ? [] : all.filter(({ sample: each }) => !callsTools(each));
        if (candidates.length < 2)
          return extend(sample, { fused: false, samples, failures, stopped, ...sampleWarnings(sample, samples) });
        const readable = keyOf(sample) !== undefined;
        try {
          for (let begin = 0; begin < candidates.length;) {
            const end = begin + window - (written === undefined ? 0 : 1);
            const group = candidates.slice(begin, end);
            const shown = [...(written === undefined ? [] : [written]), ...group.map((candidate) => candidate.sample)];
            const notes = [...(written === undefined ? [] : [soFar]), ...counts(group)];
            const asked = aggregateRequest(request, listed("fuse", shown, show, request, notes), instruction);
            const thought = call.thought || end < candidates.length;
            const inner = call.child("fusion", { thought, budget: kept.budget });
            written = checked(await write(asked, inner), readable);
            begin = end;
          }
          const end = written?.stopped;
          const short = end === "budget" || end === "deadline";
          return extend(written as R, { fused: true, samples, failures, stopped: short ? end : stopped });
        } catch (error) {
          if (InvalidOptionError.is(error) || (call.scope.aborted && exhaustion(call.scope.reason) === undefined))
            throw error;
          const end = exhaustion(error);
          const best = written ?? sample;
          const result = { fused: written !== undefined, samples, failures, stopped: end ?? "failure" } as const;
          if (end !== undefined) return extend(best, result);
          return extend(best, { ...result, warnings: [...(best.warnings ?? []), failed] });
        }
      } finally {
        kept.release();
      }
    };

    return wrap("fuse", next, fusion, {
      outline: {
        ...(window !== Infinity && { detail: `window = ${window}` }),
        inner: by === undefined ? [next] : [next, by],
        cost: (inner, inputTokens, outputTokens) => {
          const { calls, tokens } = inner(inputTokens);
          // Every sample took a call at least.
          const prompts = callsFor(calls, window);
          const read = inputTokens + promptTokens + Math.min(calls, window) * outputTokens;
          // Who can draw only all of its samples draws them all for each synthesis.
          const each = inner(read, by === undefined ? 0 : 1);
          return { calls: calls + prompts * each.calls, tokens: tokens + prompts * each.tokens };
        },
      },
    });
  };
}

/** The default instruction of {@link fuse}. */
export const synthesize =
  "Above are responses to the question by others; some of them may be wrong, in part or altogether. Check each of them critically, and write one response of your own that is better than any: take what is right, mend what is wrong, and do not just repeat one of them.";
const soFar = "made of earlier responses";
/** What a synthesis usually takes at most, in tokens. */
const answerTokens = 1024;
/** What an instruction adds to a prompt, for the outline. */
const promptTokens = 80;
const failed: Warning = {
  code: "fusion-failed",
  message: "a synthesis failed, or could not be read: the one before, or else the answer given most often, is returned",
};

/** Syntheses of so many candidates. */
function callsFor(candidates: number, window: number): number {
  if (candidates < 2) return 0;
  return window === Infinity ? 1 : Math.ceil((candidates - 1) / (window - 1));
}

/** @throws {@link NoAnswerError} for a synthesis that says nothing, or whose answer cannot be read where that of samples can */
function checked<R extends ModelResponse>(response: R, readable: boolean): R {
  const empty = readable ? keyOf(response) === undefined : response.text.trim() === "";
  if (empty || callsTools(response)) throw new NoAnswerError("the synthesis cannot be read");
  return response;
}
