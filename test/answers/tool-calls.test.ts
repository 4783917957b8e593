/**
 * @module
 * Votes on which tools to call: among calls, and among calls and answers, before anything is run.
 */
import { fc, test } from "@fast-check/vitest";
import {
  bestOf,
  chainOfThought,
  choose,
  fuse,
  keyOf,
  majorityVote,
  number,
  run,
  sampleN,
  stack,
  textOf,
  textProtocol,
  tool,
  toolCallsKey,
  toolLoop,
  tournament,
  type Middleware,
  type Model,
  type ModelResponse,
  type Sampled,
  type ToolCallPart,
} from "mull";
import { scripted, virtualClock, type ScriptedReply } from "mull/testing";
import { describe, expect } from "vitest";
import * as z from "zod";

let ids = 0;
const use = (name: string, input: unknown = {}): ToolCallPart => ({
  type: "tool-call",
  id: `call-${ids++}`,
  name,
  input,
});
const calling = (...toolCalls: readonly ToolCallPart[]): ScriptedReply => ({ text: "", toolCalls });
const response = (fields: Partial<ModelResponse>): ModelResponse =>
  ({ text: "", finishReason: "stop", usage: { calls: 1 }, ...fields }) as ModelResponse;

describe("the key of calls", () => {
  const one = use("add", { a: 1, b: { c: [1, 2], d: "x" } });

  test.each<[what: string, a: readonly ToolCallPart[], b: readonly ToolCallPart[], same: boolean]>([
    ["ids do not count", [one], [{ ...one, id: "other" }], true],
    ["nor the order of names", [one], [use("add", { b: { d: "x", c: [1, 2] }, a: 1 })], true],
    ["nor the order of calls", [one, use("sub")], [use("sub"), one], true],
    ["nor what providers add", [one], [{ ...one, providerMetadata: { p: 1 } }], true],
    ["no arguments are none", [use("add")], [use("add", undefined), ...[]], true],
    ["the order of a list counts", [one], [use("add", { a: 1, b: { c: [2, 1], d: "x" } })], false],
    ["the name counts", [one], [{ ...one, name: "sub" }], false],
    ["how often counts", [one], [one, one], false],
    ["a text is no number", [use("add", { a: 1 })], [use("add", { a: "1" })], false],
  ])("%s", (_, a, b, same) => {
    expect(toolCallsKey({ toolCalls: a }) === toolCallsKey({ toolCalls: b })).toBe(same);
  });

  test("can be read", () => {
    expect(toolCallsKey({ toolCalls: [use("sub", { b: 2 }), use("add", { a: 1 })] })).toBe(
      'add({"a":1}); sub({"b":2})',
    );
  });

  test.each([[undefined], [[]]])("no calls, no key: %j", (toolCalls) => {
    expect(toolCallsKey(toolCalls === undefined ? {} : { toolCalls })).toBeUndefined();
  });

  test("what no provider gives does not throw", () => {
    const circle: unknown[] = [];
    circle.push(circle);
    for (const input of [new Map(), () => 1, circle, 1n])
      expect(toolCallsKey({ toolCalls: [use("t", input)] })).toMatch(/^t\(/);
  });

  const calls = fc.array(fc.record({ name: fc.constantFrom("a", "b"), input: fc.jsonValue({ maxDepth: 2 }) }), {
    minLength: 1,
    maxLength: 4,
  });
  test.prop([calls, calls])("law: the same if and only if the same calls were made", (a, b) => {
    const parts = (list: typeof a) => list.map(({ name, input }) => use(name, input));
    const normal = (list: typeof a): string[] =>
      list.map((call) => sortedJson({ ...call, input: call.input ?? {} })).sort();
    const same = JSON.stringify(normal(a)) === JSON.stringify(normal(b));
    expect(toolCallsKey({ toolCalls: parts(a) }) === toolCallsKey({ toolCalls: parts(b) })).toBe(same);
    expect(toolCallsKey({ toolCalls: parts(a) })).toBe(toolCallsKey({ toolCalls: parts(a).reverse() }));
  });

  test.each<[fields: object, key: string | undefined]>([
    [{ toolCalls: [use("add", { a: 1 })] }, 'add({"a":1})'],
    [{ toolCalls: [use("add", { a: 1 })], key: undefined, text: "I add." }, 'add({"a":1})'],
    [{ toolCalls: [use("add", { a: 1 })], key: "3" }, 'add({"a":1})'],
    [{ toolCalls: [], key: "3" }, "3"],
    [{ toolCalls: [], text: "Three" }, "three"],
  ])("keyOf: %o has %j", (fields, key) => {
    expect(keyOf(response(fields))).toBe(key);
  });
});

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) =>
    typeof field === "object" && field !== null && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
      : Object.is(field, -0)
        ? 0
        : field,
  );
}

