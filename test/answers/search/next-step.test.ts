import { fc, test } from "@fast-check/vitest";
import {
  beam,
  beamSearch,
  number,
  run,
  stack,
  text as words,
  type BeamSearchOptions,
  type Capabilities,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type ReasoningPart,
  type ToolCallPart,
} from "mull";
import { scripted, type Script, type ScriptedLine } from "mull/testing";
import { problems, tiny } from "mull/tiny";
import { describe, expect } from "vitest";
import { traced } from "../../strategies/trial.js";

const goesOn: Capabilities = { prefill: true };
const question: ModelRequest = { messages: [{ role: "user", content: "q" }] };
const toolCall: ToolCallPart = { type: "tool-call", id: "1", name: "weather", input: {} };

/** A search of one line: what its steps become. */
const oneLine = (model: Model, options: Partial<BeamSearchOptions<number>> = {}) =>
  stack(
    model,
    beamSearch({
      answer: number(),
      scorer: () => 0.5,
      order: beam({ width: 1, expand: 1 }),
      instruction: "",
      ...options,
    }),
  );

const ask = async (
  replies: readonly ScriptedLine[],
  options: Partial<BeamSearchOptions<number>> = {},
  request: Partial<ModelRequest> = {},
  capabilities: Capabilities = goesOn,
) => {
  const model = scripted(replies, { capabilities });
  const response = await run(oneLine(model, options), { ...question, ...request }, { seed: 1 });
  const asked = model.requests.map(({ prefill, stop, maxOutputTokens }) => [prefill, stop?.join("|"), maxOutputTokens]);
  return { model, response, asked };
};
const textOf = ({ text }: { readonly text: string }): string => text;

