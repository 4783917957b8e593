/**
 * @module
 * A budget for what need not be.
 */
import type { BudgetLimits, Need, Reservation } from "../amounts.js";
import { Budget } from "../budget.js";
import { BudgetExceededError } from "../errors.js";
import { Scope } from "../scope.js";

const spares = new WeakMap<Budget, SpareBudget>();

/** The budget for calls within `budget` that are made only where their worst case fits at once. One for all of them, so that equal ones may share a request. */
export function spareOf(budget: Budget): SpareBudget {
  let spare = spares.get(budget);
  if (spare === undefined) spares.set(budget, (spare = new SpareBudget({}, budget)));
  return spare;
}

/** Refuses what does not fit as a whole and at once: nobody waits, nobody is held up, and no answer is cut short for it. */
export class SpareBudget extends Budget {
  override child(limits: Omit<BudgetLimits, "ms">): Budget {
    return new SpareBudget(limits, this);
  }

  override reserve(need: Need, _scope: Scope): Reservation {
    const waiting = new Scope();
    const granted = super.reserve(need, waiting);
    if (!(granted instanceof Promise)) {
      if (granted.outputTokens >= need.outputTokens) return granted;
      giveBack(granted);
    } else {
      granted.then(giveBack, () => undefined);
      waiting.abort("it is not worth waiting for");
    }
    throw new BudgetExceededError("tokens", "the budget has no room now for a call that need not be made");
  }
}

function giveBack(reservation: Reservation): void {
  reservation.settle({ calls: 0, inputTokens: 0, outputTokens: 0, usd: 0 });
}
