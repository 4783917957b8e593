// A few cheap thoughts answer what they agree on; the rest is worth a dear one.
import { cascade, cascadeFrontier, chainOfThought, majorityVote, number, run, sampleN, stack } from "mull";
import type { CascadeRecord } from "mull";
import { problems, tiny } from "mull/tiny";

// The dear one is the embedded model, too: nine thoughts, and a vote. With an endpoint it would be a larger model.
const thinker = stack(await tiny(), chainOfThought({ answer: number() }));
const dear = stack(thinker, sampleN(9), majorityVote({ stop: () => false }));
const solver = stack(thinker, cascade({ samples: 3, to: [{ model: dear, name: "dear" }] }));

for (const grade of ["easy", "medium", "hard"] as const) {
  const [problem] = problems({ seed: 12, count: 1, grade });
  const { answer, tier, tiers, usage } = await run(solver, problem?.question ?? "", { seed: 2 });
  console.log(`${grade}: ${answer} (true: ${problem?.answer}) by ${tier}; ${usage.outputTokens} tokens written`);
  for (const { name, samples, agreement, accepted } of tiers) {
    const verdict = accepted === undefined ? "the last" : accepted ? "accepted" : "not accepted";
    console.log(`  ${name}: samples ${samples}, agreement ${agreement.toFixed(2)}, ${verdict}`);
  }
}

// Which threshold is worth having? What both tiers do with questions whose answers are known says it.
const three = stack(thinker, sampleN(3), majorityVote({ stop: () => false }));
const records: CascadeRecord[] = [];
for (const [seed, { question, answer }] of problems({ seed: 4, count: 12, grade: "medium" }).entries()) {
  const [cheap, whole] = [await run(three, question, { seed }), await run(dear, question, { seed })];
  const score = (cheap.votes[0]?.count ?? 0) / 3;
  records.push([
    { cost: cheap.usage.outputTokens ?? 0, score, correct: cheap.answer === answer },
    { cost: whole.usage.outputTokens ?? 0, correct: whole.answer === answer },
  ]);
}
console.log("\nmedium problems, by the agreement that is asked for:");
for (const { thresholds, accuracy, cost, answered } of cascadeFrontier(records).points) {
  const share = Math.round(100 * (answered[0] ?? 0));
  const threshold = thresholds[0]?.toFixed(2);
  console.log(`${threshold}: ${(100 * accuracy).toFixed(0)} % right for ${cost.toFixed(0)} tokens, ${share} % cheaply`);
}
