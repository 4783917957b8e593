/**
 * Search: the game of 24 with the tree that GPT-4 grew, and with every move proposed; and whole answers mended or made anew, on the embedded model.
 */
import {
  abMcts,
  atLeast,
  breadthFirst,
  depthFirst,
  number,
  revisions,
  run,
  stack,
  text,
  treeSearch,
  wrap,
  type Branch,
  type Model,
  type ModelResponse,
  type Scorer,
} from "mull";
import { problems, tiny } from "mull/tiny";
import { calculate } from "mull/tools/calculator";
import { linesOf, load } from "./data.js";
import { dealt, keyOf, makes24, movesFrom, type Left } from "./game24.js";
import { estimate, scale, sum, type Estimate } from "./stats.js";
import { difference, figure, type Point, type Section, type Series } from "./table.js";

/** One level of a recorded tree: what was proposed, and what three evaluations of each made it worth. */
interface Level {
  readonly candidates: readonly string[];
  readonly values: readonly number[];
  readonly selected: readonly string[];
}

interface Game {
  readonly input: string;
  readonly steps: readonly Level[];
  readonly samples: readonly { readonly correct: boolean }[];
}

/** A search asks nobody: everything that could be said was recorded. */
const silent: Model = {
  id: "recorded",
  capabilities: {},
  generate: () => Promise.reject(new Error("nothing is asked")),
};

/** Is the answer at the end of a recorded line right? */
function holds(line: string, numbers: readonly number[]): boolean {
  return makes24(/Answer: (.*) = 24/.exec(line)?.[1] ?? "", numbers);
}

interface Replayed {
  readonly first: boolean;
  readonly any: boolean;
  /** Lines that were scored, each by three calls. */
  readonly scored: number;
  /** Lines gone on from, each by one call. */
  readonly expanded: number;
  /** Are the answers those of the record, in its order? */
  readonly same: boolean;
}

/** Searches a recorded tree, narrower than it was grown; `checked`: with an exact checker of answers that ends it. */
async function replayed({ input, steps }: Game, breadth: number, checked: boolean): Promise<Replayed> {
  const numbers = input.split(" ").map(Number);
  const candidates = steps.map((level) => level.candidates.map((candidate) => candidate.trim()));
  let [scored, expanded] = [0, 0];
  const search = treeSearch({
    answer: text(),
    order: breadthFirst(breadth),
    maxSteps: steps.length,
    maxTrials: 1000,
    expand: ({ text: line, steps: taken }): Branch[] => {
      expanded++;
      const found = candidates[taken.length]?.filter((next) => line === "" || next.startsWith(`${line}\n`)) ?? [];
      return found.map((next) => next.slice(line === "" ? 0 : line.length + 1));
    },
    done: (line) => line.split("\n").length === steps.length,
    scorer: ({ text: line }) => {
      if (checked && holds(line, numbers)) return 1000;
      scored++;
      const depth = line.split("\n").length - 1;
      return steps[depth]?.values[candidates[depth]?.indexOf(line) ?? -1] ?? 0;
    },
    ...(checked && { stop: atLeast(1000), concurrency: 1 }),
  });
  const { samples } = await run(search(silent), input);
  const lines = samples.map(({ text: line }) => line);
  return {
    first: holds(lines[0] ?? "", numbers),
    any: lines.some((line) => holds(line, numbers)),
    scored,
    expanded,
    same:
      lines.join("|") ===
      steps
        .at(-1)
        ?.selected.map((line) => line.trim())
        .join("|"),
  };
}

