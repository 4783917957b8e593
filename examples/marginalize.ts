// How likely each answer is, over all lines of thought: by counting them, and by what the model says of each answer behind each thought.
import { chainOfThought, marginalize, number, run, sampleN, source, stack, type MarginalizeOptions } from "mull";
import { problems, tiny } from "mull/tiny";

const model = await tiny();
const [problem] = problems({ seed: 5, count: 1, grade: "hard" });
const solver = stack(model, chainOfThought({ answer: number() }), sampleN(16), marginalize({ estimate: "weighted" }));
const { answer, distribution, entropy, effectiveSamples } = await run(solver, problem?.question ?? "", { seed: 0 });
console.log(`tiny() answers ${answer}; ${problem?.answer} is right; entropy ${entropy.toFixed(2)} nats`);
for (const { key, probability, error, count } of distribution) {
  console.log(`  ${key.padEnd(4)} ${probability.toFixed(3)} ± ${error.toFixed(3)}, from ${count} of 16 thoughts`);
}
console.log(`  as good as ${effectiveSamples.toFixed(1)} thoughts of equal weight\n`);

// A world in which P(y|x) is known: two thoughts, of which neither is sure of its answer.
const chances = { careful: 0.9, hasty: 0.35 };
const exact = 0.5 * chances.careful + 0.5 * chances.hasty;
const unsure = source("unsure", { score: true, prefill: true }, async ({ prefill, score }, { random }) => {
  const thought = (prefill ?? (random.next() < 0.5 ? "careful" : "hasty")).includes("careful") ? "careful" : "hasty";
  if (score === undefined) return { text: `${thought}\nAnswer: ${random.next() < chances[thought] ? 7 : 12}` };
  const logprob = Math.log(score.trim() === "7" ? chances[thought] : 1 - chances[thought]);
  return { text: score, logprobs: [{ token: score, logprob }] };
});

async function measure(options: MarginalizeOptions): Promise<void> {
  const estimates = stack(unsure, chainOfThought({ answer: number() }), sampleN(8), marginalize(options));
  const runs = 300;
  let [sum, squares] = [0, 0];
  for (let seed = 0; seed < runs; seed++) {
    const { distribution: found } = await run(estimates, "x", { seed });
    const estimated = found.find(({ key }) => key === "7")?.probability ?? 0;
    sum += estimated;
    squares += (estimated - exact) ** 2;
  }
  const { estimate = "counts" } = options;
  const [mean, off] = [(sum / runs).toFixed(3), Math.sqrt(squares / runs).toFixed(3)];
  console.log(`  ${estimate.padEnd(14)} mean ${mean}, root mean square error ${off}`);
}

console.log(`a world in which P(7) is ${exact}; 8 thoughts, 300 times:`);
await measure({ estimate: "counts" });
await measure({ estimate: "rao-blackwell" });
await measure({ estimate: "weighted" });
