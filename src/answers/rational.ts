/**
 * @module
 * Exact values of written arithmetic, as fractions.
 */

/** A fraction in lowest terms, the denominator above 0. */
interface Rational {
  readonly over: bigint;
  readonly under: bigint;
}

/**
 * The exact value of an expression of numbers, `+ - * / ^` and parentheses, as `3`, `-1/2`; `undefined` for anything else. A number and a
 * parenthesis side by side are multiplied. What would be longer than 2,000 digits is not worked out.
 */
export function rationalOf(expression: string): string | undefined {
  const tokens = expression.match(/\d+(?:\.\d+)?|\.\d+|[-+*/^()]|\S/g) ?? [];
  let at = 0;

  const sum = (): Rational | undefined => {
    let value = product();
    while (value !== undefined && (tokens[at] === "+" || tokens[at] === "-")) {
      const sign = tokens[at++] === "-" ? -1n : 1n;
      const next = product();
      value = next && rational(value.over * next.under + sign * next.over * value.under, value.under * next.under);
    }
    return value;
  };
  const product = (): Rational | undefined => {
    let value = signed();
    for (
      let token = tokens[at];
      value !== undefined && token !== undefined && /^[*/(]$/.test(token);
      token = tokens[at]
    ) {
      if (token !== "(") at++;
      const next = signed();
      value =
        next &&
        (token === "/"
          ? rational(value.over * next.under, value.under * next.over)
          : rational(value.over * next.over, value.under * next.under));
    }
    return value;
  };
  const signed = (): Rational | undefined => {
    const sign = tokens[at];
    if (sign !== "-" && sign !== "+") return power();
    at++;
    const value = signed();
    return value && (sign === "-" ? { over: -value.over, under: value.under } : value);
  };
  const power = (): Rational | undefined => {
    const base = atom();
    if (base === undefined || tokens[at] !== "^") return base;
    at++;
    const exponent = signed();
    return exponent && raise(base, exponent);
  };
  const atom = (): Rational | undefined => {
    const token = tokens[at++];
    if (token === "(") {
      const value = sum();
      return tokens[at++] === ")" ? value : undefined;
    }
    if (token === undefined || !/\d$/.test(token)) return undefined;
    const [whole = "", decimals = ""] = token.split(".");
    return rational(BigInt(whole + decimals), 10n ** BigInt(decimals.length));
  };

  const value = sum();
  if (value === undefined || at < tokens.length) return undefined;
  return value.under === 1n ? String(value.over) : `${value.over}/${value.under}`;
}

function rational(over: bigint, under: bigint): Rational | undefined {
  if (under === 0n) return undefined;
  let [a, b] = [over, under];
  while (b !== 0n) [a, b] = [b, a % b];
  // The greatest common divisor takes the sign of the denominator, so that it cancels.
  if (a < 0n !== under < 0n) a = -a;
  return { over: over / a, under: under / a };
}

function raise(base: Rational, exponent: Rational): Rational | undefined {
  const size = exponent.over < 0n ? -exponent.over : exponent.over;
  const digits = BigInt(String(base.over).length + String(base.under).length);
  if (exponent.under !== 1n || size * digits > 2000n) return undefined;
  const [over, under] = [base.over ** size, base.under ** size];
  return exponent.over < 0n ? rational(under, over) : rational(over, under);
}
