/**
 * @module
 * Whatever spends: no budget of any kind is ever exceeded, whatever fails, and there is an answer or a clear error.
 */
import { fc, test as prop } from "@fast-check/vitest";
import {
  aggregateLoop,
  bestOf,
  Budget,
  BudgetExceededError,
  budgetAllocator,
  budgetForcing,
  cascade,
  chainOfThought,
  choose,
  concise,
  decompose,
  earlyExit,
  effort,
  foreseen,
  fuse,
  majorityVote,
  number,
  ProviderError,
  reviseLoop,
  run,
  sampleN,
  selfConfidence,
  shortest,
  stack,
  tests,
  tournament,
  verifier,
  confidenceWeight,
  type BudgetLimits,
  type Model,
  type ModelResponse,
} from "mull";
import { flaky, synthetic, virtualClock } from "mull/testing";
import { describe, expect } from "vitest";

const think = chainOfThought({ answer: number() });
const positive = tests({ "has an answer above 1": ({ text }) => !text.endsWith("1") });

/** Every primitive that spends more than one call, over a model that fails now and then, beside another that does as well. */
const spenders: Readonly<Record<string, (model: Model, other: Model) => Model>> = {
  "vote, looking ahead": (m) => stack(m, think, sampleN(12), majorityVote({ stop: foreseen() })),
  "vote by confidence": (m) =>
    stack(m, think, selfConfidence(), sampleN(5), majorityVote({ weight: confidenceWeight() })),
  bestOf: (m, other) => stack(m, think, sampleN(6), bestOf({ scorer: verifier(other, { samples: 2 }) })),
  choose: (m, other) => stack(m, think, sampleN(6), choose({ by: other })),
  tournament: (m, other) => stack(m, think, sampleN(6), tournament({ by: other })),
  fuse: (m, other) => stack(m, sampleN(4), fuse({ by: other })),
  aggregateLoop: (m) => stack(m, think, aggregateLoop({ population: 4, group: 2, rounds: 2 })),
  reviseLoop: (m) => stack(m, reviseLoop({ feedback: positive })),
  concise: (m) => stack(m, concise({ answer: number() })),
  decompose: (m) => stack(m, think, decompose({ method: "least-to-most" })),
  effort: (m) => stack(m, think, effort({ levels: ["low", "high"] })),
  budgetForcing: (m) => stack(m, budgetForcing({ extensions: 2 })),
  earlyExit: (m) =>
    stack({ ...m, capabilities: { prefill: true } }, earlyExit({ answer: number(), every: 4, maxTokens: 40 })),
  cascade: (m, other) => stack(m, think, cascade({ to: [{ model: stack(other, think), samples: 2 }] })),
  shortest: (m) => stack(m, think, shortest(6, { m: 2 })),
  budgetAllocator: (m, other) =>
    stack(m, think, budgetAllocator({ levels: [{ samples: 3 }, { samples: 5, model: stack(other, think) }] })),
};

const limits = fc.oneof(
  fc.record({ calls: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ tokens: fc.integer({ min: 40, max: 2_000 }) }),
  fc.record({ outputTokens: fc.integer({ min: 10, max: 300 }) }),
  fc.record({ usd: fc.double({ min: 1e-5, max: 3e-3, noNaN: true }) }),
  fc.record({ ms: fc.integer({ min: 1, max: 400 }) }),
  fc.record({ calls: fc.integer({ min: 1, max: 20 }), tokens: fc.integer({ min: 40, max: 2_000 }) }),
);

describe.each(Object.entries(spenders))("%s", (_, make) => {
  prop.prop(
    [
      limits as fc.Arbitrary<BudgetLimits>,
      fc.constantFrom(0, 0.1, 0.4),
      fc.boolean(),
      fc.integer({ min: 0, max: 1_000_000 }),
    ],
    { numRuns: 40 },
  )("never over, and an answer or a clear error", async (bounds, probability, capped, seed) => {
    const clock = virtualClock();
    const world = (id: string): Model =>
      flaky(
        synthetic({
          id,
          answers: [
            ["1", 0.5],
            ["2", 0.3],
            ["yes", 0.1],
          ],
          tokens: (random) => 2 + random.integer(12),
          latencyMs: (random) => random.integer(60),
          price: { inputUsd: 1, outputUsd: 4 },
        }),
        { probability },
      );
    const budget = new Budget(bounds);
    const request = {
      messages: [{ role: "user" as const, content: "How many?" }],
      ...(capped && { maxOutputTokens: 16 }),
    };
    const began = clock.now();
    const outcome: ModelResponse | { readonly error: unknown } = await clock.until(
      run(make(world("small"), world("large")), request, { budget, clock, seed }).catch((error: unknown) => ({
        error,
      })),
    );
    if (bounds.ms !== undefined) expect(clock.now() - began).toBeLessThanOrEqual(bounds.ms);
    for (const [name, spent] of Object.entries(budget.spent)) {
      expect([name, spent <= (bounds[name as keyof BudgetLimits] ?? Infinity)]).toEqual([name, true]);
    }
    if ("error" in outcome) {
      const { error } = outcome;
      expect(BudgetExceededError.is(error) || (probability > 0 && ProviderError.is(error))).toBe(true);
    } else expect(typeof outcome.text).toBe("string");
    await clock.advance(100_000);
    expect(clock.pending).toBe(0);
  });
});
