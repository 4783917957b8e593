/**
 * @module
 * Learning what each level of thinking brings, and costs, on questions of each difficulty.
 */
import { InvalidOptionError } from "../core/errors.js";
import { checkInteger, checkNumber, checkOptions } from "../core/options.js";
import { mainEffects } from "./chance/main-effects.js";

/** One question, answered on one level. */
export interface LevelRecord {
  /** How hard the question was said to be, from 0 to 1, by what will say it later. All records have one, or none has. */
  readonly difficulty?: number | undefined;
  /** Name of the level. */
  readonly level: string;
  /** Was the answer right? */
  readonly correct: boolean;
  /** What it cost, at least 0: tokens, or money; the same unit in all records. */
  readonly cost: number;
}

/** What to expect of a level. */
export interface LevelExpectation {
  readonly level: string;
  /** The chance that its answer is right, from 0 to 1. */
  readonly accuracy: number;
  /** Standard error of that. */
  readonly error: number;
  /** Mean, in the unit of the records. */
  readonly cost: number;
  /** How many records it rests on. */
  readonly records: number;
}

/** Questions of about the same difficulty. */
export interface DifficultyBand {
  /** The least difficulty of it; it goes up to that of the next. 0 for the first. */
  readonly from: number;
  /** Its part of all records, from 0 to 1. */
  readonly share: number;
  /** Each level once, in the order in which the records name them. */
  readonly levels: readonly LevelExpectation[];
}

/** What each level brings and costs. Plain data: keep it as JSON, read it, print it. */
export interface LevelTable {
  /** From easy to hard; at least one. */
  readonly bands: readonly DifficultyBand[];
  /** Questions of which nobody knows the difficulty: all bands, each by its share. */
  readonly overall: readonly LevelExpectation[];
}

/** Options of {@link fitAllocator}. */
export interface FitAllocatorOptions {
  /** Bands of difficulty, each with about as many records: whole, at least 1; fewer where difficulties repeat. @defaultValue 5 */
  readonly bands?: number | undefined;
}

/**
 * Learns from questions whose answers are known what each level of {@link budgetAllocator} brings, and costs, by difficulty: the table that {@link levelPolicy} chooses by.
 *
 * About 20 records for each level and band are enough. A cell with few leans on the others: on what its level brings in other bands, and its band on other levels
 * (main effects on the log-odds), which together weigh as much as ten records. Costs lean on the mean of their level in the same way.
 *
 * Shape: records in, a {@link LevelTable} out. Pure: makes no calls. Every level should be tried on the same questions, or on questions drawn by the same lot.
 *
 * @throws {@link InvalidOptionError} for no records, records that are none, and options out of bounds
 * @see Snell et al. 2024, arXiv:2408.03314, section 3.2 (the best way to think for each of five bins of difficulty); Damani et al. 2024, arXiv:2410.04707 (predicting the
 *   gain). Deviation: bins share what they know.
 * @example
 * const table = fitAllocator([
 *   { difficulty: 0.1, level: "quick", correct: true, cost: 300 },
 *   { difficulty: 0.1, level: "thorough", correct: true, cost: 1_200 },
 *   { difficulty: 0.9, level: "quick", correct: false, cost: 300 },
 *   { difficulty: 0.9, level: "thorough", correct: true, cost: 1_200 },
 * ]);
 */