describe("by prefill", () => {
  test("step by step, each up to the end of its line", async () => {
    const { response, asked } = await ask(["a = 1", "b = 2", "Answer: 3"]);
    expect(response.text).toBe("a = 1\nb = 2\nAnswer: 3");
    expect(response.steps.map(textOf)).toEqual(["a = 1", "b = 2", "Answer: 3"]);
    expect(response.answer).toBe(3);
    expect(asked).toEqual([
      [undefined, "\n", 256],
      ["a = 1\n", "\n", 256],
      ["a = 1\nb = 2\n", "\n", 256],
    ]);
    expect(response.warnings).toBeUndefined();
    expect(response.usage.calls).toBe(3);
    expect(response.usage.outputTokens).toBe(3 + 3 + 2);
  });

  test.each<
    [
      what: string,
      replies: ScriptedLine[],
      text: string,
      steps: string[],
      more?: {
        readonly options?: Partial<BeamSearchOptions<number>>;
        readonly request?: Partial<ModelRequest>;
        readonly asked?: unknown;
        readonly response?: object;
      },
    ]
  >([
    [
      "a model that does not stop there",
      ["a\nb\nc", "b\nc\n", "Answer: 3\n\nSo."],
      "a\nb\nAnswer: 3",
      ["a", "b", "Answer: 3"],
    ],
    ["a model that begins with empty lines", [" \n\r\na\n", "Answer: 3"], "a\nAnswer: 3", ["a", "Answer: 3"]],
    [
      "one that leaves empty lines is asked once more; then it is known",
      ["a", "", "\nb\n\nc", "c", "Answer: 3"],
      "a\n\nb\n\nc\n\nAnswer: 3",
      ["a", "b", "c", "Answer: 3"],
      {
        asked: [
          [undefined, "\n", 256],
          ["a\n", "\n", 256],
          ["a\n", undefined, 256],
          ["a\n\nb\n\n", "\n", 256],
          ["a\n\nb\n\nc\n\n", "\n", 256],
        ],
      },
    ],
    ["one that begins its answer with one", ["", "\n\nAnswer: 3"], "Answer: 3", ["Answer: 3"]],
    [
      "nothing more comes",
      ["a = 1", "", ""],
      "a = 1",
      ["a = 1"],
      { response: { stopped: "done", finishReason: "stop", answer: 1 } },
    ],
    ["nothing comes at all", [" ", " "], "", [], { response: { stopped: "done", answer: undefined } }],
    [
      "paragraphs",
      ["a\nb", "c\n\nd", "Answer: 3"],
      "a\nb\n\nc\n\nAnswer: 3",
      ["a\nb", "c", "Answer: 3"],
      {
        options: { split: "paragraph" },
        asked: [
          [undefined, "\n\n", 256],
          ["a\nb\n\n", "\n\n", 256],
          ["a\nb\n\nc\n\n", "\n\n", 256],
        ],
      },
    ],
    [
      "a step that is too long goes on in the next",
      ["so so so on", " on it\ngoes", "\nAnswer: 3"],
      "so so on it\nAnswer: 3",
      ["so so", " on it", "Answer: 3"],
      {
        options: { stepTokens: 2 },
        asked: [
          [undefined, "\n", 2],
          ["so so", "\n", 2],
          ["so so on it", "\n", 2],
        ],
      },
    ],
    [
      "one that was cut where it ends",
      [{ text: "a", finishReason: "length" }, "", "\nAnswer: 3"],
      "a\nAnswer: 3",
      ["a", "Answer: 3"],
    ],
    [
      "one that was cut where a paragraph ends",
      [{ text: "a", finishReason: "length" }, "\n\nAnswer: 3"],
      "a\n\nAnswer: 3",
      ["a", "Answer: 3"],
      { options: { split: "paragraph" } },
    ],
    [
      "one that was cut behind its end is not cut short",
      [{ text: "a\nb", finishReason: "length" }, "Answer: 3"],
      "a\nAnswer: 3",
      ["a", "Answer: 3"],
    ],
    [
      "an answer that is cut is not over",
      [{ text: "Answer: 1", finishReason: "length" }, "23"],
      "Answer: 123",
      ["Answer: 1", "23"],
      { response: { answer: 123 } },
    ],
    [
      "a mark that is cut in two",
      [{ text: "Answ", finishReason: "length" }, "er: 5", "never"],
      "Answer: 5",
      ["Answ", "er: 5"],
    ],
    [
      "all steps together keep within the output cap of the request",
      ["a b", "c d", "never"],
      "a b\nc",
      ["a b", "c"],
      {
        request: { maxOutputTokens: 3 },
        asked: [
          [undefined, "\n", 3],
          ["a b\n", "\n", 1],
        ],
        response: { finishReason: "length", answer: undefined, stopped: "done" },
      },
    ],
    [
      "the cap is reached with no word of a step",
      ["a b", { text: " ", finishReason: "length", usage: { outputTokens: 1 } }],
      "a b",
      ["a b"],
      { request: { maxOutputTokens: 3 }, response: { finishReason: "length" } },
    ],
    [
      "a stop sequence of the request ends the line; it is not sent",
      ["a", "b END c", "never"],
      "a\nb ",
      ["a", "b "],
      {
        request: { stop: ["", "END", "1", "2", "3"] },
        asked: [
          [undefined, "\n", 256],
          ["a\n", "\n", 256],
        ],
        response: { finishReason: "stop" },
      },
    ],
    ["at once", ["END it", "never"], "", [], { request: { stop: ["END"] } }],
    [
      "one that began in the step before",
      ["a", "Observation: b", "never"],
      "a",
      ["a"],
      { request: { stop: ["\nObservation:"] } },
    ],
    ["one that began in its words", ["a b", "c", "never"], "a ", ["a b"], { request: { stop: ["b\nc"] } }],
    [
      "the request's own prefill stays in front, and is not repeated",
      ["a", "Answer: 3"],
      "a\nAnswer: 3",
      ["a", "Answer: 3"],
      {
        request: { prefill: "So: " },
        asked: [
          ["So: ", "\n", 256],
          ["So: a\n", "\n", 256],
        ],
      },
    ],
    [
      "a prefill that has the beginning of the answer",
      ["7"],
      "7",
      ["7"],
      {
        request: { prefill: "Answer: " },
        options: { done: (line) => line === "7" },
        response: { answer: 7 },
      },
    ],
    [
      "tools are called at once",
      [{ text: "I look.\nSo.", toolCalls: [toolCall] }],
      "I look.\nSo.",
      ["I look.\nSo."],
      { response: { toolCalls: [toolCall], finishReason: "tool-calls", answer: undefined, key: undefined } },
    ],
    [
      "tools are called later",
      ["It is 3.", { text: "", toolCalls: [toolCall] }],
      "It is 3.\n",
      ["It is 3."],
      { response: { toolCalls: [toolCall], answer: undefined } },
    ],
    [
      "a filter stops it",
      ["a", { text: "b", finishReason: "content-filter" }, "never"],
      "a\nb",
      ["a", "b"],
      { response: { finishReason: "content-filter" } },
    ],
    [
      "where a line ends, as you say",
      ["a", "b", "c"],
      "a\nb\nc",
      ["a", "b", "c"],
      { options: { done: (line, step) => line.length === 5 && step === "c" } },
    ],
    [
      "a request with a schema is asked whole, with a warning",
      ['{"a":\n1}'],
      '{"a":\n1}',
      ['{"a":\n1}'],
      {
        request: { schema: { jsonSchema: {} } },
        asked: [[undefined, undefined, undefined]],
        response: {
          warnings: [
            {
              code: "not-stepped",
              message:
                "the request asks for a JSON Schema, which holds for whole answers: the thought was not cut into steps",
            },
          ],
        },
      },
    ],
  ])("%s", async (_, replies, text, steps, { options, request, asked, response: more } = {}) => {
    const { response, asked: seen, model } = await ask(replies, options, request);
    expect(response.text).toBe(text);
    expect(response.steps.map(textOf)).toEqual(steps);
    if (asked !== undefined) expect(seen).toEqual(asked);
    if (more !== undefined) expect(response).toMatchObject(more);
    expect(response.usage.calls + (response.usage.failed?.calls ?? 0)).toBe(model.calls);
    expect(response.failures).toEqual([]);
  });

  test("a hidden thought that leaves no room for words is an error, and not endless", async () => {
    const mute = { text: "\n", reasoning: "hmm", finishReason: "length" } as const;
    const message = "scripted wrote no words of a step in 256 tokens: give it more stepTokens, or less to think";
    await expect(ask([mute])).rejects.toMatchObject({ code: "no-answer", message });
    // What was written before is not lost.
    const { response } = await ask(["a", mute]);
    expect(response).toMatchObject({ text: "a", stopped: "limit", failures: [{ index: 1, error: { message } }] });
  });

  test("a capability that is denied: a request with a schema is stepped like any other", async () => {
    const { response } = await ask(
      ["a", "Answer: 3"],
      {},
      { schema: { jsonSchema: {} } },
      { prefill: true, schema: false },
    );
    expect(response.steps).toHaveLength(2);
  });
});

