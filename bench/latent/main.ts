/**
 * What thinking in loops is worth: `npm run bench:latent [-- --problems 200]`.
 *
 * Three models of `training/loop`, trained from three seeds; every figure is the mean over them with its standard error. About three minutes on one core.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { tinyLoop } from "mull/tiny";
import type { Model } from "mull";
import { show } from "../accuracy/table.js";
import { answersOf, operationsOf } from "./ask.js";
import { accuracyByLoops, halting } from "./loops.js";
import { inBlocks } from "./blocks.js";
import { withPauses } from "./pauses.js";
import { asTrained } from "./trained.js";
import { inWords } from "./words.js";

const { values } = parseArgs({ options: { problems: { type: "string", default: "200" } } });
const count = Number(values.problems);

const root = new URL("../../", import.meta.url);
const weights = ["src/tiny/loop-weights.bin", "training/loop/model-2.bin", "training/loop/model-3.bin"];
const models: Model[] = [];
for (const path of weights) models.push(await tinyLoop({ weights: readFileSync(new URL(path, root)) }));

const answers = await answersOf(models, count);
console.log(
  `${count} problems each of ${operationsOf.join(", ")} operations; mean over three trainings ± its standard error\n`,
);
console.log(show(accuracyByLoops(answers)));
for (const section of halting(answers)) console.log(show(section));
console.log(show(await inBlocks(models, count)));
console.log(show(await inWords(models, count)));
console.log(show(await withPauses(models, count)));
for (const section of asTrained(readFileSync(new URL("training/loop/results.jsonl", root), "utf8")))
  console.log(show(section));
