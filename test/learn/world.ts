/**
 * @module
 * A world in which everything is known: thoughts z with P(z|x), answers y with P(y|z), a model that is nothing but these tables, and a trainer that fits them by counting.
 */
import {
  source,
  textOf,
  type LearnQuestion,
  type Model,
  type ModelRequest,
  type Random,
  type Trainer,
  type TrainingExample,
} from "mull";

/** P(z|x), by question and thought, and P(y|z), by thought and answer. */
export interface Tables {
  readonly thoughts: readonly (readonly number[])[];
  readonly answers: readonly (readonly number[])[];
}

/** A question and its answer, as plain numbers. */
export interface Datum {
  readonly x: number;
  readonly y: number;
}

/** What the tabular model can do. */
export interface TabularOptions {
  readonly score?: boolean;
  readonly prefill?: boolean;
  /** Counts calls, by kind. */
  readonly asked?: { write: number; go: number; score: number };
}

/** Question `x` in words. */
export function questionOf({ x, y }: Datum): LearnQuestion<number> {
  return { question: `question ${x}`, answer: y };
}

/** A model that thinks `thought z` and answers `Answer: y`, as the tables say. */
export function tabular(tables: Tables, { score = true, prefill = true, asked }: TabularOptions = {}): Model {
  const count = asked ?? { write: 0, go: 0, score: 0 };
  return source("table", { score, prefill, logprobs: true }, async (request, { random }) => {
    const x = Number(/question (\d+)/.exec(textOf(request.messages[0] as never))?.[1]);
    const begun = /thought (\d+)/.exec(thoughtShown(request))?.[1];
    const row = tables.answers[Number(begun)] ?? [];
    if (request.score !== undefined) {
      count.score++;
      const y = Number(/\d+/.exec(request.score)?.[0]);
      return { text: request.score, logprobs: [{ token: request.score, logprob: Math.log(row[y] ?? 0) }] };
    }
    if (begun !== undefined) {
      count.go++;
      return { text: `${request.prefill === undefined ? "Answer:" : ""} ${pick(row, random)}` };
    }
    count.write++;
    const z = pick(tables.thoughts[x] ?? [], random);
    return { text: `thought ${z}\nAnswer: ${pick(tables.answers[z] ?? [], random)}` };
  });
}

/** The thought that is to be gone on with: begun, or in a turn of its own. */
function thoughtShown({ prefill, messages }: ModelRequest): string {
  const turn = messages.findLast(({ role }) => role === "assistant");
  return prefill ?? (turn === undefined ? "" : textOf(turn));
}

function pick(row: readonly number[], random: Random): number {
  let rest = random.next();
  for (const [index, chance] of row.entries()) if ((rest -= chance) < 0) return index;
  return row.length - 1;
}

/** Tables with nothing too near to 0. */
export function randomTables(random: Random, questions: number, thoughts: number, answers: number): Tables {
  const row = (length: number): readonly number[] => normal(Array.from({ length }, () => 0.1 + random.next()));
  return {
    thoughts: Array.from({ length: questions }, () => row(thoughts)),
    answers: Array.from({ length: thoughts }, () => row(answers)),
  };
}

/** P(y|x) for all y. */
export function marginalOf({ thoughts, answers }: Tables, x: number): readonly number[] {
  const count = answers[0]?.length ?? 0;
  return Array.from({ length: count }, (_, y) =>
    sum(thoughts[x] ?? [], (chance, z) => chance * (answers[z]?.[y] ?? 0)),
  );
}

/** P(z|x,y) for all z. */
export function posteriorOf({ thoughts, answers }: Tables, { x, y }: Datum): readonly number[] {
  return normal((thoughts[x] ?? []).map((chance, z) => chance * (answers[z]?.[y] ?? 0)));
}

/** Mean of ln P(y|x). */
export function likelihoodOf(tables: Tables, data: readonly Datum[]): number {
  return sum(data, ({ x, y }) => Math.log(marginalOf(tables, x)[y] ?? 0)) / data.length;
}

/** Thoughts of the examples of one question, by their weight; together 1. */
export function thoughtsIn(examples: readonly TrainingExample[], count: number): readonly number[] {
  const weights = Array.from({ length: count }, () => 0);
  for (const { completion, weight = 1 } of examples) {
    const z = Number(/thought (\d+)/.exec(completion)?.[1]);
    weights[z] = (weights[z] ?? 0) + weight;
  }
  return normal(weights);
}

/** A trainer whose models are the tables of greatest likelihood, by weighted counts. `made` gets the tables of each round. */
export function tabularTrainer(shape: Tables, made: Tables[], options: TabularOptions = {}): Trainer {
  return {
    train: async (examples) => {
      const thoughts = shape.thoughts.map((row) => row.map(() => 0));
      const answers = shape.answers.map((row) => row.map(() => 0));
      for (const { messages, completion, weight = 1 } of examples) {
        const x = Number(/question (\d+)/.exec(textOf(messages[0] as never))?.[1]);
        const [, z, y] = (/thought (\d+)\nAnswer: (\d+)/.exec(completion) ?? []).map(Number);
        add(thoughts[x], z, weight);
        add(answers[z ?? -1], y, weight);
      }
      const tables = { thoughts: thoughts.map(normal), answers: answers.map(normal) };
      made.push(tables);
      return tabular(tables, options);
    },
  };
}

function add(row: number[] | undefined, at: number | undefined, weight: number): void {
  if (row !== undefined && at !== undefined) row[at] = (row[at] ?? 0) + weight;
}

/** To a sum of 1; what is all 0 becomes even. */
function normal(row: readonly number[]): readonly number[] {
  const total = sum(row, (value) => value);
  return row.map((value) => (total === 0 ? 1 / row.length : value / total));
}

/** The sum of what a function makes of items. */
export function sum<T>(items: readonly T[], of: (item: T, index: number) => number): number {
  return items.reduce((total, item, index) => total + of(item, index), 0);
}
