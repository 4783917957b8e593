/**
 * @module
 * One name, many places: every primitive has its test, page, example, export and line in the changelog.
 */
import { expect, test } from "vitest";
import { exists, exportsOf, filesUnder, read, reExportsOf } from "./project.js";

/** `chain-of-thought` as it is written in code. */
function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** Is this a part of a primitive, in the folder of its name, such as `src/strategies/spend/allocate/batch.ts`? */
function isPart(path: string): boolean {
  const folder = /^(src\/strategies\/[^/]+\/[^/]+)\/[^/]+$/.exec(path)?.[1];
  return folder !== undefined && exists(`${folder}.ts`);
}

const primitives = ["strategies", "policies"].flatMap((part) =>
  filesUnder(`src/${part}`)
    .filter((path) => path.endsWith(".ts") && !isPart(path))
    .map((path) => {
      const name = path.slice(path.lastIndexOf("/") + 1, -3);
      return { path, part, name, id: camelCase(name) };
    }),
);

function missing(of: (primitive: (typeof primitives)[number]) => string): string[] {
  return primitives.map(of).filter((path) => !exists(path));
}

test("strategies lie in the folder of their move", () => {
  const misplaced = primitives.filter(
    ({ path, part }) =>
      part === "strategies" && !/^src\/strategies\/(shape|widen|narrow|loop|spend|latent)\/[^/]+$/.test(path),
  );
  expect(misplaced).toEqual([]);
});

test("every primitive exports a function of its name", () => {
  const without = primitives
    .filter(({ path, id }) => !exportsOf(path).includes(id))
    .map(({ path, id }) => `${path}: ${id}`);
  expect(without).toEqual([]);
});

test("every primitive has a test at the mirrored path", () => {
  expect(missing(({ path }) => path.replace(/^src/, "test").replace(/\.ts$/, ".test.ts"))).toEqual([]);
});

test("every primitive has a page", () => {
  expect(missing(({ part, name }) => `docs/${part}/${name}.md`)).toEqual([]);
});

test("every strategy has an example", () => {
  expect(missing(({ part, name, path }) => (part === "strategies" ? `examples/${name}.ts` : path))).toEqual([]);
});

test("every primitive is exported by the root", () => {
  const { names, whole } =
    primitives.length === 0 ? { names: new Set(), whole: new Set() } : reExportsOf("src/index.ts");
  expect(primitives.filter(({ path, id }) => !names.has(id) && !whole.has(path)).map(({ id }) => id)).toEqual([]);
});

test("every primitive is in the changelog", () => {
  const changelog = read("CHANGELOG.md");
  expect(primitives.filter(({ id }) => !new RegExp(`\\b${id}\\b`).test(changelog)).map(({ id }) => id)).toEqual([]);
});

test("every preset is exported by the root, has its place on the page, in the example and in the test, and is in the changelog", () => {
  const presets = exists("src/presets.ts") ? exportsOf("src/presets.ts") : [];
  const { names } = presets.length === 0 ? { names: new Set() } : reExportsOf("src/index.ts");
  expect(presets.filter((id) => !names.has(id))).toEqual([]);
  const places = ["docs/presets.md", "examples/presets.ts", "test/presets.test.ts", "CHANGELOG.md"];
  const without = presets.flatMap((id) =>
    places
      .filter((path) => !exists(path) || !new RegExp(`\\b${id}\\b`).test(read(path)))
      .map((path) => `${path}: ${id}`),
  );
  expect(without).toEqual([]);
});

test("no test and no page is left of a primitive that is gone", () => {
  const tests = ["strategies", "policies"].flatMap((part) => filesUnder(`test/${part}`));
  const orphans = tests
    .filter((path) => /\.(test|gc\.test)\.ts$/.test(path))
    .map((path) => ({ path, source: path.replace(/^test/, "src").replace(/(\.gc)?\.test\.ts$/, ".ts") }));
  expect(orphans.filter(({ source }) => !exists(source)).map(({ path }) => path)).toEqual([]);
  const pages = ["strategies", "policies"].flatMap((part) =>
    filesUnder(`docs/${part}`).filter((path) => path.endsWith(".md")),
  );
  const names = new Set(primitives.map(({ part, name }) => `docs/${part}/${name}.md`));
  expect(pages.filter((path) => !names.has(path) && !/\/(README|index)\.md$/.test(path))).toEqual([]);
});
