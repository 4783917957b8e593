/**
 * @module
 * Tokens per second of the embedded model: `node --import tsx bench/tiny-speed.ts`. Prompt and generated tokens are counted apart;
 * a shared machine is best judged by the column of processor seconds.
 */
import { run, sampleN, stack, type Model } from "mull";
import { problems, tiny } from "mull/tiny";

const seconds = 3;
const questions = problems({ seed: 2, count: 300 }).map(({ question }) => `${question} Think step by step.`);

const began = performance.now();
const model = await tiny();
console.log(`loaded in ${(performance.now() - began).toFixed(0)} ms\n`);
console.log("                 prompt tokens   generated   generated/s   all/s   all per CPU second");
for (const n of [1, 4, 16]) {
  const solver: Model = n === 1 ? model : stack(model, sampleN(n));
  await measure(solver, 0.5);
  const { input, output, wall, cpu } = await measure(solver, seconds);
  const columns = [input, output, output / wall, (input + output) / wall, (input + output) / cpu];
  const widths = [15, 12, 14, 8, 21];
  console.log(
    `${`${n} at a time`.padEnd(15)}${columns.map((value, i) => value.toFixed(0).padStart(widths[i]!)).join("")}`,
  );
}

/** Asks one question after the other for some seconds. Tokens that the cache of prefixes saved are not counted. */
async function measure(solver: Model, limit: number) {
  const start = performance.now();
  const before = process.cpuUsage();
  let [input, output] = [0, 0];
  for (let i = 0; performance.now() - start < limit * 1000; i++) {
    const { usage } = await run(solver, questions[i % questions.length]!, { seed: i });
    input += usage.inputTokens! - usage.cachedInputTokens!;
    output += usage.outputTokens!;
  }
  const { user, system } = process.cpuUsage(before);
  return { input, output, wall: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 };
}
