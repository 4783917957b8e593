import { expect, test } from "vitest";
import { InvalidOptionError, redFlags, type FinishReason, type ModelResponse, type RedFlagsOptions } from "mull";

function sample(fields: {
  readonly finishReason?: FinishReason;
  readonly key?: string | undefined;
  readonly outputTokens?: number;
  readonly judged?: number;
}): ModelResponse {
  const { finishReason = "stop", outputTokens, judged, ...rest } = fields;
  const usage = { calls: 1, outputTokens, ...(judged !== undefined && { judging: { outputTokens: judged } }) };
  return { text: "x", finishReason, usage: usage as ModelResponse["usage"], ...rest };
}

test.each<[what: string, options: RedFlagsOptions, sample: ModelResponse, flagged: boolean]>([
  ["a usual one", {}, sample({ key: "1", outputTokens: 1e6 }), false],
  ["one without an answer to read", {}, sample({}), false],
  ["one whose answer could not be read", {}, sample({ key: undefined }), true],
  ["cut", {}, sample({ finishReason: "length", key: "1" }), true],
  ["filtered", {}, sample({ finishReason: "content-filter", key: "1" }), true],
  ["an end that is no flag", { finishReasons: ["other"] }, sample({ finishReason: "length" }), false],
  ["an end that is one", { finishReasons: ["other"] }, sample({ finishReason: "other" }), true],
  ["as long as it may be", { maxTokens: 700 }, sample({ outputTokens: 700 }), false],
  ["over-long", { maxTokens: 700 }, sample({ outputTokens: 701 }), true],
  ["judging is not written by the sample", { maxTokens: 700 }, sample({ outputTokens: 720, judged: 30 }), false],
  ["nobody knows how long", { maxTokens: 700 }, sample({}), false],
])("%s", (_, options, given, flagged) => {
  expect(redFlags(options)(given)).toBe(flagged);
});

test.each<[options: unknown, message: string]>([
  [{ max: 3 }, 'an option must be one of maxTokens, finishReasons, got "max"'],
  [{ maxTokens: 0 }, "maxTokens must be an integer of at least 1, got 0"],
  [{ finishReasons: "length" }, 'finishReasons must be a list of finish reasons, got "length"'],
  [
    { finishReasons: ["lenght"] },
    'finishReasons must be some of stop, length, tool-calls, content-filter, other, got "lenght"',
  ],
])("wrong options: %j", (options, message) => {
  const build = () => redFlags(options as RedFlagsOptions);
  expect(build).toThrow(InvalidOptionError);
  expect(build).toThrow(`redFlags: ${message}`);
});