/** The tree that GPT-4 grew, as it was searched, and narrower. */
async function recordedSection(): Promise<Section | undefined> {
  const games = linesOf<Game>("game24-gpt4-tot-bfs");
  if (games === undefined) return undefined;
  const rows: (readonly string[])[] = [];
  const data: unknown[] = [];
  const ways = ["first-ranked", "any of the answers", "with a checker that ends it"] as const;
  const points: Readonly<Record<string, Point[]>> = Object.fromEntries(ways.map((name) => [name, []]));
  for (const checked of [false, true]) {
    for (const breadth of [1, 2, 3, 4, 5]) {
      const all = await Promise.all(games.map((game) => replayed(game, breadth, checked)));
      const percent = (of: (one: Replayed) => boolean): Estimate =>
        scale(estimate(all.map((one) => Number(of(one)))), 100);
      const mean = (of: (one: Replayed) => number): number => estimate(all.map(of)).mean;
      const first = percent((one) => one.first);
      const any = percent((one) => one.any);
      const scored = mean((one) => one.scored);
      const calls = mean((one) => 3 * one.scored + one.expanded);
      const name = checked ? `${breadth}, with a checker that ends it` : String(breadth);
      rows.push([name, figure(first), figure(any), scored.toFixed(1), calls.toFixed(1)]);
      for (const [way, { mean: y }] of checked
        ? [[ways[2], any] as const]
        : [[ways[0], first] as const, [ways[1], any] as const])
        points[way]?.push({ x: calls, y });
      data.push({ breadth, checked, first, any, scored, calls, same: all.filter(({ same }) => same).length });
    }
  }
  const first = sum(games.map(({ samples }) => Number(samples[0]?.correct)));
  const any = sum(games.map(({ samples }) => Number(samples.some(({ correct }) => correct))));
  const files = {
    "100 chains of thought and the checker": "game24-gpt4-cot100",
    "100 direct answers and the checker": "game24-gpt4-io100",
  };
  const others: Series[] = [];
  for (const [name, file] of Object.entries(files)) {
    const solvedBy = load(file)?.map((problem) => Number(problem.samples.some(({ correct }) => correct)));
    if (solvedBy === undefined) continue;
    const share = scale(estimate(solvedBy), 100);
    rows.push([name, "", figure(share), "", "100"]);
    others.push({ name, points: [{ x: 100, y: share.mean }] });
  }
  return {
    title: "Tree of thoughts: the game of 24, as GPT-4 searched it",
    note: `${games.length} games; every candidate that was proposed and the sum of its three evaluations were recorded. At breadth 5 the search finds what the record says: first-ranked ${first}, any of five ${any} of ${games.length}. (The 48 games that are not here were easier: over all 100 the authors' log has 62 and 69 %.) Narrower searches see what the recorded one saw of their branches. Calls: one for each line gone on from, three for each that is scored.`,
    columns: ["breadth", "first-ranked right, %", "any of the answers right, %", "lines scored", "calls"],
    rows,
    data,
    pictures: [
      {
        title: "the game of 24, breadth 1 to 5",
        x: "calls a game",
        series: [...ways.map((name) => ({ name, points: points[name] ?? [] })), ...others],
      },
    ],
  };
}

/** Searches a game with every move proposed; how many places were gone on from until it was solved? */
async function solved(numbers: readonly number[], maxTrials: number): Promise<number | undefined> {
  const places = new Map<string, readonly Left[]>([["", dealt(numbers)]]);
  const place = (line: string): readonly Left[] => places.get(line.split("\n").at(-1) ?? "") as readonly Left[];
  let trials = 0;
  const search = treeSearch({
    answer: text(),
    expand: ({ text: line }): Branch[] => {
      trials++;
      return movesFrom(place(line)).map((left) => {
        const step = left.map(({ expression }) => expression).join("; ");
        places.set(step, left);
        return step;
      });
    },
    scorer: ({ text: line }) => {
      const [only, other] = place(line);
      return other === undefined && makes24(only?.expression ?? "", numbers) ? 1 : 0;
    },
    done: (line) => place(line).length === 1,
    key: (line) => keyOf(place(line)),
    order: depthFirst(),
    stop: atLeast(1),
    maxSteps: 3,
    maxTrials,
  });
  return (await run(search(silent), "24")).score === 1 ? trials : undefined;
}

function isSolvable(left: readonly Left[]): boolean {
  const [only, other] = left;
  return other === undefined ? only?.top === 24 && only.bottom === 1 : movesFrom(left).some(isSolvable);
}

/** One after the other, so that only one tree is in memory. */
async function inTurn<T, Out>(items: readonly T[], work: (item: T) => Promise<Out>): Promise<readonly Out[]> {
  const done: Out[] = [];
  for (const item of items) done.push(await work(item));
  return done;
}

