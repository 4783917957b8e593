/**
 * @module
 * The law of budgets: whatever is stacked, however many calls are in flight, whatever fails or is given up, no limit is ever exceeded.
 */
import { getEventListeners } from "node:events";
import { isDeepStrictEqual } from "node:util";
import { fc, test as prop } from "@fast-check/vitest";
import { afterAll, describe, expect } from "vitest";
import {
  Budget,
  BudgetExceededError,
  MalformedResponseError,
  run,
  ToolError,
  wrap,
  type BudgetLimits,
  type Call,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type MullEvent,
  type Usage,
} from "mull";
import { virtualClock } from "mull/testing";
import { addUsage, noUsage } from "../../src/core/usage.js";
import { Ledger, type ProviderSpec } from "./ledger.js";
import { build, Impatience, layers, limits, providers, type LayerSpec } from "./stacks.js";

const figures = ["calls", "tokens", "outputTokens", "usd"] as const;

/** What came of one run. */
interface Result {
  readonly response?: ModelResponse;
  readonly error?: unknown;
  readonly reason: unknown;
  readonly aborted: boolean;
  /** The outermost call: what it spent is the total of the run. */
  readonly top: Call;
}

/** What came of all trials, so that the property does not hold for want of cases. */
const seen = {
  responses: 0,
  exceeded: 0,
  deadlines: 0,
  aborted: 0,
  failed: 0,
  impatient: 0,
  waited: 0,
  wide: 0,
  nested: 0,
};

interface Trial {
  readonly specs: readonly LayerSpec[];
  readonly provider: ProviderSpec;
  readonly limits: BudgetLimits;
  /** The output cap of the request, if it has one. */
  readonly cap: number | undefined;
  readonly seed: number;
  /** When each run is given up, in ms; runs share the budget. */
  readonly abortsAt: readonly (number | undefined)[];
}

async function trial({ specs, provider, limits: own, cap, seed, abortsAt }: Trial): Promise<void> {
  const clock = virtualClock();
  const ledger = new Ledger();
  const budget = new Budget(own);
  const { _waiting: waiting } = budget as unknown as { readonly _waiting: readonly unknown[] };
  let waited = false;
  ledger.onMoment = () => {
    waited ||= waiting.length > 0;
  };
  const model = build(ledger.model(provider), specs);
  const request = { ...question, maxOutputTokens: cap };
  const runs = abortsAt.map(async (ms, index): Promise<Result> => {
    let top: Call | undefined;
    const outermost: Model = wrap("top", model, (request, call) => {
      top = call;
      return model.generate(request, call);
    });
    const controller = new AbortController();
    const reason = new Error(`run ${index} is given up`);
    const timer = ms === undefined ? undefined : clock.setTimeout(() => controller.abort(reason), ms);
    try {
      const response = await run(outermost, request, {
        clock,
        seed: seed + index,
        budget,
        signal: controller.signal,
      });
      return { reason, top: top!, response, aborted: controller.signal.aborted };
    } catch (error) {
      return { reason, top: top!, error, aborted: controller.signal.aborted };
    } finally {
      clock.clearTimeout(timer);
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    }
  });
  // Throws when nothing is pending while a run is not settled: a deadlock.
  const results = await clock.until(Promise.all(runs));
  if (!provider.deaf) expect(clock.pending).toBe(0);
  // Nothing is left reserved, even of those that still work on what nobody wants any more.
  const busy = [budget, ...ledger.costs.keys()].filter(({ reserved }) => figures.some((name) => reserved[name] !== 0));
  expect(busy).toEqual([]);
  const requests = ledger.requests;
  await clock.runAll(); // those that do not listen reply now
  expect(ledger.requests).toBe(requests);

  // Nothing is overdrawn, in no figure, in no budget, at no time.
  ledger.audit();
  expect(ledger.overdrawn).toEqual([]);
  // Nothing is left held: what is not spent is there again.
  for (const name of figures) {
    const limit = own[name];
    if (limit === undefined) expect(budget.left[name]).toBe(Infinity);
    else expect(budget.left[name] + budget.spent[name]).toBeCloseTo(limit, 9);
  }
  // Nobody waits any more.
  expect(waiting).toEqual([]);

  // Every request is in the books of the run once, and the books of the run are the sum of those of its calls.
  expect(sum(results.map(({ top }) => allCalls(top.usage)))).toBe(requests);
  const calls = ledger.calls.reduce((total, call) => addUsage(total, call.usage), noUsage);
  expect(rounded(results.reduce((total, { top }) => addUsage(total, top.usage), noUsage))).toEqual(rounded(calls));
  if (!budget.unlimited) expect(budget.spent.calls).toBe(requests);

  for (const { response, error, aborted, reason, top } of results) {
    if (response !== undefined) {
      expect(response.usage).toEqual(top.usage);
      expect(aborted).toBe(false);
      seen.responses++;
    } else if (aborted) {
      expect(error).toBe(reason);
      seen.aborted++;
    } else if (BudgetExceededError.is(error)) {
      expect(error.usage).toEqual(top.usage);
      seen[error.limit === "ms" ? "deadlines" : "exceeded"]++;
    } else if (error instanceof Impatience) {
      seen.impatient++;
    } else {
      const root = ToolError.is(error) ? error.cause : error;
      if (!ledger.thrown.includes(root)) expect(root).toBeInstanceOf(MalformedResponseError);
      seen.failed++;
    }
  }
  if (waited) seen.waited++;
  if (ledger.mostInFlight >= 32) seen.wide++;
  if (ledger.costs.size > 1) seen.nested++;
}

