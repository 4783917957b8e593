/**
 * @module
 * The law of determinism: the same seed and the same replies give the same result and the same order of events, whatever the timing.
 */
import { isDeepStrictEqual } from "node:util";
import { fc, test as prop } from "@fast-check/vitest";
import { afterAll, describe, expect } from "vitest";
import { run, type MullEvent } from "mull";
import { virtualClock } from "mull/testing";
import { Ledger, type ProviderSpec } from "./ledger.js";
import { build, layers, providers, type LayerSpec } from "./stacks.js";

/** What came of a run: response or error, requests, events; and how long it took. */
interface Outcome {
  readonly result: unknown;
  readonly events: readonly unknown[];
  readonly requests: number;
  readonly ms: number;
}

async function outcome(specs: readonly LayerSpec[], provider: ProviderSpec, seed: number): Promise<Outcome> {
  const clock = virtualClock();
  const ledger = new Ledger();
  const events: unknown[] = [];
  const onEvent = (event: MullEvent): unknown => events.push(event);
  const result: unknown = await clock.until(
    run(build(ledger.model(provider), specs), "What is one and one?", { clock, seed, onEvent }).then(
      (response) => response,
      (error: unknown) => String(error),
    ),
  );
  const ms = clock.now();
  return { result, events, requests: ledger.requests, ms };
}

/** A copy without some fields, all the way down; errors as words. */
function without(value: unknown, names: readonly string[]): unknown {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (Array.isArray(value)) return value.map((item) => without(item, names));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => !names.includes(name));
  return Object.fromEntries(kept.map(([name, item]) => [name, without(item, names)]));
}

function expectSame(one: unknown, two: unknown): void {
  if (!isDeepStrictEqual(one, two)) expect(one).toEqual(two);
}

const seen = { orders: 0, answers: 0, failures: 0 };
const timing = fc.noBias(fc.nat());
const untimed = layers.map((all) => all.filter((layer) => !layer.timed));
// Which requests share one depends on when they start.
const alone = providers.map((provider) => ({ ...provider, n: false }));

describe("the same seed and the same replies", () => {
  prop.prop(
    { specs: untimed, provider: alone, seed: fc.integer(), timings: fc.tuple(timing, timing) },
    { numRuns: 200 },
  )(
    "give the same result and the same order of events, whoever is quicker",
    async ({ specs, provider, seed, timings }) => {
      const outcomes = [
        await outcome(specs, { ...provider, timing: timings[0] }, seed),
        await outcome(specs, { ...provider, timing: timings[1], slowest: 1000 }, seed),
        await outcome(specs, { ...provider, slowest: 0 }, seed),
      ];
      const [first] = outcomes as [Outcome];
      for (const { result, events } of outcomes) {
        // What was given up half-way depends on the timing, and so does what it had cost.
        expectSame(without(result, ["usage"]), without(first.result, ["usage"]));
        expectSame(without(events, ["usage", "ms"]), without(first.events, ["usage", "ms"]));
      }
      if (outcomes[1]!.ms !== first.ms) seen.orders++;
      seen[typeof first.result === "string" ? "failures" : "answers"]++;
    },
    60_000,
  );

  prop.prop(
    { specs: untimed, provider: alone, seed: fc.integer(), timings: fc.tuple(timing, timing) },
    { numRuns: 100 },
  )(
    "cost the same, when nothing is given up half-way",
    async ({ specs: all, provider, seed, timings }) => {
      const specs = all.filter(({ early }) => !early);
      // An error that cannot get better gives up what is in flight; sums of money depend on their order, in the last digit.
      const sturdy = { ...provider, failing: 0, price: undefined };
      const one = await outcome(specs, { ...sturdy, timing: timings[0] }, seed);
      const two = await outcome(specs, { ...sturdy, timing: timings[1], slowest: 1000 }, seed);
      expectSame([one.result, one.requests], [two.result, two.requests]);
      expectSame(without(one.events, ["ms"]), without(two.events, ["ms"]));
    },
    60_000,
  );

  prop.prop({ specs: layers, provider: providers, seed: fc.integer() }, { numRuns: 100 })(
    "and the same timing: everything is the same, to the millisecond, in any stack",
    async ({ specs, provider, seed }) => {
      expectSame(await outcome(specs, provider, seed), await outcome(specs, provider, seed));
    },
    60_000,
  );

  prop.prop({ specs: layers, provider: providers, seed: fc.integer() }, { numRuns: 100 })(
    "listening changes nothing",
    async ({ specs, provider, seed }) => {
      const clock = virtualClock();
      const ledger = new Ledger();
      const quiet: unknown = await clock.until(
        run(build(ledger.model(provider), specs), "What is one and one?", { clock, seed }).then(
          (response) => response,
          (error: unknown) => String(error),
        ),
      );
      const { result, requests, ms } = await outcome(specs, provider, seed);
      expectSame([quiet, ledger.requests, clock.now()], [result, requests, ms]);
    },
    60_000,
  );

  afterAll(() => {
    for (const [what, count] of Object.entries(seen)) expect([what, count, count > 0]).toEqual([what, count, true]);
  });
});

describe("another seed", () => {
  prop.prop([fc.uniqueArray(fc.integer(), { minLength: 30, maxLength: 30 })], { numRuns: 20 })(
    "gives other replies",
    async (seeds) => {
      const provider: ProviderSpec = {
        timing: 0,
        n: false,
        knows: "all",
        counts: true,
        price: undefined,
        failing: 0,
        deaf: false,
        longest: 1000,
        slowest: 0,
      };
      const results = [];
      for (const seed of seeds) results.push(JSON.stringify((await outcome([], provider, seed)).result));
      // Of a thousand lengths and more, thirty draws are seldom the same.
      expect(new Set(results).size).toBeGreaterThan(20);
    },
  );
});
