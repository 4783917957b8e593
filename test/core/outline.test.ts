/**
 * @module
 * The outline of a stack.
 */
import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { majorityVote, outline, run, sampleN, stack, worstCase, wrap, type Model } from "mull";
import { scripted, virtualClock } from "mull/testing";
import { Ledger } from "./ledger.js";
import { build, layers } from "./stacks.js";

const model = scripted(["x"], { id: "m" });
const twice = (next: Model): Model =>
  wrap("twice", next, (request, call) => next.generate(request, call), {
    outline: {
      detail: "checks itself",
      cost: (inner, inputTokens, outputTokens) => {
        const [one, two] = [inner(inputTokens), inner(inputTokens + outputTokens)];
        return { calls: one.calls + two.calls, tokens: one.tokens + two.tokens };
      },
    },
  });
const plain = (next: Model): Model => wrap("plain", next, (request, call) => next.generate(request, call));

describe("outline", () => {
  test("draws the tree, with the worst case of every layer", () => {
    expect(outline(stack(model, twice, plain, sampleN(16), majorityVote()))).toBe(
      [
        "majorityVote                    ≤ 32 calls, ≤ 65,152 tokens",
        "└─ sampleN (n = 16)             ≤ 32 calls, ≤ 65,152 tokens",
        "   └─ plain                     ≤ 2 calls, ≤ 4,072 tokens",
        "      └─ twice (checks itself)  ≤ 2 calls, ≤ 4,072 tokens",
        "         └─ m                   ≤ 1 call, ≤ 1,524 tokens",
      ].join("\n"),
    );
  });

  test("of a model alone it is one line; sizes may be given", () => {
    expect(outline(model)).toBe("m  ≤ 1 call, ≤ 1,524 tokens");
    expect(outline(model, { inputTokens: 10, outputTokens: 5 })).toBe("m  ≤ 1 call, ≤ 15 tokens");
    expect(outline(model, { inputTokens: 0, outputTokens: 1 })).toBe("m  ≤ 1 call, ≤ 1 token");
  });

  test("of several models beneath a layer, the branches", () => {
    const [one, two] = [stack(scripted(["x"], { id: "one" }), plain), scripted(["x"], { id: "two" })];
    const both = wrap("both", one, (request, call) => one.generate(request, call), {
      outline: {
        inner: [one, two],
        cost: (inner, inputTokens) => ({
          calls: inner(inputTokens, 0).calls + inner(inputTokens, 1).calls,
          tokens: Infinity,
        }),
      },
    });
    expect(outline(both)).toBe(
      [
        "both       ≤ 2 calls, ≤ ∞ tokens",
        "├─ plain   ≤ 1 call, ≤ 1,524 tokens",
        "│  └─ one  ≤ 1 call, ≤ 1,524 tokens",
        "└─ two     ≤ 1 call, ≤ 1,524 tokens",
      ].join("\n"),
    );
  });

  test("calls nothing", () => {
    const quiet = scripted(["x"]);
    outline(stack(quiet, twice, sampleN(3)));
    expect(quiet.calls).toBe(0);
  });
});

prop.prop({ specs: layers, seed: fc.nat(), longest: fc.integer({ min: 1, max: 300 }) }, { numRuns: 100 })(
  "no stack makes more calls than its worst case, when nothing is asked twice",
  async ({ specs: all, seed, longest }) => {
    // These do not say what they cost: they are of the tests.
    const specs = all.filter(({ name }) => !/^(within|hold|impatient|again|both|reviseLoop\(true\))/.test(name));
    const clock = virtualClock();
    const ledger = new Ledger();
    const provider = {
      timing: seed,
      n: false,
      knows: "all",
      counts: true,
      price: undefined,
      failing: 0,
      deaf: false,
      longest,
      slowest: 20,
    } as const;
    const solver = build(ledger.model(provider), specs);
    await clock.until(run(solver, "What is one and one?", { clock, seed }));
    expect(ledger.requests).toBeLessThanOrEqual(worstCase(solver, 500, longest).calls);
  },
);
