/**
 * @module
 * The clock that is moved by hand.
 */
import { afterEach, describe, expect, test, vi } from "vitest";
import { run, sampleN, stack } from "mull";
import { scripted, virtualClock, type VirtualClock } from "mull/testing";

afterEach(() => vi.useRealTimers());

/** Timers that write down when they ran. */
function record(clock: VirtualClock): { readonly log: string[]; readonly at: (ms: number, name?: string) => unknown } {
  const log: string[] = [];
  return { log, at: (ms, name = "") => clock.setTimeout(() => log.push(`${name}${clock.now()}`), ms) };
}

describe("advance", () => {
  test("runs what is due, in the order of time, and of setting within one moment", async () => {
    const clock = virtualClock();
    const { log, at } = record(clock);
    at(20, "a");
    at(10, "b");
    at(20, "c");
    at(30, "d");
    await clock.advance(20);
    expect(log).toEqual(["b10", "a20", "c20"]);
    expect([clock.now(), clock.pending]).toEqual([20, 1]);
  });

  test("time stands still otherwise, and moves on without timers", async () => {
    const clock = virtualClock();
    expect(clock.now()).toBe(0);
    await clock.advance(5);
    await clock.advance(2.5);
    expect(clock.now()).toBe(7.5);
  });

  test("runs timers set by timers, if they are due", async () => {
    const clock = virtualClock();
    const { log, at } = record(clock);
    clock.setTimeout(() => {
      at(5, "in time ");
      at(6, "too late ");
    }, 5);
    await clock.advance(10);
    expect(log).toEqual(["in time 10"]);
  });

  test("runs timers set by promises that settle on the way, however deep", async () => {
    const clock = virtualClock();
    const { log, at } = record(clock);
    const later = async (): Promise<void> => {
      for (let i = 0; i < 100; i++) await Promise.resolve();
      at(5, "later ");
    };
    clock.setTimeout(() => void later(), 5);
    void later();
    await clock.advance(10);
    expect(log).toEqual(["later 5", "later 10"]);
  });

  test("takes negative times and NaN as now, and never comes to Infinity", async () => {
    const clock = virtualClock();
    const { log, at } = record(clock);
    at(-5);
    at(NaN);
    at(Infinity);
    await clock.advance(1e9);
    await clock.runAll();
    expect(log).toEqual(["0", "0"]);
    expect([clock.now(), clock.pending]).toEqual([1e9, 1]);
  });
});

test("cleared timers do not run, and clearing twice, or nothing, is harmless", async () => {
  const clock = virtualClock();
  const { log, at } = record(clock);
  const timer = at(5);
  at(10);
  clock.clearTimeout(timer);
  clock.clearTimeout(timer);
  clock.clearTimeout(undefined);
  expect(clock.pending).toBe(1);
  await clock.runAll();
  expect(log).toEqual(["10"]);
});

describe("runAll", () => {
  test("goes on until no timer is left", async () => {
    const clock = virtualClock();
    let rang = 0;
    const again = (): unknown => ++rang < 50 && clock.setTimeout(again, 10);
    clock.setTimeout(again, 10);
    await clock.runAll();
    expect([rang, clock.now(), clock.pending]).toEqual([50, 500, 0]);
  });

  test("says so when there is no end", async () => {
    const clock = virtualClock();
    const again = (): unknown => clock.setTimeout(again, 1);
    again();
    await expect(clock.runAll()).rejects.toThrow("100,000 timers ran, and more were set: is there an end?");
  });
});

describe("until", () => {
  test("goes on until the promise is settled, and no further", async () => {
    const clock = virtualClock();
    const { at } = record(clock);
    at(100);
    const slow = new Promise<string>((resolve) => clock.setTimeout(() => resolve("slow"), 50));
    expect(await clock.until(slow)).toBe("slow");
    expect([clock.now(), clock.pending]).toEqual([50, 1]);
  });

  test("takes no time for what is settled", async () => {
    const clock = virtualClock();
    record(clock).at(100);
    expect(await clock.until(Promise.resolve("quick"))).toBe("quick");
    expect(clock.now()).toBe(0);
  });

  test("throws the error, which is never unhandled", async () => {
    const clock = virtualClock();
    const broken = new Promise((_, reject) => clock.setTimeout(() => reject(new Error("broken")), 50));
    await expect(clock.until(broken)).rejects.toThrow("broken");
    expect(clock.now()).toBe(50);
  });

  test("says so when nothing can settle it", async () => {
    const clock = virtualClock();
    record(clock).at(10);
    await expect(clock.until(new Promise(() => {}))).rejects.toThrow("no timer of this clock is left that could do it");
    expect(clock.now()).toBe(10);
  });
});

test("a run waits on it, and nothing else", async () => {
  const clock = virtualClock();
  const model = scripted(["one"], { repeat: true, latencyMs: 3_600_000 });
  const outcome = run(stack(model, sampleN(3, { concurrency: 1 })), "q", { clock, budget: { ms: 5_400_000 } });
  expect(await clock.until(outcome)).toMatchObject({ stopped: "deadline", samples: [{ text: "one" }] });
  expect(clock.now()).toBe(5_400_000);
});

test("it works beside the fake timers of a test runner", async () => {
  vi.useFakeTimers();
  const clock = virtualClock();
  const outcome = run(scripted(["one"], { latencyMs: 1000 }), "q", { clock });
  expect(await clock.until(outcome)).toMatchObject({ text: "one" });
});

test("it works where there is no setImmediate, as in browsers", async () => {
  vi.resetModules();
  vi.stubGlobal("setImmediate", undefined);
  const { virtualClock: inBrowsers } = await import("../../src/testing/virtual-clock.js");
  const clock = inBrowsers();
  const { log, at } = record(clock);
  at(5);
  await clock.runAll();
  expect(log).toEqual(["5"]);
});
