import {
  run,
  stateValue,
  stateValueInstruction,
  stateValues,
  textOf,
  wrap,
  type ModelRequest,
  type StateValueOptions,
} from "mull";
import { scripted, type ScriptedReply } from "mull/testing";
import { describe, expect, test } from "vitest";

/** The score of a line, by a judge that says so. */
async function valued(
  replies: readonly ScriptedReply[],
  options: StateValueOptions = {},
): Promise<{ readonly score: unknown; readonly requests: readonly ModelRequest[] }> {
  const judge = scripted(replies);
  const scorer = stateValue(judge, options);
  let score: unknown;
  const layer = wrap("layer", judge, async (request, call) => {
    const response = { text: "4 + 9 = 13", finishReason: "stop" as const, usage: call.usage };
    score = await scorer(response, { request, call, model: judge, round: 0 });
    return response;
  });
  await run(layer, "Make 24 of 4 9 10 13.");
  return { score, requests: judge.requests };
}

describe("the score", () => {
  test.each<[what: string, replies: readonly ScriptedReply[], options: StateValueOptions, score: number]>([
    ["sums what three evaluations say", ["sure", "likely", "impossible"], {}, 21.001],
    ["one evaluation", ["sure"], { samples: 1 }, 20],
    ["the last of the words counts", ["It may be likely, but no: impossible."], { samples: 1 }, 0.001],
    ["in any case, with marks around it", ["10 + 14 = 24\n**Sure**."], { samples: 1 }, 20],
    ["what cannot be read is worth nothing", ["who knows", "sure", "surely"], {}, 20],
    ["its own words", ["good", "bad", "good"], { values: { good: 1, bad: -1 } }, 1],
    ["an evaluation that is lost counts as none", ["sure", new Error("lost"), "likely"], {}, 21],
  ])("%s", async (_, replies, options, score) => {
    expect((await valued(replies, options)).score).toBeCloseTo(score, 9);
  });

  test("where none succeeds, the failure is thrown", async () => {
    const lost = new Error("lost");
    await expect(valued([lost], { samples: 1 })).rejects.toBe(lost);
  });
});

test("the judge is shown the question, the work so far, and what it may say", async () => {
  const { requests } = await valued(["sure"], { samples: 1, temperature: 0.7 });
  const words = textOf(requests[0]!.messages.at(-1)!);
  expect(words).toContain("Make 24 of 4 9 10 13.");
  expect(words).toContain("# Work so far\n4 + 9 = 13");
  expect(words).toContain(
    `${stateValueInstruction} End with one of these words, alone on the last line: sure, likely, impossible.`,
  );
  expect(requests[0]).toMatchObject({ temperature: 0.7 });
  expect(stateValues).toEqual({ sure: 20, likely: 1, impossible: 0.001 });
});

describe("options", () => {
  const model = scripted(["a"]);
  test.each<[options: object, message: string]>([
    [{ samples: 0 }, "stateValue: samples must be an integer of at least 1, got 0"],
    [{ temperature: -1 }, "stateValue: temperature must be a number of at least 0, got -1"],
    [{ instruction: "" }, "stateValue: instruction must be a text that is not empty"],
    [{ values: {} }, "stateValue: values must be an object of at least one word and its finite worth"],
    [{ values: { "two words": 1 } }, 'stateValue: a word of values must be one word, got "two words"'],
    [{ values: { sure: Infinity } }, "stateValue: values.sure must be a finite number, got Infinity"],
    [
      { evaluations: 3 },
      'stateValue: an option must be one of samples, temperature, instruction, values, got "evaluations"',
    ],
  ])("%j", (options, message) => {
    expect(() => stateValue(model, options)).toThrow(message);
  });

  test("no model", () => {
    expect(() => stateValue({} as never)).toThrow("stateValue: the first argument must be a model");
  });
});
