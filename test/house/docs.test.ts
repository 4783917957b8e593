/**
 * @module
 * The documents: relative links lead somewhere. Their code is checked in `types.test.ts`.
 */
import { posix } from "node:path";
import { expect, test } from "vitest";
import { documents } from "./markdown.js";
import { exists, read } from "./project.js";

const fence = /^( *)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1\2[^\n]*$/gm;

/** Where the links of a document point, code left out. */
function linksOf(text: string): string[] {
  const prose = text.replace(fence, "").replace(/`[^`\n]*`/g, "");
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)];
  const named = [...prose.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)];
  const html = [...prose.matchAll(/\b(?:href|src)="([^"]+)"/g)];
  return [...inline, ...named, ...html].map(([, target = ""]) => target);
}

/** The anchors of a document's headings. */
function anchorsOf(text: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  for (const [, heading = ""] of text.replace(fence, "").matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const plain = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .replace(/[`*]/g, "")
      .toLowerCase();
    const slug = plain.replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-");
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    anchors.add(times === 0 ? slug : `${slug}-${times}`);
  }
  return anchors;
}

test("relative links lead somewhere", () => {
  const broken = documents().flatMap((document) => {
    const text = read(document);
    return linksOf(text)
      .filter((target) => !/^[a-z][a-z+.-]*:|^\/\//i.test(target))
      .filter((target) => {
        const [path = "", anchor] = target.split("#");
        const file = path === "" ? document : posix.join(posix.dirname(document), decodeURIComponent(path));
        if (file.startsWith("..") || !exists(file)) return true;
        return anchor !== undefined && file.endsWith(".md") && !anchorsOf(read(file)).has(anchor);
      })
      .map((target) => `${document}: ${target}`);
  });
  expect(broken).toEqual([]);
});

test("every document begins with its title", () => {
  expect(documents().filter((document) => !/^# \S/.test(read(document)))).toEqual([]);
});
