/**
 * What does another sample buy, and when is it enough? Fixed votes and stopping rules, on sets of independent samples of one model.
 */
import {
  aheadBy,
  beta,
  decided,
  foreseen,
  never,
  Random,
  Tally,
  window,
  type ModelResponse,
  type StoppingRule,
} from "mull";
import { bandOf, bands, type DataSet, type Problem } from "./data.js";
import { average, estimate, inverse, scale, type Estimate } from "./stats.js";
import { difference, figure, type Picture, type Section } from "./table.js";

/** A rule, or how to learn one from runs of other questions of the set. */
type Rule = StoppingRule | { readonly fit: (runs: readonly (readonly (string | undefined)[])[]) => StoppingRule };

export const published = ["beta(0.95)", "window(5)"] as const;
const rules: Readonly<Record<string, Rule>> = {
  "all n": never,
  decided,
  "window(5)": window(5),
  "beta(0.95)": beta(0.95),
  "aheadBy(3)": aheadBy(3),
  "foreseen(0.975)": foreseen(0.975),
  "foreseen(0.95)": foreseen(0.95),
  "foreseen.fit (1 %)": { fit: (runs) => foreseen.fit(runs, { changed: 0.01 }) },
};
const folds = 5;

/** For a question, the mean over all repetitions. */
interface Measured {
  readonly problem: Problem;
  /** By rule: samples drawn as a share of n, tokens, and how often the elected answer was right. */
  readonly byRule: Readonly<Record<string, { used: number; tokens: number; right: number }>>;
  /** How often a vote of 1, 2, … n is right. */
  readonly byCount: readonly number[];
}

/** Samples that count as one, for a tally. */
type Ballot = ModelResponse & { readonly key: string | undefined; readonly correct: boolean };
const usage = { calls: 1, inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0, usd: 0 };

function measure(set: DataSet, repetitions: number): readonly Measured[] {
  const { problems, n } = set;
  const fitted = Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, learn(rule, problems)]));
  return problems.map((problem, index) => {
    const random = new Random(17, index);
    const ballots = problem.samples.map(({ key, correct }): Ballot => ({
      text: "",
      finishReason: "stop",
      usage,
      key,
      correct,
    }));
    const order = ballots.map((_, i) => i);
    const byCount = Array<number>(n).fill(0);
    const byRule = Object.fromEntries(Object.keys(rules).map((name) => [name, { used: 0, tokens: 0, right: 0 }]));
    for (let r = 0; r < repetitions; r++) {
      const tally = new Tally<Ballot>({ planned: n });
      const open = new Set(Object.keys(rules));
      let tokens = 0;
      random.shuffle(order).forEach((at, count) => {
        tally.add(ballots[at] as Ballot);
        tokens += problem.samples[at]?.tokens ?? 0;
        const right = tally.winner?.sample.correct === true ? 1 / repetitions : 0;
        byCount[count] = (byCount[count] ?? 0) + right;
        for (const name of open) {
          if (count < n - 1 && fitted[name]?.[index % folds]?.(tally) !== true) continue;
          open.delete(name);
          const sums = byRule[name] as { used: number; tokens: number; right: number };
          sums.used += (count + 1) / n / repetitions;
          sums.tokens += tokens / repetitions;
          sums.right += right;
        }
      });
    }
    return { problem, byRule, byCount };
  });
}

/** The rule for each fold of questions: one that was learned did not see them. */
function learn(rule: Rule, problems: readonly Problem[]): readonly StoppingRule[] {
  return Array.from({ length: folds }, (_, fold) => {
    if (typeof rule === "function") return rule;
    const others = problems.filter((_problem, index) => index % folds !== fold);
    return rule.fit(others.map(({ samples }) => samples.map(({ key }) => key)));
  });
}

/** Against the fixed vote of all n: how many times fewer samples, and how many points of accuracy. */
interface Compared {
  readonly factor: Estimate;
  readonly points: Estimate;
  readonly used: Estimate;
}

function compare(measured: readonly Measured[], rule: string): Compared {
  const of = (name: string) => (m: Measured) => m.byRule[name] as { used: number; tokens: number; right: number };
  const used = estimate(measured.map((m) => of(rule)(m).used));
  const points = scale(estimate(measured.map((m) => of(rule)(m).right - of("all n")(m).right)), 100);
  return { used, factor: inverse(used), points };
}

/** All tables of votes. */
export function voteSections(sets: readonly DataSet[], repetitions: number): readonly Section[] {
  const all = sets.map((set) => ({ set, measured: measure(set, repetitions) }));
  return [fixed(all), stopping(all), duel(all), bandSection(all), againstTokens(all)];
}

type All = readonly { readonly set: DataSet; readonly measured: readonly Measured[] }[];

function fixed(all: All): Section {
  const counts = [1, 3, 5, 10, 20, 40, 100];
  const rows = all.map(({ set, measured }) => {
    const at = (count: number): string =>
      count > set.n ? "–" : figure(scale(estimate(measured.map(({ byCount }) => byCount[count - 1] ?? 0)), 100));
    const any = estimate(measured.map(({ problem }) => Number(problem.samples.some(({ correct }) => correct))));
    return [
      set.name,
      String(set.problems.length),
      String(set.n),
      ...counts.map(at),
      at(set.n),
      figure(scale(any, 100)),
    ];
  });
  return {
    title: "What does another sample buy? The fixed vote",
    note: "Per cent right by samples that vote, mean over all orders drawn; the error is that of the questions. *Any*: one of all n is right, the ceiling of a perfect checker.",
    columns: ["set", "questions", "n", ...counts.map((count) => `@${count}`), "@n", "any"],
    rows,
    data: all.map(({ set, measured }) => ({
      set: set.name,
      accuracy: Array.from({ length: set.n }, (_, i) => estimate(measured.map(({ byCount }) => byCount[i] ?? 0)).mean),
    })),
  };
}

