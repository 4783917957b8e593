/**
 * @module
 * The import rule: who may know whom.
 */
import { expect, test } from "vitest";
import { exists, filesUnder, importsOf, read } from "./project.js";

const sources = filesUnder("src").filter((path) => path.endsWith(".ts"));

/** The part of the house a source belongs to: the folder under `src`, or its own name for files that lie there directly. */
function partOf(path: string): string {
  return path.split("/")[1] ?? "";
}

const alone = ["strategies", "policies", "learn", "probe"];
const beneath = ["core", "answers"];
const beside = ["feedback", "tools", "adapters", "engines", "observe", "serve", "tiny", "testing"];

/** The folder of the parts of a primitive: `src/strategies/spend/allocate/` for `src/strategies/spend/allocate.ts`, and for all that lies in it. */
function ownFolder(path: string): string {
  const depth = { strategies: 4, learn: 3, probe: 3 }[partOf(path)];
  return depth === undefined ? path : `${path.split("/").slice(0, depth).join("/").replace(/\.ts$/, "")}/`;
}

/** All that a preset needs of the core: it stacks, checks its options, and names types. It makes no layer and no call of its own. */
const stacking = ["errors", "feedback", "model", "options", "stack"].map((name) => `src/core/${name}.ts`);

/** May a source of ours import another one? */
function allowed(from: string, to: string): boolean {
  const [a, b] = [partOf(from), partOf(to)];
  if (a === "cli") return true;
  if (a === "core") return b === "core";
  if (a === "answers") return b === "core" || b === "answers";
  // A room's list of what it offers; and the battery runs the other probes, as presets stack strategies.
  if (/^src\/(learn|probe)\/index\.ts$/.test(from) && a === b) return true;
  if (from === "src/probe/faithfulness.ts" && b === "probe") return true;
  // A primitive may have parts of its own, in a folder of its name.
  if (alone.includes(a)) return beneath.includes(b) || ownFolder(from) === ownFolder(to);
  if (beside.includes(a)) return beneath.includes(b) || b === a;
  if (from === "src/presets.ts") return b === "answers" || b === "strategies" || stacking.includes(to);
  if (from === "src/index.ts") {
    return (
      beneath.includes(b) ||
      alone.includes(b) ||
      b === "feedback" ||
      to === "src/presets.ts" ||
      to === "src/tools/tool.ts"
    );
  }
  return false;
}

/** May a source know the modules of Node? Everything else runs in browsers, too. */
function mayUseNode(path: string): boolean {
  return ["tools", "engines", "cli"].includes(partOf(path)) || path === "src/tiny/weights.ts";
}

test("every source belongs to a part of the house", () => {
  const known = ["core", "answers", "cli", "index.ts", "presets.ts", ...alone, ...beside];
  expect(sources.filter((path) => !known.includes(partOf(path)))).toEqual([]);
});

test("sources import only what lies beneath them", () => {
  const broken = sources.flatMap((from) =>
    importsOf(from).flatMap(({ file }) =>
      file === undefined || allowed(from, file) ? [] : [`${from} may not import ${file}`],
    ),
  );
  expect(broken).toEqual([]);
}, 60_000);

test("relative imports are written with .js and name a source", () => {
  const broken = sources.flatMap((from) =>
    importsOf(from)
      .filter(({ specifier, file }) => file !== undefined && !(specifier.endsWith(".js") && exists(file)))
      .map(({ specifier }) => `${from}: ${specifier}`),
  );
  expect(broken).toEqual([]);
});

test("node: modules are used only in tools, engines, the loading of the weights, and the main job", () => {
  const broken = sources
    .filter((path) => !mayUseNode(path))
    .flatMap((path) =>
      importsOf(path)
        .filter(({ specifier }) => specifier.startsWith("node:"))
        .map(({ specifier }) => `${path}: ${specifier}`),
    );
  expect(broken).toEqual([]);
});

test("packages are dependencies, or optional peers of a subpath", () => {
  const { dependencies = {}, peerDependencies = {} } = JSON.parse(read("package.json")) as Record<
    string,
    Record<string, string>
  >;
  const broken = sources.flatMap((path) =>
    importsOf(path)
      .filter(({ file, specifier }) => file === undefined && !specifier.startsWith("node:"))
      .map(({ specifier }) => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/"))
      .filter((name) => !(name in dependencies) && !(name in peerDependencies && beside.includes(partOf(path))))
      .map((name) => `${path}: ${name}`),
  );
  expect(broken).toEqual([]);
});

test("zod cannot be reached from the root", () => {
  const seen = new Set<string>();
  const ways: string[] = [];
  const follow = (path: string, way: readonly string[]): void => {
    if (seen.has(path) || !exists(path)) return;
    seen.add(path);
    for (const { specifier, file } of importsOf(path)) {
      if (/^zod(\/|$)/.test(specifier)) ways.push([...way, path, specifier].join(" → "));
      if (file !== undefined) follow(file, [...way, path]);
    }
  };
  follow("src/index.ts", []);
  expect(ways).toEqual([]);
});

test("no circle of imports exists at run time", () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start >= 0) circles.push([...way.slice(start), path].join(" → "));
    if (start >= 0 || done.has(path) || !exists(path)) return;
    for (const { file, atLoad } of importsOf(path)) if (file !== undefined && atLoad) visit(file, [...way, path]);
    done.add(path);
  };
  for (const path of sources) visit(path, []);
  expect(circles).toEqual([]);
});

test("no source is longer than 300 lines", () => {
  const long = sources
    .map((path) => ({ path, lines: read(path).trimEnd().split("\n").length }))
    .filter(({ lines }) => lines > 300);
  expect(long).toEqual([]);
});

test("every source says in its first lines what it is", () => {
  expect(sources.filter((path) => !/^(#!.*\n)?\/\*\*[^/]*@(module|packageDocumentation)/.test(read(path)))).toEqual([]);
});

test("files are named in kebab-case, and none after what it is made of", () => {
  const names = sources.map((path) => ({ path, name: path.slice(path.lastIndexOf("/") + 1, -3) }));
  const vague = ["utils", "util", "helpers", "helper", "types", "common", "misc"];
  expect(names.filter(({ name }) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) || vague.includes(name))).toEqual([]);
});
