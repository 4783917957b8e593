// `npm run examples [-- name …]`: runs every example from its TypeScript, one after the other, offline, and says which failed.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const timeoutMs = 120_000;
const wanted = process.argv.slice(2);

const folder = join(root, "examples");
const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".ts")) : [];
const chosen = files
  .map((file) => file.slice(0, -3))
  .filter((name) => wanted.length === 0 || wanted.includes(name))
  .sort();
const unknown = wanted.filter((name) => !chosen.includes(name));
if (unknown.length > 0) {
  console.error(`No such example: ${unknown.join(", ")}`);
  process.exit(1);
}

let failed = 0;
for (const name of chosen) {
  const began = performance.now();
  const offline = new URL("./offline.mjs", import.meta.url).href;
  const { status, signal, error, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", "tsx", "--import", offline, "--unhandled-rejections=strict", join("examples", `${name}.ts`)],
    { cwd: root, encoding: "utf8", timeout: timeoutMs, maxBuffer: 1 << 26, env: withoutKeys(process.env) },
  );
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const silent = status === 0 && stdout.trim() === "";
  if (status === 0 && !silent) {
    console.log(`ok ${name} (${seconds} s)`);
    continue;
  }
  failed++;
  const why = silent
    ? "it printed nothing"
    : (error?.message ?? (signal ? `ended by ${signal}` : `exit code ${status}`));
  console.log(`FAILED ${name} (${seconds} s): ${why}`);
  console.log(tail(`${stdout ?? ""}${stderr ?? ""}`));
}
console.log(`${chosen.length - failed} examples ok, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/** Examples need no key; taking them away proves it. */
function withoutKeys(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/(_API_KEY|_TOKEN|_BASE_URL)$/.test(name)));
}

function tail(text) {
  return text
    .trimEnd()
    .split("\n")
    .slice(-30)
    .map((line) => `  ${line}`)
    .join("\n");
}
