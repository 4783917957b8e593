/**
 * @module
 * Which of several samples a call is.
 */
import { describe, expect, test } from "vitest";
import { run, wrap, type Model } from "mull";
import { scripted } from "mull/testing";
import type { CallNode } from "../../../src/core/call.js";
import { SampleIndices } from "../../../src/core/policy/sample-index.js";

/** The index of calls at these places of one run. */
async function indicesOf(paths: readonly string[], questions: readonly string[] = []): Promise<string[]> {
  const found: string[] = [];
  const indices = new SampleIndices();
  const model: Model = wrap("top", scripted(["x"]), async (_, call) => {
    paths.forEach((path, i) => {
      const at = { path: path.split("/"), state: (call as CallNode).state } as unknown as CallNode;
      found.push(indices.of(at, questions[i] ?? "q"));
    });
    return { text: "", finishReason: "stop", usage: call.usage };
  });
  await run(model, "?");
  return found;
}

describe("the index of a place", () => {
  test.each([
    ["a/b", ""],
    ["vote/sampleN/#3/cot", "#3"],
    ["other/#3/named/otherwise", "#3"],
    ["a/b:2/c", ":2"],
    ["sampleN/#1/sampleN/#0", "#1#0"],
    ["loop:2/#4/judge:3", ":2#4:3"],
    ["retry/timeout:2", ""],
    ["retry:2/timeout:3/x", ":2"],
    ["retry/sampleN:2/#1", "#1"],
    ["my-retry/timeout:2", ":2"],
    ["model:7b/x", ""],
  ])("%s: '%s'", async (path, index) => {
    expect(await indicesOf([path])).toEqual([index]);
  });
});

test("the same place has the same index, another place with the same numbers another one", async () => {
  expect(await indicesOf(["a/b:2", "a:2/b", "a/b:2", "a:2/b", "c"])).toEqual([":2", ":2~2", ":2", ":2~2", ""]);
});

test("attempts of a retry are one place", async () => {
  expect(await indicesOf(["retry/a", "retry/a:2", "x/a"])).toEqual(["", "", "~2"]);
});

test("of another question, or in another run, it begins anew", async () => {
  expect(await indicesOf(["a", "b"], ["p", "q"])).toEqual(["", ""]);
  expect(await indicesOf(["b"])).toEqual([""]);
});
