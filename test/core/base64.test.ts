/**
 * @module
 * Bytes as text, against Node.
 */
import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { base64 } from "../../src/core/base64.js";

test.prop([fc.uint8Array({ maxLength: 100 })])("any bytes are as Node has them", (bytes) => {
  expect(base64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
});

test("a megabyte", () => {
  const bytes = Uint8Array.from({ length: 1_000_003 }, (_, i) => i * 31);
  expect(base64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
});
