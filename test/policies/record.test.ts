/**
 * @module
 * Recording: what is on the tape is not asked again.
 */
import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  InvalidOptionError,
  MullError,
  ProviderError,
  beta,
  chainOfThought,
  majorityVote,
  number,
  record,
  replay,
  retry,
  run,
  sampleN,
  source,
  stack,
  type Model,
  type ModelRequest,
  type Sampler,
} from "mull";
import { openaiCompatible } from "mull/adapters/openai-compatible";
import { middlewareLaws, scripted, virtualClock } from "mull/testing";
import { sendJson, withServer } from "../adapters/stage.js";
import { memoryTape, story } from "./tapes.js";

describe("laws", () => {
  for (const { name, check } of middlewareLaws((model) => record(memoryTape())(model))) test(name, check);
});

/** Counts what reaches it, and answers each line of thought with another number. */
function counting(n = false) {
  let requests = 0;
  let completions = 0;
  const model = source("m", { n }, (_, call) => {
    requests++;
    const replies = Array.from({ length: call.n }, (_, i) => ({
      text: `Answer: ${completions++}`,
      usage: { inputTokens: i === 0 ? 10 : 0, outputTokens: 5 },
    }));
    return Promise.resolve(replies);
  });
  return { model, requests: () => requests, completions: () => completions };
}

const solver = (model: Model) => stack(model, chainOfThought({ answer: number() }), sampleN(5), majorityVote());

describe("a run that was recorded by another process", () => {
  test("is taken from the tape: no call, the same response", async () => {
    const tape = memoryTape();
    const before = counting();
    const first = await run(solver(record(tape)(before.model)), "q", { seed: 7 });
    const after = counting();
    const second = await run(solver(record(memoryTape(tape.lines))(after.model)), "q", { seed: 7 });
    expect([before.requests(), after.requests()]).toEqual([5, 0]);
    expect(second).toEqual(first);
  });

  test.each([
    ["one by one", false, 4],
    ["with native n", true, 1],
  ])("n = 5 to 9 pays for 4: %s", async (_, n, more) => {
    const tape = memoryTape();
    const five = stack(record(tape)(counting(n).model), sampleN(5));
    await run(five, "q", { seed: 7 });
    const after = counting(n);
    const nine = await run(stack(record(memoryTape(tape.lines))(after.model), sampleN(9)), "q", { seed: 7 });
    expect([after.requests(), after.completions()]).toEqual([more, 4]);
    expect(nine.samples.map(({ text }) => text)).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3].map((i) => `Answer: ${i}`));
    expect(nine.usage).toMatchObject({ outputTokens: 45, calls: n ? 2 : 9, inputTokens: n ? 20 : 90 });
    // And from now on, nine are there.
    const last = counting(n);
    expect(await run(stack(record(memoryTape(tape.lines))(last.model), sampleN(9)), "q", { seed: 7 })).toEqual(nine);
    expect(last.requests()).toBe(0);
  });

  test("samples that follow have seeds of their own, also with native n", async () => {
    const seeds: (number | undefined)[] = [];
    const model = source("m", { n: true, seed: true }, (request, call) => {
      seeds.push(request.seed);
      return Promise.resolve(Array.from({ length: call.n }, () => ({ text: "x" })));
    });
    const tape = memoryTape();
    await run(stack(record(tape)(model), sampleN(5)), "q", { seed: 7 });
    await run(stack(record(memoryTape(tape.lines))(model), sampleN(9)), "q", { seed: 7 });
    expect(new Set(seeds).size).toBe(2);
  });

  test.each([
    ["another question", "another", 7, 5],
    ["another seed", "q", 8, 5],
    ["no seed", "q", undefined, 5],
    ["the same", "q", 7, 0],
  ])("%s: %s with seed %s", async (_, question, seed, calls) => {
    const tape = memoryTape();
    await run(solver(record(tape)(counting().model)), "q", { seed: 7 });
    const after = counting();
    await run(solver(record(memoryTape(tape.lines))(after.model)), question, { seed });
    expect(after.requests()).toBe(calls);
  });

  test("the same question twice is two runs: each is taken once", async () => {
    const tape = memoryTape();
    const twice = async (model: Model) => [await run(record(tape)(model), "q"), await run(record(tape)(model), "q")];
    const before = await twice(counting().model);
    expect(before.map(({ text }) => text)).toEqual(["Answer: 0", "Answer: 1"]);
    const later = memoryTape(tape.lines);
    const after = counting();
    const again = [];
    for (let i = 0; i < 3; i++) again.push(await run(record(later)(after.model), "q"));
    expect(again.map(({ text }) => text)).toEqual(["Answer: 0", "Answer: 1", "Answer: 0"]);
    expect(after.requests()).toBe(1);
  });
});

