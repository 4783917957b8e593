/**
 * @module
 * Law: the budget is never exceeded.
 */
import type { BudgetLimits } from "../../core/amounts.js";
import { Budget } from "../../core/budget.js";
import { BudgetExceededError, MalformedResponseError } from "../../core/errors.js";
import { show } from "../difference.js";
import { law, must, type Law } from "../law.js";
import { answer, attempt, type ModelBench } from "../model-bench.js";

/** Whatever the limits, no more is spent by two calls at once, and nothing stays reserved. A figure that the model does not tell cannot be looked at. */
export function runsWithinBudget(bench: ModelBench): Law {
  return law("the budget is never exceeded", async () => {
    const { usage } = await answer(bench);
    const tokens = (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0);
    await spend(bench, { calls: 1 });
    for (const part of [0.3, 0.8, 1.3, 3]) {
      if (tokens > 0) await spend(bench, { tokens: Math.ceil(part * tokens) });
      if (usage.outputTokens) await spend(bench, { outputTokens: Math.ceil(part * usage.outputTokens) });
      if (usage.usd) await spend(bench, { usd: part * usage.usd });
    }
  });
}

const figures = ["calls", "tokens", "outputTokens", "usd"] as const;

async function spend(bench: ModelBench, limits: BudgetLimits): Promise<void> {
  const budget = new Budget(limits);
  const model = await bench.make();
  const attempts = [await attempt(bench, { model, budget }), await attempt(bench, { model, budget })];
  const outcomes = await Promise.all(attempts.map(({ done }) => done));
  for (const name of figures) {
    const limit = limits[name] ?? Infinity;
    const truth = outcomes.reduce((sum, outcome) => {
      const { usage } = "response" in outcome ? outcome.response : {};
      const all = { ...usage, tokens: (usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0) };
      return sum + (all[name] ?? 0);
    }, 0);
    const spent = Math.max(truth, budget.spent[name]);
    must(spent <= limit * (1 + 1e-9), `expected at most ${limit} ${name}, ${spent} were spent`);
    must(budget.reserved[name] === 0, `expected nothing to stay reserved, ${budget.reserved[name]} ${name} did`);
  }
  for (const outcome of outcomes) {
    if ("response" in outcome) continue;
    const { error } = outcome;
    // A cap may end the writing before the answer begins.
    const right = (BudgetExceededError.is(error) || MalformedResponseError.is(error)) && error.usage !== undefined;
    must(
      right,
      `expected a response, or a BudgetExceededError with usage, got ${show(error)} (limits ${show(limits)})`,
    );
  }
}