/** Sends letters, and keeps a copy of each. */
function post() {
  const sent: string[] = [];
  const send = tool({
    name: "send",
    description: "Sends a letter.",
    input: z.object({ to: z.string() }),
    effect: true,
    execute: ({ to }) => (sent.push(to), `sent to ${to}`),
  });
  return { send, sent };
}

const to = (...names: readonly string[]): ScriptedReply => calling(...names.map((name) => use("send", { to: name })));

describe("a vote before anything is run", () => {
  test.each<[what: string, first: ScriptedReply[], sent: string[], votes: [key: string, count: number][]]>([
    ["all agree", [to("Ann"), to("Ann"), to("Ann")], ["Ann"], [['send({"to":"Ann"})', 2]]],
    [
      "most agree",
      [to("Ann"), to("Bob"), to("Bob")],
      ["Bob"],
      [
        ['send({"to":"Bob"})', 2],
        ['send({"to":"Ann"})', 1],
      ],
    ],
    [
      "nobody agrees: the first",
      [to("Ann"), to("Bob"), to("Cid")],
      ["Ann"],
      [
        ['send({"to":"Ann"})', 1],
        ['send({"to":"Bob"})', 1],
        ['send({"to":"Cid"})', 1],
      ],
    ],
    [
      "several calls, in any order",
      [to("Cid"), to("Ann", "Bob"), to("Bob", "Ann")],
      ["Ann", "Bob"],
      [
        ['send({"to":"Ann"}); send({"to":"Bob"})', 2],
        ['send({"to":"Cid"})', 1],
      ],
    ],
    [
      "calls against answers: the answer",
      ["No need.", to("Ann"), "no  need."],
      [],
      [
        ["no need.", 2],
        ['send({"to":"Ann"})', 1],
      ],
    ],
    [
      "calls against answers: the calls",
      ["No need.", to("Ann"), to("Ann")],
      ["Ann"],
      [
        ['send({"to":"Ann"})', 2],
        ["no need.", 1],
      ],
    ],
  ])("%s", async (_, first, sent, votes) => {
    const { send, sent: copies } = post();
    const seen: unknown[] = [];
    const spy: Middleware = (next) => ({
      ...next,
      generate: async (request, call) => {
        const voted = await next.generate(request, call);
        seen.push(
          (voted as unknown as { votes: readonly { key: string; count: number }[] }).votes.map(({ key, count }) => [
            key,
            count,
          ]),
        );
        return voted;
      },
    });
    const model = scripted([...first, "done", "done", "done"]);
    const solver = stack(model, sampleN(3), majorityVote(), spy, toolLoop({ tools: [send] }));
    const { text, steps } = await run(solver, "q", { seed: 1 });
    expect([copies, seen[0]]).toEqual([sent, votes]);
    expect(steps.length).toBe(sent.length === 0 ? 0 : 1);
    expect(text).toBe(sent.length === 0 ? "No need." : "done");
  });

  test("with a chain of thought between: answers vote by their value, calls by what they call", async () => {
    const { send, sent } = post();
    const model = scripted([to("Ann"), "I know. Answer: 3", to("Ann"), "Answer: 3.0", "So: Answer: 3", "Answer: 4"]);
    const solver = stack(
      model,
      chainOfThought({ answer: number() }),
      sampleN(3),
      majorityVote(),
      toolLoop({ tools: [send] }),
    );
    const { answer, key, votes, steps } = await run(solver, "q", { seed: 1 });
    expect([sent, steps.length]).toEqual([["Ann"], 1]);
    expect([answer, key, votes[0]?.count]).toEqual([3, "3", 2]);
  });

  test("the sampling ends as soon as the calls are decided", async () => {
    const model = scripted(({ messages }) => (messages.length > 1 ? "done" : to("Ann")), { latencyMs: 10 });
    const clock = virtualClock();
    const solver = stack(model, sampleN(9, { concurrency: 1 }), majorityVote(), toolLoop({ tools: [post().send] }));
    await clock.until(run(solver, "q", { seed: 1, clock }));
    expect(model.calls).toBe(5 + 5);
  });

  test("nothing is called where nobody has enough votes", async () => {
    const { send, sent } = post();
    const said = [to("Ann"), to("Bob"), to("Cid")].map((reply) => ({ ...(reply as object), text: "I write." }));
    const solver = stack(scripted(said), sampleN(3), majorityVote({ minShare: 0.5 }), toolLoop({ tools: [send] }));
    const { text, abstained, toolCalls, steps, stopped } = await run(solver, "q", { seed: 1 });
    expect([sent, text, abstained, toolCalls, steps, stopped]).toEqual([[], "I write.", true, [], [], "done"]);
  });

  test("calls are never compared by meaning", async () => {
    const { send, sent } = post();
    const compared: string[] = [];
    const same = (a: ModelResponse, b: ModelResponse): boolean => compared.push(`${a.text}|${b.text}`) > 0;
    const model = scripted([
      to("Ann"),
      "yes",
      to("Bob"),
      "yep",
      to("Bob"),
      to("Bob"),
      ...Array.from({ length: 6 }, () => "x"),
    ]);
    await run(stack(model, sampleN(6), majorityVote({ same }), toolLoop({ tools: [send] })), "q", { seed: 1 });
    expect([compared, sent]).toEqual([["yes|yep"], ["Bob"]]);
  });

  test("the same calls without words are no reason to warn", async () => {
    const all = await run(stack(scripted([to("Ann"), to("Ann"), to("Ann")]), sampleN(3), majorityVote()), "q");
    expect(all.warnings).toBeUndefined();
    const words = await run(stack(scripted(["a", "a", "a"]), sampleN(3)), "q");
    expect(words.warnings).toMatchObject([{ code: "identical-samples" }]);
  });

  test("a model without tools votes on what it calls in words, if the protocol stands beneath the samples", async () => {
    const { send, sent } = post();
    const act = (name: string, thought: string): string =>
      `Thought: ${thought}\nAction: send\nAction Input: {"to": "${name}"}`;
    const model = scripted(
      [act("Ann", "Hm."), act("Bob", "Well."), act("Bob", "Ah."), ...["a", "b", "c"].map(() => "Final Answer: done")],
      {
        capabilities: { tools: false },
      },
    );
    const { text, warnings } = await run(
      stack(model, textProtocol, sampleN(3), majorityVote(), toolLoop({ tools: [send] })),
      "q",
    );
    expect([sent, text, warnings?.filter(({ code }) => code === "downgrade") ?? []]).toEqual([["Bob"], "done", []]);
  });
});

