/**
 * @module
 * The computer's own clock.
 */
import { afterEach, expect, test, vi } from "vitest";
import { systemClock } from "../../src/core/clock.js";

afterEach(() => {
  vi.useRealTimers();
});

test("rings once, after its time; cleared it does not", () => {
  vi.useFakeTimers();
  const rings: string[] = [];
  systemClock.setTimeout(() => rings.push("a"), 100);
  systemClock.clearTimeout(systemClock.setTimeout(() => rings.push("b"), 50));
  vi.advanceTimersByTime(99);
  expect(rings).toEqual([]);
  vi.advanceTimersByTime(1000);
  expect(rings).toEqual(["a"]);
  systemClock.clearTimeout(undefined);
});

test.each([2 ** 31, 3e9, Infinity])("a time of %s ms does not ring at once", (ms) => {
  const asked = vi.spyOn(globalThis, "setTimeout");
  systemClock.clearTimeout(systemClock.setTimeout(() => {}, ms));
  expect(asked).toHaveBeenCalledExactlyOnceWith(expect.any(Function), 2 ** 31 - 1);
});

test("never goes back", () => {
  const times = Array.from({ length: 1000 }, () => systemClock.now());
  expect(times).toEqual([...times].sort((a, b) => a - b));
});