describe("steps of your own", () => {
  /** Ends behind each `;`. */
  const split = (text: string): number | undefined => text.indexOf(";") + 1 || undefined;

  test("are cut off, and written exactly as they were", async () => {
    const { response, asked } = await ask(["a; b; c", " b;Answer: 3; x", " Answer: 3;x"], { split, stepTokens: 9 });
    expect(response.text).toBe("a; b; Answer: 3;");
    expect(response.steps.map(textOf)).toEqual(["a;", " b;", " Answer: 3;"]);
    expect(asked).toEqual([
      [undefined, undefined, 9],
      ["a;", undefined, 9],
      ["a; b;", undefined, 9],
    ]);
  });

  test("a model that stops behind its step is at its end", async () => {
    const { response, model } = await ask(["a;\n", "never"], { split });
    expect(response.text).toBe("a;");
    expect(model.calls).toBe(1);
    const open = await ask(["a", "never"], { split });
    expect(open.response.text).toBe("a");
  });

  test("one that is asked by a turn is not: it was asked for one step", async () => {
    const { response, model } = await ask(["a;", "Answer: 3;"], { split }, {}, {});
    expect(response.text).toBe("a;\nAnswer: 3;");
    expect(model.requests[1]?.messages.at(-1)).toMatchObject({
      content: expect.stringContaining("Write only the next step, as one step, and"),
    });
  });

  test.each([0, -1, 1.5, 4, NaN, "1"])("a splitter that returns %s is a mistake", async (end) => {
    await expect(ask(["a;b"], { split: () => end as number })).rejects.toMatchObject({
      code: "invalid-option",
      message: `split: what it returns must be an index behind the first step, from 1 to the 3 of the text, or undefined, got ${typeof end === "string" ? '"1"' : end}`,
    });
  });
});

