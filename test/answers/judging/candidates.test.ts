/**
 * @module
 * Candidates: each answer once, and how they are shown.
 */
import { expect, test } from "vitest";
import type { ModelRequest, ModelResponse } from "mull";
import {
  byCount,
  candidatesOf,
  checkShow,
  counts,
  listed,
  type Show,
} from "../../../src/answers/judging/candidates.js";
import { noUsage } from "../../../src/core/usage.js";

const said = (text: string, key?: string | null): ModelResponse => ({
  text,
  finishReason: "stop",
  usage: noUsage,
  ...(key !== undefined && { key: key ?? undefined }),
});
const request: ModelRequest = { messages: [] };

test.each<[what: string, samples: ModelResponse[], candidates: string[]]>([
  ["none", [], []],
  ["words, but for case and spaces", [said("A b"), said("c"), said(" a  B ")], ["0 a b 2", "1 c 1"]],
  ["keys, whatever the words", [said("x", "1"), said("y", "2"), said("z", "1")], ["0 1 2", "1 2 1"]],
  ["what cannot be read is none", [said("x", null), said("y", "2")], ["0 2 1"]],
  ["unless none can: then the words are", [said("X", null), said("y", null), said("X ", null)], ["0 X 2", "1 y 1"]],
  ["nothing was said", [said(" "), said("\n", null)], []],
])("%s", (_, samples, candidates) => {
  const found = candidatesOf(samples);
  expect(found.map(({ index, key, count }) => `${index} ${key} ${count}`)).toEqual(candidates);
  // The first that gave it.
  for (const { index, sample } of found) expect(samples.indexOf(sample)).toBeGreaterThanOrEqual(index);
  expect(found[0]?.sample).toBe(found.length === 0 ? undefined : samples.find((sample) => sample === found[0]?.sample));
});

test("by how often they were given, then by when", () => {
  const keys = candidatesOf(["a", "b", "b", "c", "c", "d"].map((text) => said(text)));
  expect(
    [...keys]
      .reverse()
      .sort(byCount)
      .map(({ key }) => key),
  ).toEqual(["b", "c", "a", "d"]);
});

test.each<[what: string, show: Show, sample: ModelResponse, prefill: string | undefined, shown: string]>([
  ["all words", "text", said("x", "1"), undefined, "x"],
  ["begun by the request", "text", said("x"), "so ", "so x"],
  ["the answer", "answer", { ...said("x", "k"), answer: "Rio" } as ModelResponse, "so ", "Rio"],
  ["its key, where it is no text", "answer", { ...said("x", "24"), answer: 24 } as ModelResponse, "so ", "24"],
  ["the words, where there is none", "answer", said("x"), "so ", "so x"],
  ["and where it could not be read", "answer", said("x", null), undefined, "x"],
  ["words of your own", ({ text }) => `<${text}>`, said("x"), "so ", "<x>"],
  ["even none", () => "", said("x"), undefined, ""],
])("shown: %s", (_, show, sample, prefill, shown) => {
  expect(listed("w", [sample], show, { ...request, prefill })).toBe(`# Response 1\n${shown}`);
});

test("a list, with notes", () => {
  const candidates = candidatesOf([said("a"), said("b"), said("b")]);
  expect(counts(candidates)).toEqual(["", "given 2 times"]);
  const samples = candidates.map(({ sample }) => sample);
  expect(listed("w", samples, "text", request, counts(candidates))).toBe(
    "# Response 1\na\n\n# Response 2 (given 2 times)\nb",
  );
  expect(() => listed("w", samples, () => null as never, request)).toThrow(
    "w: what show returns must be a text, got null",
  );
});

test("what is no way to show", () => {
  for (const show of ["text", "answer", () => ""]) expect(() => checkShow("w", show)).not.toThrow();
  for (const show of ["key", undefined, null, 1, {}]) expect(() => checkShow("w", show)).toThrow(/^w: show must be/);
});
