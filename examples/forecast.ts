// What would more samples buy? Foreseen from eight of each question, and then looked at.
import { chainOfThought, forecast, number, run, sampleN, stack } from "mull";
import { synthetic } from "mull/testing";

// Forty questions, from nearly hopeless to easy.
const chances = Array.from({ length: 40 }, (_, i) => ((i + 0.5) / 40) ** 3);
const model = synthetic({
  answers: (question) => {
    const chance = chances[Number(/\d+/.exec(question)?.[0])] ?? 0;
    return [
      ["24", chance],
      ["22", 1 - chance],
    ];
  },
});
const solver = stack(model, chainOfThought({ answer: number() }), sampleN(64));

const right: boolean[][] = [];
for (const index of chances.keys()) {
  const { samples } = await run(solver, `Question ${index}: how many legs do three spiders have?`, { seed: index });
  right.push(samples.map(({ answer }) => answer === 24));
}

const first = 8;
const { alpha, beta, at, passAt, majorityAt, questions } = forecast(
  right.map((samples) => ({ right: samples.slice(0, first).filter(Boolean).length, samples: first })),
);
console.log(`chances of the questions: Beta(${alpha.toFixed(2)}, ${beta.toFixed(2)})`);
for (const times of [1, 2, 4, 8]) {
  const seen = right.filter((samples) => samples.slice(0, first * times).includes(true)).length / right.length;
  const { value, error = NaN } = at(times);
  console.log(
    `${first * times} samples: ${percent(value)} ± ${percent(error)} solved, foreseen; ${percent(seen)} seen`,
  );
}
console.log(`1,000 samples of questions like these: ${percent(passAt(1000).value)}`);
console.log(`a vote of 15 is right in ${percent(majorityAt(15).value)} of the cases, or more`);
const hardest = Math.min(...questions.map(({ chance }) => chance));
console.log(
  `a question never solved in ${first} samples is believed to be right in ${percent(hardest)} of the next ones`,
);

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
