/**
 * @module
 * `npm run bench:sandbox`: what the sandboxes hold, and what they cost. Prints, for each language, how hostile programs end and how far past their limit,
 * how long a start takes, and how long a program. `-- javascript` or `-- python` measures one of them.
 */
import { quickjs } from "mull/tools/quickjs";
import { python } from "mull/tools/python";
import type { Sandbox } from "mull";
import { javascript as hostileJavascript } from "../test/tools/hostile/javascript.js";
import { python as hostilePython } from "../test/tools/hostile/python.js";
import type { Hostile } from "../test/tools/hostile/hostile.js";

const limitMs = 1_000;
const trivial = 200;

const wanted = process.argv.slice(2);
const all: readonly [name: string, make: () => Sandbox, programs: readonly Hostile[]][] = [
  ["javascript", () => quickjs({ timeoutMs: limitMs }), hostileJavascript],
  ["python", () => python({ timeoutMs: limitMs }), hostilePython],
];
for (const [name, make, programs] of all) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n${name}`);
  const sandbox = make();
  console.log(`  cold start and first program  ${shown(await time(() => sandbox.run("1 + 1")))}`);
  await sandbox.close();
  console.log(`  start after that              ${shown(await time(() => sandbox.run("1 + 1")))}`);
  await costs(sandbox);
  await attack(sandbox, programs);
  await sandbox.close();
}

/** One program after the other, and many at once. */
async function costs(sandbox: Sandbox): Promise<void> {
  const each: number[] = [];
  for (let i = 0; i < trivial; i++) each.push(await time(() => sandbox.run("1 + 1")));
  each.sort((a, b) => a - b);
  console.log(
    `  a trivial program             ${shown(each[trivial >> 1]!)} (median), ${shown(each[Math.floor(0.95 * trivial)]!)} (95 %)`,
  );
  const together = await time(() => Promise.all(Array.from({ length: trivial }, () => sandbox.run("1 + 1"))));
  console.log(`  ${trivial} at once, one worker      ${Math.round((1000 * trivial) / together)} a second`);
  const calls = 500;
  const program =
    sandbox.language === "python" ? `for i in range(${calls}): f(i)` : `for (let i = 0; i < ${calls}; i++) f(i)`;
  const called = await time(() => sandbox.run(program, { functions: { f: (x) => x ?? null } }));
  console.log(`  a call of the host            ${shown(called / calls)}`);
}

/** How the hostile programs end, and when. */
async function attack(sandbox: Sandbox, programs: readonly Hostile[]): Promise<void> {
  const endings = new Map<string, number>();
  const late: { readonly name: string; readonly pastMs: number }[] = [];
  let unexpected = 0;
  for (const { name, program, ends } of programs) {
    // Ready, so that the time is the program's.
    await sandbox.run("1");
    let ended = "rejected";
    const took = await time(async () => {
      const result = await sandbox.run(program, { functions: { ask: () => 1 }, globals: { given: [1] } });
      ended = result.ok ? "ok" : result.error.kind;
    });
    endings.set(ended, (endings.get(ended) ?? 0) + 1);
    late.push({ name, pastMs: took - limitMs });
    if (!([ends].flat() as readonly string[]).includes(ended) && ended !== "timeout") {
      unexpected++;
      console.log(`  UNEXPECTED ${name}: ${ended}`);
    }
  }
  late.sort((a, b) => b.pastMs - a.pastMs);
  console.log(`  hostile programs              ${programs.length}, limit ${limitMs} ms, ${unexpected} unexpected ends`);
  console.log(
    `  they ended as                 ${[...endings].map(([ending, count]) => `${ending} ${count}`).join(", ")}`,
  );
  for (const { name, pastMs } of late.slice(0, 5))
    console.log(`  past the limit                ${shown(pastMs)}  ${name}`);
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function shown(ms: number): string {
  return ms < 10 ? `${ms.toFixed(2)} ms` : `${ms.toFixed(0)} ms`;
}
