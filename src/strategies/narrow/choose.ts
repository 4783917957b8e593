/**
 * @module
 * Choosing: a model reads the candidates side by side, and names one.
 */
import { byCount, candidatesOf, counts, listed, type Candidate, type Show } from "../../answers/judging/candidates.js";
import type { Drawn } from "../../answers/elect.js";
import { checkReading, judgeRequest, unjudged } from "../../answers/judging/judging.js";
import { namedResponse, nameInstruction } from "../../answers/judging/named-response.js";
import { askAll } from "../../core/ask-all.js";
import { bottomOf } from "../../core/bottom-of.js";
import type { Budget } from "../../core/budget.js";
import type { Call } from "../../core/call.js";
import { NoAnswerError } from "../../core/errors.js";
import { extend } from "../../core/extend.js";
import { keepBack } from "../../core/keep-back.js";
import type { Model, ModelRequest, ModelResponse, Sampled, SampleFailure, StopReason } from "../../core/model.js";
import { checkInteger, checkOptions } from "../../core/options.js";
import { draw, sampleWarnings } from "../../core/sample.js";
import { wrap } from "../../core/wrap.js";

/** Options of {@link choose}. */
export interface ChooseOptions<R extends ModelResponse = ModelResponse> {
  /** Who chooses: a model, or a whole stack. @defaultValue the model beneath all layers */
  readonly by?: Model | undefined;
  /** The most candidates in one prompt: whole, at least 2. More are chosen from in groups, and the groups' choices again. @defaultValue 16 */
  readonly perPrompt?: number | undefined;
  /** How often all is judged, each time in another order; the choices vote: whole, at least 1. @defaultValue 1 */
  readonly rounds?: number | undefined;
  /** What is shown of a candidate: `'text'`, `'answer'`, or a function that says it. @defaultValue `'text'` */
  readonly show?: Show<R> | undefined;
  /** What to choose by; {@link compareAndSelect} looks for the best instead. @defaultValue {@link mostConsistent} */
  readonly instruction?: string | undefined;
  /** How many judgements at a time: whole, at least 1. @defaultValue all */
  readonly concurrency?: number | undefined;
}

/** A candidate, and how often it was chosen. */
export type Choice<R extends ModelResponse = ModelResponse> = Candidate<R> & {
  /** Rounds that chose it. */
  readonly chosen: number;
};

/** The chosen sample, with all candidates beside it. */
export type Chosen<R extends ModelResponse = ModelResponse> = R & {
  /** Each answer once: most chosen first, then most given, then first seen. */
  readonly choices: readonly Choice<R>[];
  /** Those drawn. */
  readonly samples: readonly R[];
  readonly failures: readonly SampleFailure[];
  readonly stopped: StopReason;
};

/**
 * Shows the samples to a model, and answers with the one that it names: for answers that no key can compare, such as prose and code.
 *
 * Shape: samples in, one of them out. Each answer is shown once, with how often it was given, in an order drawn anew for each round.
 * Cost: `rounds` calls for up to `perPrompt` different answers, counted as `usage.judging`; with more, one for each group and one level of groups
 * above the other. None where all samples agree. While samples are drawn, enough of the budget is kept back to judge them.
 * A judgement that names nothing casts no vote; ties go to the answer given more often, then to the one seen first. Where no judgement can be had, the
 * answer given most often is returned: with a warning, or with `stopped` where budget or time ended. Samples whose answer cannot be read are no
 * candidates, unless none can be read.
 *
 * @throws {@link InvalidOptionError} when the stack is built; at a call, for a `show` that gives no text
 * @see Chen et al. 2023, arXiv:2311.17311 (universal self-consistency); Moshkov et al. 2025, arXiv:2504.16891 (GenSelect). Deviation
 *   from both: equal answers are shown once, with their count, and `rounds` vote.
 * @example
 * const solver = stack(model, sampleN(8), choose());
 * const { text, choices } = await run(solver, "Write a function that reverses a linked list.");
 */
