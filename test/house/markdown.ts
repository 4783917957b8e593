/**
 * @module
 * The documents of the project, and the code in them.
 */
import { exists, filesUnder, read } from "./project.js";

/** All documents, by their paths from the root. The generated reference is none. */
export function documents(): string[] {
  const pages = filesUnder("docs").filter((path) => path.endsWith(".md") && !path.startsWith("docs/api/"));
  return [...["README.md", "CHANGELOG.md", "CONTRIBUTING.md"].filter(exists), ...pages];
}

/** A block of TypeScript in a document. */
export interface CodeBlock {
  readonly document: string;
  /** The line of the document before the first line of the code; from 1. */
  readonly line: number;
  readonly code: string;
}

/** Every block fenced as `ts`, but for those fenced as `ts no-check`. */
export function codeBlocks(document: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { mark: string; indent: number; checked: boolean; line: number; code: string[] } | undefined;
  read(document)
    .split("\n")
    .forEach((text, index) => {
      const [, indent = "", mark, info = ""] = /^(\s*)(`{3,}|~{3,})\s*(.*?)\s*$/.exec(text) ?? [];
      if (open === undefined) {
        if (mark === undefined) return;
        const [language, ...flags] = info.split(/\s+/);
        const checked = (language === "ts" || language === "typescript") && !flags.includes("no-check");
        open = { mark, indent: indent.length, checked, line: index + 1, code: [] };
      } else if (mark?.startsWith(open.mark) === true && info === "") {
        if (open.checked) blocks.push({ document, line: open.line, code: open.code.join("\n") });
        open = undefined;
      } else open.code.push(text.slice(Math.min(open.indent, text.length - text.trimStart().length)));
    });
  return blocks;
}
