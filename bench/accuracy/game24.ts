/**
 * The game of 24: each of four numbers once, with + - * / and brackets, to make 24. Its exact checker, and its moves. In fractions, so nothing is rounded.
 */

/** A number that is left, and how it was made. */
export interface Left extends Fraction {
  readonly expression: string;
}

/** What is left behind each move: two of the numbers are put together. Equal ones stand there once. */
export function movesFrom(left: readonly Left[]): readonly (readonly Left[])[] {
  const found = new Map<string, readonly Left[]>();
  left.forEach((a, i) => {
    left.forEach((b, j) => {
      if (i === j) return;
      const rest = left.filter((_, k) => k !== i && k !== j);
      for (const made of combined(a, b, i < j)) {
        const all = [...rest, made];
        const key = keyOf(all);
        if (!found.has(key)) found.set(key, all);
      }
    });
  });
  return [...found.values()];
}

/** What makes two lists of numbers the same: their values, in any order. */
export function keyOf(left: readonly Left[]): string {
  return left
    .map((number) => shown(number))
    .sort()
    .join(" ");
}

/** The numbers to begin with. */
export function dealt(numbers: readonly number[]): readonly Left[] {
  return numbers.map((number) => ({ top: number, bottom: 1, expression: String(number) }));
}

function combined(a: Left, b: Left, once: boolean): Left[] {
  const made = (top: number, bottom: number, sign: string): Left => {
    const divisor = gcd(Math.abs(top), Math.abs(bottom)) * Math.sign(bottom || 1);
    return { top: top / divisor, bottom: bottom / divisor, expression: `(${a.expression} ${sign} ${b.expression})` };
  };
  return [
    made(a.top * b.bottom - b.top * a.bottom, a.bottom * b.bottom, "-"),
    ...(b.top === 0 ? [] : [made(a.top * b.bottom, a.bottom * b.top, "/")]),
    ...(once
      ? [
          made(a.top * b.bottom + b.top * a.bottom, a.bottom * b.bottom, "+"),
          made(a.top * b.top, a.bottom * b.bottom, "*"),
        ]
      : []),
  ];
}

function shown({ top, bottom }: Fraction): string {
  return bottom === 1 ? String(top) : `${top}/${bottom}`;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

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
