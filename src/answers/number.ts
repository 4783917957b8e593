/**
 * @module
 * A number as the answer.
 */
import type { Answer } from "./answer.js";
import { firstLine, lastSentence, readMarked } from "./marker.js";

/**
 * A number.
 *
 * Reads what the last mark of an answer marks (`Answer:`, `\boxed{}`, `the answer is`, `#### `): the number it begins with, or the only
 * number in it, what stands before its last `=` left out. Without a mark the closing sentence is read, and only if it holds one number.
 * Where several could be meant (`3 or 4`, `2 hours 30 minutes`, a date, a range, an inequality) none is read: nothing is guessed.
 *
 * Understands thousands separators (`1,234`, `1{,}234`, `1_234`, thin spaces), currencies and units, percent (`12.5%` is 12.5), fractions
 * and mixed numbers (`3/4`, `1 1/2`, `\frac{3}{4}`, ½), every kind of minus, `1.2e3`, `1.2 × 10^3`, and `thousand` to `trillion`.
 *
 * Key: whole numbers exactly, others to 12 significant digits, so that `0.5`, `1/2` and `.50` are the same, and 0.1 + 0.2 is 0.3.
 *
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), sampleN(8), majorityVote());
 */
export function number(): Answer<number> {
  return {
    instruction: 'End with "Answer: " and the number.',
    parse(text) {
      const marked = readMarked(text, (words) => read(firstLine(words)));
      return marked === undefined ? only(tidy(lastSentence(text))) : marked.value;
    },
    // Adding 0 makes -0 a 0.
    key: (value) => String((Number.isSafeInteger(value) ? value : Number(value.toPrecision(12))) + 0),
  };
}

/** A number that was found. */
interface Found {
  readonly value: number;
  readonly start: number;
  /** What follows it. */
  readonly rest: string;
}

/** Sign, whole part of a mixed number, number, exponent, denominator, scale. Not inside a word, a power or another number. */
const token =
  /(?<![\p{L}\d_^.)]-?|\d,)(-?)(?:(\d+) (?=\d+ ?\/ ?\d))?(\d+(?:\.\d+)?|\.\d+)(?:e([-+]?\d{1,3}))?(?: ?\/ ?(\d+(?:\.\d+)?))?(?: (thousand|million|billion|trillion)\b)?/giu;
const scales = ["thousand", "million", "billion", "trillion"];

/** What follows a number that is only part of something: of a sum, a power, a date, a decimal comma, `3x`, `5k`. */
const part = /^(?: ?(?:[-+*/:]|\*\*) ?[-(.\d]| ?\^|[.,]\d|[xyznikeKMB](?!\p{L}))/u;
/** What follows the first of several numbers: `, 4`, ` or 4`, ` hours and 30`. */
const several = /^ ?%?\s*(?:\p{L}+\.?\s*)?(?:[,;&]|and|or|to)?\s*-?\.?\d/iu;
/** What no number holds: inequalities, roots, other LaTeX, an item of a list, `x = 1, y = 2`. */
const odd = /[<>≤≥≠±√π∞]|\\[a-z]|sqrt|^- \.?\d|(?:[,;]|and) *[a-z]\w? *=/i;

function read(words: string): number | undefined {
  const text = tidy(words);
  const [first] = numbersIn(text);
  if (first === undefined || odd.test(text)) return undefined;
  const begins =
    Number.isFinite(first.value) &&
    /^[\s(["'~]*$/.test(text.slice(0, first.start)) &&
    !part.test(first.rest) &&
    !several.test(first.rest);
  return begins ? first.value : only(text);
}

/** The only number behind the last `=`, or in the whole. */
function only(text: string): number | undefined {
  const numbers = numbersIn(text.slice(text.lastIndexOf("=") + 1));
  const value = numbers[0]?.value;
  if (value === undefined || odd.test(text) || /\bnot\b|n['’]t\b/i.test(text)) return undefined;
  return numbers.every((other) => other.value === value && !part.test(other.rest)) ? value : undefined;
}

function numbersIn(text: string): Found[] {
  return [...text.matchAll(token)].map(
    ({ 0: all, 1: sign, 2: whole = 0, 3: digits, 4: power = 0, 5: under = 1, 6: scale = "", index }) => {
      const size = Number(whole) + Number(`${digits}e${power}`) / Number(under);
      const value = size * 1000 ** (scales.indexOf(scale.toLowerCase()) + 1) * (sign === "-" ? -1 : 1);
      // 1/0 is no number, and not equal to itself: it spoils the text it stands in.
      return { value: Number.isFinite(value) ? value : NaN, start: index, rest: text.slice(index + all.length) };
    },
  );
}

/** Writes signs, fractions, powers and separators in one way. */
function tidy(words: string): string {
  return words
    .replace(/\\[!,;: ]|\{,\}/g, (space) => (space === "{,}" ? "," : ""))
    .replace(/[−–]/g, "-")
    .replace(/\\approx|≈/g, "=")
    .replace(/\\times|\\cdot|[×·]|(?<=\d ?)x(?= ?10 ?\^)/g, "*")
    .replace(/\\div|÷/g, "/")
    .replace(/\^\{?\\circ\}?|\\%/g, "")
    .replace(/(?<![\d.,])\d{1,3}(?:[,_\u00a0\u2009\u202f]\d{3})+(?![\d,_])/g, (grouped) => grouped.replace(/\D/g, ""))
    .replace(/(?:[€£¥₹]|\b(?:USD?|EUR|GBP|Rs\.?)) ?(?=-?\.?\d)/g, "")
    .replace(
      /(\d?) ?\\[dtc]?frac(?:\{([\d.]+)\}\{([\d.]+)\}| ?(\d)(\d))/g,
      (_, before: string, a: string, b: string, c: string, d: string) => `${before}${before && " "}${a || c}/${b || d}`,
    )
    .replace(
      /(\d?)([\u00bc-\u00be\u2150-\u215e])/g,
      (_, before: string, one: string) => `${before}${before && " "}${one.normalize("NFKC").replace("⁄", "/")}`,
    )
    .replace(/[⁰¹²³⁴-⁹⁻]+/g, (power) => `^${power.normalize("NFKC").replace("−", "-")}`)
    .replace(
      /(?:(\d[\d.]*) ?\* ?)?\b10 ?\^ ?[{(]?([-+]?\d{1,3})[)}]?/g,
      (_, before: string | undefined, power: string) => `${before ?? 1}e${power}`,
    );
}
