import {
  chainOfThought,
  code,
  inputsInstruction,
  InvalidOptionError,
  majorityVote,
  never,
  ProviderError,
  run,
  sameBehaviour,
  sampleN,
  stack,
  textOf,
  ToolError,
  type ModelRequest,
  type ProgramResult,
  type Reasoned,
  type SameBehaviourOptions,
  type Sameness,
  type Voted,
} from "mull";
import { scripted, scriptedSandbox, type ScriptedModel, type ScriptedReply } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { giveUp, traced } from "../strategies/trial.js";
import { bad, block, good, linear } from "./programs.js";

/** Votes among programs. */
async function vote(
  replies: readonly ScriptedReply[],
  options: Partial<SameBehaviourOptions>,
  prompt: string | ModelRequest = "q",
): Promise<{ readonly response: Voted<Reasoned<string>>; readonly model: ScriptedModel }> {
  const model = scripted(replies);
  const samples = stack(
    model,
    chainOfThought({ answer: code(), askAgain: false }),
    sampleN(replies.filter((reply) => !(typeof reply === "string" && reply.includes("CALLS"))).length),
  );
  const solver = stack(samples, majorityVote({ same: sameBehaviour({ sandbox: linear(), ...options }), stop: never }));
  return { response: await run(solver, prompt), model };
}
const votes = ({ votes: given }: Voted): string => given.map(({ key, count }) => `${key} ×${count}`).join("; ");

describe("given inputs", () => {
  test.each<[what: string, programs: string[], inputs: string[], counted: string]>([
    [
      "programs that do the same vote together",
      ["f = x", "f = 1 * x", "f = 2 * x"],
      ["f(3)"],
      "f = x ×2; f = 2 * x ×1",
    ],
    ["one input may not tell", ["f = x + 2", "f = 2 * x"], ["f(2)"], "f = x + 2 ×2"],
    ["another does", ["f = x + 2", "f = 2 * x"], ["f(2)", "f(3)"], "f = x + 2 ×1; f = 2 * x ×1"],
    ["in any place", ["f = abs x", "f = x"], ["f(1)", "f(2)", "f(-1)"], "f = abs x ×1; f = x ×1"],
    ["an input on which both fail does not tell", ["f = x", "f = 1 * x"], ["f()", "f(1)"], "f = x ×2"],
    ["programs that only fail are like no other", ["f = !A", "f = !A "], ["f(1)"], "f = !A ×2"],
    ["but by their words", ["f = !A", "f = !A again"], ["f(1)"], "f = !A ×1; f = !A again ×1"],
    ["errors differ from values", ["f = x", "f = !A"], ["f(1)"], "f = x ×1; f = !A ×1"],
  ])("%s", async (_, programs, inputs, counted) => {
    const { response, model } = await vote(programs.map(block), { inputs });
    expect(votes(response)).toBe(counted);
    expect(model.calls).toBe(programs.length);
  });

  test("errors are the same by their class", async () => {
    const result = (program: string): ProgramResult =>
      program.endsWith("f(1)") ? good(1) : bad(program.charAt(4), program);
    const compare = async (one: string, other: string): Promise<number> => {
      const { response } = await vote([block(one), block(other)], {
        sandbox: scriptedSandbox((program) => result(program)),
        inputs: ["f(1)", "f(2)"],
      });
      return response.votes.length;
    };
    expect(await compare("f = A1", "f = A2")).toBe(1);
    expect(await compare("f = A1", "f = B1")).toBe(2);
  });

  test("a sample without a program is like no other", async () => {
    const samples = stack(scripted(["a", "b"]), sampleN(2));
    const solver = stack(
      samples,
      majorityVote({ same: sameBehaviour({ sandbox: linear(), inputs: ["f(1)"] }), stop: never }),
    );
    expect((await run(solver, "q")).votes).toHaveLength(2);
  });

  test("they may depend on the question; programs of your own are read; each is run once on each input", async () => {
    const sandbox = linear();
    const { response } = await vote(
      ["f = x", "f = 1 * x", "f = x + 0", "f = 2 * x"].map(block),
      { sandbox, inputs: ({ messages }) => [textOf(messages[0]!), "f(0)"], program: ({ text }) => text.split("\n")[2] },
      "f(5)",
    );
    expect(votes(response)).toBe("f = x ×3; f = 2 * x ×1");
    expect(sandbox.runs.map(({ program }) => program)).toEqual(
      ["f = x", "f = 1 * x", "f = x + 0", "f = 2 * x"].flatMap((source) => [`${source}\n;f(5)`, `${source}\n;f(0)`]),
    );
  });
});

