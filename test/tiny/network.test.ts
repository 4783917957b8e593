/**
 * @module
 * The network against torch, against itself, and its two kernels against each other.
 */
import { readFile } from "node:fs/promises";
import { fc, test as prop } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { plainKernel, simdKernel, type Kernel } from "../../src/tiny/kernel.js";
import { mostRows } from "../../src/tiny/blocks.js";
import { Network, type NetworkConfig } from "../../src/tiny/network.js";
import { packaged } from "../../src/tiny/tiny.js";
import { vocabulary } from "../../src/tiny/vocabulary.js";
import { loadWeights, readWeights } from "../../src/tiny/weights.js";
import reference from "./reference.json" with { type: "json" };

const weights = readWeights<NetworkConfig>("tiny", await loadWeights("tiny", packaged), vocabulary);
const network = new Network(weights, 4);

/** The logits behind a text that is read into a slot, `size` tokens at a time. */
function read(tokens: readonly number[], { size = mostRows, slot = 0, by = network } = {}): Float32Array {
  let logits: Float32Array | undefined;
  for (let from = 0; from < tokens.length; from += size) {
    const rows = tokens.slice(from, from + size).map((token, i) => ({ slot, token, position: from + i }));
    logits = by.read(rows, 1)[0]!.slice();
  }
  return logits!;
}

const texts = reference.map(({ tokens }) => tokens);

test.each(reference)("gives the logits torch gives for the same int8 weights ($tokens.length tokens)", (each) => {
  const logits = read(each.tokens);
  expect(logits).toHaveLength(each.logits.length);
  for (const [i, logit] of logits.entries()) expect(Math.abs(logit - each.logits[i]!)).toBeLessThan(1e-3);
});

test.each([1, 3, mostRows])("reading %i tokens at a time changes no bit", (size) => {
  for (const tokens of texts) expect(read(tokens, { size, slot: 1 })).toEqual(read(tokens));
});

test("texts that are read together change no bit of each other", () => {
  const expected = texts.map((tokens) => read(tokens));
  const shortest = Math.min(...texts.map((tokens) => tokens.length));
  texts.forEach((tokens, slot) => read(tokens.slice(0, -shortest), { slot }));
  let together: readonly Float32Array[] = [];
  for (let left = shortest; left > 0; left--) {
    const rows = texts.map((tokens, slot) => {
      const position = tokens.length - left;
      return { slot, position, token: tokens[position]! };
    });
    together = network.read(rows, rows.length);
  }
  expect(together.map((logits) => logits.slice())).toEqual(expected);
});

test("a copied slot goes on like the first, whatever it held before", () => {
  const [short, long] = [texts[0]!, texts.at(-1)!];
  read(long, { slot: 3 });
  read(short.slice(0, 20), { slot: 2 });
  network.copy(2, 3, 20);
  const rows = short.slice(20, 20 + mostRows).map((token, i) => ({ slot: 3, token, position: 20 + i }));
  expect(network.read(rows, 1)[0]).toEqual(read(short.slice(0, 20 + rows.length)));
});

test("without SIMD it gives the same bits", () => {
  const plain = new Network(weights, 1, plainKernel);
  const tokens = texts[0]!.slice(0, 12);
  expect(read(tokens, { by: plain })).toEqual(read(tokens));
});

prop.prop({
  rows: fc.integer({ min: 1, max: 6 }).map((n) => 4 * n),
  cols: fc.integer({ min: 1, max: 5 }).map((n) => 8 * n),
  count: fc.integer({ min: 1, max: 4 }),
  gap: fc.integer({ min: 0, max: 3 }).map((n) => 4 * n),
  add: fc.constantFrom(0 as const, 1 as const),
  seed: fc.integer(),
})("the two kernels agree to the last bit", ({ rows, cols, count, gap, add, seed }) => {
  const [wPitch, yPitch] = [cols + gap, rows + gap];
  const x = rows * wPitch;
  const y = x + count * wPitch;
  const size = y + count * yPitch;
  const results = [simdKernel(size)!, plainKernel(size)].map((kernel: Kernel) => {
    for (let i = 0; i < size; i++) kernel.floats[i] = Math.sin(seed + i * 12.9898) * 3;
    kernel.matmul(0, wPitch, x, wPitch, y, yPitch, rows, cols, count, add);
    return kernel.floats.slice(0, size);
  });
  expect(results[0]).toEqual(results[1]);
  let exact = add === 1 ? Math.fround(Math.sin(seed + y * 12.9898) * 3) : 0;
  for (let i = 0; i < cols; i++) exact += results[1]![i]! * results[1]![x + i]!;
  expect(results[1]![y]).toBeCloseTo(exact, 3);
});

test("the kernel in the source is the one in kernel.wat", async () => {
  const text = await readFile(new URL("../../src/tiny/kernel.wat", import.meta.url), "utf8");
  const source = await readFile(new URL("../../src/tiny/kernel.ts", import.meta.url), "utf8");
  const code = Buffer.from(
    [...source.matchAll(/"([A-Za-z0-9+/=]{60,})"/g)].map((match) => match[1]).join(""),
    "base64",
  );
  expect(WebAssembly.validate(code)).toBe(true);
  const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
  const bytes = code.toString("latin1");
  // f32x4.mul is fd e6 01, v128.load is fd 00: as many of each.
  expect(bytes.split("\xfd\xe6\x01").length - 1).toBe(count(/f32x4\.mul/g));
  expect(bytes.split("\xfd\x00").length - 1).toBe(count(/v128\.load/g));
});

test.each([
  ["no file of weights", new Uint8Array(20)],
  ["too short", new Uint8Array(3)],
])("bytes that are %s are refused", (_, bytes) => {
  expect(() => readWeights("tiny", bytes, vocabulary)).toThrow("tiny: the weights are not a file of format 1");
});

test("weights that are not there are an error that says so", async () => {
  await expect(loadWeights("tiny", new URL("./none.bin", import.meta.url))).rejects.toThrow(
    "tiny could not load its weights",
  );
  await expect(loadWeights("tiny", new URL("data:,abc"))).resolves.toEqual(new TextEncoder().encode("abc"));
});
