/**
 * @module
 * Timers shared by those who begin to wait in one tick.
 */
import { expect, test } from "vitest";
import { virtualClock } from "mull/testing";
import { Alarms } from "../../../src/core/policy/alarm.js";

test("one timer for one tick, clock and time; it is gone with the last who leaves", async () => {
  const [clock, other] = [virtualClock(), virtualClock()];
  const alarms = new Alarms();
  const same = [alarms.set(clock, 10), alarms.set(clock, 10)];
  const later = alarms.set(clock, 20);
  alarms.set(other, 10);
  expect([clock.pending, other.pending]).toEqual([2, 1]);
  await Promise.resolve();
  alarms.set(clock, 10);
  expect(clock.pending).toBe(3);
  same[0]!.leave();
  expect(clock.pending).toBe(3);
  same[1]!.leave();
  expect(clock.pending).toBe(2);
  later.leave();
  expect(clock.pending).toBe(1);
});

test("it rings for all in one tick", async () => {
  const clock = virtualClock();
  const alarms = new Alarms();
  const order: string[] = [];
  for (const name of ["a", "b"]) {
    const { rung } = alarms.set(clock, 10);
    void rung.then(() => {
      order.push(name);
      queueMicrotask(() => order.push(`after ${name}`));
    });
  }
  await clock.advance(10);
  expect(order).toEqual(["a", "b", "after a", "after b"]);
});

test("one that all have left is not given to those who come in the same tick", async () => {
  const clock = virtualClock();
  const alarms = new Alarms();
  alarms.set(clock, 10).leave();
  let rang = false;
  void alarms.set(clock, 10).rung.then(() => (rang = true));
  await clock.advance(10);
  expect(rang).toBe(true);
});
