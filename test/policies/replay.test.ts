/**
 * @module
 * Replaying: the same run, and nobody is asked.
 */
import { fc, test as prop } from "@fast-check/vitest";
import * as z from "zod";
import { describe, expect, test } from "vitest";
import {
  CallTimeoutError,
  MalformedResponseError,
  ProviderError,
  TapeMissError,
  beta,
  chainOfThought,
  fallback,
  majorityVote,
  never,
  number,
  tests,
  record,
  replay,
  retry,
  reviseLoop,
  run,
  sampleN,
  source,
  stack,
  timeout,
  tool,
  toolLoop,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type Reply,
} from "mull";
import { scripted, synthetic, virtualClock } from "mull/testing";
import { memoryTape, story } from "./tapes.js";

/** Fails whoever asks it. */
const nobody = (id: string, n: boolean): Model =>
  source(id, { n }, () => {
    throw new Error("a model was asked");
  });

interface World {
  readonly n: boolean;
  readonly failing: number;
  readonly streams: boolean;
  readonly right: number;
  readonly seed: number;
}

/** Answers by chance, fails by chance, takes a while; all by the seed. */
function chancy({ n, failing, streams, right }: World): Model {
  return source("m", { n }, async (_, call) => {
    await new Promise<void>((resolve) => call.clock.setTimeout(resolve, 1 + call.random.integer(20)));
    if (call.random.next() < failing) throw new ProviderError("overloaded", { status: 503, retryAfterMs: 3 });
    return Array.from({ length: call.n }, (_, i): Reply => {
      const text = `Thinking. Answer: ${call.random.next() < right ? 24 : call.random.integer(5)}`;
      if (streams) for (const piece of text.match(/.{1,7}/g) ?? []) call.delta({ text: piece }, i);
      return { text, usage: { inputTokens: i === 0 ? 10 : 0, outputTokens: 7, cachedInputTokens: i === 0 ? 3 : 0 } };
    });
  });
}

const worlds = fc.record({
  n: fc.boolean(),
  failing: fc.constantFrom(0, 0, 0.3),
  streams: fc.boolean(),
  right: fc.constantFrom(0.2, 0.6, 1),
  seed: fc.integer({ min: 0, max: 1000 }),
});

/** Stacks to be recorded, each on the model it is given. */
const stacks: Record<string, (model: Model) => Model> = {
  "a chain": (model) => stack(model, chainOfThought({ answer: number() })),
  "a vote that stops early": (model) =>
    stack(
      model,
      chainOfThought({ answer: number() }),
      sampleN(9, { concurrency: 4 }),
      majorityVote({ stop: beta(0.9) }),
    ),
  "a vote with retries": (model) =>
    stack(model, retry({ attempts: 4, baseMs: 2 }), chainOfThought({ answer: number() }), sampleN(7), majorityVote()),
  "a timeout and a fallback": (model) =>
    stack(
      model,
      timeout(12),
      fallback([synthetic({ answers: [["24", 1]] })]),
      chainOfThought({ answer: number() }),
      sampleN(5),
      majorityVote(),
    ),
  revisions: (model) =>
    stack(
      model,
      chainOfThought({ answer: number() }),
      reviseLoop({ feedback: tests({ "says 24": ({ text }) => text.includes("24") }), rounds: 3 }),
    ),
};

/**
 * Where waits of retries and timeouts race with an early stop, what was in flight at the stop depends on the time that models take, and a tape takes none.
 */
const racing = new Set(["a vote with retries", "a timeout and a fallback"]);

/** The same without what was spent on calls given up. */
function settled(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, field: unknown) => (key === "cancelled" ? undefined : field)));
}

