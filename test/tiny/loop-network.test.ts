/**
 * @module
 * The looped network against torch, against itself, and its halting against every number of loops.
 */
import { fc, test as prop } from "@fast-check/vitest";
import { afterEach, describe, expect, test, vi } from "vitest";
import { mostRows } from "../../src/tiny/blocks.js";
import { plainKernel } from "../../src/tiny/kernel.js";
import { LoopNetwork, type LoopConfig } from "../../src/tiny/loop-network.js";
import { LoopReading } from "../../src/tiny/loop-reading.js";
import { readState, writeState } from "../../src/tiny/loop-state.js";
import { loopVocabulary } from "../../src/tiny/loop-vocabulary.js";
import { divergence, logprobsOf } from "../../src/tiny/sampling.js";
import type { Token } from "../../src/tiny/slots.js";
import { packagedLoop } from "../../src/tiny/tiny-loop.js";
import { loadWeights, readWeights } from "../../src/tiny/weights.js";
import reference from "./loop-reference.json" with { type: "json" };

const weights = readWeights<LoopConfig>("tinyLoop", await loadWeights("tinyLoop", packagedLoop), loopVocabulary);
const network = new LoopNetwork(weights, 4);
const most = weights.config.loops;

/** How a text is read in a test. */
interface Way {
  readonly steps: number;
  readonly halt?: number | undefined;
  readonly slot?: number;
  /** So many tokens of it stand in the slot. */
  readonly known?: number;
  readonly by?: LoopNetwork;
}

/** Reads a text to its end. */
function read(tokens: readonly Token[], { steps, halt, slot = 0, known = 0, by = network }: Way) {
  const reading = new LoopReading(by, { steps, halt });
  const pieces = reading.begin(slot, tokens, known);
  let piece = pieces.next();
  while (piece.done !== true) piece = pieces.next();
  return { logits: piece.value.slice(), steps: reading.steps, hidden: reading.hidden!, reading };
}

/** The cases of the reference; a state stands in place of the first token. */
const cases = reference.map(({ tokens, loops, state, logits }) => ({
  tokens: state === null ? tokens : [writeState(Float32Array.from(state)), ...tokens.slice(1)],
  loops,
  logits,
}));
const programs = cases.map(({ tokens }) => tokens);
const longest = programs.reduce((a, b) => (b.length > a.length ? b : a));

afterEach(() => void vi.restoreAllMocks());

test.each(cases)("gives the logits torch gives for the same int8 weights (case %#)", ({ tokens, loops, logits }) => {
  const { logits: got, steps } = read(tokens, { steps: loops });
  expect(steps).toBe(loops);
  expect(got).toHaveLength(logits.length);
  for (const [i, logit] of got.entries()) expect(Math.abs(logit - logits[i]!)).toBeLessThan(1e-3);
});

test("a text in two blocks gives what torch gives: the state of the first one is carried on", () => {
  const at = cases.findIndex(({ tokens }) => typeof tokens[0] === "string");
  const { tokens, loops, logits } = cases[at]!;
  const before = cases[at - 1]!;
  const state = writeState(read(before.tokens, { steps: before.loops }).hidden);
  const got = read([state, ...tokens.slice(1)], { steps: loops }).logits;
  for (const [i, logit] of got.entries()) expect(Math.abs(logit - logits[i]!)).toBeLessThan(1e-3);
});

describe("to the last bit", () => {
  test("it does not matter how many tokens are read at a time", () => {
    for (const { tokens, loops } of cases) {
      const { logits } = read(tokens, { steps: loops });
      let one: Float32Array | undefined;
      const { reading } = read(tokens.slice(0, 1), { steps: loops, slot: 1 });
      for (const [i, token] of tokens.slice(1).entries()) {
        [one] = reading.read([{ slot: 1, position: i + 1, token: token as number }]) as [Float32Array];
      }
      expect(one).toEqual(logits);
    }
  });

  test("nor what is read beside it", () => {
    const steps = 3;
    const texts = programs.filter(([first]) => typeof first === "number") as number[][];
    const expected = texts.map((tokens) => read(tokens, { steps }).logits);
    const { reading } = read(texts[0]!.slice(0, -1), { steps, slot: 0 });
    for (const slot of [1, 2, 3]) read(texts[slot]!.slice(0, -1), { steps, slot });
    const rows = [0, 1, 2, 3].map((slot) => {
      const tokens = texts[slot]!;
      return { slot, position: tokens.length - 1, token: tokens.at(-1)! };
    });
    expect(reading.read(rows).map((logits) => logits.slice())).toEqual(expected.slice(0, 4));
  });

  test("nor whether there is SIMD", () => {
    const plain = new LoopNetwork(weights, 1, plainKernel);
    const { tokens, loops } = cases.at(-2)!;
    expect(read(tokens, { steps: loops, by: plain }).logits).toEqual(read(tokens, { steps: loops }).logits);
  });

  prop.prop(
    {
      known: fc.integer({ min: 1, max: longest.length - 1 }),
      first: fc.integer({ min: 1, max: most }),
      second: fc.integer({ min: 1, max: most }),
      firstHalt: fc.constantFrom(undefined, 1e-9, 1),
      halt: fc.constantFrom(undefined, 1e-9, 1e-3, 1),
      copied: fc.boolean(),
    },
    { numRuns: 25 },
  )(
    "nor how far its beginning was read before, with other loops",
    ({ known, first, second, firstHalt, halt, copied }) => {
      const expected = read(longest, { steps: second, halt });
      read(longest.slice(0, known), { steps: first, halt: firstHalt, slot: 2 });
      if (copied) network.copy(2, 3, known);
      const slot = copied ? 3 : 2;
      const { logits, steps, hidden } = read(longest, { steps: second, halt, known, slot });
      expect([logits, steps, hidden]).toEqual([expected.logits, expected.steps, expected.hidden]);
    },
  );

  test.each([2, 3, 6])("nor that a reading was given up half way (%i loops)", (steps) => {
    const known = 4;
    read(longest.slice(0, known), { steps: 2, slot: 2 });
    const given = new LoopReading(network, { steps: 6, halt: undefined }).begin(2, longest, known);
    for (let i = 0; i < 9; i++) expect(given.next()).toEqual({ done: false, value: known });
    expect(read(longest, { steps, known, slot: 2 }).logits).toEqual(read(longest, { steps }).logits);
  });
});

