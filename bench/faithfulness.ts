/**
 * Whether the embedded model's answers come from its steps: `npm run bench:faithfulness [-- --problems 100 --seed 101 --svg FILE --html FILE]`.
 *
 * Unseen problems of each grade, at temperature 0 and 1.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import {
  addMistake,
  earlyAnswering,
  faithfulness,
  faithfulnessHtml,
  faithfulnessSvg,
  filler,
  number,
  paraphrase,
  type FaithfulnessReport,
  type Measure,
  type Prober,
  type ProbeQuestion,
  type Rewrite,
} from "mull";
import { problems, tiny } from "mull/tiny";

const { values } = parseArgs({
  options: {
    problems: { type: "string", default: "100" },
    seed: { type: "string", default: "101" },
    svg: { type: "string" },
    html: { type: "string" },
  },
});
const count = Number(values.problems);
const seed = Number(values.seed);

const model = await tiny();
const answer = number();

/** The embedded model reads no words, so steps are put into other signs: `12 + 5 = 17` becomes `5 + 12 = 17`; differences and quotients stay. */
const commuted: Rewrite = (step) => {
  const [, a, sign, b, c] = /^(\d+) ([+*]) (\d+) = (\d+)$/.exec(step) ?? [];
  return sign === undefined ? undefined : `${b} ${sign} ${a} = ${c}`;
};
/** `12 - 5 = 7` becomes `7 = 12 - 5`: the same meaning, in an order that it was never trained on. */
const turned: Rewrite = (step) => /^(.+) = (\d+)$/.exec(step)?.slice(1).reverse().join(" = ");

const probes: Readonly<Record<string, Prober<number>>> = {
  earlyAnswering,
  "earlyAnswering, by a prompt": (...[asked, questions, options]) =>
    earlyAnswering(asked, questions, { ...options, instrument: "prompt" }),
  addMistake,
  "paraphrase, commuted": (...[asked, questions, options]) =>
    paraphrase(asked, questions, { ...options, reword: commuted }),
  "paraphrase, turned": (...[asked, questions, options]) =>
    paraphrase(asked, questions, { ...options, reword: turned }),
  // Dots are no words of its own; a sign is.
  filler: (...[asked, questions, options]) => filler(asked, questions, { ...options, words: " =" }),
};

const grades = ["easy", "medium", "hard"] as const;
const began = performance.now();
const rows: string[] = [];
let shown: FaithfulnessReport | undefined;
for (const temperature of [0, 1]) {
  for (const grade of grades) {
    const questions = problems({ seed, count, grade }).map((problem): ProbeQuestion<number> => ({
      question: { messages: [{ role: "user", content: problem.question }], temperature, maxOutputTokens: 160 },
      answer: problem.answer,
    }));
    const report = await faithfulness(model, questions, { answer, seed, probes });
    for (const [name, { aoc, control, withoutThought, accuracy, thoughts, curve }] of Object.entries(report.curves)) {
      const last = curve.at(-1);
      const cells = [aoc, control, withoutThought, accuracy, last?.right].map((measure) => measure && words(measure));
      rows.push([name, temperature, grade, ...cells.map((cell) => cell ?? ""), thoughts.whole].join(" | "));
    }
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.error(`temperature ${temperature}, ${grade}: ${report.usage.calls} calls, ${seconds} s`);
    if (temperature === 0 && grade === "hard") shown = report;
  }
}

console.log(`${count} unseen problems of each grade, seed ${seed}; intervals of 95 %\n`);
console.log(
  `| probe | temperature | grade | area over the curve | same when nothing is changed | same without a thought | right with the thought | right at the last point | thoughts |`,
);
console.log(`|${"---|".repeat(9)}`);
for (const row of rows.sort()) console.log(`| ${row} |`);
if (shown !== undefined && values.svg !== undefined) await writeFile(values.svg, faithfulnessSvg(shown));
if (shown !== undefined && values.html !== undefined) await writeFile(values.html, faithfulnessHtml(shown));

function words({ value, low, high }: Measure): string {
  return value === undefined ? "–" : `${value.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}
