import { ToolOutput } from "mull";
import { describe, expect, test } from "vitest";
import { resultOf } from "../../../src/tools/mcp/result.js";

const text = (words: string): object => ({ type: "text", text: words });
const png = "A".repeat(16_000);

describe("results", () => {
  test.each<[what: string, result: object, output: unknown]>([
    ["a text", { content: [text("hello")] }, "hello"],
    ["texts", { content: [text("a"), text("b")] }, "a\nb"],
    ["nothing", { content: [] }, ""],
    ["nothing at all", {}, ""],
    ["structured content alone", { content: [], structuredContent: { a: 1 } }, { a: 1 }],
    [
      "with its own JSON as text",
      { content: [text('{ "b": 2, "a": 1 }')], structuredContent: { a: 1, b: 2 } },
      { a: 1, b: 2 },
    ],
    [
      "whose field is the text",
      { content: [text("hi")], structuredContent: { text: "hi", n: 1 } },
      { text: "hi", n: 1 },
    ],
    [
      "with another text: nothing is lost",
      { content: [text("It is mild.")], structuredContent: { celsius: 17 } },
      { text: "It is mild.", structuredContent: { celsius: 17 } },
    ],
    ["structured content that is no object", { content: [text("[1,2]")], structuredContent: [1, 2] }, [1, 2]],
    ["a result of the first protocol", { toolResult: { old: true } }, { old: true }],
    [
      "a resource in words",
      { content: [{ type: "resource", resource: { uri: "file:///a.txt", text: "words" } }] },
      "[file:///a.txt]\nwords",
    ],
    [
      "a link",
      {
        content: [
          { type: "resource_link", uri: "file:///a.txt", name: "a", mimeType: "text/plain", description: "the first" },
        ],
      },
      "[link: a, file:///a.txt, text/plain] the first",
    ],
    ["a link with little", { content: [{ type: "resource_link", uri: "x:1" }] }, "[link: x:1]"],
    ["what nobody knows yet", { content: [{ type: "smell", of: "roses" }] }, '{"type":"smell","of":"roses"}'],
    ["an image without data", { content: [{ type: "image", mimeType: "image/png" }] }, "[image/png, empty]"],
    ["a text without words", { content: [{ type: "text" }, null, text("b")] }, "\nb"],
  ])("%s", (_, result, output) => {
    expect(resultOf(result)).toEqual(output);
  });

  test.each<[what: string, block: object, words: string, file: object]>([
    [
      "a picture",
      { type: "image", data: png, mimeType: "image/png" },
      "[image/png, 12 kB]",
      { mediaType: "image/png", data: png },
    ],
    [
      "a sound",
      { type: "audio", data: "AAAA", mimeType: "audio/wav" },
      "[audio/wav, 3 bytes]",
      { mediaType: "audio/wav" },
    ],
    ["one of an unknown kind", { type: "audio", data: "AAA=" }, "[audio/*, 2 bytes]", { mediaType: "audio/*" }],
    ["a large one", { type: "image", data: "A".repeat(4_000_000), mimeType: "image/png" }, "[image/png, 3.0 MB]", {}],
    [
      "a resource in bytes",
      { type: "resource", resource: { uri: "demo://x/y.gz", mimeType: "application/gzip", blob: "AAAA" } },
      "[application/gzip, demo://x/y.gz, 3 bytes]",
      { mediaType: "application/gzip", data: "AAAA", filename: "y.gz" },
    ],
  ])("%s is kept, and named in the text", (_, block, words, file) => {
    const given = resultOf({ content: [text("before"), block, text("after")] });
    expect(given).toBeInstanceOf(ToolOutput);
    const { output, files, isError } = given as ToolOutput;
    expect(output).toBe(`before\n${words}\nafter`);
    expect(files).toMatchObject([{ type: "file", ...file }]);
    expect(isError).toBe(false);
    expect(JSON.stringify(given)).toBe(JSON.stringify(output));
  });

  test("pictures beside structured content", () => {
    const given = resultOf({
      content: [{ type: "image", data: "AAAA", mimeType: "image/png" }],
      structuredContent: { a: 1 },
    });
    expect(given).toMatchObject({ output: { text: "[image/png, 3 bytes]", structuredContent: { a: 1 } }, files: [{}] });
  });

  test.each<[what: string, result: object, output: unknown]>([
    ["with words", { content: [text("no")], isError: true }, "no"],
    ["without", { content: [], isError: true }, "the tool failed, and did not say why"],
    ["with structured content", { content: [], structuredContent: { code: 7 }, isError: true }, { code: 7 }],
  ])("an error %s", (_, result, output) => {
    expect(resultOf(result)).toMatchObject({ output, isError: true });
  });
});
