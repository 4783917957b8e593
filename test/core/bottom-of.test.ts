import { chainOfThought, fallback, majorityVote, retry, sampleN, stack } from "mull";
import { scripted } from "mull/testing";
import { expect, test } from "vitest";
import { bottomOf } from "../../src/core/bottom-of.js";

test("the model beneath all layers, whatever they are", () => {
  const model = scripted(["x"]);
  expect(bottomOf(model)).toBe(model);
  expect(bottomOf(stack(model, retry(), chainOfThought(), sampleN(3), majorityVote()))).toBe(model);
});

test("of several models beneath a layer, the first", () => {
  const model = scripted(["x"]);
  expect(bottomOf(stack(model, fallback([scripted(["y"], { id: "other" })])))).toBe(model);
});
