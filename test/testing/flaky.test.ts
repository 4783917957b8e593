/**
 * @module
 * The model that sometimes fails.
 */
import { expect, expectTypeOf, test } from "vitest";
import { InvalidOptionError, ProviderError, run, sampleN, stack, type Model, type MullEvent, type Sampled } from "mull";
import { flaky, scripted } from "mull/testing";

test("calls fail by their number, in order of arrival", async () => {
  const inner = scripted(["one"], { repeat: true });
  const model = flaky(inner, { at: [0, 2] });
  const { samples, failures } = await run(stack(model, sampleN(5)), "q");
  expect(samples).toHaveLength(3);
  expect(failures.map(({ index }) => index)).toEqual([0, 2]);
  expect(inner.calls).toBe(3);
});

test("the default error may be retried", async () => {
  const error: unknown = await run(flaky(scripted(["one"]), { at: [0] }), "q").catch((e: unknown) => e);
  expect(ProviderError.is(error)).toBe(true);
  expect(error).toMatchObject({ status: 503, retryable: true, message: "call 0 was to fail" });
});

test("any error will do", async () => {
  const model = flaky(scripted(["one"]), { at: [0], error: (index) => `failure ${index}` });
  await expect(run(model, "q")).rejects.toBe("failure 0");
});

test("a failed call is a request that failed, in the trace and in the books", async () => {
  const events: MullEvent[] = [];
  const model = flaky(scripted(["one"]), { at: [0] });
  const { usage } = await run(stack(model, sampleN(2)), "q", { onEvent: (event) => events.push(event) });
  expect(usage).toMatchObject({ calls: 1, failed: { calls: 1 } });
  expect(events.filter(({ type }) => type === "error").map(({ path }) => path)).toEqual([
    ["sampleN", "#0", "flaky", "scripted"],
    ["sampleN", "#0", "flaky"],
  ]);
});

test("in every budget a failing call fails with its own error", async () => {
  for (const budget of [{ usd: 1 }, { tokens: 20 }, { outputTokens: 20 }, { calls: 1 }]) {
    await expect(run(flaky(scripted(["one"]), { at: [0] }), "q", { budget })).rejects.toThrow("call 0 was to fail");
  }
});

test("calls fail as often as is likely, the same ones with the same seed", async () => {
  const failing = async (seed: number): Promise<number[]> => {
    const model = flaky(scripted(["one"], { repeat: true }), { probability: 0.2 });
    const { failures } = await run(stack(model, sampleN(2000)), "q", { seed });
    return failures.map(({ index }) => index);
  };
  const failed = await failing(1);
  expect(Math.abs(failed.length - 400)).toBeLessThan(3 * Math.sqrt(2000 * 0.2 * 0.8));
  expect(await failing(1)).toEqual(failed);
  expect(await failing(2)).not.toEqual(failed);
});

test("without options nothing fails, and everything passes", async () => {
  const model = flaky(scripted([{ text: "one", providerMetadata: { mine: 1 } }]));
  expect(await run(model, "q")).toMatchObject({ text: "one", providerMetadata: { mine: 1 } });
  expect(model.id).toBe("flaky(scripted)");
});

test("the type of the response is kept", () => {
  expectTypeOf(flaky(stack(scripted(["one"]), sampleN(2)))).toEqualTypeOf<Model<Sampled>>();
});

test.each<[what: string, make: () => unknown]>([
  ["a probability above 1", () => flaky(scripted(["one"]), { probability: 1.1 })],
  ["a number below 0", () => flaky(scripted(["one"]), { at: [-1] })],
  ["an unknown option", () => flaky(scripted(["one"]), { p: 1 } as never)],
])("%s is refused", (_, make) => {
  expect(make).toThrow(InvalidOptionError);
});
