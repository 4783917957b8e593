/**
 * @module
 * Random stacks: layers of every kind, with limits, holds, timeouts and retries of their own, at most 64 calls at a time.
 */
import { fc } from "@fast-check/vitest";
import {
  budgetAllocator,
  chainOfThought,
  exhaustion,
  majorityVote,
  open,
  race,
  reviseLoop,
  sampleN,
  sleep,
  stack,
  toolLoop,
  wrap,
  aheadBy,
  decided,
  never,
  type Amount,
  type BudgetLimits,
  type Call,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type Tool,
} from "mull";
import { number } from "../../src/answers/number.js";
import type { ProviderSpec } from "./ledger.js";

/** One layer of a stack. */
export interface LayerSpec {
  readonly name: string;
  /** How many calls of the layer beneath it makes at a time, and in all. */
  readonly width: number;
  readonly calls: number;
  /** Does what it gives depend on who is quicker, or on a budget? */
  readonly timed: boolean;
  /** May it end before all that it began is done? */
  readonly early: boolean;
  /** Puts it around a model; `onForeign` is told whenever code runs that is not of the library. */
  readonly build: (onForeign: () => void) => (next: Model) => Model;
  readonly toString: () => string;
}

type Layer = (next: Model) => Model;

/** Calls at a time. */
const widest = 64;
/** Calls in all, when each layer does its worst; so that a trial does not take long. */
const most = 400;

const spec = (
  name: string,
  [width, calls]: readonly [width: number, calls: number],
  build: LayerSpec["build"],
  traits: Partial<LayerSpec> = {},
): LayerSpec => ({
  name,
  width,
  calls,
  timed: false,
  early: false,
  build,
  toString: () => name,
  ...traits,
});

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });

/** Limits of some figures, often tight. */
export const limits: fc.Arbitrary<Omit<BudgetLimits, "ms">> = fc.record({
  calls: maybe(fc.integer({ min: 1, max: 80 })),
  tokens: maybe(fc.oneof(fc.integer({ min: 1, max: 1500 }), fc.integer({ min: 1, max: 40_000 }))),
  outputTokens: maybe(fc.oneof(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 20_000 }))),
  usd: maybe(fc.double({ min: 1e-7, max: 0.05, noNaN: true })),
});

const amounts: fc.Arbitrary<Partial<Amount>> = fc.record({
  calls: fc.nat(3),
  tokens: fc.nat(2000),
  outputTokens: fc.nat(1000),
  usd: fc.double({ min: 0, max: 0.01, noNaN: true }),
});

/** Samples, and often a vote over them. */
const samples: fc.Arbitrary<LayerSpec> = fc
  .record({
    n: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.noBias(fc.integer({ min: 1, max: widest }))),
    concurrency: fc.constantFrom(undefined, undefined, 1, 2, 3, 5, 16),
    order: fc.constantFrom("index" as const, "completion" as const),
    warm: fc.boolean(),
    stop: fc.constantFrom(undefined, decided, never, aheadBy(2)),
  })
  .map(({ n, concurrency, order, warm, stop }) =>
    spec(
      `sampleN(${n}, ${String(concurrency)}, ${order})`,
      [Math.min(n, concurrency ?? n), n],
      () => (next) => {
        const sampler = sampleN(n, { concurrency, order, warm })(next);
        return stop === undefined ? sampler : majorityVote({ stop })(sampler);
      },
      { timed: order === "completion", early: stop !== undefined && stop !== never },
    ),
  );

const within = limits.map((own) =>
  spec(`within(${JSON.stringify(own)})`, [1, 1], () => withinBudget(own), { timed: true }),
);

const held = fc
  .tuple(amounts, maybe(amounts))
  .map(([first, then]) => spec(`hold(${JSON.stringify([first, then])})`, [1, 2], () => heldBack(first, then)));

const impatient = fc
  .integer({ min: 0, max: 80 })
  .map((ms) => spec(`impatient(${ms})`, [1, 1], () => impatience(ms), { timed: true }));

const again = fc
  .integer({ min: 2, max: 3 })
  .map((attempts) => spec(`again(${attempts})`, [1, attempts], () => secondChance(attempts)));

const both = fc
  .boolean()
  .map((quick) => spec(`both(${quick})`, [2, 2], () => pair(quick), { timed: true, early: quick }));

const thought = fc
  .boolean()
  .map((askAgain) => spec("chainOfThought", [1, 2], () => chainOfThought({ answer: number(), askAgain })));

const revision = fc.boolean().map((judges) =>
  spec(`reviseLoop(${judges})`, [1, judges ? 6 : 3], (onForeign) =>
    reviseLoop({
      rounds: 2,
      feedback: async ({ text }, { call, model, request }) => {
        onForeign();
        if (judges) return { ok: (await model.generate(request, call)).text.includes("1") };
        await sleep(call, 3);
        return { ok: text.includes("1"), score: text.includes("2") ? 0.5 : 0 };
      },
    }),
  ),
);

const tools = fc.integer({ min: 1, max: 3 }).map((maxSteps) =>
  spec(`toolLoop(${maxSteps})`, [1, maxSteps + 1], (onForeign) => (next) => {
    const tool = look(`look-${next.id.length}`, onForeign); // another name in every loop of a stack
    return toolLoop({ tools: [tool], maxSteps, finalTokens: 40 })(next);
  }),
);

