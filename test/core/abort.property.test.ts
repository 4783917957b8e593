/**
 * @module
 * The law of aborts: given up at any moment, in any primitive, a run rejects with `signal.reason`, starts nothing more and leaves nothing behind.
 */
import { getEventListeners } from "node:events";
import { fc, test as prop } from "@fast-check/vitest";
import { afterAll, beforeAll, describe, expect } from "vitest";
import {
  Budget,
  BudgetExceededError,
  InvalidOptionError,
  ProviderError,
  budgetAllocator,
  chainOfThought,
  majorityVote,
  never,
  reviseLoop,
  run,
  sampleN,
  sleep,
  stack,
  stream,
  toolLoop,
  type BudgetLimits,
  type Call,
  type Feedback,
  type Model,
  type MullEvent,
  type Tool,
} from "mull";
import { virtualClock, type VirtualClock } from "mull/testing";
import { number } from "../../src/answers/number.js";
import { Ledger, type ProviderSpec } from "./ledger.js";
import { build, layers, limits, providers } from "./stacks.js";

type Build = (model: Model, onForeign: () => void) => Model;

const unhandled: unknown[] = [];
const onUnhandled = (error: unknown): unknown => unhandled.push(error);
const seen = { aborted: 0, inFlight: 0, waiting: 0, foreign: 0 };

beforeAll(() => {
  process.on("unhandledRejection", onUnhandled);
});
afterAll(() => {
  process.off("unhandledRejection", onUnhandled);
  expect(unhandled).toEqual([]);
});

interface Trial {
  readonly model: Build;
  readonly provider: ProviderSpec;
  readonly limits: BudgetLimits;
  readonly seed: number;
  readonly reason: unknown;
  /** Which of all moments it is given up at, from 0 to 1. */
  readonly when: number;
}

/** One run, told of every moment at which somebody could give it up. */
interface World {
  readonly clock: VirtualClock;
  readonly ledger: Ledger;
  readonly budget: Budget;
  readonly model: Model;
  readonly onEvent: (event: MullEvent) => void;
  /** Calls of tools, feedback and the like. */
  foreign: number;
}

function world({ model, provider, limits: own }: Trial, onMoment: () => void): World {
  const base = virtualClock();
  // Every timer that rings is a moment, before and after what it does.
  const clock: VirtualClock = Object.create(base, {
    pending: { get: () => base.pending },
    setTimeout: {
      value: (callback: () => void, ms: number) =>
        base.setTimeout(() => {
          onMoment();
          callback();
          onMoment();
        }, ms),
    },
  }) as VirtualClock;
  const ledger = new Ledger();
  ledger.onMoment = onMoment;
  const made: World = {
    clock,
    ledger,
    budget: new Budget(own),
    model: model(ledger.model(provider), () => {
      made.foreign++;
      onMoment();
    }),
    onEvent: onMoment,
    foreign: 0,
  };
  return made;
}

/** How many moments the run has when nobody gives it up. */
async function momentsOf(trial: Trial): Promise<number> {
  let moments = 0;
  let over = false;
  const { clock, budget, model, onEvent } = world(trial, () => {
    if (!over) moments++;
  });
  const end = (): void => {
    over = true;
  };
  await clock.until(run(model, "What is one and one?", { clock, budget, seed: trial.seed, onEvent }).then(end, end));
  return moments;
}

async function giveUp(
  trial: Trial,
  begin: (world: World, controller: AbortController) => Promise<unknown>,
  left?: unknown,
): Promise<void> {
  const moments = await momentsOf(trial);
  const at = Math.min(moments - 1, Math.floor(trial.when * moments));
  const controller = new AbortController();
  const { signal } = controller;
  const before = { requests: 0, foreign: 0, now: 0 };
  let moment = 0;
  const made: World = world(trial, () => {
    if (moment++ !== at) return;
    const { ledger, clock, budget } = made;
    Object.assign(before, { requests: ledger.requests, foreign: made.foreign, now: clock.now() });
    seen.aborted++;
    if (ledger.live.size > 0) seen.inFlight++;
    if ((budget as unknown as { readonly _waiting: readonly unknown[] })._waiting.length > 0) seen.waiting++;
    if (made.foreign > 0) seen.foreign++;
    const live = [...ledger.live];
    controller.abort(trial.reason);
    // It reaches every call in flight at once.
    if (left === undefined) expect(live.filter((call) => !call.signal.aborted)).toEqual([]);
  });
  const { clock, ledger, budget } = made;
  const outcome = await clock.until(
    begin(made, controller).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    ),
  );
  expect(outcome).toEqual({ error: left ?? signal.reason });
  if (left === undefined) expect((outcome as { readonly error: unknown }).error).toBe(signal.reason);
  // At once, and nothing is left.
  expect(clock.now()).toBe(before.now);
  expect(getEventListeners(signal, "abort")).toEqual([]);
  if (!trial.provider.deaf) expect([clock.pending, ledger.live.size]).toEqual([0, 0]);
  await clock.runAll();
  // Nothing was started afterwards, and nothing stays reserved or held.
  expect({ requests: ledger.requests, foreign: made.foreign }).toEqual({
    requests: before.requests,
    foreign: before.foreign,
  });
  expect(budget.reserved).toEqual({ calls: 0, tokens: 0, outputTokens: 0, usd: 0 });
  for (const name of ["calls", "tokens", "outputTokens", "usd"] as const) {
    const limit = budget.limits[name] ?? Infinity;
    if (limit !== Infinity) expect(budget.left[name] + budget.spent[name]).toBeCloseTo(limit, 9);
  }
  expect(unhandled).toEqual([]);
}

