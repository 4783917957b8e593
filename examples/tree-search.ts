// The game of 24: every move proposed and an exact checker, searched depth first. Then whole answers of the embedded model, made anew or mended, as AB-MCTS sees fit.
import { abMcts, atLeast, depthFirst, number, revisions, run, stack, text, treeSearch, type Branch } from "mull";
import { problems, tiny } from "mull/tiny";
import { calculate } from "mull/tools/calculator";

const model = await tiny();

/** `4 + 9`, and what is left: `13 10 13`. Each step of a line is one of these. */
function moves(left: readonly string[]): Branch[] {
  return left.flatMap((a, i) =>
    left.flatMap((b, j) => {
      if (i === j) return [];
      const rest = left.filter((_, k) => k !== i && k !== j);
      return ["+", "-", "*", "/"].flatMap((sign) => {
        if (sign === "/" && Number(calculate(b)) === 0) return [];
        return [[...rest, `(${a} ${sign} ${b})`].join("  ")];
      });
    }),
  );
}

const numbersOf = (step: string): readonly string[] => step.split("  ");
const valueOf = (expression: string): string => calculate(expression);

for (const hand of ["4 9 10 13", "3 3 8 8", "1 1 1 1"]) {
  let seen = 0;
  const game = treeSearch({
    answer: text(),
    expand: ({ steps }) => moves(steps.length === 0 ? hand.split(" ") : numbersOf(steps.at(-1) ?? "")),
    done: (_, step) => numbersOf(step).length === 1,
    scorer: ({ text: line }) => {
      seen++;
      return valueOf(line.split("\n").at(-1) ?? "") === "24" ? 1 : 0;
    },
    order: depthFirst(),
    // The same numbers in another order are the same place.
    key: (line) =>
      numbersOf(line.split("\n").at(-1) ?? "")
        .map(valueOf)
        .sort()
        .join(" "),
    stop: atLeast(1),
    maxTrials: 1000,
  });
  const { score, steps, stopped } = await run(game(model), hand);
  const found = score === 1 ? (steps.at(-1)?.text ?? "") : "no way";
  console.log(`${hand}: ${found} (${stopped}, ${seen} places looked at)`);
}

// What a calculator can say of an answer without knowing the question: do its steps hold?
const steps = (chain: string): RegExpStringIterator<RegExpExecArray> => chain.matchAll(/(\d+ [-+*/] \d+) = (\d+)/g);
const holds = ({ text: chain }: { readonly text: string }): number => {
  const all = [...steps(chain)];
  return all.filter(([, left = "", right]) => calculate(left) === right).length / Math.max(1, all.length);
};
const solver = stack(
  model,
  treeSearch({
    answer: number(),
    instruction: "Think step by step.",
    scorer: holds,
    expand: revisions(),
    order: abMcts(),
    stop: atLeast(1),
    maxTrials: 8,
  }),
);
let right = 0;
let calls = 0;
const unseen = problems({ seed: 31, count: 20, grade: "hard" });
for (const [index, { question, answer }] of unseen.entries()) {
  const response = await run(solver, question, { seed: index });
  if (response.answer === answer) right++;
  calls += response.usage.calls;
}
console.log(
  `AB-MCTS on hard problems: ${right} of ${unseen.length} right, ${(calls / unseen.length).toFixed(1)} calls each`,
);
