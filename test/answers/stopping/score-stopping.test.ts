import { fc, test } from "@fast-check/vitest";
import {
  atLeast,
  optScale,
  pandora,
  Random,
  type OptScaleOptions,
  type PandoraOptions,
  type ScoreStoppingRule,
  type ScoreView,
} from "mull";
import { describe, expect, expectTypeOf } from "vitest";

/** What a rule sees after these scores. */
function view(scores: readonly number[], more: Partial<ScoreView> = {}): ScoreView {
  return { scores, best: Math.max(-Infinity, ...scores), seen: scores.length, remaining: Infinity, ...more };
}

/** After how many scores a rule stops; all of them where it does not. */
function stopsAt(stop: ScoreStoppingRule, scores: readonly number[]): number {
  for (let n = 1; n < scores.length; n++) if (stop(view(scores.slice(0, n)))) return n;
  return scores.length;
}

describe("atLeast", () => {
  test.each<[score: number, scores: number[], samples: number]>([
    [0.5, [0.1, 0.5, 0.9], 2],
    [0.5, [0.6, 0.1], 1],
    [0.5, [0.1, 0.2, 0.3], 3],
    [-3, [-5, -3.5, -2, -1], 3],
  ])("%d, over %j: %d samples", (score, scores, samples) => {
    expect(stopsAt(atLeast(score), scores)).toBe(samples);
  });

  test("not before there is a score", () => {
    expect(atLeast(0)(view([], { seen: 2 }))).toBe(false);
  });
});

