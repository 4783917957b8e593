/**
 * @module
 * From requests to the tokens of the looped model, and from its tokens to words.
 */
import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { InvalidOptionError, ProviderError, type Message, type ModelRequest } from "mull";
import { cutLoop, fillLoopTemplate } from "../../src/tiny/loop-template.js";
import { loopVocabulary } from "../../src/tiny/loop-vocabulary.js";

const user = (content: string): Message => ({ role: "user", content });
const assistant = (content: string): Message => ({ role: "assistant", content });
const question = "Start at 7, then +3 *9 -4. What is the last digit?";

/** What the network reads for a request, as words; and what it must write first. */
function fill(request: ModelRequest) {
  const { tokens, opening, inWords, carries, length } = fillLoopTemplate(request);
  const word = (token: number | string): string => (typeof token === "string" ? token : loopVocabulary[token]!);
  return { read: tokens.map(word).join(" "), forced: opening.forced.map(word), inWords, carries, length };
}

const fillAll = (...messages: Message[]) => fill({ messages });

describe("questions", () => {
  test.each([
    [question, "7 +3 *9 -4"],
    ["Start at 7, then + 3 × 9 − 4.", "7 +3 *9 -4"],
    ["7 +3 *9 -4", "7 +3 *9 -4"],
    ["7+3*9-4", "7 +3 *9 -4"],
    ["7, +3, *9, -4?", "7 +3 *9 -4"],
    ["In problem 12 we start with 0: -1", "0 -1"],
    ["The starting digit is 5. Then +1\n+2", "5 +1 +2"],
    ["Start, then +3 from 4", ""],
    ["Start at 7.", "7"],
    ["+3 *9, 4", ""],
    ["How many apples?", ""],
    ["", ""],
  ])("%j is %j", (text, expected) => {
    if (expected !== "")
      return expect(fillAll(user(text))).toEqual({
        read: expected,
        forced: [],
        inWords: false,
        carries: true,
        length: 1,
      });
    expect(() => fillAll(user(text))).toThrow("This one names no start digit");
  });

  test.each([
    ["Start at 12, then +3", "starts at a digit from 0 to 9, and the question at 12"],
    ["Start at 1, then *2", "and the question has *2"],
    ["Start at 1, then +0", "and the question has +0"],
    ["Start at 1, then -10 +3", "knows the operations +1 to +9, -1 to -9, *3, *7 and *9, and the question has -10"],
  ])("%j is refused", (text, message) => {
    let error: unknown;
    try {
      fillAll(user(text));
    } catch (thrown) {
      error = thrown;
    }
    expect(ProviderError.is(error) && !error.retryable).toBe(true);
    expect(error).toMatchObject({ message: expect.stringContaining(message), status: 400 });
  });

  test("of several the last one that names a start digit counts", () => {
    expect(fillAll(user("Start at 1, then +1"), assistant("Answer: 2"), user(question)).read).toBe("7 +3 *9 -4");
    expect(fillAll(user(question), user("Is +3 right?")).read).toBe("7 +3 *9 -4");
  });
});

