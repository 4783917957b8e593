// `npm run examples [-- name …]`: runs every example from its TypeScript, two at a time, offline, and says which failed.
import { execFile } from "node:child_process";
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
const waiting = [...chosen];
await Promise.all([worker(), worker()]);
console.log(`${chosen.length - failed} examples ok, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function worker() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const began = performance.now();
    const { error, stdout, stderr } = await run(name);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const silent = error === null && stdout.trim() === "";
    if (error === null && !silent) {
      console.log(`ok ${name} (${seconds} s)`);
      continue;
    }
    failed++;
    const why = silent ? "it printed nothing" : error.signal ? `ended by ${error.signal}` : `exit code ${error.code}`;
    console.log(`FAILED ${name} (${seconds} s): ${why}`);
    console.log(tail(`${stdout}${stderr}`));
  }
}

function run(name) {
  const offline = new URL("./offline.mjs", import.meta.url).href;
  const flags = ["--import", "tsx", "--import", offline, "--unhandled-rejections=strict"];
  const options = { cwd: root, timeout: timeoutMs, maxBuffer: 1 << 26, env: withoutKeys(process.env) };
  return new Promise((resolve) => {
    execFile(process.execPath, [...flags, join("examples", `${name}.ts`)], options, (error, stdout, stderr) =>
      resolve({ error, stdout, stderr }),
    );
  });
}

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
