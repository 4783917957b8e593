import {
  chainOfThought,
  confidenceQuestions,
  confidenceWeight,
  InvalidOptionError,
  majorityVote,
  number,
  outline,
  ProviderError,
  run,
  sampleN,
  selfConfidence,
  softmax,
  stack,
  type Confident,
  type Model,
  type ModelRequest,
  type Reasoned,
  type SelfConfidenceOptions,
  type TokenLogprob,
} from "mull";
import { middlewareLaws, scripted, virtualClock, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { compiles, frozen, giveUp, giveUpBefore, traced } from "../trial.js";

const busy = new ProviderError("overloaded", { status: 503 });

describe.each<[what: string, layer: (model: Model) => Model]>([
  ["verbal", (model) => stack(model, selfConfidence())],
  ["binary, three times", (model) => stack(model, selfConfidence({ method: "binary", samples: 3 }))],
  ["p-true", (model) => stack(model, selfConfidence({ method: "p-true", samples: 2 }))],
  ["another model", (model) => stack(model, chainOfThought(), selfConfidence({ by: stack(model, sampleN(2)) }))],
  [
    "beneath a vote",
    (model) =>
      stack(model, selfConfidence(), sampleN(3), majorityVote({ weight: confidenceWeight(), reweigh: softmax(1) })),
  ],
])("laws, %s", (_, layer) => {
  for (const { name, check } of middlewareLaws(layer)) test(name, check);
});

/** What comes of an answer and these replies to the question how sure it is. */
async function asked(replies: readonly ScriptedReply[], options: SelfConfidenceOptions = {}) {
  const model = scripted(["Paris", ...replies]);
  const response = await run(stack(model, selfConfidence(options)), "q");
  return {
    response,
    calls: model.calls,
    confidence: response.selfConfidence,
    codes: response.warnings?.map(({ code }) => code),
  };
}

describe("what is read", () => {
  test.each<[method: SelfConfidenceOptions["method"], reply: string, expected: number | undefined]>([
    ["verbal", "85", 0.85],
    [undefined, "85", 0.85],
    ["verbal", "0", 0],
    ["verbal", "100%", 1],
    ["verbal", "85/100", 0.85],
    ["verbal", "85 out of 100", 0.85],
    ["verbal", "I am 70% sure.", 0.7],
    ["verbal", "Answer: 60", 0.6],
    ["verbal", "120", undefined],
    ["verbal", "-5", undefined],
    // On a scale to 1, or to 100?
    ["verbal", "0.85", undefined],
    ["verbal", "between 70 and 80", undefined],
    ["verbal", "quite sure", undefined],
    ["binary", "1", 1],
    ["binary", "0", 0],
    ["binary", "2", undefined],
    ["binary", "yes", undefined],
    ["p-true", "Yes", 1],
    ["p-true", "no.", 0],
    ["p-true", "perhaps", undefined],
  ])("%s: %j is %j", async (method, reply, expected) => {
    const { confidence, codes, calls } = await asked([reply], { method });
    expect(confidence).toBe(expected);
    const downgraded = method === "p-true" ? ["downgrade"] : undefined;
    expect(codes).toEqual(expected === undefined ? ["confidence-unread"] : downgraded);
    expect(calls).toBe(2);
  });

  test.each<[method: SelfConfidenceOptions["method"], replies: string[], expected: number | undefined]>([
    ["verbal", ["80", "60", "10"], 0.5],
    ["binary", ["1", "0", "1", "1"], 0.75],
    ["p-true", ["yes", "no", "no", "no"], 0.25],
    ["verbal", ["80", "who knows", "40"], 0.6],
    ["verbal", ["who", "knows"], undefined],
  ])("%s, the mean of %j", async (method, replies, expected) => {
    const { confidence, calls } = await asked(replies, { method, samples: replies.length });
    if (expected === undefined) expect(confidence).toBeUndefined();
    else expect(confidence).toBeCloseTo(expected, 12);
    expect(calls).toBe(1 + replies.length);
  });
});

describe("by log-probabilities", () => {
  const yes = (p: number): readonly TokenLogprob[] => {
    const top = [
      { token: "Yes", logprob: Math.log(p) },
      { token: "No", logprob: Math.log(1 - p) },
    ];
    return [{ ...top[0]!, top }];
  };

  test("one call is enough", async () => {
    const { confidence, calls, codes } = await asked([{ text: "Yes", logprobs: yes(0.8) }], {
      method: "p-true",
      samples: 9,
    });
    expect(confidence).toBeCloseTo(0.8, 12);
    expect([calls, codes]).toEqual([2, undefined]);
  });

  test("they are asked for, but not of a model that has none, nor by another method", async () => {
    const requests = async (method: SelfConfidenceOptions["method"], logprobs?: boolean) => {
      const model = scripted(["Paris", "1"], { capabilities: { ...(logprobs !== undefined && { logprobs }) } });
      await run(stack(model, selfConfidence({ method })), { messages: [{ role: "user", content: "q" }], logprobs: 2 });
      return model.requests[1]?.logprobs;
    };
    expect([await requests("p-true"), await requests("p-true", true)]).toEqual([5, 5]);
    expect([await requests("p-true", false), await requests("verbal"), await requests("binary", true)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("what comes without them counts as the first of the samples", async () => {
    const model = scripted(["Paris", "yes", "no", "no"]);
    const { response, events } = await traced(stack(model, selfConfidence({ method: "p-true", samples: 3 })));
    expect(response.selfConfidence).toBeCloseTo(1 / 3, 12);
    const message = "scripted gives no log-probabilities of yes and no: how often it says yes stands in for P(True)";
    expect(response.warnings).toEqual([{ code: "downgrade", message, capability: "logprobs" }]);
    expect(events.filter(({ type }) => type === "downgrade")).toEqual([
      { type: "downgrade", path: ["selfConfidence"], capability: "logprobs", message },
    ]);
  });
});

describe("the request", () => {
  const seen = async (
    prompt: string | ModelRequest,
    options: SelfConfidenceOptions = {},
    answer: ScriptedReply = "Paris",
  ) => {
    const model = scripted([answer, "80"]);
    await run(stack(model, selfConfidence(options)), frozen(prompt));
    return model.requests;
  };

  test("the same conversation, one turn longer", async () => {
    const [first, second] = await seen("q");
    expect(first).toEqual({ messages: [{ role: "user", content: "q" }] });
    expect(second?.messages).toEqual([
      { role: "user", content: "q" },
      { role: "assistant", content: "Paris" },
      {
        role: "user",
        content: `${confidenceQuestions.verbal} Reply with a whole number from 0 (certainly wrong) to 100 (certainly right), and nothing else.`,
      },
    ]);
  });

  test.each([
    ["verbal", "a whole number from 0"],
    ["binary", "1 (confident) or 0"],
    ["p-true", "yes or no"],
  ] as const)("%s", async (method, form) => {
    const [, own] = await seen("q", { method });
    expect(own?.messages.at(-1)?.content).toContain(`${confidenceQuestions[method]} Reply with ${form}`);
    const [, other] = await seen("q", { method, instruction: "Sure?" });
    expect(other?.messages.at(-1)?.content).toContain(`Sure? Reply with ${form}`);
  });

  test("the form of the answer, and what begins and ends it, are left out; the rest stays", async () => {
    const tools = [{ name: "t", description: "d", inputSchema: { type: "object" } }];
    const [, second] = await seen({
      messages: [{ role: "user", content: "q" }],
      schema: { jsonSchema: {} },
      stop: ["\n"],
      logprobs: 3,
      prefill: "It is ",
      temperature: 0.3,
      maxOutputTokens: 200,
      tools,
    });
    const { messages, ...rest } = second!;
    expect(rest).toEqual({ temperature: 0.3, maxOutputTokens: 200, tools, toolChoice: "none" });
    expect(messages[1]).toEqual({ role: "assistant", content: "It is Paris" });
  });

  test("it goes past the layers around the model, or to another", async () => {
    const model = scripted(["Answer: 24", "80"]);
    const { answer, selfConfidence: confidence } = await run(
      stack(model, chainOfThought({ answer: number() }), selfConfidence()),
      "q",
    );
    expect([answer, confidence]).toEqual([24, 0.8]);
    expect(model.requests[1]?.messages.map(({ content }) => content)).toEqual([
      "q",
      "Answer: 24",
      expect.not.stringContaining("step by step"),
    ]);
    const judge = scripted(["30"]);
    const response = await run(stack(scripted(["Paris"]), selfConfidence({ by: judge })), "q");
    expect([response.selfConfidence, judge.calls]).toEqual([0.3, 1]);
  });
});

describe("what goes wrong", () => {
  test("a failure leaves the answer", async () => {
    const { response, calls } = await asked([busy]);
    expect(response).toMatchObject({ text: "Paris", selfConfidence: undefined });
    expect(response.warnings).toEqual([
      { code: "confidence-failed", message: "how sure the model is could not be asked" },
    ]);
    expect(response).not.toHaveProperty("stopped");
    expect(calls).toBe(2);
  });

  test("a failure among several leaves the others", async () => {
    const { confidence, codes } = await asked([busy, "40"], { samples: 2 });
    expect([confidence, codes]).toEqual([0.4, undefined]);
  });

  test("of p-true too, after the first", async () => {
    const { confidence } = await asked(["yes", busy, "no"], { method: "p-true", samples: 3 });
    expect(confidence).toBe(0.5);
  });

  test("a wrong answer to the question is thrown, not hidden", async () => {
    await expect(asked([busy]).then(() => "ok")).resolves.toBe("ok");
    const wrong = scripted(["Paris", new InvalidOptionError("x", "y", "z", 1)]);
    await expect(run(stack(wrong, selfConfidence()), "q")).rejects.toMatchObject({ code: "invalid-option" });
    const own = scripted([busy]);
    await expect(run(stack(own, selfConfidence()), "q")).rejects.toBe(busy);
  });

  test.each([
    ["calls", { calls: 1 }, "budget"],
    ["time", { ms: 150 }, "deadline"],
  ])("out of %s: the answer, unasked", async (_, budget, stopped) => {
    const model = scripted(["Paris", "80"], { latencyMs: 100 });
    const { response } = await traced(stack(model, selfConfidence()), "q", { budget });
    expect(response).toMatchObject({ text: "Paris", selfConfidence: undefined, stopped });
    expect(response.warnings?.map(({ code }) => code)).toEqual(["confidence-failed"]);
  });

  test("a response that calls tools is passed on unasked", async () => {
    const model = scripted([{ text: "", toolCalls: [{ type: "tool-call", id: "1", name: "t", input: {} }] }]);
    const response = await run(stack(model, selfConfidence()), "q");
    expect(response).toMatchObject({ finishReason: "tool-calls", selfConfidence: undefined });
    expect(response).not.toHaveProperty("warnings");
    expect(model.calls).toBe(1);
  });

  test("cancellation", async () => {
    const model = scripted(["Paris", "80", "80"], { latencyMs: 100 });
    expect(await giveUp(stack(model, selfConfidence({ samples: 2 })), 150, () => model.calls)).toBe(3);
    await giveUpBefore(stack(model, selfConfidence()), () => model.calls - 3);
  });
});

test("what it spends is judging, and what it writes a thought", async () => {
  const model = scripted(["It is Paris", "80 %"]);
  const { response, trace, events } = await traced(stack(model, selfConfidence()));
  expect(response.usage).toMatchObject({ calls: 2, judging: { calls: 1, outputTokens: 2 } });
  expect(trace).toEqual([
    "start selfConfidence",
    "start selfConfidence/scripted",
    "end selfConfidence/scripted",
    "start selfConfidence/confidence/#0/scripted",
    "end selfConfidence/confidence/#0/scripted",
    "sample selfConfidence/confidence",
    "end selfConfidence",
  ]);
  const told = events.flatMap((event) => (event.type === "delta" && event.output ? [event.text] : []));
  expect(told.join("")).toBe("It is Paris");
});

describe("as a weight", () => {
  test("the surest of three outvotes the others, within the question", async () => {
    const answers = ["Answer: 1", "Answer: 1", "Answer: 2"];
    const sure = new Map([
      ["Answer: 1", "40"],
      ["Answer: 2", "95"],
    ]);
    let index = 0;
    const model = scripted(({ messages }) => {
      const draft = messages.find(({ role }) => role === "assistant")?.content;
      return draft === undefined ? answers[index++]! : sure.get(draft as string)!;
    });
    const vote = (reweigh: number | undefined) => {
      index = 0;
      const weight = confidenceWeight();
      const options = reweigh === undefined ? { weight } : { weight, reweigh: softmax(reweigh) };
      return run(
        stack(model, chainOfThought({ answer: number() }), selfConfidence(), sampleN(3), majorityVote(options)),
        "q",
      );
    };
    // 0.95 against 2 · 0.4; in the limit of a cold softmax the surest alone, of a hot one the plain majority.
    expect(await vote(undefined)).toMatchObject({ answer: 2, selfConfidence: 0.95 });
    expect((await vote(0.01)).answer).toBe(2);
    expect((await vote(100)).answer).toBe(1);
  });

  test("who could not be asked counts half", () => {
    const weight = confidenceWeight();
    const sample = { text: "x", finishReason: "stop", usage: { calls: 1 } } as unknown as Confident;
    expect([0.8, 0, undefined].map((value) => weight({ ...sample, selfConfidence: value }))).toEqual([0.8, 0, 0.5]);
    expect(weight.max).toBe(1);
  });

  test("samples ask at the same time", async () => {
    const clock = virtualClock();
    const model = scripted(({ messages }) => (messages.length > 1 ? "50" : "1"), { latencyMs: 100 });
    await clock.until(run(stack(model, selfConfidence(), sampleN(5)), "q", { clock }));
    expect([clock.now(), model.calls]).toEqual([200, 10]);
  });
});

test("outline", () => {
  const model = scripted(["a"], { id: "m" });
  expect(outline(selfConfidence()(model)).split("\n")).toEqual([
    "selfConfidence (verbal)  ≤ 2 calls, ≤ 4,122 tokens",
    "└─ m                     ≤ 1 call, ≤ 1,524 tokens",
  ]);
  const by = stack(scripted(["a"], { id: "j" }), sampleN(2));
  expect(outline(selfConfidence({ by, samples: 3, method: "binary" })(model)).split("\n")[0]).toMatch(
    /^selfConfidence \(binary, samples = 3\) +≤ 7 calls, ≤ 17,112 tokens$/,
  );
});

test("types", () => {
  const model: Model = scripted(["Answer: 1"]);
  const solver = stack(model, chainOfThought({ answer: number() }), selfConfidence());
  expectTypeOf(solver).toEqualTypeOf<Model<Confident<Reasoned<number>>>>();
  const vote = stack(solver, sampleN(3), majorityVote({ weight: confidenceWeight() }));
  expectTypeOf(vote.generate).returns.resolves.toHaveProperty("answer").toEqualTypeOf<number | undefined>();
  // @ts-expect-error -- nobody asked how sure it is
  compiles(() => stack(model, sampleN(3), majorityVote({ weight: confidenceWeight() })));
});

test.each<[options: unknown, message: string]>([
  [null, "options must be an object, got null"],
  [{ methods: "verbal" }, 'an option must be one of method, samples, instruction, by, got "methods"'],
  [{ method: "spoken" }, "method must be 'verbal', 'binary' or 'p-true', got \"spoken\""],
  [{ method: "toString" }, "method must be 'verbal', 'binary' or 'p-true', got \"toString\""],
  [{ samples: 0 }, "samples must be an integer of at least 1, got 0"],
  [{ samples: 1.5 }, "samples must be an integer of at least 1, got 1.5"],
  [{ instruction: " " }, 'instruction must be a text that is not empty, got " "'],
  [{ by: "gpt" }, 'by must be a model, got "gpt"'],
])("wrong options: %j", (options, message) => {
  const build = () => selfConfidence(options as SelfConfidenceOptions);
  expect(build).toThrow(InvalidOptionError);
  expect(build).toThrow(`selfConfidence: ${message}`);
});