describe("in words", () => {
  const words = `7 +3 <pad> *9 <pad> -4 <pad>${" <pad>".repeat(10)} <think>`;
  const read = (request: Partial<ModelRequest>) => fill({ messages: [user(question)], ...request });

  test.each<[string, Partial<ModelRequest>, Partial<ReturnType<typeof fill>>]>([
    ["where steps are asked for", { messages: [user(`${question} Think step by step.`)] }, { read: words, length: 8 }],
    [
      "where the system asks for them",
      { messages: [{ role: "system", content: "Show your work." }, user(question)] },
      { read: words },
    ],
    [
      "not where that was asked before the question",
      { messages: [user("Think."), user(question)] },
      { read: "7 +3 *9 -4" },
    ],
    ["behind a prefill with steps", { prefill: "+3 0\n*9" }, { read: `${words} +3 0 *9`, length: 5, forced: [] }],
    ["not behind one without", { prefill: "Answer:" }, { read: "7 +3 *9 -4", length: 1 }],
    [
      "behind a whole prefill",
      { prefill: "+3 0\n*9 0\n-4 6\nAnswer: 6" },
      { read: `${words} +3 0 *9 0 -4 6 = 6`, length: 1 },
    ],
    [
      "behind steps without an answer, which are finished",
      { messages: [user(question), assistant("+3 0\n*9 0"), user("Answer now.")] },
      { read: `${words} +3 0 *9 0`, forced: ["="], length: 2 },
    ],
    [
      "behind an answer, which is thought through anew",
      { messages: [user(question), assistant("+3 0\nAnswer: 3"), user("Are you sure?")] },
      { read: words, forced: [], length: 8 },
    ],
    ["behind an answer alone", { messages: [user(question), assistant("Answer: 3")] }, { read: words, forced: [] }],
    [
      "behind steps and a prefill, which counts",
      { messages: [user(question), assistant("+3 0\n*9 0")], prefill: "+3 1" },
      { read: `${words} +3 1`, forced: [], length: 6 },
    ],
    [
      "with a state in place of the digit",
      { latent: { state: "S" }, messages: [user("+3 -1. Think.")] },
      { read: `S +3 <pad> -1 <pad>${" <pad>".repeat(12)} <think>`, length: 6 },
    ],
  ])("%s", (_, request, expected) => {
    expect(read(request)).toMatchObject(expected);
  });

  test("only up to eight steps", () => {
    const long = (n: number): Message => user(`Start at 1, then${" +1".repeat(n)}. Think.`);
    expect(fillAll(long(8)).read).toBe(`1${" +1 <pad>".repeat(8)} <think>`);
    expect(() => fillAll(long(9))).toThrow("tinyLoop writes at most 8 steps, and the question has 9 operations");
  });
});

test.each<[NonNullable<ModelRequest["latent"]>, string, string]>([
  [{ state: "S" }, "+3 *9", "S +3 *9"],
  [{ state: "S" }, question, "S +3 *9 -4"],
  [{ state: "S" }, "What is the last digit?", "S"],
  [{ pauseTokens: 0, steps: 3 }, question, "7 +3 *9 -4"],
])("with %j, %j is read as %j", (latent, text, expected) => {
  expect(fill({ messages: [user(text)], latent }).read).toBe(expected);
});

describe("rows", () => {
  const row = "Each of 4 0 7 1 1 9, then *7. How many last digits are below 5?";
  const pauses = " <pause>".repeat(6);

  test.each<[string, NonNullable<ModelRequest["latent"]>, string]>([
    [row, { pauseTokens: 6, steps: 3 }, `4 0 7 1 1 9 *7${pauses} =`],
    ["To each of 4, 0, 7, 1, 1 and 9: − 3", { pauseTokens: 6 }, `4 0 7 1 1 9 -3${pauses} =`],
  ])("%j with %j is %j", (text, latent, expected) => {
    expect(fill({ messages: [user(text)], latent })).toEqual({
      read: expected,
      forced: [],
      inWords: false,
      carries: false,
      length: 1,
    });
  });

  test("count as questions, of which the last one is answered", () => {
    const messages = [user(question), assistant("Answer: 6"), user(row)];
    expect(fill({ messages, latent: { pauseTokens: 6 } }).read).toMatch(/^4 0 7 1 1 9 \*7 /);
    expect(fillAll(user(row), assistant("Answer: 3"), user(question)).read).toBe("7 +3 *9 -4");
  });

  test("are none where no digits stand behind the words", () => {
    expect(fillAll(user(`Add each of them up. ${question}`)).read).toBe("7 +3 *9 -4");
    expect(fillAll(user("Each of 3: start at 7, then +1")).read).toBe("7 +1");
  });

  const latent = { pauseTokens: 6 };
  const asks: readonly (readonly [string, Partial<ModelRequest>, string])[] = [
    [
      "too short a row",
      { messages: [user("Each of 1 2 3 4 5, then +1")] },
      "does one operation to each of 6 digits, and the question has 1 operations and the row 1 2 3 4 5",
    ],
    ["a number in it", { messages: [user("Each of 1 2 3 4 5 16, then +1")] }, "and the row 1 2 3 4 5 16"],
    ["no operation", { messages: [user("Each of 1 2 3 4 5 6")] }, "and the question has 0 operations"],
    ["two operations", { messages: [user("Each of 1 2 3 4 5 6, then +1 *3")] }, "and the question has 2 operations"],
    ["no pause tokens", { messages: [user(row)] }, "reads a row only with 6 pause tokens: pauseTokens(6)"],
    ["none of them", { messages: [user(row)], latent: { pauseTokens: 0 } }, "reads a row only with 6 pause tokens"],
    ["steps", { latent, messages: [user(`${row} Think step by step.`)] }, "answers questions about a row at once"],
    ["another look", { latent, messages: [user(row), assistant("Answer: 1"), user("Sure?")] }, "at once"],
    ["a state", { messages: [user(row)], latent: { ...latent, state: "S" } }, "does not read a row behind a state"],
    ["pauses behind a program", { messages: [user(question)], latent: { pauseTokens: 6 } }, "pauses behind a row only"],
  ];
  test.each(asks)("%s is refused", (_, request, message) => {
    const refused = (): unknown => fill({ messages: [], ...request });
    expect(refused).toThrow(ProviderError);
    expect(refused).toThrow(message);
  });

  test.each([1, 5, 7])("%i pause tokens are refused, for it was trained with six", (pauseTokens) => {
    const refused = (): unknown => fill({ messages: [user(row)], latent: { pauseTokens } });
    expect(refused).toThrow(InvalidOptionError);
    expect(refused).toThrow(`tinyLoop: latent.pauseTokens must be 6, as it was trained, got ${pauseTokens}`);
  });
});

