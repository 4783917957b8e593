// Leaving a thought as soon as its answer stays the same. First a scripted model that thinks too long: it knows the answer somewhere on the way, and
// goes on checking. Then the embedded model, which ends when it has the answer, so that there is nothing to save: that is worth knowing, too.
import { chainOfThought, earlyExit, number, run, stack, textOf, type ModelRequest } from "mull";
import { problems, tiny } from "mull/tiny";
import { scripted } from "mull/testing";

const length = 400;
/** Question k is solved after so many words; one in eight is solved wrong, and found out only at the end. */
const solvedAt = (k: number): number => 20 + ((k * 53) % 240);
const believed = (k: number, words: number): number =>
  words < solvedAt(k) ? Math.floor(words / 16) : k % 8 === 0 && words < length - 20 ? k + 1 : k;

const chatty = scripted(
  ({ messages, prefill = "" }: ModelRequest) => {
    const k = Number(/\d+/.exec(textOf(messages.at(-1) ?? { role: "user", content: "0" }))?.[0]);
    const words = prefill.match(/\bhm\b/g)?.length ?? 0;
    if (prefill.endsWith("Final answer:")) return ` ${believed(k, words)}`;
    return `${" hm".repeat(length - words)} Answer: ${k}`;
  },
  { capabilities: { prefill: true } },
);

async function compare(
  name: string,
  solvers: readonly Parameters<typeof run>[0][],
  questions: readonly [string, number][],
) {
  console.log(name);
  for (const [i, solver] of solvers.entries()) {
    let [right, written, probing, read, calls] = [0, 0, 0, 0, 0];
    for (const [seed, [question, truth]] of questions.entries()) {
      const response = await run(solver, question, { seed });
      if ((response as { answer?: number }).answer === truth) right++;
      const { usage } = response;
      written += usage.outputTokens ?? 0;
      probing += usage.judging?.outputTokens ?? 0;
      read += (usage.inputTokens ?? 0) - (usage.cachedInputTokens ?? 0);
      calls += usage.calls;
    }
    const each = (total: number): string => (total / questions.length).toFixed(1);
    const label = i === 0 ? "to the end" : "early exit";
    console.log(
      `  ${label}: ${right} of ${questions.length} right; each ${each(written)} tokens written (${each(probing)} by probes), ${each(read)} read anew, ${each(calls)} calls`,
    );
  }
}

const answer = number();
await compare(
  "a model that thinks too long",
  [stack(chatty, chainOfThought({ answer })), stack(chatty, earlyExit({ answer, every: 32 }))],
  Array.from({ length: 64 }, (_, k) => [`Question ${k}?`, k]),
);

const model = await tiny();
await compare(
  "the embedded model",
  [stack(model, chainOfThought({ answer })), stack(model, earlyExit({ answer, every: 8 }))],
  problems({ seed: 101, count: 60 }).map((problem) => [problem.question, problem.answer]),
);
