import { copyFile, readdir, readFile } from "node:fs/promises";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { defineConfig } from "tsup";

/** Every entry of the exports map, by its path in `dist`. */
function library(): Record<string, string> {
  const files = ["index", "testing/index", "tiny/index"];
  for (const folder of ["adapters", "tools"]) {
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

/** Puts the weights beside whichever file asks for them: the bundler decides whether that is an entry or a shared chunk. */
async function placeWeights(): Promise<void> {
  const weights = "src/tiny/weights.bin";
  if (!existsSync(weights)) return;
  const folders = new Set<string>();
  for (const file of await readdir("dist", { recursive: true })) {
    if (!file.endsWith(".js")) continue;
    const path = join("dist", file);
    if ((await readFile(path, "utf8")).includes("./weights.bin")) folders.add(dirname(path));
  }
  if (folders.size === 0) throw new Error(`${weights} exists, but nothing in dist reads it`);
  for (const folder of folders) await copyFile(weights, join(folder, "weights.bin"));
}

export default defineConfig({
  // The main job is built with the rest, but is no part of the typed library.
  entry: { ...library(), ...written(["cli/main"]) },
  format: ["esm"],
  target: "node20",
  platform: "node",
  removeNodeProtocol: false,
  // A class exported from two subpaths must be one class.
  splitting: true,
  sourcemap: false,
  clean: true,
  tsconfig: "tsconfig.build.json",
  // tsup sets `baseUrl`, which TypeScript 6 calls deprecated.
  dts: { entry: library(), compilerOptions: { ignoreDeprecations: "6.0" } },
  onSuccess: placeWeights,
});
