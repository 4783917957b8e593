/**
 * @module
 * Law: usage is what the finished calls spent.
 */
import { ProviderError } from "../../core/errors.js";
import type { EndEvent, MullEvent } from "../../core/events.js";
import type { ModelResponse } from "../../core/model.js";
import type { Spend, Usage } from "../../core/usage.js";
import { finish, type Bench } from "../bench.js";
import { law, must, type Law } from "../law.js";

/** The usage of the response is the sum of what came from beneath, and every request is in it, or beside it as failed or cancelled. */
export function usageIsWhatWasSpent(bench: Bench): Law {
  return law("usage is what the finished calls spent", async () => {
    for (const seed of [1, 2, 3]) {
      await compare(bench, seed, undefined);
      for (const failing of [0, 1]) await compare(bench, seed, failing);
    }
  });
}

const figures = ["calls", "inputTokens", "outputTokens", "usd"] as const;

async function compare(bench: Bench, seed: number, failing: number | undefined): Promise<void> {
  let given: ModelResponse | undefined;
  const events: MullEvent[] = [];
  const { witness } = await finish(bench, {
    seed,
    timing: seed,
    replies: (request, call, index) =>
      index === failing ? new ProviderError("to fail", { status: 503 }) : bench.replies(request, call, index),
    onEvent: (event) => events.push(event),
    around: async (model, request, call) => (given = await model.generate(request, call)),
  });
  if (given === undefined) {
    must(failing !== undefined, "expected a response (does the layer need other `replies` or `capabilities`?)");
    return;
  }
  const { usage } = given;
  const finished = witness.responses.map((response) => response.usage);
  equal("the usage of the response", usage, sum(finished));
  const requests = usage.calls + (usage.failed?.calls ?? 0) + (usage.cancelled?.calls ?? 0);
  const made = witness.requests.length;
  must(requests === made, `expected ${made} calls in usage, failed and cancelled ones together, got ${requests}`);

  // A trace may be without what a strategy gave up; what is in it must be true.
  const ends = events.filter((event): event is EndEvent => event.type === "end" && isWitness(event));
  if (ends.length === finished.length) {
    equal("the end events of the model beneath together", sum(ends.map((end) => end.usage)), usage);
  }
}

function isWitness({ path }: MullEvent): boolean {
  return /^beneath(:\d+)?$/.test(path.at(-1) ?? "");
}

function sum(usages: readonly Usage[]): Record<(typeof figures)[number], number> {
  const of = (name: keyof Spend): number => usages.reduce((total, usage) => total + (usage[name] ?? NaN), 0);
  return { calls: of("calls"), inputTokens: of("inputTokens"), outputTokens: of("outputTokens"), usd: of("usd") };
}

function equal(
  what: string,
  got: Readonly<Record<(typeof figures)[number], number | undefined>>,
  expected: typeof got,
): void {
  for (const name of figures) {
    const [a, b] = [got[name] ?? NaN, expected[name] ?? NaN];
    must(Math.abs(a - b) <= 1e-9, `expected ${what} to have ${name} ${b}, got ${a}`);
  }
}
