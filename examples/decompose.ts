// Simpler questions first, and a plan that is made once. The model is scripted: it can do one small thing at a time, and guesses at anything larger.
import { chainOfThought, decompose, number, run, stack, textOf } from "mull";
import { scripted } from "mull/testing";

const legs: Readonly<Record<string, number>> = { spiders: 8, cats: 4, ants: 6, crabs: 10 };

/** `3 spiders` and the like in a text. */
function groupsIn(text: string): { readonly group: string; readonly count: number }[] {
  return [...text.matchAll(/(\d+) (spiders|cats|ants|crabs)/g)].map(([group, n, animal = ""]) => {
    return { group, count: Number(n) * (legs[animal] ?? 0) };
  });
}

const model = scripted(({ messages }) => {
  const prompt = messages.map(textOf).join("\n");
  const [question = ""] = prompt.split("\n", 1);
  const [, only] = /Answer only this one: (.*)/.exec(prompt) ?? [];
  const known = [...prompt.matchAll(/A: .*Answer: (\d+)/g)].map(([, n]) => Number(n));
  if (prompt.includes("Break it down")) {
    return groupsIn(question)
      .map(({ group }, i) => `${i + 1}. How many legs have ${group}?`)
      .join("\n");
  }
  if (prompt.includes("# What to do")) return '{ "count each group": "…", "add them": "…" }';
  if (only !== undefined) return `Answer: ${groupsIn(only)[0]?.count ?? 0}`;
  if (known.length > 0) return `${known.join(" + ")}. Answer: ${known.reduce((sum, n) => sum + n, 0)}`;
  return `Many. Answer: ${groupsIn(question)[0]?.count ?? 0}`; // the first group is as far as it gets
});

const thinking = chainOfThought({ answer: number() });
const question = "How many legs have 3 spiders, 2 cats, 5 ants and 1 crabs?";
console.log(question);
console.log(`at once: ${(await run(stack(model, thinking), question)).answer}\n`);

const stepwise = stack(model, thinking, decompose({ method: "least-to-most" }));
const { answer, subanswers, usage } = await run(stepwise, question);
for (const { question: part, response } of subanswers) console.log(`  ${part} ${response.text}`);
console.log(`least to most: ${answer}, in ${usage.calls} calls\n`);

const planned = stack(model, thinking, decompose({ method: "self-discover" }));
for (const asked of [question, "How many legs have 7 cats?", "How many legs have 9 ants?"]) {
  const response = await run(planned, asked);
  console.log(`self-discover, ${response.usage.calls} ${response.usage.calls === 1 ? "call" : "calls"}: ${asked}`);
}
