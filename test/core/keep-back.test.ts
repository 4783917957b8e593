/**
 * @module
 * A part of the budget kept back for calls that read samples.
 */
import { describe, expect, test } from "vitest";
import { run, wrap, type Amount, type BudgetLimits, type Call, type ModelRequest, type ModelResponse } from "mull";
import { scripted } from "mull/testing";
import { estimateTokens } from "../../src/core/estimate.js";
import { keepBack, type KeepBackOptions } from "../../src/core/keep-back.js";
import { noUsage } from "../../src/core/usage.js";

const request: ModelRequest = { messages: [{ role: "user", content: "q" }] };
const words = "x".repeat(300);
const sample = (usd?: number): ModelResponse => ({ text: words, finishReason: "stop", usage: { ...noUsage, usd } });
const each = estimateTokens({ messages: [{ role: "user", content: words }] });
const question = estimateTokens(request) + 100;

/** Two calls, each of which reads all samples. */
const options: KeepBackOptions = {
  planned: 10,
  reading: (count) => ({ calls: count < 2 ? 0 : 2, reads: 2 * count }),
  outputTokens: 500,
};

/** What is left for others after each of the steps. */
async function left(limits: BudgetLimits, use: (call: Call, note: () => void) => void): Promise<readonly Amount[]> {
  const seen: Amount[] = [];
  const layer = wrap("layer", scripted(["a"]), async (_, call) => {
    use(call, () => seen.push({ ...call.budget.left }));
    return { text: "done", finishReason: "stop", usage: call.usage };
  });
  await run(layer, request, { budget: limits });
  return seen;
}

async function keptFor(
  limits: BudgetLimits,
  samples: readonly ModelResponse[],
  name: keyof Amount,
  planned: number = options.planned,
): Promise<number> {
  const [before, after] = await left(limits, (call, note) => {
    note();
    keepBack(request, call, { ...options, planned }).expect(samples);
    note();
  });
  return before![name] - after![name];
}

describe("how much", () => {
  test.each<[what: string, limits: BudgetLimits, samples: number, name: keyof Amount, kept: number]>([
    ["calls, as many as all need", { calls: 100 }, 0, "calls", 2],
    ["half of few", { calls: 3 }, 0, "calls", 1],
    ["of one, none", { calls: 1 }, 0, "calls", 0],
    ["what the samples so far and one more need, where that is more than half", { calls: 2 }, 1, "calls", 2],
    ["tokens for all that are planned", { tokens: 100_000 }, 3, "tokens", 2 * (question + 500) + 20 * each],
    ["before the first, by what a call writes", { tokens: 100_000 }, 0, "tokens", 2 * (question + 500) + 20 * 500],
    ["before the first, half at most", { tokens: 900 }, 0, "tokens", 450],
    ["half of few tokens", { tokens: 2000 }, 1, "tokens", 1000],
    ["for three and one more", { tokens: 1300 }, 3, "tokens", 2 * (question + 64) + 8 * each],
    ["not more than there is", { tokens: 500 }, 5, "tokens", 500],
    ["output tokens", { outputTokens: 10_000 }, 0, "outputTokens", 1000],
  ])("%s", async (_, limits, count, name, kept) => {
    expect(
      await keptFor(
        limits,
        Array.from({ length: count }, () => sample()),
        name,
      ),
    ).toBe(kept);
  });

  test("money: as much as samples cost, once for each that is read and written", async () => {
    expect(await keptFor({ usd: 10 }, [], "usd")).toBeCloseTo(5, 12);
    expect(await keptFor({ usd: 10 }, [sample(0.1), sample(0.2)], "usd")).toBeCloseTo(0.15 * 22, 12);
    expect(await keptFor({ usd: 1 }, [sample(0.05), sample(0.05)], "usd")).toBeCloseTo(0.5, 12);
    expect(await keptFor({ usd: 10 }, [sample()], "usd")).toBe(0);
  });
});

test("what was kept stays, though others reserve", async () => {
  const seen = await left({ tokens: 2000 }, (call, note) => {
    const kept = keepBack(request, call, options);
    note();
    call.budget.hold({ tokens: 800 });
    note();
    kept.expect([]);
    note();
  });
  expect(seen.map(({ tokens }) => tokens)).toEqual([1000, 200, 200]);
});

test("where nobody knows how many come, 16 are reckoned with", async () => {
  const samples = [sample()];
  const kept = (planned: number) => keptFor({ tokens: 100_000 }, samples, "tokens", planned);
  expect(await kept(Infinity)).toBe(2 * (question + 500) + 32 * each);
  expect(await kept(40)).toBe(2 * (question + 500) + 80 * each);
});

test("what is kept is there for the calls, and for nobody else; in the end all is given back", async () => {
  const seen = await left({ calls: 4, tokens: 5000 }, (call, note) => {
    note();
    const kept = keepBack(request, call, options);
    note();
    expect(kept.budget.left).toMatchObject({ calls: 4, tokens: 5000 });
    kept.release();
    note();
    kept.release();
    note();
  });
  expect(seen.map(({ calls }) => calls)).toEqual([4, 2, 4, 4]);
  expect(seen.map(({ tokens }) => tokens)).toEqual([5000, 2500, 5000, 5000]);
});

test("where nothing is limited nothing is kept", async () => {
  await left({}, (call) => {
    const kept = keepBack(request, call, options);
    expect(kept.budget).toBe(call.budget);
    kept.expect([sample()]);
    kept.release();
  });
});