const allocated = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 6 })).map(([few, more]) =>
  spec(
    `budgetAllocator(${few}, ${more})`,
    [few, Math.max(few, more)],
    (onForeign) =>
      budgetAllocator({
        levels: [{ samples: few }, { samples: more }],
        difficulty: (_, call) => {
          onForeign();
          return call.random.next() / 2;
        },
      }),
    { early: true },
  ),
);

/** Up to five layers, innermost first; together never more than 64 calls at a time, and 400 in all. */
export const layers: fc.Arbitrary<readonly LayerSpec[]> = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: samples },
      within,
      within,
      held,
      impatient,
      again,
      both,
      thought,
      revision,
      tools,
      allocated,
    ),
    {
      maxLength: 5,
    },
  )
  .map((all) => {
    let width = 1;
    let calls = 1;
    return all.filter((layer) => {
      if (width * layer.width > widest || calls * layer.calls > most) return false;
      width *= layer.width;
      calls *= layer.calls;
      return true;
    });
  });

/** Providers of every kind; with a price, so that a budget may be in money. */
export const providers: fc.Arbitrary<ProviderSpec> = fc.record({
  timing: fc.nat(),
  n: fc.constantFrom(false, false, 3, true),
  knows: fc.constantFrom("all" as const, "some" as const, "nothing" as const),
  counts: fc.boolean(),
  price: fc.record({
    inputUsd: fc.double({ min: 0, max: 10, noNaN: true }),
    cachedInputUsd: fc.constantFrom(0),
    outputUsd: fc.double({ min: 0, max: 40, noNaN: true }),
  }),
  failing: fc.constantFrom(0, 0, 0.1, 0.4),
  deaf: fc.boolean(),
  longest: fc.constantFrom(5, 60, 400, 3000),
  slowest: fc.constantFrom(0, 10, 100),
});

/** Builds a stack. */
export function build(model: Model, specs: readonly LayerSpec[], onForeign: () => void = () => {}): Model {
  return specs.reduce((top, { build: make }) => stack(top, make(onForeign)), model);
}

/** Whatever waits longer than it was given. */
export class Impatience extends Error {
  override readonly name = "Impatience";
}

function withinBudget(own: Omit<BudgetLimits, "ms">): Layer {
  return (next) =>
    wrap("within", next, (request, call) => next.generate(request, call.child("inner", { budget: own })));
}

/** Keeps something back for a second call, which it always makes. */
function heldBack(first: Partial<Amount>, then: Partial<Amount> | undefined): Layer {
  return (next) =>
    wrap("held", next, async (request, call) => {
      const hold = call.budget.hold(first);
      try {
        await orExhausted(call, () => next.generate(request, call));
        if (then !== undefined) hold.resize(then);
        return await next.generate(longer(request), call.child("final", { budget: hold.budget }));
      } finally {
        hold.release();
        hold.release();
      }
    });
}

/** Gives each call up after a while. */
function impatience(ms: number): Layer {
  return (next) =>
    wrap("impatient", next, async (request, call) => {
      const patience = 1 + call.random.integer(ms + 1);
      const inner = open(call, "", { ms: patience, reason: () => new Impatience() });
      try {
        return await next.generate(request, inner.call);
      } finally {
        inner.close();
      }
    });
}

/** Asks again after any failure but an abort and the end of the budget. */
function secondChance(attempts: number): Layer {
  return (next) =>
    wrap("again", next, async (request, call) => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await next.generate(request, call);
        } catch (error) {
          if (call.scope.aborted || exhaustion(error) !== undefined || attempt === attempts) throw error;
          await sleep(call, call.random.integer(10));
        }
      }
    });
}

/** Two calls at a time; gives the other one up when it is enough, or waits for both. */
function pair(quick: boolean): Layer {
  return (next) =>
    wrap("both", next, async (request, call) => {
      const one = open(call, "one");
      const two = open(call, "two", { thought: true });
      const answers = [
        race(one.call, () => next.generate(request, one.call)),
        race(two.call, () => next.generate(call.random.next() < 0.5 ? request : longer(request), two.call)),
      ];
      try {
        if (quick)
          return await Promise.any(answers).catch((error: unknown): never => {
            throw (error as AggregateError).errors[0];
          });
        const settled = await Promise.allSettled(answers);
        const [first, second] = settled;
        if (first?.status === "fulfilled") return first.value;
        if (second?.status === "fulfilled") return second.value;
        throw first?.reason;
      } finally {
        one.close();
        two.close();
      }
    });
}

async function orExhausted(call: Call, ask: () => Promise<ModelResponse>): Promise<ModelResponse | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (call.scope.aborted || exhaustion(error) === undefined) throw error;
    return undefined;
  }
}

function longer(request: ModelRequest): ModelRequest {
  return {
    ...request,
    messages: [...request.messages, { role: "user", content: "and think about it once more, please" }],
  };
}

function look(name: string, onForeign: () => void): Tool {
  return {
    name,
    description: "Looks.",
    inputSchema: { type: "object" },
    parse: (value) => ({ value }),
    execute: async (_, call) => {
      onForeign();
      await sleep(call, call.random.integer(5));
      return "it is 1";
    },
  };
}
