/**
 * @module
 * Law: an unlimited budget changes nothing.
 */
import type { BudgetLimits } from "../../core/amounts.js";
import type { MullEvent } from "../../core/events.js";
import type { ModelRequest } from "../../core/model.js";
import { succeed, type Bench } from "../bench.js";
import { difference } from "../difference.js";
import { law, must, type Law } from "../law.js";

/** Without limits, with infinite ones, and with ones that are never reached, the result is the same. */
export function unlimitedBudgetChangesNothing(bench: Bench): Law {
  return law("an unlimited budget changes nothing", async () => {
    // With a cap of its own, so that a limited budget need not give it one.
    const request: ModelRequest = { maxOutputTokens: 4096, ...bench.request };
    for (const seed of [1, 2, 3]) {
      const without = await use(bench, request, seed, {});
      for (const limits of boundless) {
        const found = difference(without, await use(bench, request, seed, limits));
        must(
          found === undefined,
          `expected the same without a budget and with a boundless one, they differ in ${found ?? ""}`,
        );
      }
    }
  });
}

const boundless: readonly BudgetLimits[] = [
  { calls: Infinity, tokens: Infinity, outputTokens: Infinity, usd: Infinity, ms: Infinity },
  { calls: 1e9, tokens: 1e12, outputTokens: 1e12, usd: 1e9, ms: 1e12 },
];

async function use(bench: Bench, request: ModelRequest, seed: number, budget: BudgetLimits): Promise<object> {
  const events: MullEvent[] = [];
  const { response } = await succeed(bench, { request, seed, budget, onEvent: (event) => events.push(event) });
  return { response, events };
}
