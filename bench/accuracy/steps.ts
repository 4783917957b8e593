/**
 * Searching step by step: beam, DVTS, REBASE and particles against best of n and votes, on the embedded model, at equal tokens; with an oracle that
 * errs at a stated rate as the step scorer, and with the model's own check.
 */
import { createHash } from "node:crypto";
import {
  beam,
  beamSearch,
  bestOf,
  chainOfThought,
  dvts,
  majorityVote,
  never,
  number,
  particleFilter,
  rebase,
  run,
  sampleN,
  source,
  stack,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type Reasoned,
  type Reply,
} from "mull";
import { problems, tiny, type Problem } from "mull/tiny";
import { estimate } from "./stats.js";
import { difference, figure, type Picture, type Section } from "./table.js";

const answer = number();

/**
 * One problem. What the model writes behind a text is drawn once: every way of searching gets the first, the second, … of the same draws, so that they are
 * compared on the same luck.
 */
class World {
  readonly problem: Problem;
  private readonly _tiny: Model;
  private readonly _seed: number;
  private readonly _drawn = new Map<string, Reply[]>();
  private readonly _agreed = new Map<string, { readonly agrees: boolean; readonly tokens: number }>();
  private _fills = 0;

  constructor(model: Model, problem: Problem, index: number) {
    this._tiny = model;
    this.problem = problem;
    this._seed = index * 1_000_000;
  }

  /** A model that deals from the draws, anew from the first of each. */
  model(): Model {
    const given = new Map<string, number>();
    // A seed would be that of the run, the same for all draws.
    return source("embedded", { prefill: true, n: true, seed: false }, async (request, call) => {
      const key = `${request.stop?.join() ?? ""}|${request.prefill ?? ""}`;
      const from = given.get(key) ?? 0;
      given.set(key, from + call.n);
      const drawn = await this._draw(request, key, from + call.n);
      return drawn.slice(from, from + call.n).map((reply, i) => ({
        ...reply,
        usage: { ...reply.usage, ...(i > 0 && { inputTokens: 0 }) },
      }));
    });
  }

  private async _draw(request: ModelRequest, key: string, count: number): Promise<readonly Reply[]> {
    const drawn = this._drawn.get(key) ?? [];
    this._drawn.set(key, drawn);
    const missing = count - drawn.length;
    if (missing > 0) {
      const seed = this._seed + this._fills++;
      const { samples } = await run(stack(this._tiny, sampleN(4 * Math.ceil(missing / 4))), request, { seed });
      const inputTokens = Math.max(...samples.map(({ usage }) => usage.inputTokens ?? 0));
      for (const { text, finishReason, usage } of samples)
        drawn.push({ text, finishReason, usage: { inputTokens, outputTokens: usage.outputTokens } });
    }
    return drawn;
  }

  /** Is the last step of a line the true one? */
  isRight(text: string): boolean {
    const lines = text.split("\n");
    const at = lines.length - 1;
    return (
      lines[at] === (this.problem.steps[at] ?? `Answer: ${this.problem.answer}`) && at <= this.problem.steps.length
    );
  }

  /** How often its check agrees with steps that are right, and with steps that are wrong. */
  get agreement(): { readonly right: readonly boolean[]; readonly wrong: readonly boolean[] } {
    const all = [...this._agreed].map(([text, { agrees }]) => ({ right: this.isRight(text), agrees }));
    const of = (right: boolean): boolean[] => all.filter((one) => one.right === right).map(({ agrees }) => agrees);
    return { right: of(true), wrong: of(false) };
  }

  /** Does the model, in its format for checking, write the same step behind the steps before it, at temperature 0? */
  async agrees(text: string): Promise<{ readonly agrees: boolean; readonly tokens: number }> {
    const known = this._agreed.get(text);
    if (known !== undefined) return known;
    const lines = text.split("\n");
    const before = lines.slice(0, -1);
    const draft = lines.at(-1)?.startsWith("Answer") ? text : `${text}\nAnswer: ${/\d+$/.exec(text)?.[0] ?? 0}`;
    const request: ModelRequest = {
      messages: [
        { role: "user", content: this.problem.question },
        { role: "assistant", content: draft },
        { role: "user", content: "Check every step." },
      ],
      temperature: 0,
      maxOutputTokens: 8,
      stop: ["\n"],
      ...(before.length > 0 && { prefill: before.map((line) => `${line} ok\n`).join("") }),
    };
    const { text: said, usage } = await run(this._tiny, request, { seed: 0 });
    const found = { agrees: said.replace(/ (?:ok|fix)$/, "") === lines.at(-1), tokens: usage.outputTokens ?? 0 };
    this._agreed.set(text, found);
    return found;
  }
}

