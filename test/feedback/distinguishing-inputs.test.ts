import {
  distinguishingInputs,
  distinguishInstruction,
  InvalidOptionError,
  ProviderError,
  run,
  sampleN,
  stack,
  textOf,
  tournament,
  type Champion,
  type DistinguishingInputsOptions,
  type Evidence,
  type ModelRequest,
} from "mull";
import { scripted, type ScriptedModel, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { block, linear } from "./programs.js";

/** A judge that names the response of which the evidence says that it came to 4 on 3. */
function informed(): ScriptedModel {
  return scripted((request) => {
    const [, place] = /- f\(3\): .*Response (\d) came to 4/.exec(textOf(request.messages[0]!)) ?? [];
    return place === undefined ? "I cannot say." : `Choice: ${place}`;
  });
}

async function compare(
  texts: readonly string[],
  replies: readonly ScriptedReply[],
  options: Partial<DistinguishingInputsOptions> = {},
): Promise<{ readonly response: Champion; readonly seen: readonly string[]; readonly writer: ScriptedModel }> {
  const writer = scripted(replies.length === 0 ? ["?"] : replies);
  const by = informed();
  const evidence = distinguishingInputs({ sandbox: linear(), by: writer, ...options });
  const response = await run(stack(scripted(texts), sampleN(texts.length), tournament({ by, evidence })), "q", {
    seed: 1,
  });
  const seen = by.requests.map(
    ({ messages }: ModelRequest) => /# Evidence\n([^]*)\n\n# Task/.exec(textOf(messages[0]!))?.[1] ?? "",
  );
  return { response, seen, writer };
}

describe("evidence", () => {
  test("both programs are run on what a model wrote for them; where they differ comes first", async () => {
    const { response, seen, writer } = await compare([block("f = x"), block("f = x + 1")], [block("f(3)\nf()")]);
    const lines = (one: string, other: string): string =>
      `Both programs were run:\n- f(3): Response 1 came to ${one}; Response 2 came to ${other}\n- f(): both failed (SyntaxError: no)`;
    expect([...seen].sort()).toEqual([lines("3", "4"), lines("4", "3")]);
    expect(response.text).toBe(block("f = x + 1"));
    expect(response.standings[0]).toMatchObject({ wins: 2, comparisons: 2 });
    // Once for the pair, in whatever order.
    expect(writer.calls).toBe(1);
    expect(response.usage.judging?.calls).toBe(3);
  });

  test("what the writer sees", async () => {
    const { writer } = await compare([block("f = x"), block("f = x + 1")], [block("f(3)")], { count: 2 });
    const [first] = writer.requests;
    const words = textOf(first!.messages[0]!);
    expect(words).toMatch(/^# Question\nq\n\n# Program 1\n```javascript\nf = .*\n```\n\n# Program 2\n/);
    expect(words).toContain(`# Task\n${distinguishInstruction} Write 2 at most`);
    const own = await compare([block("f = x"), block("f = x + 1")], [block("f(3)")], { instruction: "Where?" });
    expect(textOf(own.writer.requests[0]!.messages[0]!)).toContain("# Task\nWhere? Write 5");
  });

  test.each<[what: string, texts: string[], replies: string[], said: RegExp]>([
    [
      "they came to the same",
      [block("f = x"), block("f = 1 * x")],
      [block("f(3)")],
      /^Both programs were run, and came to the same:\n- f\(3\): both came to 3$/,
    ],
    ["one fails", [block("f = x"), block("f = !TypeError")], [block("f(3)")], /Response \d failed \(TypeError: no\)/],
    ["no program in one", [block("f = x"), "I cannot."], [], /^Response [12] holds no program\.$/],
    ["nor in both", ["I cannot.", "Nor can I."], [], /^Neither response holds a program\.$/],
    [
      "the same program in other words",
      [block("f = x"), `Look. ${block("f = x")}`],
      [],
      /^Both programs are the same\.$/,
    ],
  ])("%s", async (_, texts, replies, said) => {
    const { seen, writer } = await compare(texts, replies);
    expect(seen).toHaveLength(2);
    for (const words of seen) expect(words).toMatch(said);
    expect(writer.calls).toBe(replies.length);
  });

  test("which response has none is said by its place", async () => {
    const { seen } = await compare([block("f = x"), "I cannot."], []);
    expect([...seen].sort()).toEqual(["Response 1 holds no program.", "Response 2 holds no program."]);
  });

  test("programs of your own", async () => {
    const { seen } = await compare(["x", "x + 1"], [block("f(3)")], { program: ({ text }) => `f = ${text}` });
    expect(seen[0]).toContain("Response 1 came to");
  });

  test.each<[ScriptedReply]>([["No idea."], [new ProviderError("busy", { status: 503 })]])(
    "where it fails they are compared without it, with a warning: %s",
    async (reply) => {
      const { response, seen, writer } = await compare([block("f = x"), block("f = x + 1")], [reply]);
      expect(seen).toEqual(["", ""]);
      expect(writer.calls).toBe(1);
      expect(response.warnings).toContainEqual({
        code: "evidence-failed",
        message: "evidence that failed, so that responses were compared without it: 2",
      });
    },
  );

  test("by default the model beneath writes them", async () => {
    const model = scripted([block("f = x"), block("f = x + 1"), block("f(3)")]);
    const solver = stack(
      model,
      sampleN(2),
      tournament({ by: informed(), evidence: distinguishingInputs({ sandbox: linear() }) }),
    );
    expect((await run(solver, "q")).text).toBe(block("f = x + 1"));
    expect(model.calls).toBe(3);
  });
});

describe("wrong options", () => {
  const sandbox = linear();
  test.each<[options: unknown, message: string]>([
    [{}, "sandbox must be a sandbox, such as quickjs() or python(), got undefined"],
    [{ sandbox, inputs: [] }, 'an option must be one of sandbox, by, count, instruction, program, got "inputs"'],
    [{ sandbox, by: "gpt" }, 'by must be a model, got "gpt"'],
    [{ sandbox, count: 1.5 }, "count must be an integer of at least 1, got 1.5"],
    [{ sandbox, instruction: " " }, 'instruction must be a text that is not empty, got " "'],
    [{ sandbox, program: "p" }, 'program must be a function of a response, got "p"'],
  ])("%#", (options, message) => {
    const build = () => distinguishingInputs(options as DistinguishingInputsOptions);
    expect(build).toThrow(InvalidOptionError);
    expect(build).toThrow(`distinguishingInputs: ${message}`);
  });
});

test("types", () => {
  expectTypeOf(distinguishingInputs({ sandbox: linear() })).toEqualTypeOf<Evidence>();
  expect(distinguishingInputs({ sandbox: linear() }).calls).toBe(1);
});
