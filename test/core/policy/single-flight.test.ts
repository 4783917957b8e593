/**
 * @module
 * Of those who want the same, one asks.
 */
import { expect, test } from "vitest";
import { Scope } from "mull";
import { SingleFlight } from "../../../src/core/policy/single-flight.js";

const call = () => ({ scope: new Scope() });

test("the first one asks, the others get what it found, also those who come before it leaves", async () => {
  const flights = new SingleFlight<{ n: number }>();
  expect(flights.join("a", call())).toBeUndefined();
  const waiting = [flights.join("a", call()), flights.join("a", call())];
  const found = { n: 1 };
  flights.share("a", found);
  for (const one of waiting) expect(await one).toBe(found);
  expect(flights.join("a", call())).toBe(found);
  flights.leave("a");
  expect(flights.join("a", call())).toBeUndefined();
});

test("where nothing was found the turn passes on, in order", async () => {
  const flights = new SingleFlight();
  void flights.join("a", call());
  const order: number[] = [];
  const waiting = [1, 2].map((n) => Promise.resolve(flights.join("a", call())).then((found) => [order.push(n), found]));
  flights.leave("a");
  await Promise.resolve();
  expect(order).toEqual([1]);
  flights.leave("a");
  expect(await Promise.all(waiting)).toEqual([
    [1, undefined],
    [2, undefined],
  ]);
  flights.leave("a");
  expect(flights.join("a", call())).toBeUndefined();
});

test("whoever is given up leaves the queue, and nothing stays on a scope", async () => {
  const flights = new SingleFlight();
  void flights.join("a", call());
  const [one, two] = [call(), call()];
  const given = flights.join("a", one) as Promise<unknown>;
  const next = flights.join("a", two) as Promise<unknown>;
  one.scope.abort("left");
  await expect(given).rejects.toBe("left");
  flights.leave("a");
  expect(await next).toBeUndefined();
  two.scope.abort("later"); // nobody listens any more
  const late = call();
  late.scope.abort("before");
  await expect(flights.join("a", late)).rejects.toBe("before");
});

test("other keys are apart; to leave where nobody is does nothing", () => {
  const flights = new SingleFlight();
  flights.leave("a");
  flights.share("a", {});
  expect(flights.join("a", call())).toBeUndefined();
  expect(flights.join("b", call())).toBeUndefined();
});
