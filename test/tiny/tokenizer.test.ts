/**
 * @module
 * Words to tokens and back.
 */
import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { unknownWords } from "mull/tiny";
import { cut, decode, encode, pieceOf, tokenOf, unknown } from "../../src/tiny/tokenizer.js";
import { vocabulary } from "../../src/tiny/vocabulary.js";

const names = (text: string): string[] => encode(text).map((token) => vocabulary[token]!);

describe("encode", () => {
  test.each([
    ["Tom has 12 apples.", ["Tom", "has", "12", "apples", "."]],
    ["How many eggs does Zoe have?", ["How", "many", "eggs", "does", "Zoe", "have", "?"]],
    ["12+5=17\nAnswer: 17", ["12", "+", "5", "=", "17", "\n", "Answer:", "17"]],
    ["3 × 4 − 2 ÷ 5", ["3", "*", "4", "-", "2", "/", "5"]],
    ["an apple, now", ["<unk>", "apples", "Now"]],
    ["0 299 300 007 1,000 3.5", ["0", "299", "<unk>", "<unk>", "<unk>", "<unk>"]],
    ["answer: 3", ["Answer:", "3"]],
    ["it's well-known", ["<unk>", "<unk>"]],
    ["<calc> 1 + 2 </calc>", ["<calc>", "1", "+", "2", "</calc>"]],
    ["[cot] <eos> <unk>", ["<unk>", "<unk>", "<unk>"]],
    ["“$5” (five)!", ["5", "<unk>"]],
    ["", []],
  ])("%j", (text, expected) => {
    expect(names(text)).toEqual(expected);
  });
});

test.each([
  [
    ["12", "+", "5", "=", "17", "\n", "17", "*", "2", "=", "34", "\n", "Answer:", "34"],
    "12 + 5 = 17\n17 * 2 = 34\nAnswer: 34",
  ],
  [["Tom", "has", "3", "eggs", ".", "How", "many", "?"], "Tom has 3 eggs. How many?"],
  [[], ""],
])("decode %j", (words, expected) => {
  expect(decode(words.map(tokenOf))).toBe(expected);
});

test.each([
  ["17", "", "17"],
  ["17", "=", " 17"],
  ["17", "= ", "17"],
  ["17", "Answer:\n", "17"],
  [".", "eggs", "."],
  ["\n", "17", "\n"],
])("%j behind %j is %j", (word, before, piece) => {
  expect(pieceOf(tokenOf(word), before)).toBe(piece);
});

const written = vocabulary
  .map((_, token) => token)
  .filter((token) => token !== unknown && encode(decode([token]))[0] === token);

test("all but the marks of formats can be written and read", () => {
  const marks = vocabulary.filter((_, token) => !written.includes(token));
  expect(marks).toEqual(["<pad>", "<eos>", "<unk>", "[direct]", "[cot]", "[tool]", "[check]"]);
});

prop.prop({ tokens: fc.array(fc.constantFrom(...written), { maxLength: 40 }) })(
  "reads what it writes",
  ({ tokens }) => {
    expect(encode(decode(tokens))).toEqual(tokens);
  },
);

describe("cut", () => {
  prop.prop({ tokens: fc.array(fc.nat(vocabulary.length - 1), { minLength: 1, maxLength: 40 }) })(
    "finds the tokens that were written, marks too, and loses nothing",
    ({ tokens }) => {
      const text = decode(tokens);
      expect(cut(text).map(({ token }) => token)).toEqual(tokens);
      expect(tokens.map((token, i) => pieceOf(token, decode(tokens.slice(0, i))))).toEqual(
        cut(text).map((piece) => piece.text),
      );
    },
  );

  prop.prop({ text: fc.string({ unit: "grapheme" }) })("loses no character of any text", ({ text }) => {
    const pieces = cut(text);
    if (pieces.length > 0) expect(pieces.map((piece) => piece.text).join("")).toBe(text);
  });

  test.each([
    ["Answer: 17", ["Answer:", " 17"]],
    ["  12+5 = 17 !\nso\n", ["  12", "+", "5", " =", " 17", " !\n", "so", "\n"]],
    ["answer: 17 (!)", ["answer:", " 17 (!)"]],
    ["!", []],
    ["", []],
  ])("%j", (text, pieces) => {
    expect(cut(text).map((piece) => piece.text)).toEqual(pieces);
  });
});

prop.prop({ text: fc.string({ unit: "grapheme" }) })("takes any text", ({ text }) => {
  for (const token of encode(text)) expect(vocabulary[token]).toBeTypeOf("string");
});

test("unknown words are named once, as they were written", () => {
  expect(unknownWords("Bob has 400 crumpets. Bob eats 5 crumpets. How many eggs does Tom have?")).toEqual([
    "Bob",
    "400",
    "crumpets",
    "eats",
  ]);
  expect(unknownWords("Tom has 12 apples.")).toEqual([]);
});