describe("what failed or was given up", () => {
  const refused = new ProviderError("overloaded", { status: 503, retryAfterMs: 0 });

  test("is asked again", async () => {
    const tape = memoryTape();
    const failing = source("m", {}, () => Promise.reject(refused));
    await expect(run(record(tape)(failing), "q", { seed: 1 })).rejects.toBe(refused);
    const after = counting();
    const { text } = await run(record(memoryTape(tape.lines))(after.model), "q", { seed: 1 });
    expect([text, after.requests()]).toEqual(["Answer: 0", 1]);
    // What came later holds.
    const third = counting();
    await run(record(memoryTape(tape.lines))(third.model), "q", { seed: 1 });
    expect(third.requests()).toBe(0);
  });

  test("fails only those who are not on the tape", async () => {
    const tape = memoryTape();
    await run(stack(record(tape)(counting(true).model), sampleN(5)), "q", { seed: 7 });
    const failing = source("m", { n: true }, () => Promise.reject(refused));
    const nine = await run(stack(record(memoryTape(tape.lines))(failing), sampleN(9)), "q", { seed: 7 });
    expect(nine.samples).toHaveLength(5);
    expect(nine.failures.map(({ index }) => index)).toEqual([5, 6, 7, 8]);
  });

  test("an abort leaves untouched, at once, and the call is marked", async () => {
    const tape = memoryTape();
    const controller = new AbortController();
    const hanging = source("m", {}, () => new Promise<never>(() => undefined));
    const running = run(record(tape)(hanging), "q", { signal: controller.signal });
    await new Promise((resolve) => setImmediate(resolve));
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(tape.lines.map((line) => Object.keys(JSON.parse(line) as object).at(-1))).toContain("cancelledMs");
  });
});

