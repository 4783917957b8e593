/**
 * @module
 * How long the last calls took.
 */
import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { Latencies } from "../../../src/core/policy/latencies.js";

test.prop([fc.array(fc.nat(1_000), { maxLength: 450 }), fc.constantFrom(0.5, 0.9, 0.95, 1)])(
  "law: the quantile is the smallest of the last 200 times within which that part was done",
  (times, part) => {
    const latencies = new Latencies();
    for (const ms of times) latencies.add(ms);
    const last = times.slice(-200);
    const found = latencies.quantile(part);
    if (times.length < 20) {
      expect(found).toBeUndefined();
      return;
    }
    const within = (ms: number): number => last.filter((time) => time <= ms).length / last.length;
    expect(within(found!)).toBeGreaterThanOrEqual(part);
    for (const ms of last) if (ms < found!) expect(within(ms)).toBeLessThan(part);
    expect(last).toContain(found);
  },
);
