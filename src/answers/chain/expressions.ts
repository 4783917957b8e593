/**
 * @module
 * Expressions in words: where the arithmetic on either side of an equals sign begins and ends.
 */
import { rationalOf } from "../rational.js";

/** A piece of a line. */
export interface Symbol {
  readonly kind: "number" | "operator" | "sign" | "word" | "other";
  readonly text: string;
  /** Follows the piece before it without a space. */
  readonly attached: boolean;
  /** A sign that was a word, such as `is`. */
  readonly said: boolean;
  /** Where it begins and ends in the notation that {@link Line.text} is in. */
  readonly start: number;
  readonly end: number;
}

/** A line in one notation, and its pieces. */
export interface Line {
  readonly text: string;
  readonly symbols: readonly Symbol[];
}

/** One side of an equation. */
export interface Side {
  /** Where it begins and ends in its line, its units included. */
  readonly start: number;
  readonly end: number;
  /** What it may stand for, likeliest first, for {@link rationalOf}. */
  readonly readings: readonly string[];
  /** Words behind its numbers, without an `s` at the end. */
  readonly units: readonly string[];
  /** Is there anything to work out? */
  readonly computes: boolean;
  /** Is it all that stands there? */
  readonly whole: boolean;
}

/** The pieces of a line, its signs and words of arithmetic made one notation. */
export function lineOf(words: string): Line {
  const text = rewrites.reduce((line, [from, to]) => line.replace(from, to), words);
  const symbols = [...text.matchAll(piece)].map(({ 0: found, 1: space = "", index, groups = {} }): Symbol => {
    const kind = kinds.find((name) => groups[name] !== undefined) ?? "other";
    const start = index + space.length;
    const attached = space === "" && index > 0;
    const isSaid = groups.sign === said;
    return {
      kind,
      text: isSaid ? "=" : text.slice(start, index + found.length),
      attached,
      said: isSaid,
      start,
      end: index + found.length,
    };
  });
  return { text, symbols };
}

/** The arithmetic that a segment ends with; `undefined` where there is none, or it is not clear where it begins. */
export function leftOf(symbols: readonly Symbol[]): Side | undefined {
  for (let start = Math.max(0, symbols.length - mostSymbols); start < symbols.length; start++) {
    const first = symbols[start] as Symbol;
    if (first.kind === "word" || first.kind === "other" || first.text === "+") continue;
    const side = sideOf(symbols.slice(start));
    if (side === undefined || !beginsAfter(symbols.slice(0, start), first)) continue;
    // `5 and 1/2`
    const mixed = symbols[start - 1]?.text === "and" && symbols[start - 2]?.kind === "number";
    if (mixed && symbols[start + 1]?.text === "/") return undefined;
    // A dash in front of it may be the mark of a list.
    const listed = start === 0 && first.text === "-" && symbols[1]?.attached === false;
    const bare = listed ? side.readings.map((reading) => reading.replace("-", "")) : [];
    return { ...side, readings: [...side.readings, ...bare], whole: start === 0 };
  }
  return undefined;
}

/** The arithmetic that a segment begins with; `undefined` where there is none, or it does not end there. */
export function rightOf(symbols: readonly Symbol[]): Side | undefined {
  let end = 0;
  for (let at = 0; at < Math.min(symbols.length, mostSymbols); at++) {
    const { kind, text } = symbols[at] as Symbol;
    // Behind a unit comes an operator, or something else begins: a remark, as in `66.67 (rounded)`, a sentence, another number.
    const remark = at > 0 && text === "(" && symbols[at + 1]?.kind === "word";
    const other = kind === "number" && symbols[at - 1]?.kind === "word";
    if (remark || other || kind === "sign" || kind === "other" || (kind === "word" && end === 0)) break;
    if (kind !== "word") end = at + 1;
  }
  const [next] = symbols.slice(end);
  // `5x`, `7!`
  if (next?.attached === true && (next.text === "!" || (next.kind === "word" && next.text.length === 1)))
    return undefined;
  const unit = next?.kind === "word" && next.text.length > 1 && !notUnits.test(next.text) ? [next] : [];
  const side = sideOf([...symbols.slice(0, end), ...unit]);
  return side && { ...side, whole: end + unit.length === symbols.length };
}

/** May arithmetic begin behind these? Not in the middle of a longer one, nor as the argument of a function. */
function beginsAfter(before: readonly Symbol[], first: Symbol): boolean {
  const last = before.at(-1);
  if (last === undefined) return true;
  switch (last.kind) {
    case "number":
      return false;
    case "operator":
      return last.text === ")" && first.kind === "number";
    case "word":
      return !first.attached && !functions.test(last.text) && (last.text.length > 1 || /^[aI]$/.test(last.text));
    default:
      // A ratio, or a sum that was cut short.
      return last.text !== "…" && !(last.text === ":" && first.attached) && last.text !== "#";
  }
}