describe("the tape", () => {
  test("has no key: not of a header, of provider options, of an error", () =>
    withServer(
      (_, response) =>
        sendJson(response, { error: { message: "Incorrect API key provided: sk-secret-1234567890" } }, 401),
      async ({ url }) => {
        const tape = memoryTape();
        const model = openaiCompatible({
          baseURL: url,
          model: "m",
          apiKey: "sk-secret-1234567890",
          headers: { "x-api-key": "hush-hush-hush" },
        });
        const request = {
          messages: [{ role: "user" as const, content: "q" }],
          providerOptions: { other: { accessToken: "t0ken-t0ken", nested: { password: "p4ss" }, max_tokens: 5 } },
        };
        await expect(run(record(tape)(model), request)).rejects.toSatisfy(ProviderError.is);
        const own = source("m", {}, () => Promise.reject(new Error("Bearer abcdefgh is wrong")));
        await expect(run(record(tape)(own), request)).rejects.toThrow("Bearer");
        const text = tape.lines.join("\n");
        for (const secret of ["sk-secret", "hush", "t0ken", "p4ss", "abcdefgh"]) expect(text).not.toContain(secret);
        expect(text).toContain('"max_tokens":5');
      },
    ));

  test("has each request once, however many samples were drawn", async () => {
    const tape = memoryTape();
    await run(solver(record(tape)(counting().model)), "q".repeat(1000));
    expect(tape.lines.filter((line) => line.includes("qqqqq"))).toHaveLength(1);
    expect(tape.lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual([
      "tape",
      "request",
      "run",
      "call",
      "call",
      "call",
      "call",
      "call",
    ]);
  });

  test("that cannot be written loses no answer", async () => {
    const full = { read: () => Promise.resolve([]), append: () => Promise.reject(new Error("no space left")) };
    const { text, warnings } = await run(record(full)(counting().model), "q");
    expect(text).toBe("Answer: 0");
    expect(warnings).toEqual([{ code: "tape", message: "a line of the tape could not be written: no space left" }]);
  });

  test.each([
    ["no JSON", ['{"type":"tape","version":1}', "{"], /line 2 of the tape is none of a tape/],
    ["other JSON", ['{"a":1}'], /line 1 of the tape is none of a tape/],
    ["a newer version", ['{"type":"tape","version":2}'], /version 2/],
  ])("that is none is an error: %s", async (_, lines, message) => {
    for (const layer of [record(memoryTape(lines)), replay(memoryTape(lines))]) {
      const error = await run(layer(counting().model), "q").catch((thrown: unknown) => thrown);
      expect(MullError.is(error) && error.code === "tape" && message.test(error.message)).toBe(true);
    }
  });

  test.each([[undefined], [{}], [{ read: () => Promise.resolve([]) }], ["run.jsonl"]])("%j is none", (tape) => {
    expect(() => record(tape as never)).toThrow(InvalidOptionError);
    expect(() => replay(tape as never)).toThrow(/tape must be a tape/);
  });
});

test("it leaves no trace: path, ids and events are those without it", async () => {
  const clock = virtualClock();
  const without = await story(solver(counting().model), "q", { seed: 1, clock });
  const withIt = await story(solver(record(memoryTape())(counting().model)), "q", { seed: 1, clock });
  expect(withIt).toEqual(without);
});

test("a narrower above it still stops early", async () => {
  const model = counting();
  const sampler = record(memoryTape())(sampleN(50, { concurrency: 1 })(scripted(["Answer: 4"], { repeat: true })));
  expect(typeof (sampler as Sampler).draw).toBe("function");
  const same = stack(
    scripted(["Answer: 4"], { repeat: true }),
    chainOfThought({ answer: number() }),
    sampleN(50, { concurrency: 1 }),
    record(memoryTape()),
    majorityVote({ stop: beta(0.95) }),
  );
  const { usage } = await run(same, "q");
  expect(usage.calls).toBeLessThan(10);
  expect(model.requests()).toBe(0);
});

test("retries beneath are taped one by one", async () => {
  const tape = memoryTape();
  let calls = 0;
  const flaky = source("m", {}, () =>
    ++calls === 1
      ? Promise.reject(new ProviderError("overloaded", { status: 503 }))
      : Promise.resolve({ text: "good" }),
  );
  await run(stack(flaky, retry({ baseMs: 0 }), record(tape)), "q");
  expect(tape.lines.filter((line) => line.includes('"call"'))).toHaveLength(2);
});

/** What a reply may hold. */
const replies = fc.record({
  text: fc.string({ unit: "binary", minLength: 1 }),
  reasoning: fc.string(),
  toolCalls: fc.array(
    fc.record({ type: fc.constant("tool-call" as const), id: fc.string(), name: fc.string(), input: fc.jsonValue() }),
  ),
  logprobs: fc.array(
    fc.record({ token: fc.string(), logprob: fc.oneof(fc.double({ max: 0, noNaN: true }), fc.constant(-Infinity)) }),
  ),
  content: fc.array(
    fc.record({
      type: fc.constant("file" as const),
      mediaType: fc.constant("image/png"),
      data: fc.oneof(
        fc.uint8Array(),
        fc.webUrl().map((url) => new URL(url)),
      ),
    }),
  ),
  providerMetadata: fc.dictionary(
    fc.oneof(fc.string(), fc.constantFrom("$bytes", "$$url", "$number")),
    fc.jsonValue() as fc.Arbitrary<never>,
  ),
});

prop.prop([replies])("a reply comes back byte for byte", async (reply) => {
  const tape = memoryTape();
  const first = await run(record(tape)(source("m", {}, () => Promise.resolve(reply))), "q");
  const again = await run(replay(tape)(counting().model), "q");
  expect(again).toEqual(first);
});

test("files of a tool's result are part of what was asked, byte for byte", async () => {
  const tape = memoryTape();
  const asked = (data: Uint8Array | URL): ModelRequest => {
    const files = [{ type: "file", mediaType: "image/png", data }] as const;
    return {
      messages: [{ role: "tool", content: [{ type: "tool-result", id: "1", name: "draw", output: "", files }] }],
    };
  };
  const all = [new Uint8Array([1, 2, 255]), new URL("https://a.example/b.png")];
  for (const data of all) await run(record(tape)(counting().model), asked(data));
  const silent = counting();
  for (const data of all) await run(replay(memoryTape(tape.lines))(silent.model), asked(data));
  expect(silent.requests()).toBe(0);
  const other = run(replay(memoryTape(tape.lines))(silent.model), asked(new Uint8Array([1, 2, 254])));
  await expect(other).rejects.toThrow(MullError);
});

test("types: the response keeps its type", () => {
  const layer = record(memoryTape());
  expectTypeOf(layer(solver(counting().model)).generate).returns.resolves.toHaveProperty("votes");
  // @ts-expect-error -- a tape is needed
  expect(() => record()).toThrow(InvalidOptionError);
});
