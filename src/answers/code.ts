/**
 * @module
 * A program as the answer.
 */
import { InvalidOptionError } from "../core/errors.js";
import { checkOptions } from "../core/options.js";
import type { Answer } from "./answer.js";

/** Options of {@link code}. */
export interface CodeOptions {
  /** What it is written in, as it stands behind the backquotes: `"python"`, `"javascript"`. @defaultValue any */
  readonly language?: string | undefined;
}

/**
 * A program.
 *
 * Reads the last block between fences (``` or ~~~) that is of the language, by any of its usual names; else the last that names none. Without a
 * language every block counts but those that say they are text or output. A text without any fence is a program itself where each of its lines looks like
 * code. A block that was not closed was cut: it is none. Blank lines around the program are taken away, and so is the indent of its fence.
 *
 * Key: the program but for blank lines and blanks at the ends of lines. Programs that do the same in other words have other keys: `program` votes
 * by what comes out, `sameBehaviour` puts together what does the same.
 *
 * @throws {@link InvalidOptionError} for a language that is no single word
 * @example
 * const solver = stack(model, chainOfThought({ answer: code({ language: "python" }) }));
 * const { answer } = await run(solver, "Write add(a, b), which adds two numbers.");
 */
export function code(options: CodeOptions = {}): Answer<string> {
  checkOptions("code", options, ["language"]);
  const { language } = options;
  if (language !== undefined && (typeof language !== "string" || !/^[^\s`~]+$/.test(language)))
    throw new InvalidOptionError("code", "language", "one word, such as 'python'", language);
  const wanted = language === undefined ? undefined : canonicalName(language);

  return {
    instruction:
      language === undefined
        ? "End with the whole program in one block between fences of three backquotes, with the name of its language behind the first."
        : `End with the whole program in one block fenced as \`\`\`${language}.`,
    parse(text) {
      const { blocks, fenced } = blocksIn(text);
      if (!fenced) return looksLikeCode(text) ? bare(text.split(/\r?\n/)) : undefined;
      const named = blocks.filter(({ tag }) =>
        wanted === undefined ? tag !== "" && !noCode.has(tag) : canonicalName(tag) === wanted,
      );
      const block = named.at(-1) ?? blocks.filter(({ tag }) => tag === "").at(-1);
      return block && bare(block.lines);
    },
    key: (program) =>
      program
        .split(/\r?\n/)
        .map((line) => line.trimEnd())
        .filter((line) => line !== "")
        .join("\n"),
  };
}

/** A block between fences. */
interface Block {
  /** What stands behind the first fence, in lower case; `""` for nothing. */
  readonly tag: string;
  readonly lines: readonly string[];
}

/** What stands behind the fence of what is no program. */
const noCode: ReadonlySet<string> = new Set(["text", "txt", "plain", "plaintext", "output", "stdout", "console"]);

const names: Readonly<Record<string, readonly string[]>> = {
  python: ["py", "python3", "py3"],
  javascript: ["js", "mjs", "cjs", "node", "ecmascript"],
  typescript: ["ts", "mts", "cts"],
};

function canonicalName(tag: string): string {
  const name = tag.toLowerCase();
  return Object.keys(names).find((language) => names[language]?.includes(name)) ?? name;
}

/** The blocks that are closed, in their order; and whether there is any fence at all. */
function blocksIn(text: string): { readonly blocks: readonly Block[]; readonly fenced: boolean } {
  const blocks: Block[] = [];
  let open: { readonly mark: string; readonly indent: number; readonly tag: string; lines: string[] } | undefined;
  let fenced = false;
  for (const line of text.split(/\r?\n/)) {
    const [, indent = "", mark, behind = ""] = fence.exec(line) ?? [];
    const info = behind.trim();
    if (open === undefined) {
      if (mark === undefined) continue;
      fenced = true;
      open = {
        mark,
        indent: indent.length,
        tag: /^\{?\.?([^\s{}:,]*)/.exec(info)?.[1]?.toLowerCase() ?? "",
        lines: [],
      };
    } else if (mark?.startsWith(open.mark) === true && info === "") {
      if (open.lines.some((words) => words.trim() !== "")) blocks.push(open);
      open = undefined;
    } else {
      const blanks = line.length - line.trimStart().length;
      open.lines.push(line.slice(Math.min(open.indent, blanks)));
    }
  }
  return { blocks, fenced };
}

/** Behind the first fence of backquotes stand no others: those would be code within a line. */
const fence = /^([ \t]{0,20})(`{3,}(?=[^`]*$)|~{3,})(.*)$/;

/** Without the blank lines at both ends. */
function bare(lines: readonly string[]): string {
  const first = lines.findIndex((line) => line.trim() !== "");
  const last = lines.findLastIndex((line) => line.trim() !== "");
  return lines
    .slice(first, last + 1)
    .join("\n")
    .trimEnd();
}

/** Is there a line that begins at the margin, and does each of them look like one of a program? Comments, brackets and what is indented do. */
function looksLikeCode(text: string): boolean {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => /^\S/.test(line) && !/^(?:#|\/\/|\/?\*|[\])}])/.test(line));
  return lines.length > 0 && lines.every((line) => statements.some((form) => form.test(line)));
}

/** Keywords with what belongs to them, assignments, calls. */
const statements: readonly RegExp[] = [
  /^(?:async +)?(?:def|function|class)\b.*[({:]/,
  /^(?:import|from) +["'{*\w.]/,
  /^@\w/,
  /^(?:const|let|var) +[[{\w$].*=/,
  /^(?:for|while|if|elif|else|try|except|finally|with|switch|do)\b.*[:{;]$/,
  /^(?:return|throw|raise|assert|export|yield|await)\b.*[\w)\]}"'`;]$/,
  /^[A-Za-z_$][\w$.]*(?:\[[^\]]*\])? *(?:[-+*/%|&]|\*\*|\/\/)?=[^=]/,
  /^[A-Za-z_$][\w$.]*\(.*[){([,;]$/,
];
