/**
 * @module
 * Events of branches that go on at the same time, told one branch after the other.
 */
import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import type { MullEvent } from "mull";
import { InOrder } from "../../src/core/in-order.js";

const event = (branch: number, index: number): MullEvent => ({
  type: "start",
  path: [String(branch)],
  id: String(index),
});
const show = (event: MullEvent): string => `${event.path[0]}.${(event as { readonly id: string }).id}`;

describe("InOrder", () => {
  test("the first branch is told as it goes on, the others when it is their turn", () => {
    const told: string[] = [];
    const order = new InOrder((each) => told.push(show(each)));
    const [zero, one, two] = [order.listener(0), order.listener(1), order.listener(2)];
    one(event(1, 0));
    zero(event(0, 0));
    two(event(2, 0));
    expect(told).toEqual(["0.0"]);
    order.end(2);
    order.end(0);
    expect(told).toEqual(["0.0", "1.0"]);
    one(event(1, 1));
    expect(told).toEqual(["0.0", "1.0", "1.1"]);
    order.end(1);
    expect(told).toEqual(["0.0", "1.0", "1.1", "2.0"]);
  });

  test("released, all that is kept is told, and what comes later at once", () => {
    const told: string[] = [];
    const order = new InOrder((each) => told.push(show(each)));
    const [one, three] = [order.listener(1), order.listener(3)];
    three(event(3, 0));
    one(event(1, 0));
    order.release();
    three(event(3, 1));
    one(event(1, 1));
    expect(told).toEqual(["1.0", "3.0", "3.1", "1.1"]);
  });

  prop.prop([fc.array(fc.nat(4), { maxLength: 40 }), fc.nat()])(
    "whoever is quicker, the order is the same, and nothing is lost",
    (steps, seed) => {
      const told: string[] = [];
      const order = new InOrder((each) => told.push(show(each)));
      const branches = Array.from({ length: 5 }, (_, branch) => ({
        branch,
        count: steps.filter((step) => step === branch).length,
        done: 0,
        listen: order.listener(branch),
      }));
      const finish = (branch: (typeof branches)[number] | undefined): void => {
        if (branch?.done === branch?.count && branch !== undefined) order.end(branch.branch);
      };
      // Branches without events end first, in an order of their own; the others with their last event.
      const empty = branches.filter(({ count }) => count === 0);
      for (const branch of seed % 2 === 0 ? empty : empty.reverse()) finish(branch);
      for (const step of steps) {
        const branch = branches[step]!;
        branch.listen(event(step, branch.done++));
        finish(branch);
      }
      expect(told).toEqual(
        branches.flatMap(({ branch, count }) => Array.from({ length: count }, (_, i) => `${branch}.${i}`)),
      );
    },
  );
});