describe("pieces", () => {
  /** Tokens as they are written. */
  const write = (tokens: readonly number[], inWords: boolean): string => {
    const { opening } = fillLoopTemplate({ messages: [user(inWords ? `${question} Think.` : question)] });
    return tokens.reduce((text, token) => text + opening.pieceOf(token, text), "");
  };
  const tokensOf = (words: string): number[] => words.split(" ").map((word) => loopVocabulary.indexOf(word));

  test.each([
    ["6", false, "Answer: 6"],
    ["6 3", false, "Answer: 6 3"],
    ["+3 0 *9 3 = 3", true, "+3 0\n*9 3\nAnswer: 3"],
    ["= 3", true, "Answer: 3"],
    ["+3 = *9", false, "+3 =\n*9"],
  ])("%j (in words: %j) are written as %j", (words, inWords, text) => {
    expect(write(tokensOf(words), inWords)).toBe(text);
  });

  const token = fc.nat(loopVocabulary.length - 1);
  prop.prop({ tokens: fc.array(token, { minLength: 1, maxLength: 12 }), inWords: fc.boolean() })(
    "whatever is written is cut into the tokens it was written with, and nothing of it is lost",
    ({ tokens, inWords }) => {
      const written = tokens.filter((each) => each !== loopVocabulary.indexOf("<eos>"));
      const text = write(written, inWords);
      const pieces = cutLoop(text, inWords);
      expect(pieces.map((piece) => piece.token)).toEqual(written);
      expect(pieces.map((piece) => piece.text).join("")).toBe(text);
    },
  );

  prop.prop([fc.string(), fc.boolean()])("no character of any text is lost", (text, inWords) => {
    const pieces = cutLoop(text, inWords);
    if (pieces.length > 0) expect(pieces.map((piece) => piece.text).join("")).toBe(text);
  });

  test.each([
    ["The answer is 6", false, [undefined, undefined, undefined, "6"]],
    ["So the Answer: 6", true, [undefined, undefined, "=", "6"]],
    ["answer:  6!", false, ["6"]],
    ["Answer: 17", false, [undefined]],
    ["+3 0, *9 0\nA 1", true, ["+3", "0", "*9", "0", undefined, "1"]],
    ["+12 *2", true, [undefined, undefined]],
    ["× 3 −4", true, ["*3", "-4"]],
    ["…", true, []],
  ])("%j (in words: %j) has the tokens %j", (text, inWords, words) => {
    const found = cutLoop(text, inWords).map(({ token }) => (token === undefined ? undefined : loopVocabulary[token]));
    expect(found).toEqual(words);
  });
});
