import { fc, test } from "@fast-check/vitest";
import {
  allocate,
  budgetAllocator,
  CapabilityError,
  chainOfThought,
  effort,
  InvalidOptionError,
  latentSteps,
  majorityVote,
  number,
  outline,
  run,
  sampleN,
  stack,
  type Capabilities,
  type LatentStepsOptions,
  type Model,
  type ModelRequest,
} from "mull";
import { middlewareLaws, scripted, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import { frozen, giveUp, giveUpBefore, traced } from "../trial.js";

const loops: Capabilities = { latent: ["steps", "halt"] };
const asking = (latent?: ModelRequest["latent"]): ModelRequest => ({
  messages: [{ role: "user", content: "q" }],
  ...(latent && { latent }),
});

/** Right as soon as it has looped four times; a loop beyond the first is a reasoning token for each of the two words. */
const looping = (latencyMs = 0) =>
  scripted(
    ({ latent: { steps = 8 } = {} }, { random }): ScriptedReply => ({
      text: `Answer: ${steps >= 4 ? 24 : random.integer(10)}`,
      latent: { steps },
      usage: { inputTokens: 1, outputTokens: 2 * steps, reasoningTokens: 2 * (steps - 1) },
    }),
    { capabilities: { latent: true }, latencyMs },
  );

describe.each<[what: string, layer: (model: Model) => Model]>([
  ["alone", latentSteps({ steps: 4 })],
  ["beneath a vote", (model) => stack(model, latentSteps({ steps: 4, halt: 0.1 }), sampleN(3))],
])("laws, %s", (_, layer) => {
  for (const { name, check } of middlewareLaws(layer, { capabilities: loops })) test(name, check);
});

describe("what is asked", () => {
  test.each<[options: LatentStepsOptions, own: ModelRequest["latent"], sent: ModelRequest["latent"]]>([
    [{ steps: 4 }, undefined, { steps: 4 }],
    [{ halt: 0.01 }, undefined, { halt: 0.01 }],
    [{ steps: 16, halt: 0.01 }, undefined, { steps: 16, halt: 0.01 }],
    [{ steps: 4, halt: undefined }, undefined, { steps: 4 }],
    [{ steps: 4 }, { pauseTokens: 2, state: "s" }, { pauseTokens: 2, state: "s", steps: 4 }],
    [{ steps: 4, halt: 0.1 }, { steps: 2 }, { steps: 2 }],
    [{ steps: 4 }, { halt: 0.5, state: "s" }, { halt: 0.5, state: "s" }],
    [{ steps: 4 }, { steps: undefined, halt: undefined }, { steps: 4, halt: undefined }],
  ])("%j over %j", async (options, own, sent) => {
    const model = looping();
    const request = frozen(asking(own));
    await run(stack(model, latentSteps(options)), request);
    expect(model.requests).toEqual([{ ...request, latent: sent }]);
  });

  test("the response is that of the model, with the steps it tells", async () => {
    const { response, trace } = await traced(stack(looping(), latentSteps({ steps: 4 })));
    expect(response).toMatchObject({ text: "Answer: 24", latent: { steps: 4 } });
    expect(response.usage).toMatchObject({ calls: 1, outputTokens: 8, reasoningTokens: 6 });
    expect(trace).toEqual([
      "start latentSteps",
      "start latentSteps/scripted",
      "end latentSteps/scripted",
      "end latentSteps",
    ]);
  });
});

test.each<[options: LatentStepsOptions, capabilities: Capabilities, lacks: string | undefined]>([
  [{ steps: 2 }, {}, "steps"],
  [{ steps: 2 }, { latent: false }, "steps"],
  [{ steps: 2 }, { latent: ["halt", "state"] }, "steps"],
  [{ halt: 1 }, { latent: ["steps"] }, "halt"],
  [{ steps: 2, halt: 1 }, { latent: ["steps"] }, "halt"],
  [{ steps: 2 }, { latent: ["steps"] }, undefined],
  [{ steps: 2, halt: 1 }, { latent: true }, undefined],
])("%j over a model with %j", (options, capabilities, lacks) => {
  const layer = latentSteps(options);
  const model = scripted(["24"], { id: "m", capabilities });
  if (lacks === undefined) {
    expect(layer(model).capabilities).toBe(capabilities);
    return;
  }
  let problem: unknown;
  try {
    layer(model);
  } catch (error) {
    problem = error;
  }
  expect(CapabilityError.is(problem)).toBe(true);
  expect(problem).toMatchObject({
    capability: "latent",
    model: "m",
    message:
      `latentSteps: m is not known to take latent.${lacks}. Instead, chainOfThought() has the thoughts written, and effort() turns a served model's own knob; ` +
      `for a served model that was trained for it, say capabilities: { latent: ["${lacks}"] }`,
  });
});

test.each<[options: unknown, message: string]>([
  [{}, "latentSteps: steps must be a number of loops, unless halt says when to stop, got undefined"],
  [{ steps: 0 }, "latentSteps: steps must be an integer of at least 1, got 0"],
  [{ steps: 1.5 }, "latentSteps: steps must be an integer of at least 1, got 1.5"],
  [{ steps: Infinity }, "latentSteps: steps must be an integer of at least 1, got Infinity"],
  [{ halt: 0 }, "latentSteps: halt must be a number above 0, got 0"],
  [{ halt: -1 }, "latentSteps: halt must be a number from 0 to 1.7976931348623157e+308, got -1"],
  [{ halt: Infinity }, "latentSteps: halt must be a number from 0 to 1.7976931348623157e+308, got Infinity"],
  [{ halt: NaN }, "latentSteps: halt must be a number from 0 to 1.7976931348623157e+308, got NaN"],
  [{ loops: 3 }, 'latentSteps: an option must be one of steps, halt, got "loops"'],
  [4, "latentSteps: options must be an object, got 4"],
])("%j is refused", (options, message) => {
  const make = (): unknown => latentSteps(options as LatentStepsOptions);
  expect(make).toThrow(InvalidOptionError);
  expect(make).toThrow(message);
});

test("who gives up is heard at once", async () => {
  const slow = looping(100);
  await giveUp(stack(slow, latentSteps({ steps: 2 })), 50, () => slow.calls);
  const model = looping();
  await giveUpBefore(stack(model, latentSteps({ steps: 2 })), () => model.calls);
});

test("types and outline", () => {
  const solver = stack(looping(), chainOfThought({ answer: number() }), latentSteps({ steps: 4, halt: 0.5 }));
  const answer = run(solver, "q");
  expectTypeOf(answer).resolves.toHaveProperty("answer").toEqualTypeOf<number | undefined>();
  expect(outline(solver).split("\n")[0]).toMatch(/^latentSteps \(steps = 4, halt = 0\.5\) +≤ 2 calls/);
  // @ts-expect-error steps is a number
  expect(() => latentSteps({ steps: "4" })).toThrow(InvalidOptionError);
});

describe("spending on loops as on words", () => {
  const reads = chainOfThought({ answer: number(), instruction: "", askAgain: false });
  const levels = [1, 2, 8].map((steps) => ({ name: `${steps} loops`, samples: 4, through: latentSteps({ steps }) }));

  test("levels of an allocator: deeper where the vote is open, each with what its loops cost", async () => {
    const model = looping();
    const solver = stack(model, reads, budgetAllocator({ levels, target: 0.9 }));
    const { answer, level, levels: reports } = await run(solver, "q", { seed: 3 });
    expect([answer, level]).toEqual([24, "8 loops"]);
    expect(
      reports.map(({ name, samples, usage }) => [
        name,
        usage.outputTokens! / samples,
        usage.reasoningTokens! / samples,
      ]),
    ).toEqual([
      ["1 loops", 2, 0],
      ["2 loops", 4, 2],
      ["8 loops", 16, 14],
    ]);
    expect(model.requests.slice(0, 4).map(({ latent }) => latent)).toEqual(Array(4).fill({ steps: 1 }));
    expect(model.requests.at(-1)?.latent).toEqual({ steps: 8 });
  });

  test("a question that is easy at one loop never sees eight", async () => {
    const model = scripted(({ latent }) => ({ text: "Answer: 7", latent: { steps: latent?.steps ?? 0 } }), {
      capabilities: loops,
    });
    const { level, levels: reports } = await run(stack(model, reads, budgetAllocator({ levels, target: 0.9 })), "q");
    expect([level, reports.length]).toEqual(["1 loops", 1]);
    expect(model.requests.every(({ latent }) => latent?.steps === 1)).toBe(true);
  });

  test("settings of a level do the same, and win over a layer beneath", async () => {
    const model = looping();
    const deep = budgetAllocator<Awaited<ReturnType<typeof stacked.generate>>>({
      levels: [{ name: "deep", samples: 2, settings: { latent: { steps: 8 } } }],
    });
    const stacked = stack(model, latentSteps({ steps: 2 }), reads);
    const { levels: reports } = await run(stack(stacked, deep), "q");
    expect(model.requests.map(({ latent }) => latent)).toEqual([{ steps: 8 }, { steps: 8 }]);
    expect(reports[0]?.usage.reasoningTokens).toBe(28);
  });

  test.prop([fc.integer({ min: 40, max: 200 }), fc.integer({ min: 0, max: 1000 })], { numRuns: 30 })(
    "a budget in tokens is never exceeded by loops, alone and over a batch",
    async (tokens, seed) => {
      const capped = scripted(
        ({ latent: { steps = 8 } = {}, maxOutputTokens = Infinity }, { random }): ScriptedReply => {
          const depth = Math.max(1, Math.min(steps, Math.floor(maxOutputTokens / 2)));
          const written = Math.min(2 * depth, maxOutputTokens);
          return {
            text: `Answer: ${random.integer(3)}`,
            latent: { steps: depth },
            usage: { inputTokens: 1, outputTokens: written, reasoningTokens: Math.max(0, written - 2) },
          };
        },
        { capabilities: loops },
      );
      const solver = stack(capped, reads, budgetAllocator({ levels, target: 0.99 }));
      const { usage, stopped } = await run(solver, "q", { budget: { tokens }, seed });
      expect(usage.inputTokens! + usage.outputTokens!).toBeLessThanOrEqual(tokens);
      expect(["ok", "limit", "budget"]).toContain(stopped);

      const deep = stack(capped, latentSteps({ steps: 4 }), reads);
      const batch = allocate(deep, ["a", "b", "c"], { budget: { tokens }, seed, samples: 6 });
      let answered = 0;
      for await (const { response } of batch) if (response !== undefined) answered++;
      const spent = await batch.usage;
      expect(spent.inputTokens! + spent.outputTokens!).toBeLessThanOrEqual(tokens);
      expect(answered).toBeGreaterThan(0);
      expect(spent.reasoningTokens).toBeGreaterThanOrEqual(0);
    },
  );

  test("what a run without a cap usually takes is learned with its loops: later calls reserve no more", async () => {
    const model = looping();
    const solver = stack(
      model,
      latentSteps({ steps: 8 }),
      reads,
      sampleN(20, { concurrency: 4 }),
      majorityVote({ stop: () => false }),
    );
    // 17 tokens a sample: 20 of them need 340.
    const { samples, stopped, usage } = await run(solver, "q", { budget: { tokens: 400 } });
    expect([samples.length, stopped, usage.outputTokens]).toEqual([20, "done", 320]);
  });

  test("effort and loops are different knobs", async () => {
    const model = looping();
    await run(stack(model, latentSteps({ steps: 2 }), effort("high")), "q");
    expect(model.requests[0]).toMatchObject({ effort: "high", latent: { steps: 2 } });
  });
});