describe.each(Object.entries(stacks))("%s", (name, make) => {
  prop.prop([worlds], { numRuns: 60 })("is told again, event by event, without a call", async (world) => {
    const tape = memoryTape();
    const clock = virtualClock();
    const options = { seed: world.seed, clock };
    const first = await clock.until(story(make(record(tape)(chancy(world))), "q", options));
    const later = virtualClock();
    const again = await later.until(
      story(make(replay(memoryTape(tape.lines))(nobody("m", world.n))), "q", { ...options, clock: later }),
    );
    if (racing.has(name)) expect(settled(again)).toEqual(settled(first));
    else expect(again).toEqual(first);
  });
});

test("a budget that ends the sampling ends it again", async () => {
  const world = { n: false, failing: 0, streams: true, right: 0.4, seed: 3 };
  const make = (model: Model) =>
    stack(model, chainOfThought({ answer: number() }), sampleN(20), majorityVote({ stop: never }));
  const budget = { tokens: 150 };
  const tape = memoryTape();
  const clock = virtualClock();
  const first = await clock.until(story(make(record(tape)(chancy(world))), "q", { seed: 3, clock, budget }));
  expect(first.response?.stopped).toBe("budget");
  const later = virtualClock();
  const again = await later.until(
    story(make(replay(tape)(nobody("m", false))), "q", { seed: 3, clock: later, budget }),
  );
  expect(again).toEqual(first);
});

test("tools run again, models do not", async () => {
  let looks = 0;
  const look = tool({ name: "look", description: "Looks.", input: z.object({}), execute: () => `snow ${++looks}` });
  const toolCalls = [{ type: "tool-call" as const, id: "1", name: "look", input: {} }];
  const make = (model: Model) => stack(model, toolLoop({ tools: [look] }));
  const tape = memoryTape();
  await run(make(record(tape)(scripted([{ text: "", toolCalls }, "It snows."], { id: "m" }))), "q", { seed: 1 });
  looks = 0;
  const again = await run(make(replay(tape)(nobody("m", false))), "q", { seed: 1 });
  expect([again.text, looks]).toEqual(["It snows.", 1]);
  // A tool that says something else makes another request: the tape does not have it.
  const error = await run(make(replay(memoryTape(tape.lines))(nobody("m", false))), "q", { seed: 1 }).catch(
    (thrown: unknown) => thrown,
  );
  expect(TapeMissError.is(error) && error.message).toBe(
    "at toolLoop/m:2, request.messages[2].content[0].output differs from character 5 on",
  );
});

describe("a miss", () => {
  const solver = (model: Model, n = 5) =>
    stack(model, chainOfThought({ answer: number() }), sampleN(n), majorityVote({ stop: never }));
  const recorded = async (): Promise<string[]> => {
    const tape = memoryTape();
    await run(solver(record(tape)(scripted(["Answer: 4"], { repeat: true, id: "m" }))), "Two and two?", { seed: 7 });
    return tape.lines;
  };

  test.each<
    [
      what: string,
      model: (model: Model) => Model,
      prompt: string | ModelRequest,
      seed: number | undefined,
      message: RegExp,
    ]
  >([
    [
      "another question",
      solver,
      "Two and three?",
      7,
      /^at majorityVote\/sampleN\/#0\/chainOfThought\/m, request\.messages\[0\]\.content differs from character 9 on$/,
    ],
    ["another seed", solver, "Two and two?", 8, /^it was recorded with seed 7, and is played with 8$/],
    ["no seed", solver, "Two and two?", undefined, /^it was recorded with seed 7, and is played with none$/],
    [
      "more samples",
      (model) => stack(model, chainOfThought({ answer: number() }), sampleN(6), majorityVote({ stop: never })),
      "Two and two?",
      7,
      /^the tape has no call at .*#5\/chainOfThought\/m; it has 5 calls of this run$/,
    ],
    [
      "another stack",
      (model) => stack(model, chainOfThought({ answer: number() })),
      "Two and two?",
      7,
      /^no run of the tape begins at chainOfThought\/m; the next one begins at majorityVote/,
    ],
    [
      "a setting that is new",
      solver,
      { messages: [{ role: "user", content: "Two and two?" }], temperature: 0.5 },
      7,
      /request\.temperature is new$/,
    ],
  ])("%s ends the run and says the first difference", async (_, make, prompt, seed, message) => {
    const layer = replay(memoryTape(await recorded()));
    const clock = virtualClock();
    const running = run(make(layer(nobody("m", false))), prompt, { seed, clock });
    const error = await clock.until(running.catch((thrown: unknown) => thrown));
    expect(TapeMissError.is(error) && error.message).toMatch(message);
  });

  test("a tape that is empty, or was played", async () => {
    await expect(run(replay(memoryTape())(nobody("m", false)), "q")).rejects.toThrow("the tape is empty");
    const layer = replay(memoryTape(await recorded()));
    await run(solver(layer(nobody("m", false))), "Two and two?", { seed: 7 });
    await expect(run(solver(layer(nobody("m", false))), "Two and two?", { seed: 7 })).rejects.toThrow(
      "all 1 runs of the tape were played",
    );
  });

  test("never says what was asked", async () => {
    const layer = replay(memoryTape(await recorded()));
    const error = await run(solver(layer(nobody("m", false))), "Two and TOPSECRET?", { seed: 7 }).catch(
      (thrown: unknown) => thrown,
    );
    expect(String(error)).not.toMatch(/TOPSECRET|Two and/);
  });
});

