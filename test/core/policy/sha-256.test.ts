/**
 * @module
 * SHA-256 against that of Node.
 */
import { createHash } from "node:crypto";
import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { sha256 } from "../../../src/core/policy/sha-256.js";

const nodes = (text: string): string => createHash("sha256").update(text).digest("hex");

test("the examples of the standard", () => {
  expect(sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(sha256("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  expect(sha256("a".repeat(1_000_000))).toBe("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
});

test("every length around the ends of blocks", () => {
  for (let n = 0; n < 260; n++) expect(sha256("x".repeat(n))).toBe(nodes("x".repeat(n)));
});

test.prop([fc.string({ unit: "binary", maxLength: 300 })])("any text is as Node has it", (text) => {
  expect(sha256(text)).toBe(nodes(text));
});
