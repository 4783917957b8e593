/** Means with their standard errors. */

/** A figure and its standard error. */
export interface Estimate {
  readonly mean: number;
  readonly error: number;
}

/** Mean over questions. */
export function estimate(values: readonly number[]): Estimate {
  const mean = sum(values) / values.length;
  if (values.length < 2) return { mean, error: 0 };
  const variance = sum(values.map((value) => (value - mean) ** 2)) / (values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}

/** Mean over sets, each counting the same. */
export function average(estimates: readonly Estimate[]): Estimate {
  const n = estimates.length;
  return {
    mean: sum(estimates.map(({ mean }) => mean)) / n,
    error: Math.sqrt(sum(estimates.map(({ error }) => error ** 2))) / n,
  };
}

/** 1 / x. */
export function inverse({ mean, error }: Estimate): Estimate {
  return { mean: 1 / mean, error: error / mean ** 2 };
}

export function scale({ mean, error }: Estimate, factor: number): Estimate {
  return { mean: mean * factor, error: error * Math.abs(factor) };
}

export function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