describe("optScale", () => {
  test("stops at the target", () => {
    expect(stopsAt(optScale({ target: 0.8 }), [0.1, 0.8, 0.2, 0.1, 0.1])).toBe(2);
  });

  test("n is what the formula says, for scores that are spread as a normal", () => {
    // Far from the bounds the fit is mean and deviation themselves; F(0.65) = 0.933 for mean 0.5 and deviation 0.1.
    const four = [0.4, 0.6, 0.4, 0.6];
    const repeat = (times: number): number[] => Array.from({ length: times }, () => four).flat();
    const needed = (confidence: number, tail: number) => Math.ceil(Math.log(1 - confidence) / Math.log(1 - tail));
    // P(X > 1.5 σ) = 0.0668: 43.3 samples for 95 %, and 10.02 for half; P(X > 2 σ) = 0.02275: 130.2.
    expect(needed(0.95, 0.0668072)).toBe(44);
    expect(stopsAt(optScale({ target: 0.65 }), repeat(40))).toBe(44);
    expect(needed(0.5, 0.0668072)).toBe(11);
    const half = optScale({ target: 0.65, confidence: 0.5 });
    expect([half(view(repeat(2))), half(view(repeat(3)))]).toEqual([false, true]);
    expect(needed(0.95, 0.0227501)).toBe(131);
    expect(Math.abs(stopsAt(optScale({ target: 0.7 }), repeat(40)) - 131)).toBeLessThanOrEqual(2);
  });

  test("scores have bounds", () => {
    // The same scores, near the bound of 1 and far from a bound of 10: what is cut off there makes the tail within heavier or lighter.
    const scores = Array.from({ length: 200 }, (_, i) => [0.95, 0.85, 0.75, 0.9][i % 4] as number);
    const near = stopsAt(optScale({ target: 0.97 }), scores);
    const far = stopsAt(optScale({ target: 0.97, bounds: [-10, 10] }), scores);
    expect(near).not.toBe(far);
    // Ten times the scale, the same rule.
    const tenfold = scores.map((score) => 10 * score);
    expect(stopsAt(optScale({ target: 9.7, bounds: [0, 10] }), tenfold)).toBe(near);
  });

  test("not before min scores, and not while all of them are the same", () => {
    const scores = [0.1, 0.2, 0.15, 0.12, 0.18, 0.1, 0.2, 0.15];
    const easy = { target: 0.205, confidence: 0.01 };
    expect(stopsAt(optScale(easy), scores)).toBe(4);
    expect(stopsAt(optScale({ ...easy, min: 6 }), scores)).toBe(6);
    expect(stopsAt(optScale({ ...easy, min: 3 }), scores)).toBe(3);
    expect(stopsAt(optScale({ target: 0.9, confidence: 0.01 }), Array<number>(50).fill(0.1))).toBe(50);
  });

  test("what is far out of reach never ends it", () => {
    const scores = Array.from({ length: 100 }, (_, i) => 0.1 + (i % 2) / 100);
    expect(stopsAt(optScale({ target: 0.9 }), scores)).toBe(100);
  });

  test("of many worlds, one in which the target is reached as often as was asked for", () => {
    // Scores are normal, cut off at 0 and 1. With all parameters known, 95 % reach it; four scores and more know them less well.
    const random = new Random(7);
    const normal = (): number => {
      for (;;) {
        const z = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
        if (0.5 + 0.2 * z >= 0 && 0.5 + 0.2 * z <= 1) return 0.5 + 0.2 * z;
      }
    };
    const stop = optScale({ target: 0.8 });
    let reached = 0;
    let drawn = 0;
    for (let trial = 0; trial < 400; trial++) {
      const scores = [normal()];
      while (!stop(view(scores)) && scores.length < 400) scores.push(normal());
      if (Math.max(...scores) >= 0.8) reached++;
      drawn += scores.length;
    }
    expect(reached / 400).toBeGreaterThan(0.85);
    // 1 / P(reaching it): 16.3 samples on average, without giving up.
    expect(drawn / 400).toBeLessThan(20);
    expect(drawn / 400).toBeGreaterThan(8);
  });

  test.each<[options: unknown, message: string]>([
    [null, "options must be an object, got null"],
    [{ target: 0.5, alpha: 1 }, 'an option must be one of target, confidence, min, bounds, got "alpha"'],
    [{}, "target must be a number from 0 to 1, got undefined"],
    [{ target: 1.1 }, "target must be a number from 0 to 1, got 1.1"],
    [{ target: 1, bounds: [2, 9] }, "target must be a number from 2 to 9, got 1"],
    [{ target: 0.5, confidence: 1 }, "confidence must be a number above 0 and below 1, got 1"],
    [{ target: 0.5, confidence: 0 }, "confidence must be a number above 0 and below 1, got 0"],
    [{ target: 0.5, min: 2 }, "min must be an integer of at least 3, got 2"],
    [{ target: 0.5, bounds: [1, 0] }, "bounds must be two finite numbers, the lower first, got an array"],
    [{ target: 0.5, bounds: [0, Infinity] }, "bounds must be two finite numbers, the lower first, got an array"],
    [{ target: 0.5, bounds: 1 }, "bounds must be two finite numbers, the lower first, got 1"],
  ])("wrong options: %j", (options, message) => {
    expect(() => optScale(options as OptScaleOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `optScale: ${message}` }),
    );
  });
});

