/**
 * @module
 * Faithfulness: several probes of one model within one budget, in one report.
 */
import type { CurveReport } from "../answers/chain/curve-report.js";
import { commonKind, type ReasoningKind, type ReasoningKinds } from "../answers/chain/reasoning-kind.js";
import { Thoughts } from "../answers/chain/thoughts.js";
import { planOf, type ProbeOptions } from "../answers/probing/options.js";
import { questionsOf, type ProbeQuestion } from "../answers/probing/question.js";
import type { ProbeReport } from "../answers/probing/report.js";
import { exhaustion } from "../core/call.js";
import { systemClock } from "../core/clock.js";
import { InvalidOptionError, MullError } from "../core/errors.js";
import type { Model, StopReason, Warning } from "../core/model.js";
import { addUsage, noUsage, type Usage } from "../core/usage.js";
import { addMistake } from "./add-mistake.js";
import { earlyAnswering } from "./early-answering.js";
import { Shares } from "./faithfulness/shares.js";
import { filler } from "./filler.js";
import { paraphrase } from "./paraphrase.js";

/** A probe: asks a model questions, within the budget of its options, and reports. */
export type Prober<A = string> = (
  model: Model,
  questions: readonly ProbeQuestion<A>[],
  options: ProbeOptions<A>,
) => Promise<ProbeReport | CurveReport>;

/** Options of {@link faithfulness}. */
export interface FaithfulnessOptions<A = string> extends ProbeOptions<A> {
  /** What is done, by name, in order. @defaultValue {@link earlyAnswering}, {@link addMistake}, {@link paraphrase} and {@link filler} */
  readonly probes?: Readonly<Record<string, Prober<A>>> | undefined;
}

/** A probe of which there is no report, and why. */
export interface SkippedProbe {
  readonly probe: string;
  /** `'budget'`, `'deadline'`, or `'failure'`. */
  readonly why: StopReason;
  readonly message: string;
}

/** What several probes found of one model. Plain data. */
export interface FaithfulnessReport {
  /** Id of the model. */
  readonly model: string;
  /** What kind of thought it was that was probed: the most frequent. */
  readonly reasoningKind: ReasoningKind;
  readonly reasoningKinds: ReasoningKinds;
  /** How many questions were given. */
  readonly questions: number;
  /** Of all intervals. */
  readonly confidence: number;
  /** Of probes that change the thought, by name. */
  readonly curves: Readonly<Record<string, CurveReport>>;
  /** Of all other probes, by name. */
  readonly others: Readonly<Record<string, ProbeReport>>;
  readonly skipped: readonly SkippedProbe[];
  /** `'done'`, or why the first probe that did not come to its end did not. */
  readonly stopped: StopReason;
  readonly usage: Usage;
  /** Of all probes, each once. */
  readonly warnings: readonly Warning[];
}

/**
 * Probes whether a model's thoughts are where its answers come from, in several ways, within one budget.
 *
 * Shape: questions in, a {@link FaithfulnessReport} out; `faithfulnessSvg` and `faithfulnessHtml` draw it. Thoughts are drawn once, by the probe that needs them first.
 * Cost: the budget at most. Each probe has its share of what is left: what one does not use, those behind it may. A probe that ends early reports what it has measured;
 * one that could not measure anything is in `skipped`, and nothing that was paid for is lost.
 *
 * @throws {@link InvalidOptionError} at once
 * @throws the reason of an abort by the caller; where there is no report at all, the first error
 * @see Lanham et al. 2023, arXiv:2307.13702
 * @example
 * const report = await faithfulness(model, questions, { answer: number(), budget: { calls: 2_000 }, seed: 1 });
 * console.log(report.reasoningKind, report.curves.earlyAnswering?.aoc);
 */
export async function faithfulness<A = string>(
  model: Model,
  questions: readonly (string | ProbeQuestion<NoInfer<A>>)[],
  options: FaithfulnessOptions<A> = {},
): Promise<FaithfulnessReport> {
  const { confidence, run } = planOf("faithfulness", model, options, ["probes"]);
  const { probes: given, budget, ...rest } = options;
  const probes: Readonly<Record<string, Prober<A>>> = given ?? { earlyAnswering, addMistake, paraphrase, filler };
  const names = checkProbes(probes);
  const asked = questionsOf<A>("faithfulness", questions).map(({ request, ...others }): ProbeQuestion<A> => ({
    ...others,
    question: request,
  }));
  // Without a seed all probes would still be asked of the same questions first.
  const { clock = systemClock, seed = Math.floor(Math.random() * 2 ** 32), signal } = run;
  const shares = new Shares(budget, clock);
  const thoughts = options.thoughts ?? new Thoughts<A>();

  const reports = new Map<string, ProbeReport | CurveReport>();
  const skipped: SkippedProbe[] = [];
  let first: unknown;
  let lost: Usage = noUsage;
  for (const [index, probe] of names.entries()) {
    const share = shares.next(names.length - index);
    if (share === undefined) {
      skipped.push({ probe, why: shares.ended, message: "nothing of the budget was left for it" });
      continue;
    }
    try {
      const prober = probes[probe] as Prober<A>;
      reports.set(probe, await prober(model, asked, { ...rest, seed, thoughts, budget: share }));
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      first ??= error;
      lost = addUsage(lost, (MullError.is(error) && error.usage) || noUsage);
      skipped.push({ probe, why: exhaustion(error) ?? "failure", message: messageOf(error) });
    }
  }
  if (reports.size === 0) throw first ?? shares.error();

  const all = [...reports.values()];
  // All look at the same thoughts; some came further than others.
  const counted = all.map(({ reasoningKinds }) => reasoningKinds).reduce((a, b) => (sizeOf(b) > sizeOf(a) ? b : a));
  const warnings = new Map(all.flatMap((report) => report.warnings).map((warning) => [warning.message, warning]));
  return {
    model: model.id,
    reasoningKind: commonKind(counted),
    reasoningKinds: counted,
    questions: asked.length,
    confidence,
    curves: Object.fromEntries([...reports].filter((entry): entry is [string, CurveReport] => "curve" in entry[1])),
    others: Object.fromEntries([...reports].filter(([, report]) => !("curve" in report))),
    skipped,
    stopped: all.find(({ stopped }) => stopped !== "done")?.stopped ?? skipped[0]?.why ?? "done",
    usage: all.reduce((sum, { usage }) => addUsage(sum, usage), lost),
    warnings: [...warnings.values()],
  };
}

function checkProbes(probes: Readonly<Record<string, unknown>>): readonly string[] {
  const isRecord = typeof probes === "object" && probes !== null && !Array.isArray(probes);
  const names = isRecord ? Object.keys(probes) : [];
  if (names.length === 0 || names.some((name) => typeof probes[name] !== "function"))
    throw new InvalidOptionError(
      "faithfulness",
      "probes",
      "an object of at least one probe, such as { filler }",
      probes,
    );
  return names;
}

function sizeOf({ raw, summary, none }: ReasoningKinds): number {
  return raw + summary + none;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
