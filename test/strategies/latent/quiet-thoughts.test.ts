import { fc, test } from "@fast-check/vitest";
import {
  CapabilityError,
  chainOfThought,
  InvalidOptionError,
  number,
  outline,
  ProviderError,
  quietThoughts,
  run,
  sampleN,
  stack,
  stream,
  type Capabilities,
  type Model,
  type ModelRequest,
  type QuietThoughtsOptions,
  type ToolCallPart,
} from "mull";
import { middlewareLaws, scripted, virtualClock, type Script, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import { frozen, giveUp, giveUpBefore, traced } from "../trial.js";

const able: Capabilities = { score: true, prefill: true };
const busy = new ProviderError("overloaded", { status: 503 });
const frame = { open: "<", close: ">" };
const isThinking = ({ stop = [] }: ModelRequest): boolean => stop.includes(">");
const scored = (text: string, logprob: number): ScriptedReply => ({
  text,
  logprobs: [{ token: text, logprob }],
  usage: { inputTokens: 1, outputTokens: 0 },
});
const failed = {
  code: "thought-failed",
  message: "hidden thoughts, or what follows them, could not be had to the end: what was written so far is returned",
};

/** Probability of `R`, else `W`, behind no thought, a good one and a bad one; and of a good thought. */
interface World {
  readonly none: number;
  readonly good: number;
  readonly bad: number;
  readonly share: number;
}
const open: World = { none: 0.5, good: 0.9, bad: 0.2, share: 0.6 };
/** Any thought is better than none. */
const blind: World = { none: 0.1, good: 0.9, bad: 0.3, share: 0.7 };

/** Thinks, says and scores as the world has it. */
const planted =
  (world: World): Script =>
  (request, { random }) => {
    if (isThinking(request)) return random.next() < world.share ? "good" : "bad";
    const { score, prefill = "" } = request;
    const right = prefill.endsWith("<good>") ? world.good : prefill.endsWith("<bad>") ? world.bad : world.none;
    if (score !== undefined) return scored(score, Math.log(score === "R" ? right : 1 - right));
    return random.next() < right ? "R" : "W";
  };

/** What comes out of one round of K thoughts, by going through all that may be drawn. */
function expected(k: number, world: World) {
  let [right, keptGood, keptBad, none] = [0, 0, 0, 0];
  for (let thoughts = 0; thoughts < 2 ** k; thoughts++) {
    const rights = Array.from({ length: k }, (_, i) => ((thoughts >> i) & 1 ? world.good : world.bad));
    for (let chunks = 0; chunks < 2 ** k; chunks++) {
      const isRight = rights.map((_, i) => ((chunks >> i) & 1) === 1);
      let p = 1;
      rights.forEach((r, i) => {
        p *= r === world.good ? world.share : 1 - world.share;
        p *= isRight[i] ? r : 1 - r;
      });
      const mean = (r: number) => isRight.reduce((sum, yes) => sum + (yes ? r : 1 - r), 0) / k;
      const raise = rights.map((r) => mean(r) - mean(world.none));
      const average = raise.reduce((a, b) => a + b, 0) / k;
      const kept = raise.flatMap((value, i) => (value > 1e-9 && value > average - 1e-9 ? [i] : []));
      right += p * (kept.length > 0 ? kept.filter((i) => isRight[i]).length / kept.length : world.none);
      keptGood += p * kept.filter((i) => rights[i] === world.good).length;
      keptBad += p * kept.filter((i) => rights[i] === world.bad).length;
      if (kept.length === 0) none += p;
    }
  }
  return { right, keptGood, keptBad, none };
}

describe.each<[what: string, layer: (model: Model) => Model]>([
  ["alone", quietThoughts({ thoughts: 2, ...frame })],
  [
    "beneath samples",
    (model) => stack(model, quietThoughts({ thoughts: 1, chunks: 2, concurrency: 1, ...frame }), sampleN(2)),
  ],
])("laws, %s", (_, layer) => {
  const replies: Script = (request, { random }) => {
    if (request.score !== undefined) return scored(request.score, -1 - random.next());
    const text = `${"so ".repeat(random.integer(4))}Answer: ${random.integer(3)}`;
    return isThinking(request) ? text : { text, finishReason: random.next() < 0.3 ? "length" : "stop" };
  };
  for (const { name, check } of middlewareLaws(layer, { capabilities: able, replies })) test(name, check);
});

describe("in a world whose likelihoods are known", () => {
  test.each<[k: number, name: string, world: World]>([
    [1, "open", open],
    [3, "open", open],
    [4, "blind", blind],
  ])("of %i thoughts in the %s one, those that help are kept as often as they must be", async (k, _, world) => {
    const runs = 400;
    const solver = stack(scripted(planted(world), { capabilities: able }), quietThoughts({ thoughts: k, ...frame }));
    const seen = { right: 0, keptGood: 0, keptBad: 0, none: 0 };
    for (let seed = 0; seed < runs; seed++) {
      const { text, chunks } = await run(solver, "q", { seed });
      const kept = chunks[0]!.thoughts.filter((thought) => thought.kept);
      if (text === "R") seen.right++;
      if (kept.length === 0) seen.none++;
      for (const thought of kept) seen[thought.text === "good" ? "keptGood" : "keptBad"]++;
    }
    for (const [name, mean] of Object.entries(expected(k, world))) {
      const bound = name === "right" || name === "none" ? 1 : k;
      const error = 4 * bound * Math.sqrt(0.25 / runs);
      expect(Math.abs(seen[name as keyof typeof seen] / runs - mean), `${name}: ${mean}`).toBeLessThan(error);
    }
  });

  test.each([
    [open, 0.07],
    [blind, 0.03],
  ])("what it gains over all thoughts mixed, in %j", (world, least) => {
    const mixed = world.share * world.good + (1 - world.share) * world.bad;
    expect(expected(6, world).right).toBeGreaterThan(mixed + least);
    expect(mixed).toBeGreaterThan(world.none);
  });

  test("each of the kept thoughts is as likely to be followed as the others", async () => {
    const model = scripted(
      (request) => {
        if (isThinking(request)) return "z";
        return request.score === undefined ? "a" : scored(request.score, request.prefill === undefined ? -2 : -1);
      },
      { capabilities: able },
    );
    const solver = stack(model, quietThoughts({ thoughts: 3, ...frame }));
    const followed = [0, 0, 0];
    for (let seed = 0; seed < 90; seed++) followed[(await run(solver, "q", { seed })).chunks[0]!.by!]!++;
    // 30 each, but for 4 standard errors.
    for (const times of followed) expect(Math.abs(times - 30)).toBeLessThan(18);
  });

  test("likelihoods are per token: a longer chunk is none the worse for it", async () => {
    const model = scripted(
      (request) => {
        if (isThinking(request)) return "long";
        if (request.score === undefined) return "a b c d";
        const each = request.prefill === undefined ? 0.5 : 0.6;
        const tokens = request.score.split(" ");
        return {
          text: request.score,
          logprobs: tokens.map((token) => ({ token, logprob: Math.log(each) })),
          usage: {},
        };
      },
      { capabilities: able },
    );
    const { chunks } = await run(stack(model, quietThoughts({ thoughts: 1, ...frame })), "q");
    expect(chunks[0]?.thoughts[0]).toEqual({ text: "long", raise: expect.closeTo(0.1) as number, kept: true });
  });

  test("a chunk that many wrote counts as often, and is asked about once", async () => {
    const model = scripted(
      (request, _, index) => {
        if (isThinking(request)) return "z";
        if (request.score === undefined) return index === 3 ? "rare" : "usual";
        const p = { usual: request.prefill ? 0.6 : 0.5, rare: request.prefill ? 0.3 : 0.5 }[request.score] ?? 0;
        return scored(request.score, Math.log(p));
      },
      { capabilities: able },
    );
    const { chunks } = await run(stack(model, quietThoughts({ thoughts: 3, ...frame })), "q");
    // Without a thought 0.5; with one (2 · 0.6 + 0.3) / 3, which is as much.
    expect(chunks[0]?.thoughts[0]).toMatchObject({ raise: expect.closeTo(0) as number, kept: false });
    expect(model.requests.filter(({ score }) => score !== undefined)).toHaveLength(8);
  });
});

describe("an answer", () => {
  /** Writes `one two three`, a word a chunk; every thought makes its chunk sure. */
  const words = ["one", " two", " three"];
  const writing = (
    more: { readonly latencyMs?: number; readonly broken?: (request: ModelRequest, index: number) => boolean } = {},
  ) =>
    scripted(
      (request, call, index) => {
        if (more.broken?.(request, index) === true) return busy;
        const { prefill = "", score } = request;
        if (score !== undefined) return scored(score, prefill.endsWith(">") ? -0.1 : -1);
        if (isThinking(request)) return `hm${call.random.integer(100)}`;
        const at = prefill.replace(/<.*>/, "").split(" ").filter(Boolean).length;
        return { text: words[at] ?? "", finishReason: at < 2 ? "length" : "stop" };
      },
      { capabilities: able, latencyMs: more.latencyMs },
    );

  test("grows chunk by chunk; thoughts stand in none of it, and each only before its own", async () => {
    const model = writing();
    const request = frozen<ModelRequest>({
      messages: [{ role: "user", content: "q" }],
      temperature: 0.7,
      stop: ["."],
      logprobs: 1,
    });
    const response = await run(
      stack(model, quietThoughts({ thoughts: 1, chunkTokens: 5, thoughtTokens: 9, ...frame })),
      request,
    );
    const [a, b, c] = response.chunks.map(({ thoughts }) => thoughts[0]!.text);
    expect(response).toMatchObject({ text: "one two three", finishReason: "stop", reasoning: `${a}\n\n${b}\n\n${c}` });
    expect(response.chunks.map(({ text, by }) => [text, by])).toEqual([
      ["one", 0],
      [" two", 0],
      [" three", 0],
    ]);
    const { logprobs: _, ...plain } = request;
    expect(model.requests.slice(4, 8)).toEqual([
      { ...plain, prefill: "one<", stop: [">"], maxOutputTokens: 9 },
      { ...request, prefill: `one<${b}>`, maxOutputTokens: 5 },
      { ...request, score: " two", prefill: "one", maxOutputTokens: 1 },
      { ...request, score: " two", prefill: `one<${b}>`, maxOutputTokens: 1 },
    ]);
    expect(response.usage).toMatchObject({ calls: 12, judging: { calls: 6 } });
  });

  test("paths, and what a stream tells: the answer as it comes, thoughts apart", async () => {
    const { trace, events } = await traced(stack(writing(), quietThoughts({ thoughts: 1, chunks: 1, ...frame })));
    expect(trace.filter((line) => line.startsWith("start"))).toEqual([
      "start quietThoughts",
      "start quietThoughts/think/#0/scripted",
      "start quietThoughts/go-on/#0/scripted",
      "start quietThoughts/rate/#0/scripted",
      "start quietThoughts/rate/#1/scripted",
    ]);
    const output = events.flatMap((event) => (event.type === "delta" && event.output ? [event.text] : []));
    expect(output).toEqual(["one"]);
    const told = stream(stack(writing(), quietThoughts({ thoughts: 2, ...frame })), "q");
    let text = "";
    for await (const event of told) if (event.type === "delta" && event.output) text += event.text ?? "";
    expect(text).toBe((await told.response).text);
  });

  test("goes on behind a prefill, and does not repeat it", async () => {
    const model = writing();
    const { text } = await run(stack(model, quietThoughts({ thoughts: 1, ...frame })), {
      messages: [{ role: "user", content: "q" }],
      prefill: "zero",
    });
    expect(text).toBe(" two three");
    expect(model.requests[0]?.prefill).toBe("zero<");
  });

  test.each<[what: string, options: QuietThoughtsOptions, more: Partial<ModelRequest>, text: string]>([
    ["the most chunks", { chunks: 2 }, {}, "one two"],
    ["the output cap", {}, { maxOutputTokens: 2 }, "one two"],
  ])("ends at %s", async (_, options, more, text) => {
    const response = await run(stack(writing(), quietThoughts({ thoughts: 1, ...frame, ...options })), {
      messages: [{ role: "user", content: "q" }],
      ...more,
    });
    expect(response).toMatchObject({ text, finishReason: "length" });
    expect(response.stopped).toBeUndefined();
  });

  test("a thought that the model writes aloud is cut off, and thought over", async () => {
    const model = scripted(
      (request) => {
        if (request.score !== undefined) return scored(request.score, -1);
        if (isThinking(request)) return "z";
        return request.prefill?.startsWith("a") === true ? " b" : "a<loud> b";
      },
      { capabilities: able },
    );
    const { text, chunks } = await run(stack(model, quietThoughts({ thoughts: 1, ...frame })), "q");
    expect(text).toBe("a b");
    expect(chunks.map(({ by }) => by)).toEqual([undefined, undefined]);
    const helped = scripted(
      (request) =>
        request.score !== undefined
          ? scored(request.score, request.prefill?.endsWith(">") === true ? -1 : -2)
          : isThinking(request)
            ? "z"
            : "a<loud",
      { capabilities: able },
    );
    const kept = await run(stack(helped, quietThoughts({ thoughts: 1, chunks: 3, ...frame })), "q");
    expect([kept.text, kept.finishReason]).toEqual(["aaa", "length"]);
  });

  test("where no thought helps, none is used", async () => {
    const model = scripted(
      (request) =>
        request.score !== undefined
          ? scored(request.score, request.prefill ? -2 : -1)
          : isThinking(request)
            ? "z"
            : request.prefill
              ? "led"
              : "plain",
      { capabilities: able },
    );
    const response = await run(stack(model, quietThoughts({ thoughts: 2, ...frame })), "q");
    expect(response.text).toBe("plain");
    expect(response.chunks[0]).toMatchObject({ by: undefined, thoughts: [{ kept: false }, { kept: false }] });
    expect("reasoning" in response).toBe(false);
  });

  test("thoughts that are empty are none", async () => {
    const model = scripted((request) => (isThinking(request) ? " " : "plain"), { capabilities: able });
    const { text, chunks, usage } = await run(stack(model, quietThoughts({ thoughts: 2, ...frame })), "q");
    expect([text, chunks[0]?.thoughts, usage.calls]).toEqual(["plain", [], 3]); // and no score
  });

  test("what follows a thought may be the end, but not of nothing", async () => {
    const ending = (first: string) =>
      scripted(
        (request) => {
          if (request.score !== undefined)
            return scored(request.score, request.prefill?.endsWith(">") === true ? -0.1 : -1);
          if (isThinking(request)) return "z";
          const { prefill = "" } = request;
          if (prefill === `${first}<z>`) return "";
          return {
            text: prefill.startsWith("a") ? " b" : "a",
            finishReason: prefill.startsWith("a") ? "stop" : "length",
          };
        },
        { capabilities: able },
      );
    const texts = await Promise.all(
      ["", "a"].map(
        async (first) => (await run(stack(ending(first), quietThoughts({ thoughts: 1, ...frame })), "q")).text,
      ),
    );
    // No score says that the end is likelier, so the end is not kept where it is all that follows.
    expect(texts).toEqual(["a b", "a b"]);
  });

  test("a chunk that calls tools ends it; thoughts call none", async () => {
    const toolCall: ToolCallPart = { type: "tool-call", id: "1", name: "t", input: {} };
    const model = scripted((request) => (isThinking(request) ? "z" : { text: "", toolCalls: [toolCall] }), {
      capabilities: able,
    });
    const tools = [{ name: "t", description: "", inputSchema: {} }];
    const { toolCalls, finishReason } = await run(stack(model, quietThoughts({ thoughts: 1, ...frame })), {
      messages: [{ role: "user", content: "q" }],
      tools,
    });
    expect([toolCalls, finishReason]).toEqual([[toolCall], "tool-calls"]);
    expect(model.requests[0]).toMatchObject({ tools, toolChoice: "none" });
  });

  test.each<[what: string, more: Partial<ModelRequest>, codes: string[] | undefined]>([
    ["a schema", { schema: { jsonSchema: {} } }, ["not-thought"]],
    ["a score", { score: "24" }, undefined],
  ])("a request for %s is passed on whole", async (_, more, codes) => {
    const model = scripted([scored("24", -1)], { capabilities: able });
    const request: ModelRequest = { messages: [{ role: "user", content: "q" }], ...more };
    const { chunks, warnings } = await run(stack(model, quietThoughts()), request);
    expect(model.requests[0]).toBe(request);
    expect([chunks, warnings?.map(({ code }) => code)]).toEqual([[], codes]);
  });

  describe("that cannot be ended", () => {
    test.each<[what: string, broken: (request: ModelRequest, index: number) => boolean, text: string | undefined]>([
      ["thoughts fail at once", isThinking, undefined],
      ["thoughts fail later", (request) => isThinking(request) && request.prefill !== "<", "one"],
      [
        "all that follows fails later",
        ({ prefill, score }) => score === undefined && prefill?.startsWith("one") === true && prefill !== "one<",
        "one",
      ],
    ])("since %s", async (_, broken, text) => {
      const result = run(stack(writing({ broken }), quietThoughts({ thoughts: 2, ...frame })), "q");
      if (text === undefined) return expect(result).rejects.toBe(busy);
      return expect(await result).toMatchObject({ text, stopped: "failure", warnings: [failed], chunks: [{ text }] });
    });

    test("a score that is missing leaves its thought out; one that matters for all, all of them", async () => {
      const lost = (which: (prefill: string) => boolean) =>
        writing({ broken: ({ score, prefill = "" }) => score !== undefined && which(prefill) });
      const some = await run(
        stack(
          lost((prefill) => prefill.endsWith("7>")),
          quietThoughts({ thoughts: 12, ...frame }),
        ),
        "q",
        { seed: 3 },
      );
      const rated = some.chunks.flatMap(({ thoughts }) => thoughts);
      expect(rated.some(({ text }) => text.endsWith("7"))).toBe(true);
      for (const { text, raise, kept } of rated)
        expect([raise === undefined, kept]).toEqual([text.endsWith("7"), !text.endsWith("7")]);
      const none = await run(
        stack(
          lost((prefill) => !prefill.endsWith(">")),
          quietThoughts({ thoughts: 2, ...frame }),
        ),
        "q",
      );
      expect([none.text, none.chunks.map(({ by }) => by)]).toEqual([
        "one two three",
        [undefined, undefined, undefined],
      ]);
    });

    test.prop([fc.integer({ min: 1, max: 20 })])("in a budget of calls: what is written is kept", async (calls) => {
      const model = writing();
      const result = run(stack(model, quietThoughts({ thoughts: 1, ...frame })), "q", { budget: { calls } });
      if (calls === 1) await expect(result).rejects.toMatchObject({ limit: "calls" });
      else {
        const { text, stopped } = await result;
        expect("one two three".startsWith(text) && text !== "").toBe(true);
        expect(stopped).toBe(calls < 12 ? "budget" : undefined);
      }
      expect(model.calls).toBeLessThanOrEqual(calls);
    });

    test("in time", async () => {
      const clock = virtualClock();
      const solver = stack(writing({ latencyMs: 100 }), quietThoughts({ thoughts: 1, ...frame }));
      const response = await clock.until(run(solver, "q", { clock, budget: { ms: 550 } }));
      expect(response).toMatchObject({ text: "one two", stopped: "deadline" });
      expect(response.chunks[1]?.thoughts[0]).toMatchObject({ raise: undefined, kept: false });
    });

    test("since who asked has left", async () => {
      for (const ms of [50, 150, 250, 350]) {
        const model = writing({ latencyMs: 100 });
        await giveUp(stack(model, quietThoughts({ thoughts: 1, ...frame })), ms, () => model.calls);
      }
      const model = writing();
      await giveUpBefore(stack(model, quietThoughts()), () => model.calls);
    });
  });
});

test.each<[capabilities: Capabilities, lacks: "score" | "prefill" | undefined]>([
  [{}, "score"],
  [{ prefill: true }, "score"],
  [{ score: true }, "prefill"],
  [{ score: true, prefill: false }, "prefill"],
  [able, undefined],
])("over a model with %j", (capabilities, lacks) => {
  const make = () => quietThoughts()(scripted(["24"], { id: "m", capabilities }));
  if (lacks === undefined) {
    expect(make().id).toBe("quietThoughts(m)");
    return;
  }
  const needs = { score: "tell how likely a given text is", prefill: "continue a started answer" }[lacks];
  expect(make).toThrow(CapabilityError);
  expect(make).toThrow(
    `quietThoughts: m is not known to ${needs}. tiny() of mull/tiny can; over any model, sampleN() with majorityVote() mixes lines of thought by their answers`,
  );
});

test.each<[options: unknown, message: string]>([
  [{ thoughts: 0 }, "quietThoughts: thoughts must be an integer of at least 1, got 0"],
  [{ thoughtTokens: 0.5 }, "quietThoughts: thoughtTokens must be an integer of at least 1, got 0.5"],
  [{ chunkTokens: -1 }, "quietThoughts: chunkTokens must be an integer of at least 1, got -1"],
  [{ chunks: 0 }, "quietThoughts: chunks must be an integer of at least 1, got 0"],
  [{ concurrency: 0 }, "quietThoughts: concurrency must be an integer of at least 1, got 0"],
  [{ open: 1 }, "quietThoughts: open must be a text, got 1"],
  [{ close: "" }, "quietThoughts: close must be a text that is not empty, got an empty string"],
  [
    { k: 1 },
    'quietThoughts: an option must be one of thoughts, thoughtTokens, chunkTokens, chunks, open, close, concurrency, got "k"',
  ],
])("%j is refused", (options, message) => {
  const make = (): unknown => quietThoughts(options as QuietThoughtsOptions);
  expect(make).toThrow(InvalidOptionError);
  expect(make).toThrow(message);
});

test("types and outline", async () => {
  const model = scripted(planted(open), { capabilities: able });
  const solver = stack(
    model,
    chainOfThought({ answer: number(), askAgain: false }),
    quietThoughts({ thoughts: 2, chunkTokens: 10, chunks: 3 }),
  );
  expect(outline(solver, { inputTokens: 100, outputTokens: 20 }).split("\n")[0]).toMatch(
    /^quietThoughts \(thoughts = 2, chunkTokens = 10\) +≤ 22 calls/,
  );
  const { answer, chunks } = await run(
    stack(model, quietThoughts(frame), chainOfThought({ answer: number(), askAgain: false })),
    "q",
  );
  expectTypeOf(answer).toEqualTypeOf<number | undefined>();
  expectTypeOf(chunks[0]!.by).toEqualTypeOf<number | undefined>();
});