/** Says of a line how good its last step is, from 0 to 1. */
interface Judge {
  readonly name: string;
  readonly counts: readonly number[];
  score(world: World, text: string): Promise<number> | number;
}

/** An oracle that errs at a rate, always in the same way of the same line, and is as sure as it may be. */
function oracle(rate: number): Judge {
  const sure = 1 - Math.max(rate, 0.01);
  return {
    name: rate === 0 ? "an oracle without error" : `an oracle that errs in ${100 * rate} %`,
    counts: [1, 2, 4, 8, 16, 32],
    score: (world, text) => {
      const drawn = createHash("sha256").update(`${world.problem.question}|${text}`).digest().readUInt32LE(0) / 2 ** 32;
      return world.isRight(text) === drawn >= rate ? sure : 1 - sure;
    },
  };
}

const ownCheck: Judge = {
  name: "its own check",
  counts: [1, 2, 4, 8],
  score: async (world, text) => ((await world.agrees(text)).agrees ? 0.9 : 0.1),
};

type Line = Reasoned<number>;
type Solver = Model<ModelResponse & { readonly answer: number | undefined }>;
type Way = (n: number, world: World, judge: Judge) => Solver;

const last =
  (world: World, judge: Judge) =>
  ({ text }: ModelResponse) =>
    judge.score(world, text);

/** The product over all steps of a whole chain. */
const product =
  (world: World, judge: Judge) =>
  async ({ text }: ModelResponse): Promise<number> => {
    const lines = text.split("\n");
    let value = 1;
    for (let i = 1; i <= lines.length; i++) value *= await judge.score(world, lines.slice(0, i).join("\n"));
    return value;
  };

const chains = (n: number, world: World) =>
  stack(world.model(), chainOfThought<number>({ answer, askAgain: false }), sampleN(n));
const shape = (n: number) => ({ width: Math.max(1, n / 4), expand: Math.min(4, n) });
const weight = ({ score }: { readonly score: number | undefined }) => score ?? 0;

const ways: Readonly<Record<string, Way>> = {
  vote: (n, world) => stack(chains(n, world), majorityVote({ stop: never })),
  "best of n, last step": (n, world, judge) => stack(chains(n, world), bestOf<Line>({ scorer: last(world, judge) })),
  "best of n, product": (n, world, judge) => stack(chains(n, world), bestOf<Line>({ scorer: product(world, judge) })),
  "weighted vote, product": (n, world, judge) =>
    stack(chains(n, world), bestOf<Line>({ scorer: product(world, judge), weighted: true })),
  "beam, last": (n, world, judge) =>
    stack(world.model(), beamSearch({ answer, scorer: last(world, judge), order: beam(shape(n)) })),
  "beam, product": (n, world, judge) =>
    stack(world.model(), beamSearch({ answer, scorer: last(world, judge), order: beam(shape(n)), aggregate: "prod" })),
  "beam, product, equal lines stay": (n, world, judge) => {
    const order = beam({ ...shape(n), distinct: false });
    return stack(world.model(), beamSearch({ answer, scorer: last(world, judge), order, aggregate: "prod" }));
  },
  DVTS: (n, world, judge) =>
    stack(world.model(), beamSearch({ answer, scorer: last(world, judge), order: dvts(shape(n)) })),
  "REBASE, weighted vote": (n, world, judge) =>
    stack(
      world.model(),
      beamSearch({ answer, scorer: last(world, judge), order: rebase({ n }) }),
      majorityVote({ stop: never, weight }),
    ),
  "particles, best": (n, world, judge) =>
    stack(world.model(), particleFilter({ answer, scorer: last(world, judge), n })),
  "particles, vote": (n, world, judge) =>
    stack(world.model(), particleFilter({ answer, scorer: last(world, judge), n }), majorityVote({ stop: never })),
  "particles, annealed, vote": (n, world, judge) =>
    stack(
      world.model(),
      particleFilter({ answer, scorer: last(world, judge), n, anneal: true }),
      majorityVote({ stop: never }),
    ),
};

/** Of one way, at one n: right or not, by problem; and what was spent on one. */
interface Cell {
  readonly right: readonly number[];
  readonly outputTokens: number;
  readonly inputTokens: number;
}

async function measure(worlds: readonly World[], way: Way, n: number, judge: Judge): Promise<Cell> {
  const right: number[] = [];
  let [output, input] = [0, 0];
  for (const [index, world] of worlds.entries()) {
    const { answer: given, usage } = await run(way(n, world, judge), world.problem.question, { seed: index });
    right.push(given === world.problem.answer ? 100 : 0);
    output += usage.outputTokens ?? 0;
    input += usage.inputTokens ?? 0;
  }
  return { right, outputTokens: output / worlds.length, inputTokens: input / worlds.length };
}

