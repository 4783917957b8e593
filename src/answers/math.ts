/**
 * @module
 * A mathematical expression in LaTeX as the answer.
 */
import type { Answer } from "./answer.js";
import { canonical } from "./latex.js";
import { lastLine, readMarked } from "./marker.js";

/**
 * A mathematical expression, as MATH and its kin ask for: a number, a root, a tuple, an interval, a set, an equation, a word.
 *
 * Reads the last `\boxed{}`, or what the last mark of an answer marks: the formula it begins with, or the only one in it. Without either,
 * only a last line that is nothing but a formula is read. Gives the LaTeX as it was written.
 *
 * Key: one spelling for all that mean the same as far as that shows without algebra. Numbers are compared exactly: `\frac{1}{2}`,
 * `\dfrac12`, `1/2` and `0.5` are the same, `0.333` and `1/3` are not. Units, `x =`, spaces, sizes of brackets, and the order of sets
 * and lists do not count. `x+1` and `1+x` are not the same.
 *
 * @see Hendrycks et al. 2021, arXiv:2103.03874; Lewkowycz et al. 2022 (Minerva), arXiv:2206.14858. Deviations:
 *   numbers are compared by value; `1,234` is one number, `1, 2` a list; lists are sorted.
 * @example
 * const solver = stack(model, chainOfThought({ answer: math() }), sampleN(16), majorityVote());
 */
export function math(): Answer<string> {
  return {
    instruction: "End with the answer in \\boxed{}.",
    parse(text) {
      const marked = readMarked(text, (words, kind) => (kind === "box" ? words.trim() : read(words, kind === "said")));
      return marked === undefined ? alone(lastLine(text)) : marked.value;
    },
    key: canonical,
  };
}

/** `$…$`, `$$…$$`, `\(…\)`, `\[…\]`; not `\$5`. */
const formula = /(?<!\\)\$\$?([^$]+)(?<!\\)\$\$?|\\\(((?:(?!\\\)).)+)\\\)|\\\[((?:(?!\\\]).)+)\\\]/gsu;

function read(words: string, said: boolean): string | undefined {
  // A formula set apart has lines of its own.
  const paragraph =
    words
      .replace(/^[\s*_:]+/, "")
      .slice(0, 500)
      .split(/\n\s*\n/, 1)[0] ?? "";
  const formulas = [...paragraph.matchAll(formula)];
  const [first] = formulas;
  if (first === undefined) {
    const words = bare(paragraph.split("\n", 1)[0] ?? "");
    // `The answer is correct` says none.
    return words === undefined || (said && !/\d|[\\=^π∞√]|^\(?\w\)?$/.test(words)) ? undefined : words;
  }
  // `$1$ and $2$` is one answer of two formulas.
  const joined: string[] = [];
  let end = 0;
  for (const { 0: all, 1: a, 2: b, 3: c, index } of formulas) {
    if (!/^[\s,]*(?:and|or)?\s*$/.test(paragraph.slice(end, index))) break;
    joined.push((a ?? b ?? c ?? "").trim());
    end = index + all.length;
  }
  if (joined.length > 0) return joined.join(", ");
  return formulas.length === 1 ? (first[1] ?? first[2] ?? first[3])?.trim() : undefined;
}

/** A line without delimiters: `3/4`, `the area is 5π cm`; `undefined` for prose. */
function bare(line: string): string | undefined {
  const words = line
    .replace(/^.*\b(?:is|are|equals)\s/, "")
    .replace(/\*\*|[`"“”]|[.\s]+$/g, "")
    .trim();
  return words === "" || (words.match(/(?<![\\{])\b\p{L}{2,}/gu) ?? []).length > 3 ? undefined : words;
}

/** A last line that is nothing but a formula. */
function alone(line: string): string | undefined {
  const words = line.trim();
  const only = new RegExp(`^(?:${formula.source})\\.?$`, "su").exec(words);
  if (only !== null) return (only[1] ?? only[2] ?? only[3])?.trim();
  return /\d|\\[a-z]|[a-zA-Z]=/.test(words) && !/(?<![\\{a-zA-Z])[a-zA-Z]{2,}/.test(words)
    ? words.replace(/\.$/, "")
    : undefined;
}