describe("by a turn, where there is no prefill", () => {
  const emulated = {
    code: "downgrade",
    message: "scripted is not known to continue a started answer: another turn asks it to go on, step by step",
    capability: "prefill",
  };

  test("the model sees its work so far, and is asked for the next step", async () => {
    const { response, model } = await ask(["a\nb", "a\n\nb\nc", "Answer: 3"], {}, {}, {});
    expect(response.text).toBe("a\nb\nAnswer: 3");
    expect(response.warnings).toEqual([emulated]);
    const goOn =
      "Go on exactly from where it ends. Write only the next step, as one line, and nothing behind it. Where no step is left, it is the answer, as asked for above.";
    expect(model.requests.map(({ messages }) => messages)).toEqual([
      [
        {
          role: "user",
          content: `q\n\n${number().instruction}\n\nWrite only the first step, as one line, and nothing behind it.`,
        },
      ],
      [
        { role: "user", content: `q\n\n${number().instruction}` },
        { role: "assistant", content: "a" },
        { role: "user", content: goOn },
      ],
      [
        { role: "user", content: `q\n\n${number().instruction}` },
        { role: "assistant", content: "a\nb" },
        { role: "user", content: goOn },
      ],
    ]);
    expect(model.requests.every(({ prefill, stop }) => prefill === undefined && stop === undefined)).toBe(true);
  });

  test("work that is said again is taken away", async () => {
    const { response } = await ask(["a", "\n\na\nb", "a\nb\nAnswer: 3"], {}, { prefill: "" }, {});
    expect(response.text).toBe("a\nb\nAnswer: 3");
    const alike = await ask(["a", "ab", "Answer: 3"], {}, {}, {});
    expect(alike.response.text).toBe("a\nab\nAnswer: 3");
  });

  test("a prefill of the request is shown as work", async () => {
    const { model, response } = await ask(["a", "Answer: 3"], {}, { prefill: "So: " }, {});
    expect(model.requests.map(({ messages }) => messages.at(-2))).toEqual([
      { role: "assistant", content: "So: " },
      { role: "assistant", content: "So: a" },
    ]);
    expect(response.text).toBe("a\nAnswer: 3");
  });

  test("a thought that is kept apart: no prefill reaches it", async () => {
    const { response, model } = await ask([
      { text: "a", reasoning: "of a" },
      { text: "b", reasoning: "of b" },
      "Answer: 3",
    ]);
    expect(response).toMatchObject({
      text: "a\nb\nAnswer: 3",
      reasoning: "of a\n\nof b",
      thought: "of a\n\nof b",
      warnings: [
        {
          ...emulated,
          message:
            "scripted keeps its thought apart from its text, where no prefill reaches it: another turn asks it to go on, step by step",
        },
      ],
    });
    expect(model.requests.map(({ prefill, stop }) => [prefill, stop])).toEqual([
      [undefined, ["\n"]],
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  test("the downgrade is told once for a line", async () => {
    const { trace } = await traced(oneLine(scripted(["a", "b", "Answer: 3"])));
    expect(trace.filter((line) => line.startsWith("downgrade"))).toEqual(["downgrade beamSearch/#0"]);
  });

  test("a stop sequence of the request ends the line, and is not sent", async () => {
    const { response, asked } = await ask(["a", "b END c", "never"], {}, { stop: ["END"] }, {});
    expect(response.text).toBe("a\nb ");
    expect(asked.map(([, stop]) => stop)).toEqual([undefined, undefined]);
  });

  test("a prefill that is empty is none", async () => {
    const { asked } = await ask(["Answer: 3"], {}, { prefill: "" });
    expect(asked).toEqual([["", "\n", 256]]);
  });
});

describe("what comes with the words", () => {
  test("log-probabilities of the words that were kept", async () => {
    const tokens = (...parts: readonly string[]) => parts.map((token) => ({ token, logprob: -token.length }));
    const { response } = await ask([
      { text: "\na b\nc", logprobs: tokens("\n", "a", " b", "\n", "c") },
      { text: "Answer: 3", logprobs: tokens("Answer:", " 3") },
    ]);
    expect(response.logprobs).toEqual(tokens("a", " b", "Answer:", " 3"));
    const other = await ask([{ text: "Answer: 3\nc", logprobs: tokens("Answer", "3") }]);
    expect(other.response.logprobs).toBeUndefined();
  });

  test("parts that are no text, and warnings of each step once", async () => {
    const thought: ReasoningPart = { type: "reasoning", text: "hm", providerMetadata: { p: { signature: "x" } } };
    const warning = { code: "x", message: "y" };
    const { response } = await ask([
      { text: "a\nb", content: [thought, { type: "text", text: "a\nb" }], warnings: [warning] },
      { text: "Answer: 3", warnings: [warning] },
    ]);
    expect(response.content).toEqual([
      thought,
      { type: "text", text: "a" },
      { type: "text", text: "\n" },
      { type: "text", text: "Answer: 3" },
    ]);
    expect(response.warnings).toEqual([warning]);
  });

  test("a scorer sees the whole line, with what all of it spent", async () => {
    const seen: unknown[] = [];
    const scorer = ({ text, usage, finishReason }: ModelResponse): number => {
      seen.push([text, usage.outputTokens, finishReason]);
      return 0.5;
    };
    await ask(["a b c d", " d\n", "Answer: 3"], { scorer, stepTokens: 3 });
    expect(seen).toEqual([
      ["a b c", 3, "length"],
      ["a b c d", 4, "stop"],
      ["a b c d\nAnswer: 3", 6, "stop"],
    ]);
  });
});

test("equal trials of a round become one request with native n", async () => {
  const counts: number[] = [];
  const model = scripted(
    ({ prefill = "" }, { n, random }) => {
      counts.push(n);
      return prefill.split("\n").length > 2 ? "Answer: 3" : String(random.integer(1));
    },
    { capabilities: { n: true, prefill: true } },
  );
  await run(oneLine(model, { order: beam({ width: 2, expand: 3 }) }), "q", { seed: 1 });
  expect(counts.length).toBeGreaterThan(model.calls);
  expect(model.calls).toBe(3);
  expect(counts).toEqual([...Array<number>(6).fill(6), ...Array<number>(3).fill(3), ...Array<number>(3).fill(3)]);
});

test("the embedded model goes on with its own steps, line by line", async () => {
  const [problem] = problems({ seed: 1, count: 1, grade: "easy" });
  const { question: asked = "", steps: right = [], answer: true_ } = problem ?? {};
  const solver = oneLine(await tiny(), { instruction: "Think step by step.", temperature: 0 });
  const { text, steps, answer, usage } = await run(solver, asked, { seed: 1 });
  expect(steps.map(textOf)).toEqual([...right, `Answer: ${true_}`]);
  expect([text, answer]).toEqual([steps.map(textOf).join("\n"), true_]);
  expect(usage.calls).toBe(steps.length);
});

/** Writes one text, whatever it is asked: it goes on with the prefill, up to a stop sequence where it knows them, and to the cap. */
function writing(whole: string, obeys: boolean): Script {
  return ({ prefill = "", stop = [], maxOutputTokens = Infinity }) => {
    const over = prefill.trimEnd() === whole;
    expect(over || whole.startsWith(prefill)).toBe(true);
    const rest = over ? "" : whole.slice(prefill.length);
    const parts = rest.match(/\n|[^\S\n]*[^\s]+/g) ?? [];
    const capped = parts.slice(0, maxOutputTokens).join("");
    const ends = obeys ? stop.map((end) => capped.indexOf(end)).filter((at) => at >= 0) : [];
    const usage = { inputTokens: 1, outputTokens: parts.length };
    if (ends.length > 0) return { text: capped.slice(0, Math.min(...ends)), finishReason: "stop", usage };
    return { text: capped, finishReason: capped === rest ? "stop" : "length", usage };
  };
}

test.prop(
  [
    fc.array(
      fc
        .array(fc.constantFrom("so", "it", "is", "7", "+", "="), { minLength: 1, maxLength: 6 })
        .map((line) => line.join(" ")),
      { minLength: 1, maxLength: 6 },
    ),
    fc.constantFrom("\n", "\n\n"),
    fc.constantFrom("line" as const, "paragraph" as const),
    fc.integer({ min: 3, max: 8 }),
    fc.boolean(),
  ],
  { numRuns: 150 },
)("however it is cut, the text is that of one call", async (lines, separator, split, stepTokens, obeys) => {
  const whole = lines.join(separator);
  const model = scripted(writing(whole, obeys), { capabilities: goesOn });
  const solver = stack(
    model,
    beamSearch({
      answer: words(),
      scorer: () => 0.5,
      order: beam({ width: 1, expand: 1 }),
      split,
      stepTokens,
      maxSteps: 100,
      done: () => false,
    }),
  );
  const response = await run(solver, "q", { seed: 1 });
  expect(response.text).toBe(whole);
  expect(response.stopped).toBe("done");
});