export function choose<R extends ModelResponse>(
  options: ChooseOptions<NoInfer<R>> = {},
): (next: Model<Sampled<R>>) => Model<Chosen<R>> {
  checkOptions("choose", options, ["by", "perPrompt", "rounds", "show", "instruction", "concurrency"]);
  checkReading("choose", options);
  const { by, perPrompt = 16, rounds = 1, instruction = mostConsistent, concurrency } = options;
  const show: Show<R> = options.show ?? "text";
  checkInteger("choose", "perPrompt", perPrompt, 2);
  checkInteger("choose", "rounds", rounds, 1);
  const task = `${instruction} ${nameInstruction}`;

  return (next) => {
    const judge = by ?? bottomOf(next);

    /** What the judge names in each of these groups. */
    const name = async (
      groups: readonly Group<R>[],
      request: ModelRequest,
      call: Call,
    ): Promise<{
      readonly named: readonly (Candidate<R> | undefined)[];
      readonly failed: boolean;
      readonly end: StopReason;
    }> => {
      const requests = groups.map((group) => {
        const samples = group.map(({ sample }) => sample);
        return judgeRequest(request, listed("choose", samples, show, request, counts(group)), task);
      });
      const { responses, stopped: end } = await askAll(judge, requests, call, concurrency);
      const named = groups.map((group, index) => {
        const response = responses[index];
        return group[(response && namedResponse(response, group.length)) ?? -1];
      });
      return { named, failed: responses.every((response) => response === undefined), end };
    };

    /** Lets every round choose: from groups, then from what the groups chose, until there is one group. */
    const decide = async (
      candidates: Group<R>,
      request: ModelRequest,
      call: Call,
      budget: Budget,
    ): Promise<Election<R>> => {
      const votes = new Map<Candidate<R>, number>();
      let fields: Group<R>[] = Array.from({ length: rounds }, () => call.random.shuffle(candidates));
      for (;;) {
        const groups = fields.map((field) => split(field, perPrompt));
        const last = groups.every(({ length }) => length === 1);
        const open = groups.flat().filter(({ length }) => length > 1);
        const inner = call.child("judge", { thought: true, judging: true, budget });
        const { named, failed, end } = await name(open, request, inner);
        const choices = new Map(open.map((group, index) => [group, named[index]]));
        if (last) for (const choice of named) if (choice) votes.set(choice, (votes.get(choice) ?? 0) + 1);
        if (last || end !== "done") return { votes, failed, end };
        // A group of which the judge names none sends the answer that was given most often.
        fields = groups.map((round) =>
          round.map((group) => choices.get(group) ?? ([...group].sort(byCount)[0] as Candidate<R>)),
        );
      }
    };

    const choice = async (request: ModelRequest, call: Call): Promise<Chosen<R>> => {
      const drawing = draw(next, request, call);
      const kept = keepBack(request, call, {
        planned: drawing.planned,
        reading: (count) => ({ calls: rounds * promptsFor(count, perPrompt), reads: rounds * count }),
        outputTokens: judgementTokens,
      });
      try {
        for await (const _ of drawing) kept.expect(drawing.samples);
        const { samples, failures, stopped } = drawing;
        const candidates = candidatesOf(samples);
        if (candidates.length < 2) return chosen(candidates, nobody, { samples, failures, stopped });
        const election = await decide(candidates, request, call, kept.budget);
        return chosen(candidates, election, { samples, failures, stopped });
      } finally {
        kept.release();
      }
    };

    return wrap("choose", next, choice, {
      outline: {
        detail: `perPrompt = ${perPrompt}, rounds = ${rounds}`,
        inner: by === undefined ? [next] : [next, by],
        cost: (inner, inputTokens, outputTokens) => {
          const { calls, tokens } = inner(inputTokens);
          // Every sample took a call at least, and wrote no more than all its calls did.
          const prompts = rounds * promptsFor(calls, perPrompt);
          const read = inputTokens + promptTokens + Math.min(calls, perPrompt) * outputTokens;
          const each = by === undefined ? { calls: 1, tokens: read + outputTokens } : inner(read, 1);
          return { calls: calls + prompts * each.calls, tokens: tokens + prompts * each.tokens };
        },
      },
    });
  };
}

/** Chooses what most responses say (universal self-consistency). */
export const mostConsistent =
  "Compare the responses above, and select the one that is most consistent with the others, by majority consensus.";
/** Chooses what is right, whatever most say (GenSelect). */
export const compareAndSelect =
  "Compare the responses above. Look for mistakes in each of them, check where they differ, and select the best one, however often it was given.";
/** What a judgement usually takes at most, in tokens. */
const judgementTokens = 512;
/** What an instruction adds to a prompt, for the outline. */
const promptTokens = 50;

type Group<R extends ModelResponse> = readonly Candidate<R>[];

interface Election<R extends ModelResponse> {
  readonly votes: ReadonlyMap<Candidate<R>, number>;
  /** Did no judgement of the last groups come back? */
  readonly failed: boolean;
  readonly end: StopReason;
}

const nobody: Election<never> = { votes: new Map(), failed: false, end: "done" };

/** In as few groups of at most `most` as there can be, of about the same size. */
function split<T>(items: readonly T[], most: number): readonly (readonly T[])[] {
  const groups = Math.ceil(items.length / most);
  const edge = (group: number): number => Math.floor((group * items.length) / groups);
  return Array.from({ length: groups }, (_, group) => items.slice(edge(group), edge(group + 1)));
}

/** Prompts of one round. */
function promptsFor(candidates: number, perPrompt: number): number {
  if (candidates < 2) return 0;
  const groups = Math.ceil(candidates / perPrompt);
  return groups === 1 ? 1 : groups + promptsFor(groups, perPrompt);
}

function chosen<R extends ModelResponse>(
  candidates: readonly Candidate<R>[],
  { votes, failed, end }: Election<R>,
  drawn: Drawn<R>,
): Chosen<R> {
  const choices = candidates
    .map((candidate) => extend(candidate, { chosen: votes.get(candidate) ?? 0 }))
    .sort((a, b) => b.chosen - a.chosen || byCount(a, b));
  const sample = choices[0]?.sample ?? drawn.samples[0];
  if (sample === undefined) throw new NoAnswerError("there is no sample to choose");
  const { stopped, samples } = drawn;
  const result = extend(sample, {
    choices,
    ...drawn,
    stopped: end !== "done" ? end : failed ? "failure" : stopped,
    ...sampleWarnings(sample, samples),
  });
  if (candidates.length < 2 || votes.size > 0 || end === "budget" || end === "deadline") return result;
  return extend(result, { warnings: [...(result.warnings ?? []), unjudged(failed)] });
}
