/**
 * @module
 * How it is measured. The machine may be shared: time is the processor's, by hand and with mull take turns in rounds of a few
 * milliseconds, so that noise hits both, and the median of the rounds counts.
 */
import { spawnSync } from "node:child_process";

/** The same figure for the program by hand and for the one with mull. */
export interface Pair {
  readonly byHand: number;
  readonly withMull: number;
}

type Run = () => Promise<unknown>;

const roundMs = 4;
const rounds = 61;
const warmMs = 400;

/** Nanoseconds of processor time of one run, those of the collector and the compiler included. */
export async function time(program: { readonly byHand: Run; readonly withMull: Run }): Promise<Pair> {
  const sides = [program.byHand, program.withMull];
  for (const run of sides) await warm(run);
  const counts: number[] = [];
  for (const run of sides) counts.push(await runsPerRound(run));
  const figures: number[][] = [[], []];
  for (let round = 0; round < rounds; round++) {
    for (const [i, run] of sides.entries()) figures[i]!.push(await timeOf(run, counts[i]!));
  }
  return { byHand: median(figures[0]!), withMull: median(figures[1]!) };
}

/** Bytes that one run allocates on the heap. For a process whose collector does not start by itself in that time. */
export async function bytes(run: Run): Promise<number> {
  const runs = 10_000;
  await warm(run);
  const figures: number[] = [];
  for (let round = 0; round < 9; round++) {
    globalThis.gc!();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < runs; i++) await run();
    figures.push((process.memoryUsage().heapUsed - before) / runs);
  }
  return median(figures);
}

/** What a process of its own prints, as JSON. */
export function child(nodeArguments: readonly string[]): unknown {
  const { status, stdout, stderr } = spawnSync(process.execPath, nodeArguments, { encoding: "utf8" });
  if (status !== 0) throw new Error(`node ${nodeArguments.join(" ")} failed: ${stderr}`);
  return JSON.parse(stdout);
}

/** The median of figures taken in turns. */
export function inTurns(times: number, byHand: () => number, withMull: () => number): Pair {
  const figures: [number[], number[]] = [[], []];
  for (let i = 0; i < times; i++) {
    figures[0].push(byHand());
    figures[1].push(withMull());
  }
  return { byHand: median(figures[0]), withMull: median(figures[1]) };
}

/** Microseconds of processor time since the process began. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function warm(run: Run): Promise<void> {
  const end = performance.now() + warmMs;
  while (performance.now() < end) await run();
}

/** How many runs fill a round. */
async function runsPerRound(run: Run): Promise<number> {
  for (let count = 1; ; count *= 2) {
    const each = await timeOf(run, count);
    if (each * count > (roundMs * 1e6) / 4) return Math.max(1, Math.round((roundMs * 1e6) / each));
  }
}

async function timeOf(run: Run, count: number): Promise<number> {
  const began = processorTime();
  for (let i = 0; i < count; i++) await run();
  return ((processorTime() - began) * 1000) / count;
}

function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[figures.length >> 1]!;
}
