/**
 * @module
 * One spelling for LaTeX answers that mean the same.
 */
import { rationalOf } from "./rational.js";

/**
 * The canonical form of a final answer in LaTeX: `\dfrac12`, `\frac{1}{2}`, `0.5` and `1/2` all become `1/2`.
 *
 * Numbers become exact fractions; fractions of symbols become `a/b`. Sizes of brackets, spaces, units behind a number, degrees, percent and
 * currency signs go, and so does `x =`. The elements of tuples, intervals and sets are treated each on its own; sets, and lists
 * without brackets, are sorted. Answers of more than 500 characters keep their spelling, but for spaces.
 *
 * @see Hendrycks et al. 2021, arXiv:2103.03874 (its `math_equivalence.py`); Lewkowycz et al. 2022 (Minerva), arXiv:2206.14858, appendix.
 *   Deviations: numbers are compared by value; `1,234` is one number, but `1, 2` a list; lists are sorted; units are not a fixed list.
 */
export function canonical(latex: string): string {
  if (latex.length > 500) return latex.replace(/\s+/g, "");
  let bare = latex.trim();
  for (const [from, to] of spellings) bare = bare.replace(from, to);
  bare = bare.replace(/(?:^|=)\s*[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/, (grouped) => grouped.replaceAll(",", ""));
  return form(withoutBraces(bare).replace(/\s+/g, "")).replaceAll("⟦", "\\{").replaceAll("⟧", "\\}");
}

/** Applied in this order. `⟦ ⟧` are the brackets of sets, because braces only group. */
const spellings: readonly (readonly [RegExp, string])[] = [
  [/\\\\(?=[a-zA-Z]{2})/g, "\\"], // escaped twice, as in a text of JSON
  [/\\\\/g, " ‖ "], // a new row
  [/\\!|\{,\}|\\(?:left|right|[bB]igg?[lr]?)(?![a-zA-Z])\.?|\\displaystyle/g, ""],
  [/\\[,;:> ]|\\q?quad|~/g, " "],
  [/\\(?:\{|lbrace)/g, "⟦"],
  [/\\(?:\}|rbrace)/g, "⟧"],
  [/^\{([^{}]*,[^{}]*)\}$/, "⟦$1⟧"],
  [/\^\s*\{?\s*\\circ\s*\}?|°|\\degree|(?<=\d)\s*degrees?\b/g, ""],
  [/\\?[$%]|\\[()[\]]/g, ""],
  [/[−–]/g, "-"],
  [/π/g, "\\pi "],
  [/∞/g, "\\infty "],
  [/∪/g, "\\cup "],
  [/±/g, "\\pm "],
  [/≤|\\leq(?:slant)?(?![a-z])/g, "\\le "],
  [/≥|\\geq(?:slant)?(?![a-z])/g, "\\ge "],
  [/×|·|\\times|\\cdot(?!s)/g, "*"],
  [/÷|\\div(?![a-z])/g, "/"],
  [/√\s*(\d+)/g, "\\sqrt{$1}"],
  [/\\?sqrt\s*\(([^()]*)\)/g, "\\sqrt{$1}"],
  [/\\sqrt\s*(\w)/g, "\\sqrt{$1}"],
  [/\\[dtc]frac/g, "\\frac"],
  [/\\frac\s*(\w|\\[a-zA-Z]+)/g, "\\frac{$1}"],
  [/(\\frac\s*\{[^{}]*\})\s*(\w)/g, "$1{$2}"],
  // Mixed numbers.
  [/(?<![\d._^])(\d+)\s*\\frac\s*\{(\d+)\}\s*\{(\d+)\}/g, "($1+$2/$3)"],
  [/(?<![\d._^])(\d+)\s+(\d+)\s*\/\s*(\d+)/g, "($1+$2/$3)"],
  // Words: `and`, units behind a number, all others.
  [/\s*,?\s*(?:\\(?:text|mbox|textrm|mathrm)\s*\{\s*,?\s*(?:and|or)\s*\}|\s(?:and|or)\s)\s*/g, ","],
  [
    /(?<=[\d}).])(?:[\s/]*\\(?:text|mbox|textrm|mathrm)\s*\{(?!\s*(?:hundred|thousand|million|billion))[^{}]*\}(?:\^\{?\d\}?)?)+[\s.]*$/,
    "",
  ],
  [
    /(?<=[\d})])\s+(?!hundred|thousand|million|billion|sqrt|sin|cos|tan|log|exp)[a-zA-Z]{3,}(?:\s[a-zA-Z]+)*[\s.]*$/,
    "",
  ],
  [/(?<=\d)\s?(?:[ckm]?m|k?g|ft|mph)(?:\^\{?\d\}?)?[\s.]*$/, ""],
  [/\\(?:text|textbf|textit|textrm|mbox|mathrm|mathbf|operatorname)\s*\{([^{}]*)\}/g, "$1"],
  [/[\s.,;:]+$/, ""],
];