export function fitAllocator(records: readonly LevelRecord[], options: FitAllocatorOptions = {}): LevelTable {
  checkOptions("fitAllocator", options, ["bands"]);
  const { bands: most = 5 } = options;
  checkInteger("fitAllocator", "bands", most, 1);
  checkRecords(records);
  const names = [...new Set(records.map(({ level }) => level))];
  const starts = startsOf(
    records.flatMap(({ difficulty }) => difficulty ?? []),
    most,
  );
  const bandOf = ({ difficulty = 0 }: LevelRecord): number => starts.findLastIndex((from) => from <= difficulty);

  const cells = starts.map(() => names.map(() => ({ right: 0, total: 0, cost: 0 })));
  for (const record of records) {
    const cell = cells[bandOf(record)]?.[names.indexOf(record.level)];
    if (cell === undefined) continue;
    cell.total++;
    cell.cost += record.cost;
    if (record.correct) cell.right++;
  }
  const expected = mainEffects(cells);
  const meanCosts = names.map((_, column) => {
    const total = sum(cells, (row) => row[column]?.total ?? 0);
    return sum(cells, (row) => row[column]?.cost ?? 0) / total;
  });
  const bands = cells.map((row, band): DifficultyBand => {
    const levels = row.map(({ right, total, cost }, column): LevelExpectation => {
      const weight = total + lean;
      const accuracy = (right + lean * (expected[band]?.[column] ?? 0)) / weight;
      return {
        level: names[column] ?? "",
        accuracy,
        error: Math.sqrt((accuracy * (1 - accuracy)) / weight),
        cost: (cost + lean * (meanCosts[column] ?? 0)) / weight,
        records: total,
      };
    });
    return { from: starts[band] ?? 0, share: sum(row, ({ total }) => total) / records.length, levels };
  });
  return { bands, overall: names.map((level, column) => together(level, column, bands)) };
}

/** What is expected weighs as much as so many records. */
const lean = 10;

/** One level over all bands. */
function together(level: string, column: number, bands: readonly DifficultyBand[]): LevelExpectation {
  const over = (of: (cell: LevelExpectation, share: number) => number): number =>
    sum(bands, ({ levels, share }) => {
      const cell = levels[column];
      return cell === undefined ? 0 : of(cell, share);
    });
  return {
    level,
    accuracy: over(({ accuracy }, share) => share * accuracy),
    error: Math.sqrt(over(({ error }, share) => (share * error) ** 2)),
    cost: over(({ cost }, share) => share * cost),
    records: over((cell) => cell.records),
  };
}

/** Where bands begin that have about as many records each. Equal difficulties are in one band. */
function startsOf(difficulties: readonly number[], most: number): readonly number[] {
  const sorted = difficulties.toSorted((a, b) => a - b);
  const starts = [0];
  let begun = 0;
  for (let at = 1; at < sorted.length && starts.length < most; at++) {
    const value = sorted[at] ?? 0;
    if (value === sorted[at - 1]) continue;
    // All from `at` that are equal go together: with the band so far, or into a new one, whichever is nearer to an even share.
    const equal = sorted.findLastIndex((other) => other === value) + 1 - at;
    const share = (sorted.length - begun) / (most - starts.length + 1);
    if (at + equal - begun - share <= share - (at - begun)) continue;
    starts.push(value);
    begun = at;
  }
  return starts;
}

function checkRecords(records: readonly LevelRecord[]): void {
  if (!Array.isArray(records) || records.length === 0)
    throw new InvalidOptionError("fitAllocator", "records", "a list of at least one record", records);
  const rated = (records[0] as Partial<LevelRecord> | null)?.difficulty !== undefined;
  for (const record of records as readonly (Partial<LevelRecord> | null)[]) {
    const { difficulty, level, correct, cost } = record ?? {};
    if (typeof level !== "string" || level === "" || typeof correct !== "boolean") {
      const bound = "an object with a level, whether it was correct, and its cost";
      throw new InvalidOptionError("fitAllocator", "a record", bound, record);
    }
    if (checkNumber("fitAllocator", "the cost of a record", cost as number, 0) === Infinity)
      throw new InvalidOptionError("fitAllocator", "the cost of a record", "a finite number", cost);
    if ((difficulty !== undefined) !== rated) {
      const bound = rated ? "a number, as in the first record" : "left out, as in the first record";
      throw new InvalidOptionError("fitAllocator", "the difficulty of a record", bound, difficulty);
    }
    if (difficulty !== undefined) checkNumber("fitAllocator", "the difficulty of a record", difficulty, 0, 1);
  }
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