describe("others that narrow", () => {
  const judgedBy = (choice: string) => scripted(() => choice, { id: "judge" });
  const candidates = [to("Ann"), to("Bob"), "No need."];

  test("choose: the judge reads the calls, and what it chooses is run", async () => {
    const { send, sent } = post();
    const judge = judgedBy("Response 2");
    const model = scripted([...candidates, "done", "done", "done"]);
    await run(stack(model, sampleN(3), choose({ by: judge }), toolLoop({ tools: [send] })), "q", { seed: 1 });
    expect(judge.calls).toBe(1);
    const shown = textOf(judge.requests[0]!.messages[0]!);
    for (const line of ['calls send({"to":"Ann"})', 'calls send({"to":"Bob"})', "No need."])
      expect(shown).toContain(line);
    const chosen = /# Response 2\n(.*)/.exec(shown)?.[1];
    expect(sent).toEqual(chosen === "No need." ? [] : [/"to":"(\w+)"/.exec(chosen ?? "")?.[1]]);
  });

  test.each<[what: string, narrow: (judge: Model) => (next: Model<Sampled>) => Model]>([
    ["tournament", (by) => tournament({ by })],
    ["bestOf", () => bestOf({ scorer: ({ toolCalls = [] }) => toolCalls.length })],
    ["choose by answers", (by) => choose({ by, show: "answer" })],
  ])("%s: only what it picks is run", async (_, narrow) => {
    const { send, sent } = post();
    const model = scripted([...candidates, "done", "done", "done"]);
    const { text } = await run(
      stack(model, sampleN(3), narrow(judgedBy("Response 1")), toolLoop({ tools: [send] })),
      "q",
      { seed: 1 },
    );
    expect(sent.length).toBeLessThanOrEqual(1);
    expect(text).toBe(sent.length === 1 ? "done" : "No need.");
  });

  test.each<[what: string, samples: ScriptedReply[], sent: string[], text: string, read: boolean]>([
    [
      "calls that lead are made, and nothing is fused",
      [to("Ann"), "No need.", "No.", to("Ann")],
      ["Ann"],
      "done",
      false,
    ],
    [
      "else answers are fused, without the calls",
      ["No need.", "No.", to("Ann"), "No need."],
      [],
      "All in all: no.",
      true,
    ],
    ["one answer alone is it", ["No need.", to("Ann"), "No need.", to("Bob")], [], "No need.", false],
  ])("fuse: %s", async (_, samples, sent, text, read) => {
    const { send, sent: copies } = post();
    const model = scripted(({ messages }, _call, index) =>
      messages.length > 1 ? "done" : (samples[index] ?? "All in all: no."),
    );
    const response = await run(stack(model, sampleN(4), fuse(), toolLoop({ tools: [send] })), "q", { seed: 1 });
    expect([response.text, copies]).toEqual([text, sent]);
    expect(model.calls).toBe(4 + (read ? 1 : 0) + (sent.length > 0 ? 4 : 0));
    if (read) expect(JSON.stringify(model.requests.at(-1)?.messages)).not.toContain("send(");
  });
});
