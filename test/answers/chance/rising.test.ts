import { fc, test as prop } from "@fast-check/vitest";
import { expect } from "vitest";
import { logRising, reciprocals } from "../../../src/answers/chance/rising.js";

const starts = fc.oneof(fc.double({ min: 1e-4, max: 30, noNaN: true }), fc.double({ min: 30, max: 1e6, noNaN: true }));

prop.prop([starts, fc.integer({ min: 0, max: 3000 })])("both are the sums one by one", (x, count) => {
  let [logs, parts] = [0, 0];
  for (let i = 0; i < count; i++) {
    logs += Math.log(x + i);
    parts += 1 / (x + i);
  }
  expect(Math.abs(logRising(x, count) - logs)).toBeLessThan(1e-8 * (1 + Math.abs(logs)));
  expect(Math.abs(reciprocals(x, count) - parts)).toBeLessThan(1e-9 * (1 + parts));
});
