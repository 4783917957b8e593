/**
 * @module
 * One request with several completions tells one usage: each gets its share.
 */

/** Deals a total out in proportion to weights, in whole numbers; equally where all of them are 0. */
export function deal(total: number | undefined, weights: readonly number[]): readonly (number | undefined)[] {
  if (total === undefined) return weights.map(() => undefined);
  const sum = weights.reduce((a, b) => a + b, 0);
  const fair = sum === 0 ? weights.map(() => 1) : weights;
  const whole = sum === 0 ? weights.length : sum;
  let reached = 0;
  let dealt = 0;
  return fair.map((weight) => {
    reached += weight;
    const share = Math.floor((total * reached) / whole) - dealt;
    dealt += share;
    return share;
  });
}