/** Writes `\frac{a}{b}` as `a/b`, and the groups of powers, roots and other commands in parentheses where they are needed. */
function withoutBraces(latex: string): string {
  let before = "";
  let bare = latex;
  // From the inside out; every round takes at least one pair away.
  while (bare !== before) {
    before = bare;
    bare = bare
      .replace(
        /(\\(?!frac(?![a-zA-Z]))[a-zA-Z]+(?:\[[^\]]*\])?|[\^_])\s*\{([^{}]*)\}/g,
        (_, head: string, inner: string) => head + group(inner, single),
      )
      .replace(
        /\\frac\s*\{([^{}]*)\}\s*(?:\{([^{}]*)\}|(\w|\\[a-zA-Z]+))/g,
        (_, over: string, under: string | undefined, one: string) =>
          `${group(over, product)}/${group(under ?? one, single)}`,
      );
    if (bare === before) bare = bare.replace(/\{([^{}]*)\}/, "$1");
  }
  return bare;
}

const single = /^(?:-?\d+|\w|\\[a-zA-Z]+\w?)$/;
const product = /^-?(?:[\w\\.^*]|\([^()]*\))+$/;

function group(inner: string, bare: RegExp): string {
  const trimmed = inner.replace(/\s+/g, "");
  return bare.test(trimmed) ? trimmed : `(${trimmed})`;
}

/** An answer without spaces: `x =` in front of it goes, lists are sorted. */
function form(bare: string): string {
  const [result = "", ...sums] = bare.split("=").reverse();
  // 2+5=7, a+b=2+5=7; but x+y=7 is an equation.
  if (sums.length > 0 && sums.every((sum) => rationalOf(sum) !== undefined)) return form(result);
  if (sums.length > 1 && split(bare).length === 1) return form(result);
  const elements = split(named.exec(bare)?.[2] ?? bare);
  if (elements.length === 1 && !bare.includes("\\pm")) return value(elements[0] ?? "");
  // In `x=1,x=2` the name says nothing; in `x=1,y=2` it does.
  const names = new Set(elements.map((element) => named.exec(element)?.[1]));
  const values = names.size > 1 ? elements : elements.map((element) => named.exec(element)?.[2] ?? element);
  return values
    .flatMap((element) => (element.startsWith("\\pm") ? [`-${element.slice(3)}`, element.slice(3)] : [element]))
    .map(value)
    .sort()
    .join(",");
}

/** `x=5`, `f(x)=5`, `x\in[1,2]` */
const named = /^((?:[a-zA-Z]|\\[a-z]+)(?:_\w|\([a-zA-Z]\))?)(?:=|\\in(?![a-z]))([^=]+)$/;

/** One element. */
function value(bare: string): string {
  const exact = rationalOf(bare);
  if (exact !== undefined) return exact;
  const parts = bare.split("\\cup");
  if (parts.length > 1) return parts.map(value).join("\\cup");
  const [, open = "", inner = "", close = ""] = /^([([⟦])(.*)([)\]⟧])$/.exec(bare) ?? [];
  const elements = split(inner);
  if (open !== "" && (elements.length > 1 || open === "⟦")) {
    const values = elements.map(value);
    return open + (open === "⟦" ? values.sort() : values).join(",") + close;
  }
  if (/^\([A-Z]\)$/.test(bare)) return inner;
  if (/^[a-zA-Z]{2,}$/.test(bare)) return bare.toLowerCase();
  return bare
    .replace(/(?<!\d)\.(?=\d)/g, "0.")
    .replace(/(?<=\d)\*(?=[a-zA-Z\\(])/g, "")
    .replace(/^\+/, "");
}

/** Parts between the commas that stand in no bracket; one part, where brackets do not match. */
function split(list: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < list.length; i++) {
    const char = list.charAt(i);
    if ("([⟦".includes(char)) depth++;
    else if (")]⟧".includes(char) && --depth < 0) return [list];
    else if (char === "," && depth === 0) {
      parts.push(list.slice(start, i));
      start = i + 1;
    }
  }
  return depth === 0 ? [...parts, list.slice(start)] : [list];
}
