import { fc, test } from "@fast-check/vitest";
import {
  chainOfThought,
  code,
  InvalidOptionError,
  run,
  stack,
  type Answer,
  type CodeOptions,
  type Reasoned,
} from "mull";
import { scripted } from "mull/testing";
import { describe, expect, expectTypeOf } from "vitest";

const block = (tag: string, ...lines: string[]): string => ["```" + tag, ...lines, "```"].join("\n");
const add = "def add(a, b):\n    return a + b";

describe("what is read", () => {
  test.each<[what: string, text: string, language: string | undefined, program: string | undefined]>([
    ["one block", `Here it is:\n${block("python", add)}\nIt adds.`, undefined, add],
    ["the last of several", `${block("python", "x = 1")}\nBetter:\n${block("python", "x = 2")}`, undefined, "x = 2"],
    ["the last of the language", `${block("python", "x = 1")}\n${block("js", "x = 2")}`, "python", "x = 1"],
    ["by another name", block("py", "x = 1"), "python", "x = 1"],
    ["by another case", block("Python", "x = 1"), "python", "x = 1"],
    ["a language asked for by another name", block("javascript", "x = 1"), "js", "x = 1"],
    ["no block of another language", block("js", "x = 1"), "python", undefined],
    ["nor of a like one", block("javascript", "x = 1"), "java", undefined],
    ["one that names none", block("", "x = 1"), "python", "x = 1"],
    ["but rather one that does", `${block("py", "x = 1")}\n${block("", "42")}`, "python", "x = 1"],
    ["nor what came out", `${block("py", "x = 1")}\n${block("text", "42")}`, undefined, "x = 1"],
    ["of output alone nothing", block("output", "42"), undefined, undefined],
    ["tildes", "~~~python\nx = 1\n~~~", "python", "x = 1"],
    ["backquotes within longer fences", "````md\n```js\nx\n```\n````", undefined, "```js\nx\n```"],
    ["more behind the language", block('python title="a.py"', "x = 1"), "python", "x = 1"],
    ["the language in braces", block("{.python}", "x = 1"), "python", "x = 1"],
    ["an indented fence", "1. So:\n   ```py\n   if x:\n       y = 1\n   ```", "python", "if x:\n    y = 1"],
    [
      "blank lines around it go, those within stay",
      block("py", "", "  ", "x = 1  ", "", "y = 2", ""),
      undefined,
      "x = 1  \n\ny = 2",
    ],
    ["Windows", block("py", "x = 1", "y = 2").replaceAll("\n", "\r\n"), undefined, "x = 1\ny = 2"],
    ["an empty block is none", block("py", "", " "), undefined, undefined],
    ["and leaves the one before", `${block("py", "x = 1")}\n${block("py")}`, undefined, "x = 1"],
    ["one that was cut is none", "So:\n```python\nx = 1\ny =", undefined, undefined],
    ["the whole one before it is read", `${block("py", "x = 1")}\n\`\`\`py\nx = 2`, undefined, "x = 1"],
    ["code within a line opens nothing", "It is ```x = 1``` here.", undefined, undefined],
    ["a bare program", `${add}\n\nprint(add(1, 2))\n`, undefined, `${add}\n\nprint(add(1, 2))`],
    ["a bare one of another kind", "const f = (x) => x + 1;\nf(2);", "javascript", "const f = (x) => x + 1;\nf(2);"],
    [
      "with comments and brackets",
      "# adds\nimport math\nx = [\n  1,\n]\nif x:\n    y = 2",
      undefined,
      "# adds\nimport math\nx = [\n  1,\n]\nif x:\n    y = 2",
    ],
    ["words are no program", "The answer is 4.", undefined, undefined],
    ["nor words that begin like one", "if I am right, then it is 4.", undefined, undefined],
    ["nor a program with words about it", `def f():\n    return 1\nThis returns one.`, undefined, undefined],
    ["nor a comment alone", "# a heading", undefined, undefined],
    ["nor nothing", "  \n", undefined, undefined],
  ])("%s", (_, text, language, program) => {
    expect(code({ language }).parse(text)).toBe(program);
  });

  test.prop([fc.string({ unit: fc.constantFrom("`", "~", "\n", " ", "a", "=", "(", ":", "py") })])(
    "it never throws, and gives no blank program",
    (text) => {
      const program = code().parse(text);
      if (program !== undefined) expect(program.trim()).not.toBe("");
    },
  );

  test.prop([fc.array(fc.stringMatching(/^[^`~\r\n]*$/), { minLength: 1 })])(
    "what stands in a block is read as it is, but for blank lines around it",
    (lines) => {
      const words = lines.join("\n");
      const program = code({ language: "python" }).parse(`So:\n${block("python", words)}\n`);
      expect(program?.replace(/^\s+|\s+$/g, "") ?? "").toBe(words.replace(/^\s+|\s+$/g, ""));
    },
  );
});

test.each<[a: string, b: string, same: boolean]>([
  ["x = 1\n\n\ny = 2", "x = 1  \ny = 2", true],
  ["x = 1\r\ny = 2", "x = 1\ny = 2\n", true],
  ["if x:\n  y = 1", "if x:\n    y = 1", false],
  ["x = 1", "x = 2", false],
])("keys: %j and %j", (a, b, same) => {
  const { key } = code();
  expect(key(a) === key(b)).toBe(same);
});

test("what it asks for", () => {
  expect(code({ language: "python" }).instruction).toBe("End with the whole program in one block fenced as ```python.");
  expect(code().instruction).toContain("in one block between fences");
});

test("in a chain of thought, asked for again", async () => {
  const model = scripted(["I would add them.", block("js", "const add = (a, b) => a + b;")]);
  const { answer } = await run(stack(model, chainOfThought({ answer: code({ language: "javascript" }) })), "q");
  expect(answer).toBe("const add = (a, b) => a + b;");
  expectTypeOf(answer).toEqualTypeOf<Reasoned<string>["answer"]>();
});

test.each<[options: unknown, message: string]>([
  [{ lang: "js" }, 'an option must be one of language, got "lang"'],
  [{ language: "" }, "language must be one word, such as 'python', got an empty string"],
  [{ language: "two words" }, "language must be one word, such as 'python', got \"two words\""],
  [{ language: 3 }, "language must be one word, such as 'python', got 3"],
])("wrong options: %j", (options, message) => {
  expect(() => code(options as CodeOptions)).toThrow(InvalidOptionError);
  expect(() => code(options as CodeOptions)).toThrow(`code: ${message}`);
});

test("types", () => {
  expectTypeOf(code()).toEqualTypeOf<Answer<string>>();
});