describe("errors are those of the recording", () => {
  const error = (make: () => Error) => make;
  test.each([
    ["a refusal", error(() => new ProviderError("slow down", { status: 429, retryAfterMs: 7000, requestId: "r1" }))],
    ["a lost connection", error(() => new ProviderError("lost", { retryable: true }))],
    ["half an answer", error(() => new MalformedResponseError("no JSON"))],
    ["a timeout", error(() => new CallTimeoutError(5))],
    ["an error of any kind", error(() => new TypeError("x is undefined"))],
  ])("%s", async (_, make) => {
    const tape = memoryTape();
    const first = await story(record(tape)(source("m", {}, () => Promise.reject(make()))), "q", { seed: 1 });
    const again = await story(replay(tape)(nobody("m", false)), "q", { seed: 1 });
    const shown = (thrown: unknown) => ({
      ...(thrown as object),
      name: (thrown as Error).name,
      message: (thrown as Error).message,
    });
    expect(shown(again.error)).toEqual({
      ...shown(first.error),
      ms: undefined,
      limit: undefined,
      ...pick(again.error),
    });
    expect(again.events).toHaveLength(first.events.length);
  });
});

/** What a timeout alone has. */
function pick(thrown: unknown): object {
  const { ms, limit } = thrown as { ms?: unknown; limit?: unknown };
  return { ...(ms !== undefined && { ms }), ...(limit !== undefined && { limit }) };
}

test("what was given up, and nobody gives up now, does not hang", async () => {
  const tape = memoryTape();
  const controller = new AbortController();
  const hanging = source("m", {}, () => new Promise<never>(() => undefined));
  const running = run(record(tape)(hanging), "q", { signal: controller.signal });
  await new Promise((resolve) => setImmediate(resolve));
  controller.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
  const clock = virtualClock();
  const error = await clock.until(run(replay(tape)(hanging), "q", { clock }).catch((thrown: unknown) => thrown));
  expect(TapeMissError.is(error) && error.message).toBe(
    "the call at m was given up when it was recorded, and is waited for now",
  );
});

test("a run recorded without a listener is told in whole texts", async () => {
  const tape = memoryTape();
  await run(record(tape)(scripted([{ text: "Answer: 4", reasoning: "Two and two." }], { id: "m" })), "q");
  const { events } = await story<ModelResponse>(replay(tape)(nobody("m", false)), "q");
  expect(events).toMatchObject([
    { type: "start" },
    { reasoning: "Two and two." },
    { text: "Answer: 4" },
    { type: "end" },
  ]);
});
