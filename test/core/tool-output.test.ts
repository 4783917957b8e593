import { run, stack, ToolOutput, toolLoop, tool, type FilePart } from "mull";
import { toAiSdkTools } from "mull/adapters/ai-sdk";
import { scripted } from "mull/testing";
import { describe, expect, test } from "vitest";
import * as z from "zod";

const file: FilePart = { type: "file", mediaType: "image/png", data: "AAAA" };

/** The result of a tool that gives `given`. */
async function resultOf(given: unknown, options: { onToolError?: "throw"; maxResult?: number; effect?: boolean } = {}) {
  const { effect = false, ...rest } = options;
  const draw = tool({ name: "draw", description: "Draws.", input: z.object({}), execute: () => given, effect });
  const call = { text: "", toolCalls: [{ type: "tool-call" as const, id: "1", name: "draw", input: {} }] };
  const model = scripted([call, call, "done"]);
  const { steps } = await run(stack(model, toolLoop({ tools: [draw], ...rest })), "?");
  return steps.map(({ results }) => results[0]);
}

describe("in a loop", () => {
  test("files stand beside the words", async () => {
    const [result] = await resultOf(new ToolOutput("[a map]", { files: [file] }));
    expect(result).toEqual({ type: "tool-result", id: "1", name: "draw", output: "[a map]", files: [file] });
  });

  test("an error is told, also where what tools throw ends the loop", async () => {
    const [result] = await resultOf(new ToolOutput("no map of that", { isError: true }), { onToolError: "throw" });
    expect(result).toEqual({ type: "tool-result", id: "1", name: "draw", output: "no map of that", isError: true });
  });

  test("words alone are words", async () => {
    const [result] = await resultOf(new ToolOutput(undefined));
    expect(result).toEqual({ type: "tool-result", id: "1", name: "draw", output: null });
  });

  test("words that are too long are cut", async () => {
    const [result] = await resultOf(new ToolOutput("x".repeat(50), { files: [file] }), { maxResult: 10 });
    expect(result?.output).toMatch(/^x{10}\n\[cut: /);
    expect(result?.files).toEqual([file]);
  });

  test("what was done once is told with its files", async () => {
    const [first, second] = await resultOf(new ToolOutput("[a map]", { files: [file] }), { effect: true });
    expect(first).toMatchObject({ output: "[a map]", files: [file] });
    expect(second).toMatchObject({ output: expect.stringMatching(/^\[a map\]\n\n\(Not done again/), files: [file] });
  });
});

test("in the AI SDK, files are left out, and an error is thrown", async () => {
  const execute = (given: unknown) => {
    const draw = tool({ name: "draw", description: "Draws.", input: z.object({}), execute: () => given });
    return toAiSdkTools([draw]).draw!.execute({}, {});
  };
  expect(await execute(new ToolOutput("[a map]", { files: [file] }))).toBe("[a map]");
  await expect(execute(new ToolOutput({ code: 7 }, { isError: true }))).rejects.toThrow('{"code":7}');
});

test("as JSON it is its words; it is known across copies of the package", () => {
  const output = new ToolOutput({ a: 1 }, { files: [file] });
  expect(JSON.stringify([output])).toBe('[{"a":1}]');
  expect(ToolOutput.is(output)).toBe(true);
  expect([undefined, null, "a map", {}, { output: 1 }].some((value) => ToolOutput.is(value))).toBe(false);
});