/** Feedback that takes its time, and is never content. */
const feedback =
  (onForeign: () => void): Feedback =>
  async (_, { call, model, request, round }) => {
    onForeign();
    await sleep(call, 5);
    if (round === 1) await model.generate(request, call);
    return { ok: false, score: round / 10, message: "Look again." };
  };

const look = (onForeign: () => void): Tool => ({
  name: "look",
  description: "Looks.",
  inputSchema: { type: "object" },
  parse: async (value) => ({ value }),
  execute: async (_: unknown, call: Call) => {
    onForeign();
    await sleep(call, 5);
    return "it is 1";
  },
});

const primitives: readonly (readonly [name: string, build: Build])[] = [
  ["a model alone", (model) => model],
  ["sampleN", (model) => stack(model, sampleN(6, { concurrency: 3 }))],
  [
    "sampleN in order of completion",
    (model) => stack(model, sampleN(6, { order: "completion", warm: true, quorum: 3 })),
  ],
  ["majorityVote", (model) => stack(model, sampleN(9), majorityVote())],
  ["majorityVote over all", (model) => stack(model, sampleN(9, { concurrency: 4 }), majorityVote({ stop: never }))],
  ["chainOfThought", (model) => stack(model, chainOfThought({ answer: number() }))],
  ["reviseLoop", (model, onForeign) => stack(model, reviseLoop({ feedback: feedback(onForeign) }))],
  [
    "toolLoop",
    (model, onForeign) => stack(model, toolLoop({ tools: [look(onForeign)], maxSteps: 3, finalTokens: 40 })),
  ],
  [
    "toolLoop that throws",
    (model, onForeign) =>
      stack(model, toolLoop({ tools: [look(onForeign)], maxSteps: 3, finalTokens: 40, onToolError: "throw" })),
  ],
  [
    "budgetAllocator",
    (model, onForeign) =>
      stack(
        model,
        budgetAllocator({
          levels: [{ samples: 3 }, { samples: 7 }],
          target: 0.99,
          difficulty: async (_, call) => {
            onForeign();
            await sleep(call, 5);
            return 0;
          },
        }),
      ),
  ],
  [
    "all of them",
    (model, onForeign) =>
      stack(
        model,
        chainOfThought({ answer: number() }),
        toolLoop({ tools: [look(onForeign)], maxSteps: 2, finalTokens: 40 }),
        reviseLoop({ feedback: feedback(onForeign), rounds: 1 }),
        sampleN(4),
        majorityVote(),
        budgetAllocator({ levels: [{ samples: 2 }, { samples: 3 }] }),
      ),
  ],
];

const reasons = fc.constantFrom<unknown>(
  new Error("left"),
  "text",
  null,
  undefined,
  { own: "object" },
  new DOMException("left", "AbortError"),
  // Errors that strategies know how to live with: not when they are the reason.
  new BudgetExceededError("tokens", "mine"),
  new BudgetExceededError("ms", "mine"),
  new ProviderError("mine", { status: 503 }),
  new InvalidOptionError("mine", "a", "b", 1),
);

const circumstances = {
  provider: providers,
  limits: fc.oneof(fc.constant({}), limits, fc.record({ tokens: fc.integer({ min: 1100, max: 6000 }) })),
  seed: fc.nat(),
  reason: reasons,
  // Any moment as likely as another.
  when: fc.noBias(fc.integer({ min: 0, max: 9999 })).map((n) => n / 10_000),
};

describe("given up at any moment, in any order of things", () => {
  const running = (
    { model, clock, budget, onEvent }: World,
    { signal }: AbortController,
    seed: number,
  ): Promise<unknown> => run(model, "What is one and one?", { clock, budget, seed, onEvent, signal });

  for (const [name, model] of primitives) {
    prop.prop(circumstances, { numRuns: 40 })(
      `${name}: rejects with the reason, starts nothing more, leaves nothing`,
      (trial) => giveUp({ ...trial, model }, (made, controller) => running(made, controller, trial.seed)),
      30_000,
    );
  }

  prop.prop({ ...circumstances, specs: layers }, { numRuns: 200 })(
    "and in any stack",
    ({ specs, ...trial }) =>
      giveUp({ ...trial, model: (model, onForeign) => build(model, specs, onForeign) }, (made, controller) =>
        running(made, controller, trial.seed),
      ),
    30_000,
  );

  prop.prop({ ...circumstances, specs: layers }, { numRuns: 100 })(
    "a stream by its signal, too",
    ({ specs, ...trial }) =>
      giveUp(
        { ...trial, model: (model, onForeign) => build(model, specs, onForeign) },
        ({ model, clock, budget, onEvent }, { signal }) =>
          stream(model, "What is one and one?", { clock, budget, seed: trial.seed, onEvent, signal }).response,
      ),
    30_000,
  );

  afterAll(() => {
    // The law was put to the test: with calls in flight, calls that wait, and foreign code.
    for (const [what, count] of Object.entries(seen)) expect([what, count, count > 0]).toEqual([what, count, true]);
  });
});