/** The symbols as one expression with units; `undefined` for anything else. */
function sideOf(symbols: readonly Symbol[]): Side | undefined {
  const units: string[] = [];
  let expression = "";
  let words = 0;
  for (const [index, { kind, text }] of symbols.entries()) {
    const before = symbols[index - 1];
    if (kind === "other" || kind === "sign") return undefined;
    if (kind === "word") {
      // `2x` and `3 / L` hold a variable; a unit has two letters or more, and stands behind a number.
      const behind = before?.kind !== "operator" || /[)%/]/.test(before.text);
      if (expression === "" || !behind || text.length === 1 || notUnits.test(text) || ++words > mostWords)
        return undefined;
      if (before?.text === "/") expression = expression.replace(/ \/ $/, "");
      units.push(text.toLowerCase().replace(/s$/, ""));
      continue;
    }
    // Two numbers side by side, or the argument of a function.
    if ((words > 0 && (kind === "number" || text === "(")) || (kind === "number" && before?.kind === "number"))
      return undefined;
    words = 0;
    expression += /[-+*/^]/.test(text) && expression !== "" ? ` ${text} ` : text;
  }
  const readings = readingsOf(expression).filter((reading) => rationalOf(reading) !== undefined);
  if (readings.length === 0) return undefined;
  const computes = /\d[\s)%]*[-+*/^(]/.test(expression);
  const [start, end] = [symbols[0]?.start ?? 0, symbols.at(-1)?.end ?? 0];
  return { start, end, readings, units, computes, whole: true };
}

/** `25%` is a quarter; as a result it may also be 25 of what is counted in per cent. */
function readingsOf(expression: string): readonly string[] {
  if (!expression.includes("%")) return [expression];
  const share = expression.replace(/(\d+(?:\.\d+)?|\.\d+)\s*%/g, "($1/100)");
  return [share, expression.replaceAll("%", "")];
}

const said = "≡";
const kinds = ["number", "operator", "sign", "word"] as const;
const piece =
  /(\s*)(?:(?<number>\d+(?:\.\d+)?|\.\d+)|(?<operator>[-+*/^()%])|(?<sign>[=≈≡])|(?<word>\p{L}[\p{L}'’]*)|[^\s])/gu;
/** Words of a unit. */
const mostWords = 3;
/** Words behind a number that say nothing of what is counted. */
const notUnits =
  /^(?:and|or|so|then|which|where|is|are|was|were|if|because|since|but|as|to|in|into|for|from|with|at|by|on|than|therefore|thus|hence|we|that|this|left|total|altogether|remaining|more|each)$/i;
/** No side of an equation is longer. */
const mostSymbols = 200;
/** Words whose argument, or whose rest, follows them. */
const functions =
  /^(?:sin|cos|tan|csc|sec|cot|log|ln|sqrt|mod|root|of|half|twice|double|triple|thirds?|quarters?|percent)$/i;

/** Digits, or what stands at the end of a number. */
const number = String.raw`[\d)%]`;
/** Into one notation: `*` and `/`, no currency, no separators of thousands, no LaTeX. */
const rewrites: readonly (readonly [RegExp, string])[] = [
  [/\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}/g, "(($1)/($2))"],
  [/\^\{([^{}]*)\}/g, "^($1)"],
  [/\\(?:times|cdot)\b|[×·∗⋅]/g, "*"],
  [/\\div\b|÷/g, "/"],
  [/\\approx\b|[≃≅]/g, "≈"],
  [/\\(?:text|mathrm|mbox)\s*\{([^{}]*)\}/g, " $1"],
  [/\\(?:left|right|quad|qquad|,|;|!|&)|[&]/g, " "],
  [/[−–—]/g, "-"],
  [/\.{3}|\\[lc]?dots\b/g, "…"],
  [/[<>!≤≥]=|=[<>]|->|\\(?:le|ge|ne)q?\b/g, "≤"],
  [/==+/g, "="],
  // A date.
  [/\b\d{1,4}\/\d{1,2}\/\d{2,4}\b/g, "…"],
  [/(?<=\d)\*\*(?=\d)/g, "^"],
  [/\*\*|[$€£¥]|\bRs\.?\s?(?=\d)|\\(?=[$%])|\\[()[\]]/g, ""],
  [/(?<=\d),(?=\d{3}(?!\d))/g, ""],
  [new RegExp(String.raw`(?<=${number})\s*[xX]\s*(?=[\d(])`, "g"), " * "],
  [/\bper ?cent\b/gi, "%"],
  [/%\s+of\s+(?=[\d(])/gi, "% * "],
  [new RegExp(String.raw`(?<=${number}[^=\d]{0,20})\bplus\b(?=\s+[\d(])`, "gi"), "+"],
  [new RegExp(String.raw`(?<=${number}[^=\d]{0,20})\bminus\b(?=\s+[\d(])`, "gi"), "-"],
  [new RegExp(String.raw`(?<=${number}[^=\d]{0,20})\b(?:times|multiplied by)\b(?=\s+[\d(])`, "gi"), "*"],
  [new RegExp(String.raw`(?<=${number}[^=\d]{0,20})\bdivided by\b(?=\s+[\d(])`, "gi"), "/"],
  [
    new RegExp(
      String.raw`(?<=[-+*/]\s*[\d.]+%?(?: [a-z]+)?)\s+(?:is|are|makes|gives|equals|is equal to)\s+(?=-?[\d(])`,
      "gi",
    ),
    ` ${said} `,
  ],
];
