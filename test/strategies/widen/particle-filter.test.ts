import { fc, test } from "@fast-check/vitest";
import {
  bestOf,
  majorityVote,
  number,
  particleFilter,
  particles,
  ProviderError,
  record,
  run,
  stack,
  treeSearch,
  type Capabilities,
  type Model,
  type ModelResponse,
  type ParticleFilterOptions,
  type Sampler,
  type Scorer,
  type Searched,
} from "mull";
import { middlewareLaws, scripted, type Script } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";
import { memoryTape } from "../../policies/tapes.js";
import { compiles, giveUp, giveUpBefore, traced } from "../trial.js";

const goesOn: Capabilities = { prefill: true };
const busy = new ProviderError("overloaded", { status: 503 });

/** Steps of a digit; answers at the fourth line at the latest. */
const walking: Script = ({ prefill = "", messages }, { random }) => {
  const lines =
    prefill === "" ? JSON.stringify(messages.slice(1)).split("step").length - 1 : prefill.split("\n").length;
  return lines > 3 || random.next() < 0.2 ? `Answer: ${1 + random.integer(3)}` : `step ${random.integer(9)}`;
};
const digits: Scorer = ({ text }) => Number(text.replace(/\D/g, "").slice(-2)) / 100;
const judged: Scorer = async ({ text }, { model, call }) => {
  const { text: said } = await model.generate({ messages: [{ role: "user", content: `judge ${text}` }] }, call);
  return said.length / 100;
};
const base = { answer: number(), scorer: digits, n: 4, maxSteps: 4 };
const linesOf = (samples: readonly ModelResponse[]): string[] => samples.map(({ text }) => text.replaceAll("\n", "/"));

describe.each<[what: string, options: Partial<ParticleFilterOptions<number>>, capabilities: Capabilities]>([
  ["by prefill", {}, goesOn],
  ["with native n", { n: 6 }, { prefill: true, n: true }],
  ["by turns, drawn anew each", { resampling: "multinomial" }, {}],
  ["annealed, two at a time", { anneal: true, concurrency: 2 }, goesOn],
  ["a scorer that asks the model", { n: 3, scorer: judged }, goesOn],
])("laws, %s", (_, options, capabilities) => {
  const laws = middlewareLaws(particleFilter({ ...base, ...options }), { replies: walking, capabilities });
  for (const { name, check } of laws) test(name, check);
});

describe("laws, beneath a vote", () => {
  const layer = (model: Model) => stack(model, particleFilter({ ...base, n: 3 }), majorityVote());
  for (const { name, check } of middlewareLaws(layer, { replies: walking, capabilities: goesOn })) test(name, check);
});

/** The first call of each text says the first, the second the second, … */
function saying(tree: Readonly<Record<string, readonly (string | Error)[]>>) {
  const asked = new Map<string, number>();
  return scripted(
    ({ prefill = "" }) => {
      const key = prefill.replaceAll("\n", "/").replace(/\/$/, "");
      const at = asked.get(key) ?? 0;
      asked.set(key, at + 1);
      const all = tree[key] ?? ["lost"];
      return all[at % all.length] as string | Error;
    },
    { capabilities: goesOn },
  );
}
/** The number behind the last letter or colon, by tenths. */
const tenths: Scorer = ({ text }) => Number(/\d+$/.exec(text)?.[0]) / 10;