function stopping(all: All): Section {
  const names = Object.keys(rules).filter((name) => name !== "all n");
  const table = all.map(({ measured }) => names.map((name) => compare(measured, name)));
  const meansOf = (taken: (name: string) => boolean) =>
    names.map((_, i) => {
      const column = table.filter((_row, at) => taken(all[at]?.set.name ?? "")).map((row) => row[i] as Compared);
      return {
        factor: average(column.map(({ factor }) => factor)),
        points: average(column.map(({ points }) => points)),
      };
    });
  const means = meansOf(() => true);
  const recorded = meansOf((name) => name !== "embedded model");
  const cell = ({ factor, points }: Pick<Compared, "factor" | "points">): string =>
    `${factor.mean.toFixed(2)}x, ${difference(points)}`;
  return {
    title: "When is it enough? Stopping rules",
    note: "Against the fixed vote of all n: how many times fewer samples, and how many points of accuracy that costs or brings (paired on the same orders, with the error of the questions). `foreseen.fit` learned from the full, unlabelled runs of the other questions of the set (5 folds).",
    columns: ["set", ...names],
    rows: [
      ...all.map(({ set }, i) => [set.name, ...(table[i] ?? []).map(cell)]),
      ...(all.length > 1 ? [["**mean of recorded sets**", ...recorded.map((mean) => `**${cell(mean)}**`)]] : []),
      ["**mean of all sets**", ...means.map((mean) => `**${cell(mean)}**`)],
    ],
    data: { rules: names, sets: all.map(({ set }) => set.name), table, means, recorded },
  };
}

/** The best rule against those that were published, question by question. */
function duel(all: All): Section {
  const ours = ["foreseen(0.975)", "foreseen(0.95)", "foreseen.fit (1 %)"];
  const pairs = ours.flatMap((a) => published.map((b) => [a, b] as const));
  const rows = pairs.map(([a, b]) => {
    const of = (m: Measured, name: string) => m.byRule[name] as { used: number; right: number };
    const saved = average(
      all.map(({ measured }) => scale(estimate(measured.map((m) => of(m, b).used - of(m, a).used)), 100)),
    );
    const points = average(
      all.map(({ measured }) => scale(estimate(measured.map((m) => of(m, a).right - of(m, b).right)), 100)),
    );
    return { a, b, saved, points };
  });
  return {
    title: "Does looking ahead beat the published rules?",
    note: "Mean over sets, paired question by question. *Saved*: samples that the first draws less than the second, in per cent of n. An accuracy difference within its error says that the data cannot tell them apart.",
    columns: ["", "against", "saved, % of n", "accuracy, points"],
    rows: rows.map(({ a, b, saved, points }) => [a, b, difference(saved, 1), difference(points)]),
    data: rows,
  };
}

function bandSection(all: All): Section {
  const names = ["window(5)", "beta(0.95)", "foreseen(0.95)"];
  const rows = bands.map((band) => {
    const measured = all.flatMap((each) => each.measured.filter(({ problem }) => bandOf(problem) === band));
    return { band, count: measured.length, compared: names.map((name) => compare(measured, name)) };
  });
  return {
    title: "Where does stopping cost accuracy? By difficulty",
    note: "Questions of all sets by the share of their samples that are right: easy from 2/3, medium from 1/3, hard below. What a rule saves on easy questions it can lose on medium ones.",
    columns: ["band", "questions", ...names],
    rows: rows.map(({ band, count, compared }) => [
      band,
      String(count),
      ...compared.map(({ factor, points }) => `${factor.mean.toFixed(2)}x, ${difference(points)}`),
    ]),
    data: rows,
  };
}

function againstTokens(all: All): Section {
  const names = Object.keys(rules);
  const rows = all.map(({ set, measured }) => {
    const tokens = names.map((name) => estimate(measured.map((m) => m.byRule[name]?.tokens ?? 0)).mean);
    const right = names.map((name) => 100 * estimate(measured.map((m) => m.byRule[name]?.right ?? 0)).mean);
    return { set: set.name, tokens, right };
  });
  const pictures = all.map(({ set, measured }): Picture => {
    const fixedLine = Array.from({ length: set.n }, (_, i) => ({
      x: i + 1,
      y: 100 * estimate(measured.map(({ byCount }) => byCount[i] ?? 0)).mean,
    }));
    const points = names
      .filter((name) => name !== "all n")
      .map((name) => ({
        name,
        points: [
          {
            x: set.n * estimate(measured.map((m) => m.byRule[name]?.used ?? 0)).mean,
            y: 100 * estimate(measured.map((m) => m.byRule[name]?.right ?? 0)).mean,
          },
        ],
      }));
    return { title: set.name, x: "samples a question", series: [{ name: "fixed vote", points: fixedLine }, ...points] };
  });
  return {
    title: "What does a token buy?",
    note: "Tokens written for a question (counted where the source did, else characters / 4), and per cent right.",
    columns: ["set", ...names],
    rows: rows.map(({ set, tokens, right }) => [
      set,
      ...tokens.map((count, i) => `${Math.round(count)}: ${right[i]?.toFixed(1)} %`),
    ]),
    data: { rules: names, rows },
    pictures,
  };
}
