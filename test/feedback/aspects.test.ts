import {
  aspects,
  defaultAspects,
  ProviderError,
  run,
  bestOf,
  sampleN,
  stack,
  type Aspect,
  type AspectsOptions,
  type Feedback,
} from "mull";
import { scripted, virtualClock, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { assess } from "./assess.js";

const busy = new ProviderError("overloaded", { status: 503 });
const yes = "Verdict: Yes";
const three: readonly Aspect[] = [
  { name: "sums", question: "Are the sums right?" },
  { name: "units", question: "Are the units right?" },
  { name: "tone", question: "Is it polite?" },
];

async function seen(said: readonly ScriptedReply[], options: AspectsOptions = {}) {
  const critic = scripted(said);
  const { verdict, usage } = await assess(aspects(critic, { aspects: three, ...options }), scripted(["24 cm"]));
  return { ...verdict, calls: critic.calls, usage };
}

describe("approvals", () => {
  test.each<
    [what: string, said: ScriptedReply[], options: AspectsOptions, score: number, ok: boolean, message?: string]
  >([
    ["all approve", [yes, yes, yes], {}, 1, true],
    ["one does not", [yes, "It is 25 cm. Verdict: No", yes], {}, 2 / 3, false, "units: It is 25 cm."],
    ["two do not", ["a. Verdict: No", yes, "c. Verdict: No"], {}, 1 / 3, false, "sums: a.\n\ntone: c."],
    ["most are enough", [yes, "b. Verdict: No", yes], { passing: 0.6 }, 2 / 3, true, "units: b."],
    [
      "none approves",
      ["a. Verdict: No", "b. Verdict: No", "c. Verdict: No"],
      {},
      0,
      false,
      "sums: a.\n\nunits: b.\n\ntone: c.",
    ],
    ["what cannot be read is no approval", [yes, "Hm.", yes], {}, 2 / 3, false],
    ["nor is what fails", [yes, busy, yes], {}, 2 / 3, false],
  ])("%s", async (_, said, options, score, ok, message) => {
    const found = await seen(said, options);
    expect(found.score).toBeCloseTo(score, 12);
    expect([found.ok, found.message, found.calls]).toEqual([ok, message, 3]);
  });

  test("all fail: the first failure", async () => {
    await expect(
      seen([busy, new ProviderError("b", { status: 500 }), new ProviderError("c", { status: 500 })]),
    ).rejects.toBe(busy);
  });

  test("messages stand in the order of the aspects, whoever is first", async () => {
    const critic = scripted(["a. Verdict: No", "b. Verdict: No", "c. Verdict: No"], {
      latencyMs: (index) => 100 - index,
    });
    const clock = virtualClock();
    const { verdict, usage } = await clock.until(
      assess(aspects(critic, { aspects: three }), scripted(["24"]), "q", { clock }),
    );
    expect(verdict.message).toBe("sums: a.\n\nunits: b.\n\ntone: c.");
    expect(clock.now()).toBe(100);
    expect(usage).toMatchObject({ calls: 4, judging: { calls: 3 } });
  });

  test("out of budget, what was not asked is no approval", async () => {
    const critic = scripted([yes], { repeat: true });
    const feedback = aspects(critic, { aspects: three });
    const { verdict } = await assess(feedback, scripted(["24"]), "q", { budget: { calls: 3 } });
    expect([verdict.score, verdict.ok]).toEqual([2 / 3, false]);
  });
});

test("every aspect is asked by its own question, and of its own model", async () => {
  const critic = scripted([yes], { repeat: true, id: "critic" });
  const expert = scripted([yes], { id: "expert" });
  const panel = [...three.slice(0, 2), { ...(three[2] as Aspect), model: expert }];
  await assess(aspects(critic, { aspects: panel }), scripted(["24 cm"]), "How long?");
  const contents = critic.requests.map(({ messages }) => messages[0]?.content);
  const end =
    'Look at nothing else. Say in a few sentences what is wrong, if anything. End with "Verdict: Yes" or "Verdict: No".';
  expect(contents).toEqual([
    `# Question\nHow long?\n\n# Answer\n24 cm\n\n# Task\nAre the sums right? ${end}`,
    `# Question\nHow long?\n\n# Answer\n24 cm\n\n# Task\nAre the units right? ${end}`,
  ]);
  expect(JSON.stringify(expert.requests)).toContain("Is it polite?");
});

test("those of mull: arithmetic, logic, units, facts, and whether the question is answered", async () => {
  const critic = scripted([yes], { repeat: true });
  const { verdict } = await assess(aspects(critic), scripted(["24"]));
  expect(verdict).toEqual({ ok: true, score: 1, message: undefined });
  expect(critic.calls).toBe(5);
  expect(defaultAspects.map(({ name }) => name)).toEqual(["arithmetic", "logic", "units", "facts", "the question"]);
  for (const [index, { question }] of defaultAspects.entries())
    expect(JSON.stringify(critic.requests[index])).toContain(question);
});

test("the answer with the most approvals wins", async () => {
  const critic = scripted((request) => {
    const words = JSON.stringify(request);
    const fine = words.includes("# Answer\\nb") ? !words.includes("polite") : words.includes("polite");
    return fine ? yes : "Verdict: No";
  });
  const solver = stack(scripted(["a", "b", "c"]), sampleN(3), bestOf({ scorer: aspects(critic, { aspects: three }) }));
  const { text, scored } = await run(solver, "q");
  expect(text).toBe("b");
  expect(scored.map(({ score }) => score)).toEqual([1 / 3, 2 / 3, 1 / 3]);
});

test("cancellation", async () => {
  const critic = scripted([yes], { repeat: true, latencyMs: 100 });
  const clock = virtualClock();
  const controller = new AbortController();
  const done = assess(aspects(critic), scripted(["24"]), "q", { clock, signal: controller.signal });
  done.catch(() => undefined);
  await clock.advance(50);
  controller.abort("left");
  await expect(done).rejects.toBe("left");
  expect([critic.calls, clock.pending]).toEqual([5, 0]);
});

test("types", () => {
  expectTypeOf(aspects(scripted(["x"]))).toEqualTypeOf<Feedback>();
});

describe("wrong options", () => {
  const model = scripted(["x"]);
  const sums = { name: "sums", question: "Right?" };

  test.each<[model: unknown, options: unknown, message: string]>([
    ["gpt", {}, 'aspects: the first argument must be a model (id, capabilities, generate), got "gpt"'],
    [model, null, "aspects: options must be an object, got null"],
    [model, { samples: 1 }, 'aspects: an option must be one of aspects, passing, got "samples"'],
    [model, { aspects: [] }, "aspects: aspects must be a list of at least one aspect, got an empty array"],
    [model, { aspects: "sums" }, 'aspects: aspects must be a list of at least one aspect, got "sums"'],
    [model, { aspects: [null] }, "aspects: aspects[0]: options must be an object, got null"],
    [
      model,
      { aspects: [{ ...sums, ask: 1 }] },
      'aspects: aspects[0]: an option must be one of name, question, model, got "ask"',
    ],
    [
      model,
      { aspects: [{ ...sums, name: "" }] },
      "aspects: aspects[0]: name must be a text that is not empty, got an empty string",
    ],
    [
      model,
      { aspects: [sums, { name: "b" }] },
      "aspects: aspects[1]: question must be a text that is not empty, got undefined",
    ],
    [
      model,
      { aspects: [{ ...sums, model: 1 }] },
      "aspects: aspects[0]: model must be a model (id, capabilities, generate), got 1",
    ],
    [model, { aspects: [sums, sums] }, 'aspects: aspects[1]: name must be a name of its own, got "sums"'],
    [model, { passing: -0.1 }, "aspects: passing must be a number from 0 to 1, got -0.1"],
  ])("%#", (given, options, message) => {
    expect(() => aspects(given as never, options as AspectsOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message }),
    );
  });
});
