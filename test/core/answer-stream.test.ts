/**
 * @module
 * A run as words that cannot be taken back.
 */
import { describe, expect, test } from "vitest";
import * as z from "zod";
import {
  MalformedResponseError,
  ProviderError,
  majorityVote,
  number,
  chainOfThought,
  retry,
  sampleN,
  source,
  stack,
  tool,
  toolLoop,
  type Model,
} from "mull";
import { scripted } from "mull/testing";
import { answerStream, type AnswerPiece, type AnswerStreamOptions } from "../../src/core/answer-stream.js";

async function tell(model: Model, options: AnswerStreamOptions = {}) {
  const pieces: AnswerPiece[] = [];
  const told = answerStream(model, { messages: [{ role: "user", content: "q" }] }, { seed: 1, ...options });
  for (;;) {
    const { done, value } = await told.next();
    if (done) {
      const of = (type: string) =>
        pieces
          .filter((piece) => piece.type === type)
          .map(({ text }) => text)
          .join("");
      return { response: value, pieces, text: of("text"), reasoning: of("reasoning") };
    }
    pieces.push(value);
  }
}

/** Streams these words; each call the next line, and fails where it is an error. */
function streaming(...lines: readonly (readonly string[] | readonly [...string[], Error])[]): Model {
  let index = 0;
  return source("m", {}, (_, call) => {
    const line = lines[Math.min(index++, lines.length - 1)] ?? [];
    let text = "";
    for (const piece of line) {
      if (typeof piece !== "string") return Promise.reject(piece);
      call.delta({ text: piece });
      text += piece;
    }
    return Promise.resolve({ text });
  });
}

const passing = new ProviderError("overloaded", { status: 503 });

describe("the text", () => {
  test("comes in the pieces in which it was written", async () => {
    const { pieces, response } = await tell(streaming(["two ", "and ", "two"]));
    expect(pieces.map(({ text }) => text)).toEqual(["two ", "and ", "two"]);
    expect(response.text).toBe("two and two");
  });

  test("comes in one piece where that is asked for, or the model does not stream", async () => {
    expect((await tell(streaming(["two ", "and ", "two"]), { whole: true })).pieces).toEqual([
      { type: "text", text: "two and two" },
    ]);
    const silent = source("m", {}, () => Promise.resolve({ text: "four" }));
    expect((await tell(silent)).pieces).toEqual([{ type: "text", text: "four" }]);
  });

  test("of a vote is told when it is sure; the samples are reasoning, one apart from the other", async () => {
    const model = scripted(["Two and two. Answer: 4", "No. Answer: 5", "Sure. Answer: 4"], { repeat: true });
    const solver = stack(model, chainOfThought({ answer: number() }), sampleN(3), majorityVote());
    const { text, reasoning, response } = await tell(solver);
    expect(text).toBe(response.text);
    expect(reasoning).toBe("Two and two. Answer: 4\n\nNo. Answer: 5\n\nSure. Answer: 4");
  });

  test("before a tool is used stays, apart from the answer", async () => {
    const look = tool({
      name: "look",
      description: "Looks.",
      input: z.object({}),
      execute: () => "snow",
    });
    const toolCalls = [{ type: "tool-call" as const, id: "1", name: "look", input: {} }];
    const model = scripted([{ text: "Let me look.", toolCalls }, "It snows."]);
    const { text, response } = await tell(stack(model, toolLoop({ tools: [look] })));
    expect([text, response.text]).toEqual(["Let me look.\n\nIt snows.", "It snows."]);
  });
});

describe("a failure that is tried again", () => {
  const again = retry({ baseMs: 0 });
  test.each([
    ["before any word", streaming([passing as never], ["two ", "more"]), "two more", ["two ", "more"]],
    [
      "after words that the answer begins with",
      streaming(["two ", passing], ["two ", "more"]),
      "two more",
      ["two ", "more"],
    ],
  ])("%s", async (_, model, text, pieces) => {
    const told = await tell(stack(model, again));
    expect([told.text, told.pieces.map((piece) => piece.text)]).toEqual([text, pieces]);
  });

  test("after other words is an error, never two answers in one", async () => {
    const model = streaming(["three ", passing], ["two ", "more"]);
    await expect(tell(stack(model, again))).rejects.toSatisfy(MalformedResponseError.is);
    const told = await tell(stack(streaming(["three ", passing], ["two ", "more"]), again), { whole: true });
    expect(told.text).toBe("two more");
  });
});

test("reasoning that did not come in pieces is told in one, before the text", async () => {
  const silent = source("m", {}, () => Promise.resolve({ text: "four", reasoning: "two and two" }));
  expect((await tell(silent)).pieces).toEqual([
    { type: "reasoning", text: "two and two" },
    { type: "text", text: "four" },
  ]);
  const talking = source("m", {}, (_, call) => {
    call.delta({ reasoning: "two and " });
    call.delta({ reasoning: "two" });
    return Promise.resolve({ text: "four", reasoning: "two and two" });
  });
  expect((await tell(talking)).reasoning).toBe("two and two");
});

test("leaving the loop gives the run up", async () => {
  let signal: AbortSignal | undefined;
  const model = source("m", {}, (_, call) => {
    signal = call.signal;
    call.delta({ text: "so" });
    return new Promise(() => undefined);
  });
  for await (const piece of answerStream(model, { messages: [{ role: "user", content: "q" }] })) {
    expect(piece.text).toBe("so");
    break;
  }
  expect(signal?.aborted).toBe(true);
});

test("a failure ends the loop with its error, once", async () => {
  await expect(tell(streaming([passing as never]))).rejects.toBe(passing);
});