const question: ModelRequest = { messages: [{ role: "user", content: "What is one and one?" }] };
const ms = fc.oneof(fc.constant(undefined), fc.constant(undefined), fc.integer({ min: 0, max: 300 }));

describe("a budget is never exceeded", () => {
  prop.prop(
    {
      specs: layers,
      provider: providers,
      limits: fc
        .tuple(
          limits,
          fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, fc.record({ ms: fc.integer({ min: 1, max: 300 }) })),
        )
        .map(([figures, time]): BudgetLimits => ({ ...figures, ...time })),
      cap: fc.option(fc.integer({ min: 1, max: 300 }), { nil: undefined }),
      seed: fc.nat(),
      abortsAt: fc.array(ms, { minLength: 1, maxLength: 3 }),
    },
    { numRuns: 1000 },
  )("in any stack, with any calls in flight, failing, given up", trial, 60_000);

  prop.prop({ specs: layers, provider: providers, seed: fc.nat() }, { numRuns: 60 })(
    "and one that is ample, or none, changes nothing",
    async ({ specs: all, provider, seed }) => {
      // Budgets within it share what is learned of a model, and wait for each other; without one they do not.
      const specs = all.filter(({ name }) => !name.startsWith("within"));
      const ample = { calls: 1e6, tokens: 1e9, outputTokens: 1e9, usd: 1e6 };
      const outcomes: unknown[] = [];
      for (const budget of [undefined, {}, { tokens: Infinity, usd: Infinity }, ample]) {
        const clock = virtualClock();
        const ledger = new Ledger();
        const model = build(ledger.model({ ...provider, longest: 400 }), specs);
        const events: unknown[] = [];
        const onEvent = ({ type, path }: MullEvent): unknown => events.push([clock.now(), type, ...path]);
        const outcome = await clock.until(
          run(model, "What is one and one?", { clock, seed, budget, onEvent }).then(
            (response) => response,
            (error: unknown) => String(error),
          ),
        );
        outcomes.push([outcome, ledger.requests, events]);
      }
      // Comparing is quick, showing where they differ is not.
      for (const outcome of outcomes)
        if (!isDeepStrictEqual(outcome, outcomes[0])) expect(outcome).toEqual(outcomes[0]);
    },
    60_000,
  );

  afterAll(() => {
    // One trial that fails is repeated many times, in search of the smallest; then these say nothing.
    expect(seen.responses).toBeGreaterThan(100);
    for (const [what, count] of Object.entries(seen)) expect([what, count, count > 0]).toEqual([what, count, true]);
  });
});

function allCalls({ calls, failed, cancelled }: Usage): number {
  return calls + (failed?.calls ?? 0) + (cancelled?.calls ?? 0);
}

/** Sums of money depend on the order, in their last digits. */
function rounded(usage: Usage): unknown {
  return JSON.parse(
    JSON.stringify(usage, (name, value) => (name === "usd" ? Number((value as number)?.toFixed(9)) : value)),
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
