/**
 * @module
 * Many requests at the same time.
 */
import { describe, expect, test } from "vitest";
import { InvalidOptionError, ProviderError, run, wrap, type Model, type ModelRequest, type RunOptions } from "mull";
import { scripted, virtualClock, type ScriptedModel, type ScriptedOptions, type ScriptedReply } from "mull/testing";
import { askAll, type Asked } from "../../src/core/ask-all.js";

const busy = new ProviderError("overloaded", { status: 503 });
const refused = new ProviderError("who are you?", { status: 401 });

/** Asks `count` questions; the model answers the k-th with the k-th reply. */
async function ask(
  replies: readonly ScriptedReply[],
  { concurrency, count = replies.length, ...options }: ScriptedOptions & { concurrency?: number; count?: number } = {},
  runOptions: RunOptions = {},
): Promise<Asked & { readonly model: ScriptedModel }> {
  const model = scripted((request) => replies[Number(request.messages[0]?.content)] ?? "none", options);
  let asked: Asked | undefined;
  const layer = wrap("layer", model as Model, async (_, call) => {
    const requests = Array.from({ length: count }, (_unused, index): ModelRequest => {
      return { messages: [{ role: "user", content: String(index) }] };
    });
    asked = await askAll(model, requests, call, concurrency);
    return { text: "done", finishReason: "stop", usage: call.usage };
  });
  const clock = virtualClock();
  await clock.until(run(layer, "q", { clock, ...runOptions }));
  return { ...asked!, model };
}

const textsOf = ({ responses }: Asked) => responses.map((response) => response?.text);

describe("answers stand in the order of the requests", () => {
  test.each<
    [what: string, replies: ScriptedReply[], options: object, budget: object, texts: unknown[], stopped: string]
  >([
    ["none", [], {}, {}, [], "done"],
    ["all", ["a", "b", "c"], {}, {}, ["a", "b", "c"], "done"],
    ["the same words twice", ["a", "a"], { capabilities: { n: true } }, {}, ["a", "a"], "done"],
    [
      "the last is the first to come",
      ["a", "b", "c"],
      { latencyMs: (index: number) => 300 - 100 * index },
      {},
      ["a", "b", "c"],
      "done",
    ],
    ["one fails", ["a", busy, "c"], {}, {}, ["a", undefined, "c"], "done"],
    ["all fail", [busy, busy], {}, {}, [undefined, undefined], "done"],
    ["one is refused", ["a", refused, "c"], { concurrency: 1 }, {}, ["a", undefined, undefined], "failure"],
    ["the budget ends", ["a", "b", "c"], { concurrency: 1 }, { calls: 2 }, ["a", "b", undefined], "budget"],
    ["the budget ends for the first to ask", ["a", "b", "c"], {}, { calls: 1 }, ["a", undefined, undefined], "budget"],
    [
      "the time ends",
      ["a", "b", "c"],
      { latencyMs: (index: number) => 200 - 100 * index },
      { ms: 150 },
      [undefined, "b", "c"],
      "deadline",
    ],
  ])("%s", async (_, replies, options, budget, texts, stopped) => {
    const asked = await ask(replies, options, { budget });
    expect([textsOf(asked), asked.stopped]).toEqual([texts, stopped]);
  });
});

test("options that are wrong are thrown", async () => {
  const wrong = new InvalidOptionError("m", "x", "y", 1);
  await expect(ask(["a", wrong, "c"])).rejects.toBe(wrong);
});

test("who gives up gives all of it up", async () => {
  const reason = { why: "the caller left" };
  await expect(ask(["a", "b"], {}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});