/** Tokens at which a way reaches an accuracy, between two counts on a logarithmic scale; `undefined` where it does not. */
function tokensFor(cells: readonly Cell[], target: number): number | undefined {
  let before: { readonly mean: number; readonly tokens: number } | undefined;
  for (const { right, outputTokens: tokens } of cells) {
    const mean = Math.max(estimate(right).mean, before?.mean ?? 0);
    if (mean >= target) {
      if (before === undefined || mean === before.mean) return tokens;
      const part = (target - before.mean) / (mean - before.mean);
      return before.tokens * (tokens / before.tokens) ** part;
    }
    before = { mean, tokens };
  }
  return undefined;
}

const probe = "particles, vote";

export async function stepSections(medium: number = 40, hard: number = 110): Promise<readonly Section[]> {
  const model = await tiny();
  const unseen = [
    ...problems({ seed: 5_001, count: medium, grade: "medium" }),
    ...problems({ seed: 5_002, count: hard, grade: "hard" }),
  ];
  const worlds = unseen.map((problem, index) => new World(model, problem, index));
  const sections: Section[] = [];
  for (const judge of [oracle(0), oracle(0.1), oracle(0.25), ownCheck]) {
    const began = performance.now();
    const table = new Map<string, readonly Cell[]>();
    for (const [name, way] of Object.entries(ways)) {
      const cells: Cell[] = [];
      for (const n of judge.counts) cells.push(await measure(worlds, way, n, judge));
      table.set(name, cells);
    }
    sections.push(sectionOf(judge, table, medium, worlds));
    process.stderr.write(`  steps, ${judge.name}: ${((performance.now() - began) / 1000).toFixed(0)} s\n`);
  }
  return sections;
}

function sectionOf(
  judge: Judge,
  table: ReadonlyMap<string, readonly Cell[]>,
  medium: number,
  worlds: readonly World[],
): Section {
  const particles = table.get(probe) as readonly Cell[];
  const at = judge.counts.length - 2;
  const [n, most] = judge.counts.slice(-2);
  const rows = [...table].map(([name, cells]) => {
    const means = cells.map(({ right }) => estimate(right));
    const reached = means.at(-1)?.mean ?? 0;
    const [own, theirs] = [tokensFor(cells, reached), tokensFor(particles, reached)];
    const cell = cells[at] as Cell;
    const paired = estimate(cell.right.map((value, i) => (particles[at]?.right[i] ?? 0) - value));
    return { name, means, own, theirs, paired, hard: estimate(cell.right.slice(medium)), cell };
  });
  const pictures: Picture[] = [
    {
      title: `Steps scored by ${judge.name}`,
      x: "tokens written for a problem",
      series: [...table].map(([name, cells]) => ({
        name,
        points: cells.map(({ right, outputTokens }) => ({ x: outputTokens, y: estimate(right).mean })),
      })),
    },
  ];
  const checked = worlds.map(({ agreement }) => agreement);
  const share = (agrees: readonly boolean[]): string =>
    ((100 * agrees.filter(Boolean).length) / agrees.length).toFixed(0);
  const agreement =
    judge === ownCheck
      ? ` The check says yes to ${share(checked.flatMap(({ right }) => right))} % of the right steps and ${share(checked.flatMap(({ wrong }) => wrong))} % of the wrong ones.`
      : "";
  return {
    title: `Is searching by steps worth it? Scored by ${judge.name}`,
    note: `Embedded model, temperature 1, ${worlds.length} unseen problems, ${medium} medium, the others hard. Per cent right when so many lines are written side by side.${agreement} *Hard*, *written* and *read* (tokens for a problem; of equal requests once), and *particles ahead* (points of "${probe}" over this, paired): at ${n}. *Fewer tokens*: what this way writes to get where it is at ${most}, over what "${probe}" writes for the same.`,
    columns: ["", ...judge.counts.map(String), "hard", "written", "read", "particles ahead", "fewer tokens"],
    rows: rows.map(({ name, means, own, theirs, paired, hard, cell }) => [
      name,
      ...means.map((mean) => figure(mean)),
      figure(hard),
      cell.outputTokens.toFixed(0),
      cell.inputTokens.toFixed(0),
      name === probe ? "–" : difference(paired, 1),
      name === probe
        ? "–"
        : own === undefined || theirs === undefined
          ? "not reached"
          : `${(own / theirs).toFixed(1)}x`,
    ]),
    data: rows.map(({ name, means, own, theirs, paired, cell }) => ({
      ...{ name, means, own, theirs, paired },
      tokens: table.get(name)?.map(({ outputTokens }) => outputTokens),
      read: cell.inputTokens,
    })),
    pictures,
  };
}
