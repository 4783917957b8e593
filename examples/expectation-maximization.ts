// A world of two kinds of thought, of which nobody says which leads where: learned from questions and answers alone. The model is two tables, and its trainer counts.
import { expectationMaximization, number, source, textOf, type Model, type Trainer } from "mull";

type Table = readonly (readonly number[])[];
const kinds = ["adds", "multiplies"];

/** Thinks `adds` or `multiplies` with these chances for each sign, and then answers 7 or 12 to `3 ? 4` with those. */
function tables(thoughts: Table, answers: Table): Model {
  return source("tables", { score: true, prefill: true }, async ({ messages, prefill, score }, { random }) => {
    if (score !== undefined) {
      const row = answers[kinds.findIndex((kind) => prefill?.includes(kind))] ?? [];
      const logprob = Math.log(row[score.trim() === "7" ? 0 : 1] ?? 0);
      return { text: score, logprobs: [{ token: score, logprob }] };
    }
    const [first] = messages;
    const sign = first !== undefined && textOf(first).includes("+") ? 0 : 1;
    const kind = random.next() < (thoughts[sign]?.[0] ?? 0) ? 0 : 1;
    const answer = random.next() < (answers[kind]?.[0] ?? 0) ? 7 : 12;
    return { text: `it ${kinds[kind] ?? ""}\nAnswer: ${answer}` };
  });
}

function add(row: number[] = [], at: number, weight: number): void {
  row[at] = (row[at] ?? 0) + weight;
}

/** Shares of weights, by row. */
function shares(counts: readonly (readonly number[])[]): Table {
  return counts.map((row) => row.map((count) => count / row.reduce((a, b) => a + b, 1e-9)));
}

const trainer: Trainer = {
  train: async (examples) => {
    const thoughts = [[0, 0], [0, 0]]; // prettier-ignore
    const answers = [[0, 0], [0, 0]]; // prettier-ignore
    for (const { messages, completion, weight = 1 } of examples) {
      const [first] = messages;
      const sign = first !== undefined && textOf(first).includes("+") ? 0 : 1;
      const kind = completion.includes("adds") ? 0 : 1;
      const answer = completion.endsWith("7") ? 0 : 1;
      add(thoughts[sign], kind, weight);
      add(answers[kind], answer, weight);
    }
    const [a, b] = [shares(thoughts), shares(answers)];
    const [plus = "", times = "", adds = "", multiplies = ""] = [...a, ...b].map(([first = 0]) => first.toFixed(2));
    console.log(`  P(adds | +) = ${plus}, | *) = ${times}; P(7 | adds) = ${adds}, | multiplies) = ${multiplies}`);
    return tables(a, b);
  },
};

// One that hardly knows anything: a little more than even.
const start = tables([[0.55, 0.45], [0.5, 0.5]], [[0.6, 0.4], [0.5, 0.5]]); // prettier-ignore
const data = [
  { question: "3 + 4", answer: 7 },
  { question: "3 * 4", answer: 12 },
];
for (const eStep of ["importance", "metropolis"] as const) {
  console.log(eStep);
  const { rounds } = await expectationMaximization(start, data, {
    answer: number(),
    eStep,
    trainer,
    rounds: 6,
    samples: 100,
    keep: "all",
    seed: 1,
  });
  const figures = rounds.map(({ report }) => (report.logLikelihood ?? NaN).toFixed(2));
  console.log(`  mean ln P(answer | question), round by round: ${figures.join(", ")}`);
}
