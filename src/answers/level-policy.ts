/**
 * @module
 * Policies: which level of thinking pays for a question of a given difficulty.
 */
import { InvalidOptionError } from "../core/errors.js";
import { checkNumber, checkOptions } from "../core/options.js";
import type { LevelExpectation, LevelTable } from "./fit-allocator.js";

/** Names the level for a question of this difficulty, from 0 to 1; `undefined` where nobody knows it. */
export interface LevelPolicy {
  (difficulty: number | undefined): string;
  /** All that it may name, to be checked when the stack is built. @defaultValue anything */
  readonly levels?: readonly string[] | undefined;
}

/** Options of {@link levelPolicy}: one of the two. */
export interface LevelPolicyOptions {
  /** What a right answer is worth, in the unit of the costs: finite, above 0. */
  readonly value?: number | undefined;
  /** What a question may cost on average, in the unit of the costs: finite, above 0. */
  readonly budget?: number | undefined;
}

/** A policy that was learned. */
export interface LearnedLevelPolicy extends LevelPolicy {
  readonly levels: readonly string[];
  /** What a right answer is worth by it, as given or as the budget lets it be; 0 where the budget is below the cheapest. */
  readonly value: number;
  /** What is expected of each level at this difficulty; over all, where it is left out. */
  expected(difficulty?: number): readonly LevelExpectation[];
}

/**
 * Chooses the level whose accuracy is worth most beyond its cost: it goes one level up as long as the gain, times `value`, exceeds what it costs more. With a
 * `budget` for a question it finds the value at which questions cost no more than that on average, when they are as hard as the records were, and spends it where
 * it gains most.
 *
 * Shape: what {@link fitAllocator} learned in, today or from a file, a policy for {@link budgetAllocator} out. Pure: makes no calls. Of levels worth the same, the cheaper.
 * Where the budget is below the cheapest, it is the cheapest all the same: the limit that is never exceeded is that of `run`.
 *
 * @throws {@link InvalidOptionError} for a table that is none, and for none or both of the options, or one out of bounds
 * @see Damani et al. 2024, arXiv:2410.04707 (the marginal gain for the cost); Zhai et al. 2026, arXiv:2604.14853 (a mean budget as a price)
 * @example
 * const policy = levelPolicy(fitAllocator(records), { value: 20_000 }); // a right answer is worth 20,000 tokens
 * const solver = stack(model, chainOfThought({ answer: number() }), budgetAllocator({ levels, difficulty, policy }));
 */
export function levelPolicy(table: LevelTable, options: LevelPolicyOptions): LearnedLevelPolicy {
  const { bands, overall } = checkTable(table);
  checkOptions("levelPolicy", options, ["value", "budget"]);
  const { value, budget } = options;
  if ((value === undefined) === (budget === undefined))
    throw new InvalidOptionError("levelPolicy", "options", "an object with either a value or a budget", options);
  const price = value === undefined ? affordable(table, above0("budget", budget)) : above0("value", value);

  const row = (difficulty: number | undefined): readonly LevelExpectation[] => {
    if (difficulty === undefined) return overall;
    checkNumber("levelPolicy", "the difficulty", difficulty, 0, 1);
    return bands.findLast(({ from }) => from <= difficulty)?.levels ?? overall;
  };
  return Object.assign((difficulty: number | undefined) => best(row(difficulty), price).level, {
    levels: overall.map(({ level }) => level),
    value: price,
    expected: (difficulty?: number) => row(difficulty),
  });
}

/** What is worth most when a right answer is worth `value`. */
function best(levels: readonly LevelExpectation[], value: number): LevelExpectation {
  const worth = ({ accuracy, cost }: LevelExpectation): number => value * accuracy - cost;
  return levels.reduce((a, b) => {
    const gain = worth(b) - worth(a);
    return gain > 0 || (gain === 0 && b.cost < a.cost) ? b : a;
  });
}

/** The highest value at which questions cost no more than `budget` on average. */
function affordable({ bands }: LevelTable, budget: number): number {
  const costAt = (value: number): number =>
    bands.reduce((total, { levels, share }) => total + share * best(levels, value).cost, 0);
  // Choices change only where one level becomes worth as much as another; between two such values any will do.
  const turns = bands.flatMap(({ levels }) =>
    levels.flatMap((a) => levels.map((b) => (b.cost - a.cost) / (b.accuracy - a.accuracy))),
  );
  const sorted = [0, ...new Set(turns.filter((turn) => turn > 0 && turn < Infinity))].sort((a, b) => a - b);
  const between = sorted.map((turn, i) => (turn + (sorted[i + 1] ?? 2 * turn + 1)) / 2);
  return between.findLast((candidate) => costAt(candidate) <= budget) ?? 0;
}

function above0(option: "value" | "budget", number: number | undefined): number {
  if (!(checkNumber("levelPolicy", option, number as number, 0) > 0) || number === Infinity)
    throw new InvalidOptionError("levelPolicy", option, "a finite number above 0", number);
  return number as number;
}

function checkTable(table: LevelTable): LevelTable {
  const { bands, overall } = (table ?? {}) as Partial<LevelTable>;
  const bound = "what fitAllocator gave";
  if (!Array.isArray(bands) || bands.length === 0 || !Array.isArray(overall) || overall.length === 0)
    throw new InvalidOptionError("levelPolicy", "table", bound, table);
  for (const levels of [overall, ...bands.map((band: LevelTable["bands"][number]) => band.levels)]) {
    if (!Array.isArray(levels) || levels.length === 0)
      throw new InvalidOptionError("levelPolicy", "table", bound, table);
    for (const { accuracy, cost } of levels as readonly LevelExpectation[]) {
      checkNumber("levelPolicy", "an accuracy of table", accuracy, 0, 1);
      checkNumber("levelPolicy", "a cost of table", cost, 0);
    }
  }
  return table;
}