describe("behaviour", () => {
  // b9 has a weight of 9, the others one of 1: nine of twelve places.
  const tree = {
    "": ["b9", "a5", "c5", "d5"],
    b9: ["Answer: 1"],
    a5: ["Answer: 2"],
    c5: ["Answer: 3"],
    d5: ["Answer: 4"],
  };
  const flat = { logWeight: () => 0 };

  test("a particle goes on in as many ways as it was drawn, and gives as many samples", async () => {
    const model = saying(tree);
    const solver = stack(model, particleFilter({ answer: number(), scorer: tenths, n: 4, maxSteps: 9 }));
    const response = await run(solver, "q", { seed: 1 });
    expect(model.requests.filter(({ prefill }) => prefill === "b9\n")).toHaveLength(3);
    expect(model.calls).toBe(8);
    expect(response.samples).toHaveLength(4);
    expect(response).toMatchObject({ stopped: "done", failures: [] });
    expect(response.score).toBe(Math.max(...response.samples.map(({ score }) => score ?? 0)));
  });

  test("where all weigh the same, each goes on once", async () => {
    const solver = stack(saying(tree), particleFilter({ answer: number(), scorer: tenths, n: 4, ...flat }));
    const { samples } = await run(solver, "q", { seed: 1 });
    expect(linesOf(samples)).toEqual(["b9/Answer: 1", "a5/Answer: 2", "c5/Answer: 3", "d5/Answer: 4"]);
  });

  test("it votes, and the best can be chosen", async () => {
    const filtered = () => stack(saying(tree), particleFilter({ answer: number(), scorer: tenths, n: 4, ...flat }));
    expect(await run(stack(filtered(), bestOf({ scorer: ({ answer }) => answer ?? 0 })), "q")).toMatchObject({
      answer: 4,
    });
    const voted = await run(stack(filtered(), majorityVote({ weight: ({ score }) => score ?? 0 })), "q", { seed: 1 });
    expect(voted).toMatchObject({ answer: 4, key: "4" });
  });

  test("identical particles of a round become one request with native n", async () => {
    const model = scripted(({ prefill = "" }) => (prefill.includes("\n") ? "Answer: 3" : "same 5"), {
      capabilities: { prefill: true, n: true },
    });
    const { samples, usage } = await run(stack(model, particleFilter({ ...base, n: 8 })), "q", { seed: 1 });
    expect([model.calls, usage.calls, samples.length]).toEqual([2, 2, 8]);
  });

  test("a particle whose step fails gives its place to the others", async () => {
    const model = saying({ ...tree, "": ["b9", busy, "c5", "d5"] });
    const response = await run(stack(model, particleFilter({ answer: number(), scorer: tenths, n: 4, ...flat })), "q", {
      seed: 1,
    });
    expect(response.samples).toHaveLength(4);
    expect(linesOf(response.samples)).not.toContain("a5/Answer: 2");
    expect(response.failures).toEqual([{ index: 1, error: busy }]);
    await expect(run(stack(saying({ "": [busy] }), particleFilter({ ...base })), "q")).rejects.toBe(busy);
  });

  test("one that could not be scored is not drawn", async () => {
    const scorer: Scorer = (response, context) => {
      if (response.text.startsWith("b9")) throw busy;
      return tenths(response, context);
    };
    const response = await run(stack(saying(tree), particleFilter({ answer: number(), scorer, n: 4 })), "q", {
      seed: 1,
    });
    expect(linesOf(response.samples).some((line) => line.startsWith("b9"))).toBe(false);
    expect(response.samples).toHaveLength(4);
    expect(response.failures).toEqual([{ index: 0, error: busy }]);
  });

  test("out of budget: answers so far, or the best line", async () => {
    const ask = async (calls: number) => {
      const solver = stack(saying(tree), particleFilter({ answer: number(), scorer: tenths, n: 4, ...flat }));
      const { samples, stopped } = await run(solver, "q", { seed: 1, budget: { calls } });
      return [linesOf(samples), stopped];
    };
    expect(await ask(3)).toEqual([["b9"], "budget"]);
    expect(await ask(4)).toEqual([["b9"], "budget"]);
    expect((await ask(6))[1]).toBe("budget");
    expect((await ask(6))[0]).toEqual(expect.arrayContaining(["b9/Answer: 1", "a5/Answer: 2"]));
    expect((await ask(8))[1]).toBe("done");
  });

  test("out of steps, with no answer: the best line", async () => {
    const solver = stack(saying(tree), particleFilter({ answer: number(), scorer: tenths, n: 4, maxSteps: 1 }));
    expect(await run(solver, "q", { seed: 1 })).toMatchObject({ text: "b9", stopped: "limit", answer: undefined });
  });

  test("a score out of bounds is a mistake that names the strategy", async () => {
    const solver = stack(saying(tree), particleFilter({ answer: number(), scorer: () => 2, n: 1 }));
    await expect(run(solver, "q")).rejects.toMatchObject({
      code: "invalid-option",
      message: "particleFilter: a score, where there is no logWeight, must be a number from 0 to 1, got 2",
    });
  });

  test("whoever gives up hears their own reason, and nothing is left", async () => {
    const slow = scripted(walking, { capabilities: goesOn, latencyMs: 10 });
    await giveUp(stack(slow, particleFilter(base)), 15, () => slow.calls);
    const never = saying(tree);
    await giveUpBefore(stack(never, particleFilter(base)), () => never.calls);
  });

  test("the path of a particle's step", async () => {
    const { trace } = await traced(stack(saying(tree), particleFilter({ ...base, n: 2, maxSteps: 1 })));
    expect(trace).toEqual([
      "start particleFilter",
      "start particleFilter/#0/scripted",
      "end particleFilter/#0/scripted",
      "score particleFilter",
      "start particleFilter/#1/scripted",
      "end particleFilter/#1/scripted",
      "score particleFilter",
      "sample particleFilter",
      "end particleFilter",
    ]);
  });

  test("particles are an order of any tree search, too", async () => {
    const solver = stack(
      scripted(["x"]),
      treeSearch({
        answer: number(),
        scorer: () => 0.5,
        expand: ({ steps }) => (steps.length > 1 ? ["Answer: 1"] : ["a"]),
        order: particles({ n: 3 }),
      }),
    );
    expect((await run(solver, "q", { seed: 1 })).samples).toHaveLength(3);
  });
});