describe("pandora", () => {
  // After 0.2, 0.4, 0.6, 0.5: mean 0.425, deviation 0.17078, so t with 3 degrees of freedom of scale 0.19094; by integration over it
  // one more sample is worth 0.04488 above 0.6, and 0.03514 where nothing is above 1.
  const scores = [0.2, 0.4, 0.6, 0.5];
  const worth = 0.04488;

  test("the price decides", () => {
    expect(pandora({ price: worth + 0.001 })(view(scores))).toBe(true);
    expect(pandora({ price: worth - 0.001 })(view(scores))).toBe(false);
  });

  test("a highest score takes from what may be gained", () => {
    expect(pandora({ price: 0.036, most: 1 })(view(scores))).toBe(true);
    expect(pandora({ price: 0.034, most: 1 })(view(scores))).toBe(false);
    expect(pandora({ price: worth - 0.001, most: 1000 })(view(scores))).toBe(false);
    expect(pandora({ price: 1e-9, most: 0.6 })(view(scores))).toBe(true);
    expect(pandora({ price: 1e-9, most: 0.6 })(view([0.6]))).toBe(true);
  });

  test("not before min scores, and not while all of them are the same", () => {
    const dear = { price: 100 };
    const many = [0.1, 0.5, 0.2, 0.3, 0.4, 0.1, 0.2];
    expect(stopsAt(pandora(dear), many)).toBe(4);
    expect(stopsAt(pandora({ ...dear, min: 6 }), many)).toBe(6);
    expect(stopsAt(pandora({ ...dear, min: 3 }), many)).toBe(3);
    expect(stopsAt(pandora(dear), Array<number>(30).fill(0.1))).toBe(30);
  });

  test.prop([fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 4, maxLength: 20 })])(
    "whoever stops at a price stops at a higher one, and where less can be gained",
    (values) => {
      const prices = [1e-6, 1e-3, 0.01, 0.1, 1];
      const stops = prices.map((price) => pandora({ price })(view(values)));
      expect([...stops].sort((a, b) => Number(a) - Number(b))).toEqual(stops);
      const [price = 0] = prices.slice(2);
      if (pandora({ price })(view(values))) expect(pandora({ price, most: 1 })(view(values))).toBe(true);
    },
  );

  test.prop([
    fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 4, maxLength: 12 }),
    fc.integer({ min: -50, max: 50 }),
    fc.integer({ min: 1, max: 10 }),
  ])("another zero, and another unit of scores and price, change nothing", (values, shift, unit) => {
    const price = 3.3;
    const moved = values.map((value) => unit * value + shift);
    expect(pandora({ price: price * unit })(view(moved))).toBe(pandora({ price })(view(values)));
  });

  test("a fair price draws less, for little less of the best score", () => {
    const random = new Random(11);
    const draw = (stop: ScoreStoppingRule | undefined) => {
      let [best, seen] = [0, 0];
      for (let trial = 0; trial < 300; trial++) {
        const values = [random.next()];
        while (values.length < 32 && stop?.(view(values)) !== true) values.push(random.next());
        best += Math.max(...values) / 300;
        seen += values.length / 300;
      }
      return { best, seen };
    };
    const all = draw(undefined);
    const some = draw(pandora({ price: 0.005, most: 1 }));
    expect(some.seen).toBeLessThan(all.seen / 2);
    expect(all.best - some.best).toBeLessThan(0.005 * (all.seen - some.seen));
  });

  test.each<[options: unknown, message: string]>([
    [undefined, "options must be an object, got undefined"],
    [{ price: 1, prior: 1 }, 'an option must be one of price, min, most, got "prior"'],
    [{}, "price must be a number of at least 0, got undefined"],
    [{ price: 0 }, "price must be a number above 0, got 0"],
    [{ price: -1 }, "price must be a number of at least 0, got -1"],
    [{ price: 1, min: 2 }, "min must be an integer of at least 3, got 2"],
    [{ price: 1, most: NaN }, "most must be a number, got NaN"],
    [{ price: 1, most: "1" }, 'most must be a number, got "1"'],
  ])("wrong options: %j", (options, message) => {
    expect(() => pandora(options as PandoraOptions)).toThrow(
      expect.objectContaining({ code: "invalid-option", message: `pandora: ${message}` }),
    );
  });
});

test.each([NaN, Infinity, "0.5", undefined])("atLeast(%s) is refused", (score) => {
  expect(() => atLeast(score as number)).toThrow(
    expect.objectContaining({
      code: "invalid-option",
      message: expect.stringMatching(/^atLeast: score must be a finite number, got /) as string,
    }),
  );
});

test("types", () => {
  expectTypeOf(atLeast(1)).toEqualTypeOf<ScoreStoppingRule>();
  expectTypeOf(optScale({ target: 1 })).toEqualTypeOf<ScoreStoppingRule>();
  expectTypeOf(pandora({ price: 1 })).toEqualTypeOf<ScoreStoppingRule>();
});
