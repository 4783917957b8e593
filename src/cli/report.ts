/**
 * @module
 * What the main job prints: the table, and one problem in full.
 */
import type { Grade } from "../tiny/problems.js";
import type { Attempt, Outcome } from "./job.js";
import type { Counted } from "./methods.js";

const grades: readonly Grade[] = ["easy", "medium", "hard"];

/** The table: a row for each way, with its accuracy, its standard error, and its mean cost. */
export function table(outcomes: readonly Outcome[]): string {
  const head = ["", "right", ...grades, "calls", "tokens", "ms"];
  const rows = outcomes.map(({ method, attempts }) => [
    method.name,
    withError(attempts),
    ...grades.map((grade) => percent(attempts.filter(({ problem }) => problem.grade === grade))),
    mean(attempts.map(({ usage }) => usage.calls + (usage.cancelled?.calls ?? 0) + (usage.failed?.calls ?? 0))).toFixed(
      1,
    ),
    tokens(attempts),
    mean(attempts.map(({ ms }) => ms)).toFixed(0),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  return [line(head), ...rows.map(line)].join("\n");
}

/** One problem in full: the question, two lines of thought that disagree, and the vote. */
export function workedExample(voted: Outcome): string {
  const split = voted.attempts
    .filter(({ right, response }) => right && votesOf(response).length > 1)
    .sort((a, b) => b.problem.steps.length - a.problem.steps.length);
  const [attempt] = split.length > 0 ? split : voted.attempts;
  if (attempt?.response === undefined) return "";
  const { problem, response } = attempt;
  const samples = (response as Counted).samples ?? [response];
  const wrong = samples.findIndex(
    ({ answer }: Counted & { readonly answer?: unknown }) => answer !== undefined && answer !== problem.answer,
  );
  const right = samples.findIndex(({ answer }: Counted & { readonly answer?: unknown }) => answer === problem.answer);
  const chosen = [right, wrong].filter((index) => index >= 0);
  return [
    problem.question,
    ...chosen.map((index) => `\nthought ${index + 1} of ${samples.length}:\n${indent(samples[index]?.text ?? "")}`),
    `\n${ballot(response)}`,
    `the true answer: ${problem.answer}`,
  ].join("\n");
}

/** The votes as a line: `votes: 59 ×11, 47 ×2 (confidence 0.99)`. Empty for a response that was not voted on. */
export function ballot(response: Counted): string {
  const votes = votesOf(response);
  if (votes.length === 0) return "";
  const counts = votes.map(({ key, count }) => `${key} ×${count}`).join(", ");
  const { confidence } = response;
  return `votes: ${counts}${confidence === undefined ? "" : ` (confidence ${confidence.toFixed(3)})`}`;
}

function votesOf(response: Counted | undefined): NonNullable<Counted["votes"]> {
  return response?.votes ?? [];
}

function withError(attempts: readonly Attempt[]): string {
  const p = mean(attempts.map(({ right }) => (right ? 1 : 0)));
  return `${(100 * p).toFixed(1)} ± ${(100 * Math.sqrt((p * (1 - p)) / attempts.length)).toFixed(1)} %`;
}

function percent(attempts: readonly Attempt[]): string {
  return attempts.length === 0 ? "–" : `${(100 * mean(attempts.map(({ right }) => (right ? 1 : 0)))).toFixed(0)} %`;
}

/** Tokens a question, where the model says what it spent. */
function tokens(attempts: readonly Attempt[]): string {
  const sums = attempts.map(({ usage: { inputTokens, outputTokens } }) => (inputTokens ?? NaN) + (outputTokens ?? NaN));
  const average = mean(sums);
  return Number.isNaN(average) ? "unknown" : Math.round(average).toLocaleString("en-US");
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length;
}

function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}