describe("inputs that a model writes", () => {
  const calls = block("// CALLS\nf(2)\nprint(f(3));\n\nf(2)\nf(4)");

  test("once for a question, by the model beneath, counted as judging", async () => {
    const { response, model } = await vote(
      [block("f = x + 2"), block("f = 2 * x"), block("f = x + 2 "), block("f = 2 * x + 0"), calls],
      {},
    );
    expect(votes(response)).toBe("f = x + 2 ×2; f = 2 * x ×2");
    expect(model.calls).toBe(5);
    expect(response.usage.judging?.calls).toBe(1);
    const programs = "# Program 1\n```javascript\nf = x + 2\n```\n\n# Program 2\n```javascript\nf = 2 * x\n```";
    const task = `# Task\n${inputsInstruction} Write 8 at most, each an expression in one line, in one block fenced as \`\`\`javascript, without comments and without what they come to.`;
    expect(model.requests[4]?.messages).toEqual([{ role: "user", content: `# Question\nq\n\n${programs}\n\n${task}` }]);
  });

  test("are read without comments and prints, each once, and no more than so many", async () => {
    const sandbox = linear();
    await vote([block("f = x"), block("f = 2 * x")], { sandbox, by: scripted([calls]), count: 2 });
    expect(sandbox.runs.map(({ program }) => program.split(";")[1])).toEqual(["f(2)", "f(3)", "f(2)", "f(3)"]);
  });

  test("anew for each run and each question", async () => {
    const by = scripted([calls], { repeat: true });
    const same = sameBehaviour({ sandbox: linear(), by, instruction: "Write calls." });
    const samples = stack(scripted([block("f = x"), block("f = 2 * x")], { repeat: true }), sampleN(2));
    const solver = stack(samples, majorityVote({ same, stop: never }));
    const request: ModelRequest = { messages: [{ role: "user", content: "q" }] };
    await run(solver, request);
    await run(solver, request);
    expect(by.calls).toBe(2);
    expect(textOf(by.requests[0]!.messages[0]!)).toContain("# Task\nWrite calls. Write 8");
  });

  test("without any, and where the model fails, no two are the same, with a warning, and it is not asked again", async () => {
    for (const reply of ["None.", new ProviderError("busy", { status: 503 })]) {
      const by = scripted([reply]);
      const { response } = await vote(["f = x", "f = 1 * x", "f = x + 0"].map(block), { by });
      expect(response.votes).toHaveLength(3);
      expect(response.warnings).toContainEqual(expect.objectContaining({ code: "comparison-failed" }));
      expect(by.calls).toBe(1);
    }
  });
});

test("a sandbox that breaks fails the comparison", async () => {
  const sandbox = scriptedSandbox(() => new ToolError("quickjs", "broke"));
  const { response } = await vote([block("f = x"), block("f = 1 * x")], { sandbox, inputs: ["f(1)"] });
  expect(response.warnings).toMatchObject([{ code: "comparison-failed" }]);
});

test("given up, and out of time, within a program", async () => {
  const sandbox = scriptedSandbox(() => new Promise<never>(() => undefined));
  const model = scripted([block("f = x"), block("f = 2 * x")], { latencyMs: 100, repeat: true });
  const solver = stack(
    model,
    sampleN(2),
    majorityVote({ same: sameBehaviour({ sandbox, inputs: ["f(1)"] }), stop: never }),
  );
  expect(await giveUp(solver, 150, () => model.calls)).toBe(2);
  const { response } = await traced(solver, "q", { budget: { ms: 150 } });
  expect(response).toMatchObject({ stopped: "deadline", text: block("f = x") });
});

describe("wrong options", () => {
  const sandbox = linear();
  test.each<[options: unknown, message: string]>([
    [{}, "sandbox must be a sandbox, such as quickjs() or python(), got undefined"],
    [{ sandbox, input: [] }, 'an option must be one of sandbox, inputs, by, count, instruction, program, got "input"'],
    [{ sandbox, inputs: [] }, "inputs must be a list of at least one expression, got an empty array"],
    [{ sandbox, inputs: "f()" }, 'inputs must be a list of at least one expression, got "f()"'],
    [{ sandbox, inputs: [" "] }, "inputs must be a list of at least one expression, got an array"],
    [{ sandbox, by: "gpt" }, 'by must be a model, got "gpt"'],
    [{ sandbox, count: 0 }, "count must be an integer of at least 1, got 0"],
    [{ sandbox, instruction: "" }, "instruction must be a text that is not empty, got an empty string"],
    [{ sandbox, inputs: ["f()"], count: 2 }, "count must be left out where inputs are given, got 2"],
    [{ sandbox, inputs: ["f()"], by: scripted(["x"]) }, "by must be left out where inputs are given, got an object"],
    [{ sandbox, program: 1 }, "program must be a function of a sample, got 1"],
  ])("%#", (options, message) => {
    const build = () => sameBehaviour(options as SameBehaviourOptions);
    expect(build).toThrow(InvalidOptionError);
    expect(build).toThrow(`sameBehaviour: ${message}`);
  });

  test("inputs of a question that are none", async () => {
    await expect(vote([block("f = x"), block("f = 2 * x")], { inputs: () => [] })).rejects.toMatchObject({
      message: "sameBehaviour: what inputs returns must be a list of at least one expression, got an empty array",
    });
  });
});

test("types", () => {
  const sandbox = linear();
  expectTypeOf(sameBehaviour({ sandbox })).toEqualTypeOf<Sameness>();
  expectTypeOf(sameBehaviour<Reasoned<string>>({ sandbox, program: ({ answer }) => answer })).toEqualTypeOf<
    Sameness<Reasoned<string>>
  >();
});
