import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { readTurn } from "../../../src/answers/text-protocol/read-turn.js";
import { observationStop, writesCalls } from "../../../src/answers/text-protocol/writes-calls.js";

const asked = { messages: [], stop: ["END", observationStop] };

/** Lines as models write them; arguments hold no labels. */
const line = fc.oneof(
  fc.constantFrom(
    "Thought: hm",
    "Action: look",
    "**Action:** look",
    "Action 1: look[it]",
    "Action：look",
    "> Action: look",
  ),
  fc.constantFrom("Action Input: {}", 'Action Input: {"q": "x"}', "Observation: 4", "Observation 2: 4"),
  fc.constantFrom("Final Answer: 4", "## Final answer: 4", "FinalAnswer: 4", "action: look", "My Action: look"),
  fc.constantFrom("", "so it is", "  ", "Action", "Final Answer"),
);

prop.prop([fc.array(line, { maxLength: 8 })], { numRuns: 2000 })("says what the reader of turns says", (lines) => {
  const text = lines.join("\n");
  expect(writesCalls(asked, text)).toBe(readTurn(text).calls.length > 0);
});

test.each(["Action: Finish[4]", "Action: look\nAction: Finish[4]", "Action: Finish[4]\nAction: look"])(
  "%j, too",
  (text) => {
    expect(writesCalls(asked, text)).toBe(readTurn(text).calls.length > 0);
  },
);

describe("a request that is none of the protocol", () => {
  test.each([undefined, [], ["Observation:"]])("with the stop sequences %j", (stop) => {
    expect(writesCalls({ messages: [], stop }, "Action: look")).toBe(false);
  });
});

test("long texts take no time", () => {
  const text = "\nAction Action: Final Answer ** ".repeat(50_000);
  expect(writesCalls(asked, text)).toBe(false);
});
