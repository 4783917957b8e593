// `npm start`: installs and builds what is missing or out of date, then runs the main job with the arguments given.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const main = join(root, "dist", "cli", "main.js");

checkNode();
if (!installed()) step("Installing dependencies (npm ci), about half a minute …", ["ci", "--include=dev"]);
if (!built()) step("Building (npm run build), some seconds …", ["run", "build"]);
if (!existsSync(main)) stop("The build has no main job: src/cli/main.ts is missing.");
const { start } = await import(pathToFileURL(main).href);
process.exitCode = await start(process.argv.slice(2));

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  stop(`mull needs Node 20.19 or newer; this is Node ${process.versions.node}. Newer ones: https://nodejs.org`);
}

/** Is every package of the lockfile there, in its version? Those made for other platforms may be missing. */
function installed() {
  const packages = lockfile("package-lock.json");
  const present = lockfile(join("node_modules", ".package-lock.json"));
  if (packages === undefined || present === undefined) return false;
  return Object.entries(packages).every(([path, { version, optional, peer }]) => {
    if (path === "") return true;
    const found = present[path];
    return found === undefined ? optional === true || peer === true : found.version === version;
  });
}

function lockfile(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), "utf8")).packages;
  } catch {
    return undefined;
  }
}

/** Is the build complete, and no older than any source? */
function built() {
  const outputs = [main, join(root, "dist", "index.d.ts")];
  if (!outputs.every((file) => existsSync(file))) return false;
  const sources = ["src", "package.json", "tsup.config.ts", "tsconfig.json", "tsconfig.build.json"];
  const newest = Math.max(...sources.map((path) => changed(join(root, path))));
  return outputs.every((file) => statSync(file).mtimeMs >= newest);
}

/** When a file, or the newest thing in a folder, last changed. */
function changed(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => changed(join(path, name))));
}

function step(message, args) {
  console.error(message);
  // The npm that runs this script, where there is one: on Windows `npm` itself cannot be spawned without a shell.
  const npm = process.env.npm_execpath;
  const options = { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 };
  const { status, stdout, stderr, error } = npm?.endsWith("js")
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync("npm", args, { ...options, shell: process.platform === "win32" });
  if (status === 0) return;
  const lines = `${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}`.trimEnd().split("\n");
  console.error(lines.slice(-30).join("\n"));
  stop(`npm ${args.join(" ")} failed; its last words stand above.`);
}

function stop(message) {
  console.error(message);
  process.exit(1);
}
