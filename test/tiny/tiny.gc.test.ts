/**
 * @module
 * Nothing of the embedded model is left behind.
 */
import { expect, test } from "vitest";
import { run, sampleN, stack } from "mull";
import { problems, tiny } from "mull/tiny";

const [problem] = problems({ seed: 1, count: 1 });

test("a model that nobody holds is given back, with its memory", async () => {
  const held = await (async () => {
    const model = await tiny();
    await run(stack(model, sampleN(20)), problem!.question);
    return new WeakRef(model);
  })();
  for (let i = 0; i < 20 && held.deref() !== undefined; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    gc!();
  }
  expect(held.deref()).toBeUndefined();
});

test("many calls hold no more memory than a few", async () => {
  const model = await tiny();
  const used = async (calls: number): Promise<number> => {
    for (let i = 0; i < calls; i++) await run(model, problem!.question, { seed: i });
    gc!();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  await used(100);
  const before = await used(20);
  expect((await used(200)) - before).toBeLessThan(1_000_000);
});
