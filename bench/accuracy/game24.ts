/**
 * The exact checker of the game of 24: each of four numbers once, with + - * / and brackets, to make 24. In fractions, so nothing is rounded.
 */
interface Fraction {
  readonly top: number;
  readonly bottom: number;
}

/** Does the expression use just these numbers and come to 24? */
export function makes24(expression: string, numbers: readonly number[]): boolean {
  const tokens = expression.match(/\d+|[-+*/()]|\S/g) ?? [];
  const used = tokens.filter((token) => /^\d+$/.test(token)).map(Number);
  if (String(used.sort(ascending)) !== String([...numbers].sort(ascending))) return false;
  const value = evaluate(tokens);
  return value !== undefined && value.bottom !== 0 && value.top === 24 * value.bottom;
}

function ascending(a: number, b: number): number {
  return a - b;
}

function evaluate(tokens: readonly string[]): Fraction | undefined {
  let at = 0;
  const sum = (): Fraction => {
    let value = product();
    while (tokens[at] === "+" || tokens[at] === "-") {
      const sign = tokens[at++] === "+" ? 1 : -1;
      const { top, bottom } = product();
      value = { top: value.top * bottom + sign * top * value.bottom, bottom: value.bottom * bottom };
    }
    return value;
  };
  const product = (): Fraction => {
    let value = atom();
    while (tokens[at] === "*" || tokens[at] === "/") {
      const times = tokens[at++] === "*";
      const { top, bottom } = atom();
      value = times
        ? { top: value.top * top, bottom: value.bottom * bottom }
        : { top: value.top * bottom, bottom: value.bottom * top };
    }
    return value;
  };
  const atom = (): Fraction => {
    const token = tokens[at++] ?? "";
    if (/^\d+$/.test(token)) return { top: Number(token), bottom: 1 };
    if (token !== "(") throw new SyntaxError(`not an expression: ${token}`);
    const value = sum();
    if (tokens[at++] !== ")") throw new SyntaxError("a bracket is not closed");
    return value;
  };
  try {
    const value = sum();
    return at === tokens.length ? value : undefined;
  } catch {
    return undefined;
  }
}
