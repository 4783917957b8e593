/**
 * @module
 * What may stand in no file: paths of one machine, hosts of registries, work left over.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectFiles, root } from "./project.js";

/** Put together here, so that this file does not hold what it looks for. */
const word = (...parts: string[]): string => parts.join("");

const forbidden: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  {
    what: "a path of one machine",
    pattern: new RegExp(word("(?<![\\w.])/wo", "rk/|/ho", "me/\\w|/Us", "ers/\\w|/tm", "p/bash")),
  },
  {
    what: "a registry host",
    pattern: new RegExp(
      word("registry\\.(npm", "js|yarn", "pkg)|npm\\.", "pkg\\.github|pypi\\.org/sim", "ple|files\\.python", "hosted"),
    ),
  },
  { what: "work left over", pattern: new RegExp(word("\\b(TO", "DO|FIX", "ME)\\b")) },
  {
    what: "a test that silences the others",
    pattern: new RegExp(word("\\b(test|it|describe|bench)(\\.\\w+)*\\.on", "ly\\(")),
  },
  { what: "a conflict of a merge", pattern: /^(<{7}|>{7}) /m },
];

const files = projectFiles().flatMap((path) => {
  const bytes = readFileSync(join(root, path));
  return bytes.includes(0) ? [] : [{ path, text: bytes.toString("utf8") }];
});

test.each(forbidden)("no file holds $what", ({ pattern }) => {
  const found = files.flatMap(({ path, text }) => {
    const match = pattern.exec(text);
    return match === null ? [] : [`${path}:${text.slice(0, match.index).split("\n").length}: ${match[0]}`];
  });
  expect(found).toEqual([]);
});

test("the lockfile names no place", () => {
  const lock = files.find(({ path }) => path === "package-lock.json");
  expect(lock?.text).not.toContain('"resolved"');
});

test("text ends with one line end, and has none of Windows", () => {
  const odd = files.filter(
    ({ path, text }) => path !== "package-lock.json" && text !== "" && (!text.endsWith("\n") || text.includes("\r\n")),
  );
  expect(odd.map(({ path }) => path)).toEqual([]);
});
