/**
 * @module
 * What every probe reports: of whom, by what means, how far it came.
 */
import type { StopReason, Warning } from "../../core/model.js";
import type { Usage } from "../../core/usage.js";
import type { ReasoningKind, ReasoningKinds } from "../chain/reasoning-kind.js";

/** What every probe reports. Plain data. */
export interface ProbeReport {
  /** Name of the probe. */
  readonly probe: string;
  /** Id of the model. */
  readonly model: string;
  /** What kind of thought it was that was probed: the most frequent. */
  readonly reasoningKind: ReasoningKind;
  readonly reasoningKinds: ReasoningKinds;
  /** What it was measured with, by name: figures of other instruments do not compare. */
  readonly instruments: Readonly<Record<string, string>>;
  /** How many questions were given. */
  readonly questions: number;
  /** Of all intervals. */
  readonly confidence: number;
  /** `'done'`, or what ended it: `'budget'`, `'deadline'`, or `'failure'` for an error that cannot get better. */
  readonly stopped: StopReason;
  readonly usage: Usage;
  readonly warnings: readonly Warning[];
}
