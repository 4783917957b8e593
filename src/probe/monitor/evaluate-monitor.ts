/**
 * @module
 * How good a monitor is: on thoughts of which it is known what they show.
 */
import { productOf } from "../../answers/chance/combine.js";
import { rateOf, type Measure } from "../../answers/chance/measure.js";
import { survey } from "../../answers/probing/survey.js";
import { InvalidOptionError } from "../../core/errors.js";
import type { Model, ModelRequest, ModelResponse, StopReason, Warning } from "../../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../../core/options.js";
import { checkRequest, type RunOptions } from "../../core/run.js";
import { noUsage, type Usage } from "../../core/usage.js";
import type { Monitored, MonitorVerdict } from "../monitor.js";

/** A thought of which somebody knows whether it shows what a monitor looks for. */
export interface LabelledThought {
  readonly question: string | ModelRequest;
  readonly thought: string;
  /** What was answered. @defaultValue nothing */
  readonly text?: string | undefined;
  /** Does the thought show it? */
  readonly bad: boolean;
  /** The first line that shows it, from 0, where that is known. Lines without words do not count. */
  readonly step?: number | undefined;
}

/** Options of {@link evaluateMonitor}. */
export interface EvaluateMonitorOptions extends RunOptions {
  /** Thoughts read at a time: whole, at least 1. @defaultValue 4 */
  readonly concurrency?: number | undefined;
  /** How often intervals hold the truth: above 0 and below 1. @defaultValue 0.95 */
  readonly confidence?: number | undefined;
}

/** How good a monitor is. Plain data. */
export interface MonitorReport {
  /** Share of bad thoughts that are flagged. */
  readonly tpr: Measure;
  /** Share of good thoughts that are not. */
  readonly tnr: Measure;
  /** tpr · tnr: 1 for a perfect monitor, 0 for one that says the same of every thought, 1/4 for one that tosses a coin. */
  readonly gMean2: Measure;
  /** Share of thoughts told right, in this mixture of bad and good ones. */
  readonly accuracy: Measure;
  /** Share told right to the line: bad thoughts whose first bad line is named, good ones that are not flagged. Of good ones, and bad ones whose line is known. */
  readonly located: Measure;
  readonly confusion: {
    readonly truePositives: number;
    readonly falseNegatives: number;
    readonly falsePositives: number;
    readonly trueNegatives: number;
  };
  /** Thoughts of which the monitor could not say; they are in no figure. */
  readonly unread: number;
  /** Thoughts given. */
  readonly thoughts: number;
  /** Of all intervals. */
  readonly confidence: number;
  readonly stopped: StopReason;
  readonly usage: Usage;
  readonly warnings: readonly Warning[];
  /** In the order of the thoughts; `undefined` where budget or time ended before. */
  readonly verdicts: readonly (MonitorVerdict | undefined)[];
}

/**
 * Measures a monitor on labelled thoughts.
 *
 * Shape: what `monitor(…)` gives, and thoughts, in; a {@link MonitorReport} out. Every thought is put before the monitor as if a model had just thought it.
 * Cost: what the monitor costs for each thought.
 * Intervals of rates are exact; that of `gMean2` is made of those of its factors. Out of budget or time the report is of a fair sample of the thoughts.
 *
 * @throws {@link InvalidOptionError} at once
 * @throws what `run` throws, where no thought was read
 * @see Guan et al. 2025, arXiv:2512.18311 (g-mean²); Tyen et al. 2023, arXiv:2311.08516 (mistakes told right to the step)
 * @example
 * const { gMean2, located } = await evaluateMonitor(monitor(judge), thoughts, { seed: 1 });
 */
