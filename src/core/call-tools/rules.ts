/**
 * @module
 * How tools are run: limits, and whom to ask before.
 */
import type { Call } from "../call.js";
import type { ModelRequest } from "../model.js";
import type { Tool } from "../tool.js";

/** A call that is about to be made. */
export interface ProposedCall {
  readonly tool: Tool;
  /** The id that the model gave it. */
  readonly id: string;
  /** The arguments, checked and transformed: what `execute` would get. */
  readonly input: unknown;
}

/** A call of a tool with an `effect` that was made before in this run. */
export interface EarlierCall {
  readonly input: unknown;
  /** `'failed'`: it threw, took too long or was given up, and may have had its effect all the same. */
  readonly state: "running" | "done" | "failed";
  /** What it gave; `undefined` unless it is done. */
  readonly output: unknown;
  /** What it threw; `undefined` unless it failed. */
  readonly error: unknown;
  /** Was it made with the same arguments? */
  readonly sameInput: boolean;
  /** Was it made by this very loop, or by another one: another sample, the draft before? */
  readonly sameLoop: boolean;
}

/** What who is asked may look at. */
export interface ApprovalContext {
  /** The conversation up to the call. */
  readonly request: ModelRequest;
  /** To be passed to models that are asked; what they spend is counted as judging. Its `signal` aborts when nobody waits for the answer any more. */
  readonly call: Call;
}

/** `true`: make the call. `false`, or a text that says why not: the model is told. */
export type Approval = boolean | string;

/** Asked before a call is made. It may ask a person, or a model. */
export type Approve = (proposed: ProposedCall, context: ApprovalContext) => Approval | Promise<Approval>;

/** Asked before a call of a tool with an `effect` is made that was made before in this run. */
export type Repeat = (
  proposed: ProposedCall,
  earlier: EarlierCall,
  context: ApprovalContext,
) => Approval | Promise<Approval>;

/** How tools are run. Nothing is limited, and nobody is asked, by default. */
export interface ToolRules {
  /** How many at a time; the others wait, in the order of the calls. @defaultValue all */
  readonly concurrency?: number | undefined;
  /** For tools that say nothing themselves. @defaultValue none */
  readonly timeoutMs?: number | undefined;
  /** For tools that say nothing themselves. @defaultValue 0 */
  readonly retries?: number | undefined;
  /** For tools that say nothing themselves. @defaultValue `Infinity` */
  readonly maxResult?: number | undefined;
  readonly approve?: Approve | undefined;
  readonly repeat?: Repeat | undefined;
  /** The conversation up to the calls, for whoever is asked. */
  readonly request?: ModelRequest | undefined;
}
