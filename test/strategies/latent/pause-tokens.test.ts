import { test } from "@fast-check/vitest";
import {
  CapabilityError,
  InvalidOptionError,
  outline,
  pauseTokens,
  run,
  stack,
  type Capabilities,
  type ModelRequest,
} from "mull";
import { middlewareLaws, scripted } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import { frozen, giveUp, traced } from "../trial.js";

const pauses: Capabilities = { latent: ["pauseTokens"] };
const asking = (latent?: ModelRequest["latent"]): ModelRequest => ({
  messages: [{ role: "user", content: "q" }],
  ...(latent && { latent }),
});

describe("laws", () => {
  for (const { name, check } of middlewareLaws(pauseTokens(3), { capabilities: pauses })) test(name, check);
});

test.each<[own: ModelRequest["latent"], sent: ModelRequest["latent"]]>([
  [undefined, { pauseTokens: 10 }],
  [
    { steps: 4, state: "s" },
    { steps: 4, state: "s", pauseTokens: 10 },
  ],
  [{ pauseTokens: 0 }, { pauseTokens: 0 }],
  [{ pauseTokens: undefined }, { pauseTokens: 10 }],
])("over %j", async (own, sent) => {
  const model = scripted(["24"], { capabilities: { latent: true } });
  const request = frozen(asking(own));
  const { response, trace } = await traced(stack(model, pauseTokens(10)), request, { seed: undefined });
  expect(model.requests).toEqual([{ ...request, latent: sent }]);
  expect(response).toMatchObject({ text: "24", usage: { calls: 1 } });
  expect(trace).toEqual([
    "start pauseTokens",
    "start pauseTokens/scripted",
    "end pauseTokens/scripted",
    "end pauseTokens",
  ]);
});

test.each<[capabilities: Capabilities, ok: boolean]>([
  [{}, false],
  [{ latent: false }, false],
  [{ latent: ["steps"] }, false],
  [{ latent: ["pauseTokens"] }, true],
  [{ latent: true }, true],
])("over a model with %j", (capabilities, ok) => {
  const make = () => pauseTokens(1)(scripted(["24"], { id: "m", capabilities }));
  if (ok) {
    expect(make().id).toBe("pauseTokens(m)");
    return;
  }
  expect(make).toThrow(CapabilityError);
  expect(make).toThrow("pauseTokens: m is not known to take latent.pauseTokens. Instead, chainOfThought()");
});

test.each([0, -1, 1.5, NaN, Infinity, "3"])("%j is refused", (count) => {
  const make = () => pauseTokens(count as number);
  expect(make).toThrow(InvalidOptionError);
  expect(make).toThrow("pauseTokens: count must be an integer of at least 1");
});

test("who gives up is heard at once; types and outline", async () => {
  const slow = scripted(["24"], { capabilities: pauses, latencyMs: 100 });
  const solver = stack(slow, pauseTokens(7));
  await giveUp(solver, 50, () => slow.calls);
  expect(outline(solver, { inputTokens: 100, outputTokens: 10 }).split("\n")[0]).toMatch(
    /^pauseTokens \(count = 7\) +≤ 1 call, ≤ 117 tokens/,
  );
  const response = await run(stack(scripted(["24"], { capabilities: pauses }), pauseTokens(1)), "q");
  expectTypeOf(response.text).toEqualTypeOf<string>();
});
