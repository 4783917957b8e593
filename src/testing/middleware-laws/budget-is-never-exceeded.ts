/**
 * @module
 * Law: the budget is never exceeded.
 */
import type { Amount, BudgetLimits } from "../../core/amounts.js";
import { Budget } from "../../core/budget.js";
import { BudgetExceededError } from "../../core/errors.js";
import { Random } from "../../core/random.js";
import { begin, succeed, type Bench } from "../bench.js";
import { show } from "../difference.js";
import { law, must, type Law } from "../law.js";
import type { Witness } from "../witness.js";

/** Whatever the limits, no more is spent, nothing stays reserved, and there is a response or a {@link BudgetExceededError} with usage. */
export function budgetIsNeverExceeded(bench: Bench): Law {
  return law("the budget is never exceeded", async () => {
    const { witness, clock } = await succeed(bench);
    const all = { ...spentBy(witness), ms: clock.now() };
    const random = new Random(1);
    for (let i = 0; i < 60; i++) await spend(bench, limitsWithin(all, random), i);
  });
}

const figures = ["calls", "tokens", "outputTokens", "usd"] as const;

async function spend(bench: Bench, limits: BudgetLimits, seed: number): Promise<void> {
  const budget = new Budget(limits);
  const inLimits = (spent: Amount, what: string): void => {
    for (const name of figures) {
      const limit = limits[name] ?? Infinity;
      must(
        spent[name] <= limit * (1 + 1e-9),
        `expected at most ${limit} ${name}, ${what} ${spent[name]} (limits ${show(limits)}, seed ${seed})`,
      );
    }
  };
  let endedAt = Infinity;
  const trial = begin(bench, {
    seed,
    timing: seed + 1,
    budget,
    around: async (model, request, call) => {
      try {
        return await model.generate(request, call);
      } finally {
        endedAt = call.clock.now();
      }
    },
  });
  const outcome = await trial.clock.until(trial.done);
  inLimits(spentBy(trial.witness), "the calls that finished spent");
  inLimits(budget.spent, "the budget says");
  const { reserved } = budget;
  for (const name of figures) {
    must(reserved[name] === 0, `expected nothing to stay reserved, ${reserved[name]} ${name} did`);
  }
  const { ms = Infinity } = limits;
  must(
    endedAt <= ms,
    `expected an end after at most ${ms} ms, ${endedAt === Infinity ? "it goes on" : `it came after ${endedAt}`}`,
  );
  if ("response" in outcome) return;
  const { error } = outcome;
  const right = BudgetExceededError.is(error) && error.usage !== undefined;
  must(
    right,
    `expected a response, or a BudgetExceededError with usage, got ${show(error)} (limits ${show(limits)}, seed ${seed})`,
  );
}

/** What the calls that finished spent, in the figures of a budget. */
function spentBy({ responses }: Witness): Amount {
  const spent: Amount = { calls: 0, tokens: 0, outputTokens: 0, usd: 0 };
  for (const { usage } of responses) {
    spent.calls += usage.calls;
    spent.tokens += (usage.inputTokens ?? NaN) + (usage.outputTokens ?? NaN);
    spent.outputTokens += usage.outputTokens ?? NaN;
    spent.usd += usage.usd ?? NaN;
  }
  return spent;
}

/** Limits of one or two figures, from next to nothing to more than is needed. */
function limitsWithin(all: Amount & { readonly ms: number }, random: Random): BudgetLimits {
  const upTo = (most: number): number => Math.max(1, Math.ceil(random.next() * 1.5 * most));
  const limits = {
    calls: () => ({ calls: upTo(all.calls) }),
    tokens: () => ({ tokens: upTo(all.tokens) }),
    outputTokens: () => ({ outputTokens: upTo(all.outputTokens) }),
    usd: () => ({ usd: (1e-3 + random.next() * 1.5) * all.usd || 1e-9 }),
    ms: () => ({ ms: (1e-3 + random.next() * 1.5) * all.ms || 1 }),
  };
  const makers = random.shuffle(Object.values(limits)).slice(0, 1 + random.integer(2));
  return Object.assign({}, ...makers.map((make) => make())) as BudgetLimits;
}
