/**
 * @module
 * What begins together ends together.
 */
import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { virtualClock } from "mull/testing";
import { InStep } from "../../../src/core/policy/in-step.js";

test.prop([fc.array(fc.record({ ms: fc.nat(20), fails: fc.boolean() }), { minLength: 1, maxLength: 8 })])(
  "law: all end when the last one does, in the order in which they began, each with its own outcome",
  async (works) => {
    const clock = virtualClock();
    const step = new InStep();
    const ends: string[] = [];
    const all = works.map(async ({ ms, fails }, i) => {
      const work = new Promise<number>((resolve, reject) =>
        clock.setTimeout(() => (fails ? reject(new Error(`${i}`)) : resolve(i)), ms),
      );
      await step.wait("g", work).then(
        (value) => ends.push(`${value} ok ${clock.now()}`),
        (error: unknown) => ends.push(`${(error as Error).message} failed ${clock.now()}`),
      );
    });
    await clock.until(Promise.all(all));
    const last = Math.max(...works.map(({ ms }) => ms));
    expect(ends).toEqual(works.map(({ fails }, i) => `${i} ${fails ? "failed" : "ok"} ${last}`));
  },
);

test("groups, and what begins in a later tick, do not wait for each other", async () => {
  const step = new InStep();
  const ends: string[] = [];
  const never = new Promise<never>(() => {});
  void step.wait("a", never);
  void step.wait("b", Promise.resolve()).then(() => ends.push("another group"));
  await Promise.resolve();
  await Promise.resolve();
  void step.wait("a", Promise.resolve()).then(() => ends.push("later"));
  await new Promise((resolve) => setImmediate(resolve));
  expect(ends).toEqual(["another group", "later"]);
});
