/**
 * @module
 * `npm run bench:overhead`: what mull costs beside the same program written by hand. Says how it is measured in `bench/README.md`; prints
 * a table, and never fails because of it.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bytes, child, inTurns, processorTime, time, type Pair } from "./measure.js";
import * as programs from "./programs.js";

/** What one line of the table says. */
interface Row extends Pair {
  readonly name: string;
  /** How many of these are one of what is written: 1000 for microseconds. */
  readonly unit: readonly [name: string, size: number];
  /** The most it may be: as a multiple, or on top, in the unit. */
  readonly target: number;
  readonly onTop?: boolean;
}

const ns = ["ns", 1] as const;
const us = ["µs", 1000] as const;

const self = fileURLToPath(import.meta.url);
const [job, side] = process.argv.slice(2) as ["bytes" | "votes" | undefined, keyof Pair];
if (job === "bytes") console.log(await bytes(programs.oneCall[side]));
else if (job === "votes") await votes(side);
else await main();

async function main(): Promise<void> {
  console.log(
    `node ${process.version}, ${process.platform} ${process.arch}; medians, processor time, by hand and with mull in turns\n`,
  );
  console.log(line("", "by hand", "mull", "multiple", "target", ""));
  const call = await time(programs.oneCall);
  show({ name: "one call", ...call, unit: ns, target: 10 });
  const layered = await time(programs.layeredCall);
  const perLayer = (key: keyof Pair): number => (layered[key] - call[key]) / programs.layers;
  show({
    name: `one of ${programs.layers} layers`,
    byHand: perLayer("byHand"),
    withMull: perLayer("withMull"),
    unit: ns,
    target: 3,
  });
  show({ name: "vote of 16", ...(await time(programs.voteOf16)), unit: us, target: 10 });
  show({ name: "3 tool calls", ...(await time(programs.threeTools)), unit: us, target: 10 });
  show({ name: "structured answer", ...(await time(programs.structured)), unit: ns, target: 5 });
  const delta = await time(programs.deltas);
  show({
    name: "one delta of 1,000",
    byHand: delta.byHand / 1000,
    withMull: delta.withMull / 1000,
    unit: ns,
    target: 5,
  });
  show({ name: "one call, heap", ...heap(), unit: ["B", 1], target: 4 });
  const { cpu, rss } = manyVotes();
  show({ name: "10,000 votes, CPU", ...cpu, unit: ["s", 1e6], target: 3 });
  show({ name: "10,000 votes, RSS", ...rss, unit: ["MB", 1e6], target: 2 });
  importing();
}

/** Bytes of one call, each side in a process whose collector is held off by a nursery larger than what is allocated. */
function heap(): Pair {
  const nursery = ["--expose-gc", "--min-semi-space-size=256", "--max-semi-space-size=256"];
  const figure = (of: keyof Pair): number => child([...nursery, self, "bytes", of]) as number;
  return { byHand: figure("byHand"), withMull: figure("withMull") };
}

/** 10,000 votes in flight together, each side in processes of its own. */
function manyVotes(): { readonly cpu: Pair; readonly rss: Pair } {
  const figures: Record<keyof Pair, { cpu: number; rss: number }[]> = { byHand: [], withMull: [] };
  const times = 3;
  const run = (of: keyof Pair): number => {
    const figure = child([self, "votes", of]) as { cpu: number; rss: number };
    return figures[of].push(figure);
  };
  inTurns(
    times,
    () => run("byHand"),
    () => run("withMull"),
  );
  const middle = (of: keyof Pair, what: "cpu" | "rss"): number =>
    figures[of].map((figure) => figure[what]).toSorted((a, b) => a - b)[times >> 1]!;
  const pair = (what: "cpu" | "rss"): Pair => ({ byHand: middle("byHand", what), withMull: middle("withMull", what) });
  return { cpu: pair("cpu"), rss: pair("rss") };
}

async function votes(of: keyof Pair): Promise<void> {
  const began = processorTime();
  await programs.manyVotes[of]();
  console.log(JSON.stringify({ cpu: processorTime() - began, rss: process.resourceUsage().maxRSS * 1024 }));
}

/** Processor time of a process that only imports the package, beside one that imports nothing. */
function importing(): void {
  const entry = join(process.cwd(), "dist/index.js");
  if (!existsSync(entry)) {
    console.log(line("import", "", "", "", "", "not measured: no dist/, run npm run build"));
    return;
  }
  const print = "const { user, system } = process.cpuUsage(); console.log(user + system);";
  const figure = (code: string): number => child(["--input-type=module", "--eval", code + print]) as number;
  const pair = inTurns(
    21,
    () => figure(""),
    () => figure(`import ${JSON.stringify(pathToFileURL(entry).href)};`),
  );
  show({ name: "import", ...pair, unit: ["ms", 1000], target: 15, onTop: true });
}

function show({ name, byHand, withMull, unit: [unit, size], target, onTop = false }: Row): void {
  const written = (figure: number): string =>
    `${(figure / size).toFixed(figure / size < 10 ? 2 : figure / size < 100 ? 1 : 0)} ${unit}`;
  const figure = onTop ? (withMull - byHand) / size : withMull / byHand;
  const multiple = onTop ? `+${figure.toFixed(1)} ${unit}` : `${figure.toFixed(1)}x`;
  const bound = onTop ? `≤ +${target} ${unit}` : `≤ ${target}x`;
  console.log(line(name, written(byHand), written(withMull), multiple, bound, figure <= target ? "ok" : "missed"));
}

function line(
  name: string,
  byHand: string,
  withMull: string,
  multiple: string,
  target: string,
  verdict: string,
): string {
  const columns = [byHand, withMull, multiple, target].map((column) => column.padStart(10));
  return [name.padEnd(18), ...columns, "", verdict].join(" ").trimEnd();
}
