import { copyFile, readdir, readFile } from "node:fs/promises";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { defineConfig, type Options } from "tsup";

/** Every entry of the exports map, by its path in `dist`. */
function library(): Record<string, string> {
  const files = ["index", "testing/index", "tiny/index", "serve/index"];
  for (const folder of ["adapters", "tools", "engines"]) {
    if (!existsSync(`src/${folder}`)) continue;
    for (const file of readdirSync(`src/${folder}`)) {
      if (file.endsWith(".ts")) files.push(`${folder}/${file.slice(0, -3)}`);
    }
  }
  return written(files);
}

/** Of these entries, those whose source exists. */
function written(files: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    files.filter((file) => existsSync(`src/${file}.ts`)).map((file) => [file, `src/${file}.ts`]),
  );
}

/** Puts each file of weights beside whichever file asks for it: the bundler decides whether that is an entry or a shared chunk. Does every file have to be asked for? */
async function placeWeights(every: boolean): Promise<void> {
  const scripts = (await readdir("dist", { recursive: true })).filter((file) => file.endsWith(".js"));
  const texts = await Promise.all(scripts.map((file) => readFile(join("dist", file), "utf8")));
  for (const name of (await readdir("src/tiny")).filter((file) => file.endsWith(".bin"))) {
    const askers = scripts.filter((_, i) => texts[i]?.includes(`./${name}`));
    if (every && askers.length === 0) throw new Error(`src/tiny/${name} exists, but nothing in dist reads it`);
    for (const folder of new Set(askers.map(dirname)))
      await copyFile(join("src/tiny", name), join("dist", folder, name));
  }
}

const common: Options = {
  format: ["esm"],
  target: "node20",
  platform: "node",
  removeNodeProtocol: false,
  sourcemap: false,
  // `npm run build` clears dist/ first: both builds write into it.
  clean: false,
  tsconfig: "tsconfig.build.json",
};

export default defineConfig([
  {
    ...common,
    entry: library(),
    // A class exported from two subpaths must be one class.
    splitting: true,
    onSuccess: () => placeWeights(true),
    // Loaded with the package, not after it: one file less to look for.
    noExternal: ["eventemitter3"],
    // tsup sets `baseUrl`, which TypeScript 6 calls deprecated.
    dts: { entry: library(), compilerOptions: { ignoreDeprecations: "6.0" } },
  },
  // The main job is a program of its own, and no part of what is published: built with the library, it would cut that into more files.
  // It may be done before the library is, and asks for one model's weights only.
  { ...common, entry: written(["cli/main"]), splitting: false, onSuccess: () => placeWeights(false) },
]);