/** How often the vote is right, of steps that are right with a chance of 0.8, four of them, and a scorer that errs in a tenth. */
test("with a scorer that errs it is right more often than a vote of as many lines", async () => {
  const world: Script = ({ prefill = "" }, { random }) => {
    const lines = prefill.split("\n").filter((line) => line !== "");
    if (lines.length === 4)
      return `Answer: ${lines.every((line) => line.startsWith("good")) ? 1 : 2 + random.integer(3)}`;
    return `${random.next() < 0.7 ? "good" : "bad"} ${random.integer(1e6)}`;
  };
  const scorer: Scorer = ({ text }, { call }) => {
    const right = !text.includes("bad") && !/Answer: [2-9]/.test(text);
    return right === call.random.next() >= 0.1 ? 0.9 : 0.1;
  };
  const share = async (options: Partial<ParticleFilterOptions<number>>): Promise<number> => {
    let right = 0;
    for (let seed = 0; seed < 150; seed++) {
      const solver = stack(
        scripted(world, { capabilities: goesOn }),
        particleFilter({ answer: number(), scorer, n: 8, ...options }),
        majorityVote(),
      );
      if ((await run(solver, "q", { seed })).answer === 1) right++;
    }
    return right / 150;
  };
  // Without weights it is a vote of eight independent lines.
  const [filtered, voted] = [await share({}), await share({ logWeight: () => 0 })];
  expect(filtered).toBeGreaterThan(0.8);
  expect(voted).toBeLessThan(0.65);
});

test.prop(
  [
    fc.integer({ min: 0, max: 14 }),
    fc.integer({ min: 0, max: 99 }),
    fc.constantFrom("systematic" as const, "multinomial" as const),
  ],
  {
    numRuns: 30,
  },
)("a filter that was killed at any call goes on where it was", async (at, seed, resampling) => {
  const options = { ...base, resampling, anneal: true };
  const whole = await run(stack(scripted(walking, { capabilities: goesOn }), particleFilter(options)), "q", { seed });
  const tape = memoryTape();
  const controller = new AbortController();
  const dying = scripted(
    (request, call, index) => {
      if (index === at) controller.abort(new Error("killed"));
      return walking(request, call, index);
    },
    { capabilities: goesOn },
  );
  await run(stack(dying, record(tape), particleFilter(options)), "q", { seed, signal: controller.signal }).catch(
    () => undefined,
  );
  const again = scripted(walking, { capabilities: goesOn });
  const response = await run(stack(again, record(memoryTape(tape.lines)), particleFilter(options)), "q", { seed });
  expect(linesOf(response.samples)).toEqual(linesOf(whole.samples));
});

test.prop([fc.integer(), fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 5, maxLength: 9 })], { numRuns: 20 })(
  "the same particles and events, whatever the timing",
  async (seed, delays) => {
    const story = async (latencyMs: (index: number) => number): Promise<unknown> => {
      const model = scripted(walking, { capabilities: goesOn, latencyMs });
      const { response, trace } = await traced(stack(model, particleFilter(base)), "q", { seed });
      return { ...response, trace };
    };
    expect(await story((index) => delays[index % delays.length] as number)).toEqual(await story(() => 0));
  },
);

test.each<[what: string, options: unknown, message: string]>([
  [
    "scorer",
    { ...base, scorer: undefined },
    "scorer must be a function that says how good a line is; judge(…) and verifier(…) make one, got undefined",
  ],
  ["n", { ...base, n: 0 }, "n must be an integer of at least 1, got 0"],
  ["logWeight", { ...base, logWeight: 1 }, "logWeight must be a function of a score, got 1"],
  ["weightTemperature", { ...base, weightTemperature: 0 }, "weightTemperature must be a finite number above 0, got 0"],
  ["resampling", { ...base, resampling: "x" }, "resampling must be 'systematic' or 'multinomial', got \"x\""],
  ["anneal", { ...base, anneal: { share: -1 } }, "anneal.share must be a number from 0 to 1, got -1"],
  ["stepTokens", { ...base, stepTokens: 0 }, "stepTokens must be an integer of at least 1, got 0"],
  [
    "another",
    { ...base, stop: 1 },
    'an option must be one of answer, scorer, split, stepTokens, maxSteps, done, key, instruction, temperature, concurrency, n, logWeight, weightTemperature, resampling, anneal, got "stop"',
  ],
])("an option out of bounds: %s", (_, options, message) => {
  expect(() => particleFilter(options as ParticleFilterOptions<number>)).toThrow(
    expect.objectContaining({ code: "invalid-option", message: `particleFilter: ${message}` }),
  );
});

test("types", () => {
  const solver = stack(saying({}), particleFilter({ answer: number(), scorer: () => 1 }));
  expectTypeOf(solver).toEqualTypeOf<Sampler<Searched<number>>>();
  compiles(() => {
    // @ts-expect-error a scorer is needed
    particleFilter({ answer: number() });
    // @ts-expect-error no such resampling
    particleFilter({ answer: number(), scorer: () => 1, resampling: "residual" });
  });
});