/** Every move proposed, and an exact checker. */
async function exactSection(): Promise<Section> {
  const hands = Array.from({ length: 13 ** 4 }, (_, index) =>
    [1, 13, 169, 2197].map((base) => 1 + (Math.floor(index / base) % 13)),
  );
  const all = hands.filter((hand) => hand.every((card, index) => index === 0 || card >= (hand[index - 1] ?? 0)));
  const recorded = (linesOf<Game>("game24-gpt4-tot-bfs") ?? []).map(({ input }) => input.split(" ").map(Number));
  const rows: (readonly string[])[] = [];
  for (const [name, games] of [
    ["all hands from 1 to 13", all],
    ["the recorded games", recorded],
  ] as const) {
    if (games.length === 0) continue;
    const solvable = games.filter((hand) => isSolvable(dealt(hand)));
    const needed = await inTurn(solvable, (hand) => solved(hand, 1000));
    const rest = games.filter((hand) => !solvable.includes(hand));
    const others = await inTurn(rest, (hand) => solved(hand, 1000));
    const within = (budget: number): string =>
      String(needed.filter((trials) => trials !== undefined && trials <= budget).length);
    const wrong = others.filter((trials) => trials !== undefined).length;
    rows.push([
      name,
      String(games.length),
      String(solvable.length),
      within(10),
      within(100),
      within(1000),
      String(wrong),
    ]);
  }
  return {
    title: "Tree search with every move proposed, and an exact checker: the game of 24",
    note: "Depth first, equal places once, until the checker accepts. A node budget of 1,000 places gone on from finds every game that can be solved, and claims no other. Only the recorded games of this half are here; all hands there are take in those of the other.",
    columns: ["games", "hands", "can be solved", "found within 10 nodes", "100", "1,000", "wrong claims"],
    rows,
    data: rows,
  };
}

/** The share of the steps of a chain that hold: what a calculator can say without knowing the answer. */
const arithmetic: Scorer = ({ text: chain }) => {
  const steps = [...chain.matchAll(/(\d+ [-+*/] \d+) = (\d+)/g)];
  if (steps.length === 0) return 0;
  const right = steps.filter(([, left = "", result]) => calculate(left) === result);
  return right.length / steps.length;
};

/** Whole answers made anew, or mended, at equal numbers of calls. */
async function mendingSection(count: number): Promise<Section> {
  const model = await tiny();
  const unseen = problems({ seed: 5_005, count, grade: "hard" });
  const asked: Model = stack(model, (next) =>
    wrap("thinking", next, (request, call) =>
      next.generate({ ...request, temperature: request.temperature ?? 1 }, call),
    ),
  );
  const common = {
    answer: number(),
    scorer: arithmetic,
    expand: revisions(),
    instruction: "Think step by step.",
    key: (): string => String(keys++),
  };
  let keys = 0;
  const ways: Readonly<
    Record<string, (calls: number) => Model<ModelResponse & { readonly answer: number | undefined }>>
  > = {
    "new answers only": (calls) => treeSearch({ ...common, maxTrials: calls, maxSteps: 1, order: abMcts() })(asked),
    "AB-MCTS, gaussian": (calls) => treeSearch({ ...common, maxTrials: calls, order: abMcts() })(asked),
    "AB-MCTS, beta": (calls) => treeSearch({ ...common, maxTrials: calls, order: abMcts({ belief: "beta" }) })(asked),
  };
  const rows: (readonly string[])[] = [];
  const data: unknown[] = [];
  const budgets = [1, 2, 4, 8, 16];
  const right: Record<string, number[][]> = {};
  for (const [name, make] of Object.entries(ways)) {
    const of = (right[name] = budgets.map((): number[] => []));
    for (const [at, calls] of budgets.entries()) {
      const solver = make(calls);
      for (const [index, { question, answer }] of unseen.entries()) {
        const response = await run(solver, question, { seed: index });
        of[at]?.push(Number(response.answer === answer));
      }
    }
    rows.push([name, ...of.map((values) => figure(scale(estimate(values), 100)))]);
    data.push({ name, right: of.map((values) => estimate(values)) });
  }
  const [anew, adaptive] = [right["new answers only"], right["AB-MCTS, gaussian"]];
  const gain = budgets.map((_, at) => {
    const pairs = (adaptive?.[at] ?? []).map((value, index) => value - (anew?.[at]?.[index] ?? 0));
    return difference(scale(estimate(pairs), 100), 1);
  });
  rows.push(["AB-MCTS, gaussian, over new answers", ...gain]);
  return {
    title: "Wider or deeper? AB-MCTS on the embedded model",
    note: `${count} unseen hard problems, T = 1. A scorer that checks the arithmetic of the steps, but knows neither the question nor the answer; the best by score is taken. To mend an answer the model derives it once more.`,
    columns: ["calls", ...budgets.map(String)],
    rows,
    data,
  };
}

/** All that search is measured by. */
export async function searchSections(count: number = 100): Promise<readonly Section[]> {
  const sections = [await recordedSection(), await exactSection(), await mendingSection(count)];
  return sections.filter((section) => section !== undefined);
}
