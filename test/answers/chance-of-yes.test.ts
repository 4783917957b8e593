import { expect, test } from "vitest";
import type { TokenLogprob } from "mull";
import { chanceOfYes } from "../../src/answers/chance-of-yes.js";

const place = (token: string, top: Readonly<Record<string, number>>): TokenLogprob => {
  const entries = Object.entries(top).map(([other, p]) => ({ token: other, logprob: Math.log(p) }));
  return { token, logprob: Math.log(top[token] ?? 0.001), top: entries };
};

test.each<[what: string, logprobs: readonly TokenLogprob[] | undefined, expected: number | undefined]>([
  ["of yes and no", [place("yes", { yes: 0.6, no: 0.2, maybe: 0.2 })], 0.75],
  ["in any spelling", [place("No", { No: 0.4, " yes": 0.1, YES: 0.2, "no ": 0.1 })], 0.375],
  ["true, false, 1 and 0", [place("True", { True: 0.3, "1": 0.3, false: 0.2, "0": 0.2 })], 0.6],
  [
    "at the first of them",
    [place("Well", { Well: 1 }), place("no", { no: 0.9, yes: 0.1 }), place("yes", { yes: 1 })],
    0.1,
  ],
  ["one alone", [place("yes", { yes: 0.5, perhaps: 0.5 })], 1],
  ["what was written counts, even if it is not among the likeliest", [place("no", { yes: 0.999 })], 0.999],
  ["neither", [place("maybe", { maybe: 0.9, yes: 0.1 })], undefined],
  ["no alternatives", [{ token: "yes", logprob: -0.1 }], undefined],
  ["an empty list of them", [{ token: "yes", logprob: -0.1, top: [] }], undefined],
  ["nothing", [], undefined],
  ["no log-probabilities", undefined, undefined],
  ["impossible both", [{ token: "yes", logprob: -Infinity, top: [{ token: "no", logprob: -Infinity }] }], undefined],
])("%s", (_, logprobs, expected) => {
  const chance = chanceOfYes(logprobs);
  if (expected === undefined) expect(chance).toBeUndefined();
  else expect(chance).toBeCloseTo(expected, 12);
});
