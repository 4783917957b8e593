/**
 * @module
 * What the tests of strategies have in common: reading a trace, giving a run up, freezing what must not be changed.
 */
import { run, type ModelRequest, type ModelResponse, type Model, type MullEvent, type RunOptions } from "mull";
import { virtualClock } from "mull/testing";
import { expect } from "vitest";

/** Runs on a clock moved by hand, and writes down what was told: `start chainOfThought/scripted`. */
export async function traced<Out extends ModelResponse>(
  model: Model<Out>,
  prompt: string | ModelRequest = "q",
  options: RunOptions = {},
): Promise<{ readonly response: Out; readonly trace: readonly string[]; readonly events: readonly MullEvent[] }> {
  const clock = virtualClock();
  const events: MullEvent[] = [];
  const response = await clock.until(
    run(model, prompt, { clock, seed: 1, ...options, onEvent: (event) => events.push(event) }),
  );
  return { response, events, trace: traceOf(events) };
}

/** Kind and path of the events, in their order; the words are left out. */
export function traceOf(events: readonly MullEvent[]): readonly string[] {
  return events.filter(({ type }) => type !== "delta").map(({ type, path }) => `${type} ${path.join("/")}`);
}

/**
 * Gives a run up after `ms` on its clock, and expects that it rejects at once with the very reason, that no timer is left, and that nothing starts
 * afterwards. `calls` counts what starts; it is returned as it was when the run was given up.
 */
export async function giveUp(
  model: Model,
  ms: number,
  calls: () => number,
  prompt: string | ModelRequest = "q",
): Promise<number> {
  const clock = virtualClock();
  const controller = new AbortController();
  const reason = { why: "the caller left" };
  let outcome: unknown = "it goes on";
  run(model, prompt, { clock, seed: 1, signal: controller.signal }).then(
    () => (outcome = "a response"),
    (error: unknown) => (outcome = error),
  );
  await clock.advance(ms);
  expect(outcome, `after ${ms} ms`).toBe("it goes on");
  const before = calls();
  controller.abort(reason);
  await clock.advance(0);
  expect(outcome).toBe(reason);
  expect(clock.pending).toBe(0);
  await clock.advance(1_000_000);
  expect(calls()).toBe(before);
  return before;
}

/** Expects that a run that is given up before it begins starts nothing. */
export async function giveUpBefore(model: Model, calls: () => number): Promise<void> {
  const reason = { why: "the caller left before" };
  await expect(run(model, "q", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(calls()).toBe(0);
}

/** Freezes an object and all that is in it. */
export function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}

/** For code that is only to compile, or not to. */
export function compiles(_neverCalled: (...args: never[]) => unknown): void {
  // It is enough that it stands there.
}