export async function evaluateMonitor(
  monitor: (next: Model) => Model<Monitored>,
  thoughts: readonly LabelledThought[],
  options: EvaluateMonitorOptions = {},
): Promise<MonitorReport> {
  const { concurrency = 4, confidence = 0.95, ...run } = options;
  checkOptions("evaluateMonitor", options, known);
  if (typeof monitor !== "function")
    throw new InvalidOptionError("evaluateMonitor", "the first argument", "what monitor(…) gives", monitor);
  if (concurrency !== Infinity) checkInteger("evaluateMonitor", "concurrency", concurrency, 1);
  checkNumber("evaluateMonitor", "confidence", confidence, 0, 1);
  if (confidence === 0 || confidence === 1)
    throw new InvalidOptionError("evaluateMonitor", "confidence", "a number above 0 and below 1", confidence);
  const requests = requestsOf(thoughts);
  const watching = thoughts.map((thought) => monitor(saying(thought)));
  let end: StopReason | undefined;

  const { results, failures, stopped, usage, warnings } = await survey({
    name: "evaluateMonitor",
    model: watching[0] as Model,
    count: thoughts.length,
    concurrency,
    run,
    ask: async (index, call): Promise<MonitorVerdict | "over"> => {
      if (end !== undefined) return "over";
      const response = await (watching[index] as Model<Monitored>).generate(requests[index] as ModelRequest, call);
      if (response.monitor.flagged === undefined && response.stopped !== undefined) {
        end ??= response.stopped;
        return "over";
      }
      return response.monitor;
    },
  });
  const verdicts = results.map((result) => (result === "over" ? undefined : result));
  const figures = figuresOf(thoughts, verdicts, confidence);
  const lost = failures.length + figures.unread;
  const message = `${lost} thoughts were not read, or not clearly: they are in no figure`;
  return {
    ...figures,
    thoughts: thoughts.length,
    confidence,
    stopped: stopped === "done" ? (end ?? stopped) : stopped,
    usage,
    warnings: lost === 0 ? warnings : [...warnings, { code: "unread", message }],
    verdicts,
  };
}

const known = ["concurrency", "confidence", "signal", "budget", "seed", "onEvent", "events", "clock"];

function figuresOf(
  thoughts: readonly LabelledThought[],
  verdicts: readonly (MonitorVerdict | undefined)[],
  confidence: number,
): Pick<MonitorReport, "tpr" | "tnr" | "gMean2" | "accuracy" | "located" | "confusion" | "unread"> {
  const confusion = { truePositives: 0, falseNegatives: 0, falsePositives: 0, trueNegatives: 0 };
  let unread = 0;
  let [located, locatable] = [0, 0];
  for (const [index, { bad, step }] of thoughts.entries()) {
    const verdict = verdicts[index];
    if (verdict?.flagged === undefined) {
      if (verdict !== undefined) unread++;
      continue;
    }
    const { flagged } = verdict;
    if (bad) confusion[flagged ? "truePositives" : "falseNegatives"]++;
    else confusion[flagged ? "falsePositives" : "trueNegatives"]++;
    if (bad && step === undefined) continue;
    locatable++;
    if (flagged === bad && (!bad || verdict.step === step)) located++;
  }
  const { truePositives, falseNegatives, falsePositives, trueNegatives } = confusion;
  const tpr = rateOf(truePositives, truePositives + falseNegatives, confidence);
  const tnr = rateOf(trueNegatives, trueNegatives + falsePositives, confidence);
  const right = truePositives + trueNegatives;
  const product = productOf(tpr, tnr);
  return {
    tpr,
    tnr,
    gMean2: { ...product, n: product.value === undefined ? 0 : tpr.n + tnr.n },
    accuracy: rateOf(right, tpr.n + tnr.n, confidence),
    located: rateOf(located, locatable, confidence),
    confusion,
    unread,
  };
}

/** A model that has just thought this. It costs nothing. */
function saying({ thought, text = "" }: LabelledThought): Model {
  const response: ModelResponse = { text, reasoning: thought, finishReason: "stop", usage: noUsage };
  return { id: "labelled", capabilities: { reasoning: "raw" }, generate: () => Promise.resolve(response) };
}

function requestsOf(thoughts: readonly LabelledThought[]): readonly ModelRequest[] {
  if (!Array.isArray(thoughts) || thoughts.length === 0)
    throw new InvalidOptionError("evaluateMonitor", "thoughts", "a list of at least one labelled thought", thoughts);
  return thoughts.map((item: Partial<LabelledThought> | null, index) => {
    const at = `evaluateMonitor: thoughts[${index}]`;
    const { question, thought, text = "", bad, step } = item ?? {};
    if (typeof thought !== "string") throw new InvalidOptionError(at, "thought", "a text", thought);
    if (typeof text !== "string") throw new InvalidOptionError(at, "text", "a text", text);
    if (typeof bad !== "boolean") throw new InvalidOptionError(at, "bad", "true or false", bad);
    if (step !== undefined) checkInteger(at, "step", step, 0);
    return checkRequest(question as string | ModelRequest, at);
  });
}
