/**
 * @module
 * Main effects: what rows and columns say of the shares in a table of counts, so that cells with few can lean on it.
 */

/** How many of how many. */
export interface Count {
  readonly right: number;
  readonly total: number;
}

/**
 * The share that each cell of a table is expected to have, by its row and its column alone: a logistic regression on the two, in which their effects have a
 * normal prior of standard deviation 1.5, so that a row or column without counts has none.
 */
export function mainEffects(cells: readonly (readonly Count[])[]): readonly (readonly number[])[] {
  const rows = cells.map(() => 0);
  const columns = (cells[0] ?? []).map(() => 0);
  let base = 0;
  const share = (row: number, column: number): number =>
    1 / (1 + Math.exp(-base - at(rows, row) - at(columns, column)));
  /** One step of Newton for one effect: what its cells have too much, by how much that changes. */
  const step = (mine: (row: number, column: number) => boolean, effect: number, precision: number): number => {
    let slope = -precision * effect;
    let curve = precision;
    cells.forEach((line, row) => {
      line.forEach(({ right, total }, column) => {
        if (!mine(row, column)) return;
        const p = share(row, column);
        slope += right - total * p;
        curve += total * p * (1 - p);
      });
    });
    return Math.max(-1, Math.min(1, slope / curve));
  };
  for (let sweep = 0; sweep < sweeps; sweep++) {
    let moved = 0;
    const move = (by: number): number => {
      moved = Math.max(moved, Math.abs(by));
      return by;
    };
    base += move(step(() => true, base, basePrecision));
    rows.forEach((effect, i) => (rows[i] = effect + move(step((row) => row === i, effect, precision))));
    columns.forEach((effect, i) => (columns[i] = effect + move(step((_, column) => column === i, effect, precision))));
    if (moved < 1e-6) break;
  }
  return cells.map((line, row) => line.map((_, column) => share(row, column)));
}

const sweeps = 200;
/** 1 / 1.5². */
const precision = 0.444;
/** Hardly any: only so that a table in which all are right has an end. */
const basePrecision = 0.1;

function at(values: readonly number[], index: number): number {
  return values[index] ?? 0;
}
