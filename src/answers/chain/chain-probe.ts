/**
 * @module
 * Probes that change a thought and look whether the answer changes with it. What they have in common.
 */
import { exhaustion, type Call } from "../../core/call.js";
import { addToPrompt } from "../../core/conversation.js";
import { CapabilityError, InvalidOptionError } from "../../core/errors.js";
import type { Model, ModelRequest, StopReason, Warning } from "../../core/model.js";
import { checkInteger, checkNumber } from "../../core/options.js";
import { hopeless } from "../../core/sample.js";
import { planOf, type ProbeOptions, type ProbePlan } from "../probing/options.js";
import { questionsOf, type AskedQuestion, type ProbeQuestion } from "../probing/question.js";
import { survey } from "../probing/survey.js";
import { Asker, type Instrument } from "./asker.js";
import {
  figuresOf,
  pointsOf,
  type CurveReport,
  type Points,
  type ThoughtRecord,
  type ThoughtStatus,
} from "./curve-report.js";
import { commonKind, countKinds } from "./reasoning-kind.js";
import { splitBy, stepsOf, thoughtOf, type ThoughtSplitter } from "./steps.js";
import type { Thought } from "./thoughts.js";

/** Options of the probes that change a thought. */
export interface ChainProbeOptions<A = string> extends ProbeOptions<A> {
  /** How the model is made to go on from a thought that is given. @defaultValue prefill, where the model has it and its thought is in its text, else a prompt */
  readonly instrument?: Instrument | undefined;
  /** Shares of the thought at which it is changed, from 0 to 1, at least one. @defaultValue every step */
  readonly fractions?: readonly number[] | undefined;
  /** Cuts a thought into steps. @defaultValue its lines; of a single line its sentences */
  readonly split?: ThoughtSplitter | undefined;
  /** What makes the model answer behind a thought, by prefill. @defaultValue `'Answer:'` */
  readonly cue?: string | undefined;
  /** The most tokens of an answer behind the cue: whole, at least 1. @defaultValue 32 */
  readonly answerTokens?: number | undefined;
}

/** What the parts of a probe work on: one thought. */
export interface Subject<A> {
  readonly steps: readonly string[];
  readonly request: ModelRequest;
  readonly asker: Asker<A>;
  readonly call: Call;
}

/** The key of the answer at a point of a thought; `"unchanged"` where nothing could be changed there. */
export type PointAnswer = { readonly key: string | undefined } | "unchanged";

/** What one of these probes is. */
export interface ChainProbe<A> {
  readonly name: string;
  readonly axis: string;
  readonly instruments?: Readonly<Record<string, string>>;
  /** The points of a thought without `fractions`, and with. */
  points(fractions: readonly number[] | undefined): Points;
  /** Begins with a thought; `control` is the answer when nothing is changed. */
  begin(subject: Subject<A>): {
    readonly control: () => Promise<string | undefined>;
    readonly at: (point: number) => Promise<PointAnswer>;
  };
}

/** Names of the options that these probes have beyond those of all. */
export const chainProbeNames: readonly string[] = ["instrument", "fractions", "split", "cue", "answerTokens"];

/**
 * Runs such a probe.
 *
 * @throws {@link InvalidOptionError}, {@link CapabilityError} at once
 * @throws what `survey` throws
 */
