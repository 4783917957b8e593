/**
 * What does a token buy? `npm run bench:accuracy [-- --repetitions 200 --only votes,allocate --json FILE --html FILE]`.
 *
 * Replays recorded outputs of real models (`../shared/data`, where it is present) and runs the embedded model.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { allocateSections } from "./allocate.js";
import { bestOfSections } from "./best-of.js";
import { cascadeSections } from "./cascade.js";
import { independentSets, present } from "./data.js";
import { embedded } from "./embedded.js";
import { otherSections } from "./others.js";
import { page } from "./picture.js";
import { programSections } from "./program.js";
import { searchSections } from "./search.js";
import { stepSections } from "./steps.js";
import { show, type Section } from "./table.js";
import { voteSections } from "./votes.js";
import { weightSections } from "./weights.js";

const { values } = parseArgs({
  options: {
    repetitions: { type: "string", default: "200" },
    only: { type: "string", default: "votes,weights,best-of,cascade,allocate,program,search,search-steps,others" },
    json: { type: "string" },
    html: { type: "string" },
  },
});
const repetitions = Number(values.repetitions);
const only = new Set(values.only.split(","));
const began = performance.now();

if (!present) console.log("No recorded outputs at ../shared/data: only the embedded model is measured.\n");
const sets = only.has("votes") || only.has("allocate") ? [...independentSets(), await embedded()] : [];
const parts: Readonly<Record<string, () => readonly Section[] | Promise<readonly Section[]>>> = {
  votes: () => voteSections(sets, repetitions),
  weights: () => weightSections(),
  "best-of": () => bestOfSections(repetitions),
  cascade: () => cascadeSections(),
  allocate: () => allocateSections(sets, repetitions),
  program: () => programSections(),
  search: () => searchSections(),
  "search-steps": () => stepSections(),
  others: () => otherSections(),
};
const sections: Section[] = [];
for (const [name, make] of Object.entries(parts)) {
  if (!only.has(name)) continue;
  for (const section of await make()) {
    sections.push(section);
    console.log(show(section));
  }
  process.stderr.write(`${name}: ${((performance.now() - began) / 1000).toFixed(0)} s\n`);
}
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify({ repetitions, sections }, undefined, 2));
if (values.html !== undefined) writeFileSync(values.html, page(sections));
