import {
  ProviderError,
  reviseLoop,
  run,
  sampleN,
  stack,
  majorityVote,
  verifier,
  verifyInstruction,
  type Feedback,
  type ModelRequest,
  type TokenLogprob,
  type VerifierOptions,
} from "mull";
import { scripted, virtualClock, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { assess } from "./assess.js";

const busy = new ProviderError("overloaded", { status: 503 });

/** What verifiers that say this make of an answer. */
async function verified(said: readonly ScriptedReply[], options: VerifierOptions = {}) {
  const critic = scripted(said);
  const { verdict, usage } = await assess(verifier(critic, { samples: said.length, ...options }), scripted(["24"]));
  return { ...verdict, calls: critic.calls, usage };
}

describe("yes and no", () => {
  test.each<[words: string, score: number, message: string | undefined]>([
    ["All is well.\nVerdict: Yes", 1, undefined],
    ["The second step is wrong.\nVerdict: No", 0, "The second step is wrong."],
    ["Wrong. **Verdict:** No.", 0, "Wrong."],
    ["Wrong. **Verdict: No**", 0, "Wrong."],
    ["verdict: YES", 1, undefined],
    ["At first Verdict: Yes. But 3 * 8 is 24, so Verdict: No", 0, "At first  But 3 * 8 is 24, so"],
    ["Fine.\nAnswer: yes", 1, undefined],
    ["No, because 3 * 8 is not 25.", 0, "No, because 3 * 8 is not 25."],
    ["Yes", 1, undefined],
    ["Verdict: Yes, it is right.", 1, undefined],
    // Not said, not clear, or the beginning of something else.
    ["I would not know.", 0, undefined],
    ["Verdict: unclear", 0, undefined],
    ["Verdict: Yes/No", 0, undefined],
    ["Verdict: yes or no", 0, undefined],
    ["Verdict: no errors were found", 0, undefined],
    ["Verdict: Nonsense", 0, undefined],
  ])("%j: %d", async (words, score, message) => {
    const found = await verified([words]);
    expect([found.score, found.message, found.calls]).toEqual([score, message, 1]);
    expect(found.ok).toBe(score === 1);
  });
});

describe("several verifications", () => {
  const yes = "Verdict: Yes";
  const no = "Wrong here. Verdict: No";

  test.each<[what: string, said: ScriptedReply[], options: VerifierOptions, score: number, ok: boolean]>([
    ["all say yes", [yes, yes, yes], {}, 1, true],
    ["most", [yes, no, yes, yes, no], {}, 0.6, true],
    ["half", [yes, no], {}, 0.5, false],
    ["half is enough", [yes, no], { passing: 0.5 }, 0.5, true],
    ["none", [no, no], {}, 0, false],
    ["none is enough", [no, no], { passing: 0 }, 0, true],
    ["what cannot be read does not count", [yes, "Hm.", no, yes], {}, 2 / 3, true],
    ["nothing can be read", ["Hm.", "Hm."], {}, 0, false],
    ["lost ones do not count", [yes, busy, no, yes], {}, 2 / 3, true],
  ])("%s", async (_, said, options, score, ok) => {
    const found = await verified(said, options);
    expect(found.score).toBeCloseTo(score, 12);
    expect([found.ok, found.calls]).toEqual([ok, said.length]);
  });

  test("the message is what the first no said", async () => {
    const { message } = await verified([yes, "Step 2. Verdict: No", "Step 3. Verdict: No"]);
    expect(message).toBe("Step 2.");
  });

  test("all are lost: the first failure", async () => {
    await expect(verified([busy, new ProviderError("later", { status: 500 })])).rejects.toBe(busy);
  });

  test("run at the same time, and are counted as judging", async () => {
    const critic = scripted([yes], { repeat: true, latencyMs: 100 });
    const clock = virtualClock();
    const done = assess(verifier(critic, { samples: 5 }), scripted(["24"]), "q", { clock });
    const { usage } = await clock.until(done);
    expect(clock.now()).toBe(100);
    expect(usage).toMatchObject({ calls: 6, judging: { calls: 5 } });
  });

  test("out of budget, those that came count", async () => {
    const critic = scripted([no, yes, yes, yes], { latencyMs: (index) => 100 * (index + 1) });
    const feedback = verifier(critic, { samples: 4 });
    const clock = virtualClock();
    const { verdict, usage } = await clock.until(
      assess(feedback, scripted(["24"]), "q", { budget: { calls: 3 }, clock }),
    );
    expect([verdict.score, usage.calls]).toEqual([0.5, 3]);
    const broke = assess(feedback, scripted(["24"]), "q", { budget: { calls: 1 } });
    await expect(broke).rejects.toMatchObject({ code: "budget-exceeded" });
  });
});

describe("what the judge sees", () => {
  const ask = async (prompt: string | ModelRequest, options: VerifierOptions = {}, capabilities = {}) => {
    const critic = scripted(["Verdict: Yes"], { repeat: true, capabilities });
    await assess(verifier(critic, options), scripted(["It is 24."]), prompt);
    return critic.requests;
  };
  const end = 'End with "Verdict: Yes" or "Verdict: No".';

  test("the question, the answer and the task", async () => {
    const content = `# Question\nHow many?\n\n# Answer\nIt is 24.\n\n# Task\n${verifyInstruction} ${end}`;
    expect(await ask("How many?")).toEqual([{ messages: [{ role: "user", content }] }]);
  });

  test("settings", async () => {
    const requests = await ask("How many?", { samples: 3, temperature: 0.7, instruction: "Is it polite?" });
    expect(requests).toHaveLength(3);
    expect(requests[0]?.temperature).toBe(0.7);
    expect(requests[0]?.messages[0]?.content).toMatch(`# Task\nIs it polite? ${end}`);
  });

  test("a prefill is a part of the answer", async () => {
    const [request] = await ask({ messages: [{ role: "user", content: "q" }], prefill: "Well, " });
    expect(request?.messages[0]?.content).toContain("# Answer\nWell, It is 24.\n");
    expect(request).not.toHaveProperty("prefill");
  });

  test.each([
    [1, true, 5],
    [2, true, undefined],
    [1, undefined, undefined],
    [1, false, undefined],
  ])("log-probabilities: %d samples of a model that has them: %j", async (samples, logprobs, asked) => {
    const [request] = await ask("q", { samples }, logprobs === undefined ? {} : { logprobs });
    expect(request?.logprobs).toBe(asked);
  });
});

describe("P(yes)", () => {
  const token = (word: string, chances: Readonly<Record<string, number>> = {}): TokenLogprob => ({
    token: word,
    logprob: Math.log(chances[word] ?? 1),
    top: Object.entries(chances).map(([name, chance]) => ({ token: name, logprob: Math.log(chance) })),
  });
  const words = [token("Yes"), token(","), token(" it"), token(" seems"), token(".\nVerdict"), token(":")];

  test.each<[what: string, text: string, logprobs: TokenLogprob[], score: number]>([
    ["of the verdict", "Verdict: Yes", [...words, token(" Yes", { " Yes": 0.6, " No": 0.2 })], 0.75],
    ["of a no", "Verdict: No", [...words, token(" No", { " No": 0.8, " Yes": 0.1, " no": 0.1 })], 0.1],
    ["with words behind it", "Verdict: Yes.", [token(" Yes", { " Yes": 0.3, " No": 0.1 }), token(".")], 0.75],
    ["no alternative", "Verdict: Yes", [token(" Yes", { " Yes": 0.9 })], 1],
    ["no alternatives at all", "Verdict: No", [token(" No")], 0],
    ["a word that is not that of the verdict", "Verdict: Yes. So no", [token(" no", { " no": 0.6, " yes": 0.4 })], 1],
    ["no such word", "Verdict: Yes", [token("Ye"), token("s")], 1],
    ["none given", "Verdict: Yes", [], 1],
  ])("%s", async (_, text, logprobs, score) => {
    const critic = scripted([{ text, logprobs }], { capabilities: { logprobs: true } });
    const { verdict } = await assess(verifier(critic), scripted(["24"]));
    expect(verdict.score).toBeCloseTo(score, 12);
    expect(verdict.ok).toBe(score >= 0.6);
  });

  test("is of no interest where several are asked", async () => {
    const said = { text: "Verdict: Yes", logprobs: [token(" Yes", { " Yes": 0.6, " No": 0.4 })] };
    const { score } = await verified([said, said]);
    expect(score).toBe(1);
  });
});

test("a judge may be a whole stack", async () => {
  const critic = scripted(["Verdict: No", "Verdict: Yes", "Verdict: Yes"]);
  const { verdict } = await assess(verifier(stack(critic, sampleN(3), majorityVote())), scripted(["24"]));
  expect([verdict.score, critic.calls]).toEqual([1, 3]);
});

test("it is feedback: what it finds is mended", async () => {
  const model = scripted(["25", "24"]);
  const critic = scripted(["3 * 8 is 24. Verdict: No", "Verdict: Yes"]);
  const { text, stopped } = await run(stack(model, reviseLoop({ feedback: verifier(critic) })), "q");
  expect([text, stopped]).toEqual(["24", "ok"]);
  expect(JSON.stringify(model.requests[1])).toContain("3 * 8 is 24.");
});

test("cancellation", async () => {
  const critic = scripted(["Verdict: Yes"], { repeat: true, latencyMs: 100 });
  const clock = virtualClock();
  const controller = new AbortController();
  const feedback = verifier(critic, { samples: 3 });
  const done = assess(feedback, scripted(["24"]), "q", { clock, signal: controller.signal });
  done.catch(() => undefined);
  await clock.advance(50);
  expect(critic.calls).toBe(3);
  controller.abort("left");
  await expect(done).rejects.toBe("left");
  expect(clock.pending).toBe(0);
});

test("types", () => {
  const model = scripted(["Verdict: Yes"]);
  expectTypeOf(verifier(model)).toEqualTypeOf<Feedback>();
  // @ts-expect-error -- a name is no model
  expect(() => verifier("gpt")).toThrow();
});

describe("wrong options", () => {
  const model = scripted(["x"]);

  test.each<[model: unknown, options: unknown, message: string]>([
    [undefined, {}, "the first argument must be a model (id, capabilities, generate), got undefined"],
    [model, null, "options must be an object, got null"],
    [model, { k: 1 }, 'an option must be one of samples, temperature, instruction, passing, got "k"'],
    [model, { samples: 0 }, "samples must be an integer of at least 1, got 0"],
    [model, { temperature: -1 }, "temperature must be a number of at least 0, got -1"],
    [model, { instruction: " " }, 'instruction must be a text that is not empty, got " "'],
    [model, { passing: 1.1 }, "passing must be a number from 0 to 1, got 1.1"],
  ])("%#", (given, options, message) => {
    expect(() => verifier(given as never, options as VerifierOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `verifier: ${message}` }),
    );
  });
});