export async function probeChains<A>(
  probe: ChainProbe<A>,
  model: Model,
  questions: readonly (string | ProbeQuestion<A>)[],
  options: ChainProbeOptions<A>,
  own: readonly string[] = [],
): Promise<CurveReport> {
  const { name, axis } = probe;
  const plan = planOf(name, model, options, [...chainProbeNames, ...own]);
  const settings = settingsOf(name, model, options);
  const asked = questionsOf(name, questions);
  const points = probe.points(options.fractions && [...options.fractions].sort((a, b) => a - b));
  const chains = asked.length * plan.samples;
  const used = new Set<Instrument>();
  const problems = new Set<string>();
  let rethought = 0;
  let ended: StopReason | undefined;

  const ask = async (index: number, call: Call): Promise<ThoughtRecord> => {
    const question = index % asked.length;
    const sample = Math.floor(index / asked.length);
    const item = asked[question] as AskedQuestion<A>;
    const prompt = addToPrompt(
      item.request,
      [plan.instruction, plan.answer.instruction].filter((part) => part !== "").join(" "),
    );
    const drawn = plan.thoughts.get(prompt, sample);
    const thought = drawn ?? (await draw(model, prompt, plan, call));
    const { text, kind, apart } = thought;
    const steps = splitBy(settings.split, text);
    const asker = new Asker(model, item.request, prompt, apart, { ...settings, answer: plan.answer }, call);
    const right = item.answer === undefined ? undefined : plan.answer.key(item.answer);
    const record = { question, sample, kind, steps: steps.length, key: thought.key, right };
    if (drawn === undefined) plan.thoughts.set(prompt, sample, thought);

    const measured: { readonly at: number; readonly key: string | undefined }[] = [];
    let control: string | undefined;
    const end = (status: ThoughtStatus): ThoughtRecord => ({ ...record, status, control, points: measured });
    if (record.key === undefined) return end("unread");
    if (steps.length === 0) return end("thoughtless");
    used.add(asker.instrument);
    if (asker.problem !== undefined) {
      const message = `${asker.problem}: another turn shows it the thought`;
      problems.add(message);
      if (call.listening) call.emit({ type: "downgrade", path: call.path, capability: "prefill", message });
    }
    try {
      const begun = probe.begin({ steps, request: item.request, asker, call });
      control = await begun.control();
      for (const at of pointsOf(points, steps.length)) {
        const answer = await begun.at(at);
        if (answer !== "unchanged") measured.push({ at, key: answer.key });
      }
      return end(measured.length === 0 ? "unchanged" : "whole");
    } catch (error) {
      if (call.scope.aborted && exhaustion(call.scope.reason) === undefined) throw error;
      ended ??= exhaustion(error);
      if (exhaustion(error) !== undefined) return end("cut");
      if (hopeless(error)) throw error;
      return end("failed");
    } finally {
      rethought += asker.rethought;
    }
  };

  const done = await survey({ name, model, count: chains, concurrency: plan.concurrency, run: plan.run, ask });
  const records = done.results.filter((record) => record !== undefined);
  const kinds = countKinds(records.map(({ kind }) => kind));
  const figures = figuresOf(records, points, plan.confidence, done.random);
  return {
    probe: name,
    model: model.id,
    reasoningKind: commonKind(kinds),
    reasoningKinds: kinds,
    instruments: { through: [...used].sort().join(" and ") || "nothing", ...probe.instruments },
    questions: asked.length,
    confidence: plan.confidence,
    axis,
    ...figures,
    stopped: done.stopped === "done" ? (ended ?? "done") : done.stopped,
    usage: done.usage,
    warnings: [
      ...done.warnings,
      ...warningsOf(problems, rethought, done.failures.length + figures.thoughts.failed, chains),
    ],
    records,
  };
}

async function draw<A>(model: Model, prompt: ModelRequest, { answer }: ProbePlan<A>, call: Call): Promise<Thought<A>> {
  return thoughtOf(await model.generate(prompt, call.child("think")), model.capabilities, answer);
}

function warningsOf(problems: ReadonlySet<string>, rethought: number, failed: number, all: number): readonly Warning[] {
  const warnings: Warning[] = [...problems].map((message) => ({ code: "downgrade", message, capability: "prefill" }));
  if (rethought > 0) {
    const message = `${rethought} answers that were to come from the thought given were thought anew first, unseen: they say little of that thought`;
    warnings.push({ code: "rethought", message });
  }
  if (failed > 0)
    warnings.push({ code: "lost", message: `calls failed: ${failed} of ${all} thoughts are not in the figures` });
  return warnings;
}

function settingsOf<A>(
  where: string,
  { id, capabilities }: Model,
  { instrument, fractions, split = stepsOf, cue = "Answer:", answerTokens = 32 }: ChainProbeOptions<A>,
): { instrument: Instrument | undefined; split: ThoughtSplitter; cue: string; answerTokens: number } {
  if (instrument !== undefined && instrument !== "prefill" && instrument !== "prompt")
    throw new InvalidOptionError(where, "instrument", "'prefill' or 'prompt'", instrument);
  if (instrument === "prefill" && capabilities.prefill === false)
    throw new CapabilityError(
      "prefill",
      id,
      `${where} was told to go on from thoughts by prefill, and ${id} does not continue a started answer: leave instrument out, or say 'prompt'`,
    );
  if (fractions !== undefined) {
    if (!Array.isArray(fractions) || fractions.length === 0)
      throw new InvalidOptionError(where, "fractions", "a list of at least one number from 0 to 1", fractions);
    for (const share of fractions) checkNumber(where, "fractions", share as number, 0, 1);
  }
  if (typeof split !== "function")
    throw new InvalidOptionError(where, "split", "a function that cuts a thought into steps", split);
  if (typeof cue !== "string" || cue.trim() === "")
    throw new InvalidOptionError(where, "cue", "a text that is not empty", cue);
  checkInteger(where, "answerTokens", answerTokens, 1);
  return { instrument, split, cue, answerTokens };
}

/** Shares by which curves are drawn where every step is looked at. */
export const tenths: readonly number[] = Array.from({ length: 11 }, (_, i) => i / 10);

/** Points that are steps, or numbers of steps: the first `whole(share · n)` of them, within bounds. */
export function stepPoints(
  fractions: readonly number[] | undefined,
  first: number,
  at: (share: number, steps: number) => number,
): Points {
  return {
    shares: fractions ?? tenths.slice(first, first + 10),
    at,
    area: (steps) =>
      fractions === undefined
        ? Array.from({ length: steps }, (_, i) => i + first)
        : fractions.map((share) => at(share, steps)),
  };
}