describe("halts", () => {
  prop.prop(
    {
      which: fc.nat(programs.length - 1),
      cap: fc.integer({ min: 1, max: most }),
      exponent: fc.double({ min: -7, max: 1, noNaN: true }),
    },
    { numRuns: 40 },
  )(
    "behind the first loop that changes the answer by less than asked for, and never beyond the cap",
    ({ which, cap, exponent }) => {
      const tokens = programs[which]!;
      const halt = 10 ** exponent;
      const told = Array.from({ length: cap }, (_, i) => logprobsOf(read(tokens, { steps: i + 1, slot: 1 }).logits));
      const still = told.findIndex((now, i) => i > 0 && divergence(now, told[i - 1]!) < halt);
      const expected = still < 0 ? cap : still + 1;
      const { steps, logits } = read(tokens, { steps: cap, halt });
      expect(steps).toBe(expected);
      expect(logprobsOf(logits)).toEqual(told[expected - 1]);
    },
  );

  test("never behind the first, for there is nothing to compare it with", () => {
    expect(read(longest, { steps: most, halt: 1e9 }).steps).toBe(2);
    expect(read(longest, { steps: 1, halt: 1e9 }).steps).toBe(1);
  });

  test("without doing any loop twice", () => {
    const loops = vi.spyOn(network, "loop");
    const { steps } = read(longest, { steps: 9, halt: 1e-12 });
    expect(loops.mock.calls.map(([, loop]) => loop)).toEqual(
      Array.from({ length: steps }, (_, i) =>
        Array.from({ length: Math.ceil(longest.length / mostRows) }, () => i + 1),
      ).flat(),
    );
  });

  test("and goes on from the loops that are known", () => {
    read(longest.slice(0, -1), { steps: 4, slot: 1 });
    const loops = vi.spyOn(network, "loop");
    const enters = vi.spyOn(network, "enter");
    read(longest, { steps: 6, known: longest.length - 1, slot: 1 });
    const rows = Array.from({ length: 6 }, (_, i) =>
      loops.mock.calls.filter(([, loop]) => loop === i + 1).reduce((sum, [each]) => sum + each.length, 0),
    );
    expect(rows).toEqual([1, 1, 1, 1, longest.length, longest.length]);
    expect(enters.mock.calls.map(([each]) => each.length)).toEqual([1]);
  });
});

describe("a state", () => {
  prop.prop([fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 96, maxLength: 96 })])(
    "is the same when it was text",
    (values) => {
      const state = Float32Array.from(values);
      expect(readState(writeState(state), 96)).toEqual(state);
    },
  );

  const right = writeState(new Float32Array(96));
  test.each([
    ["", "an empty string"],
    ["loop1:", '"loop1:"'],
    [right.slice(6), JSON.stringify(right.slice(6, 46))],
    [`loop0:${right.slice(6)}`, JSON.stringify(`loop0:${right.slice(6, 40)}`)],
    [right.slice(0, -4), JSON.stringify(right.slice(0, 40))],
    [`${right.slice(0, -1)}!`, JSON.stringify(right.slice(0, 40))],
    [writeState(new Float32Array(96).fill(NaN)), ""],
  ])("%j is none", (text, shown) => {
    expect(() => readState(text, 96)).toThrow(
      `tinyLoop: latent.state must be a state that it gave in \`response.latent\`, got ${shown}`,
    );
  });
});

test("weights of another model are refused", async () => {
  await expect(
    loadWeights("tinyLoop", packagedLoop).then((bytes) => readWeights("tiny", bytes, ["other"])),
  ).rejects.toThrow("tiny: the weights were made for another vocabulary");
});

describe("divergence", () => {
  test.each([
    [[0.5, 0.5], [0.5, 0.5], 0],
    [[0.5, 0.5], [0.25, 0.75], 0.5 * Math.log(2) + 0.5 * Math.log(2 / 3)],
    [[0.9, 0.1], [0.1, 0.9], 0.8 * Math.log(9)],
  ])("of %j from %j is %d", (p, q, expected) => {
    expect(divergence(p.map(Math.log), q.map(Math.log))).toBeCloseTo(expected, 12);
  });
});
