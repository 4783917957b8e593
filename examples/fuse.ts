// Five lists, each with gaps and a slip. A vote can only return one of them; a synthesis keeps what several lists agree on.
// The embedded model cannot rewrite lists, so a script stands in: it forgets and invents entries, and merges what it reads twice.
import { fuse, majorityVote, run, sampleN, stack, textOf, type Model } from "mull";
import { scripted } from "mull/testing";

const planets = ["Mercury", "Venus", "Earth", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune"];
const slips = ["Pluto", "Vulcan", "Ceres", "Titan"];

const model = scripted((request, { random }) => {
  const [, ...shown] = request.messages
    .map(textOf)
    .join("\n")
    .split(/^# Response \d+.*$/m);
  if (shown.length > 0) {
    const times = (name: string): number => shown.filter((text) => text.includes(name)).length;
    return [...planets, ...slips].filter((name) => times(name) > 1).join(", ");
  }
  const list = planets.filter(() => random.next() < 0.75);
  list.splice(random.integer(list.length + 1), 0, slips[random.integer(slips.length)] as string);
  return list.join(", ");
});

const question = "List the planets of the solar system.";
const { samples, text, fused, usage } = await run(stack(model, sampleN(5), fuse()), question, { seed: 3 });
for (const sample of samples) console.log(`sample: ${sample.text}`);
console.log(`fused:  ${text}   (${fused ? "a new answer" : "one of the samples"}, ${usage.calls} calls)\n`);

/** Names that are missing or wrong. */
const errors = (list: string): number => {
  const names = list.split(", ");
  return (
    planets.filter((name) => !names.includes(name)).length + names.filter((name) => !planets.includes(name)).length
  );
};
const solvers: readonly (readonly [name: string, solver: Model])[] = [
  ["vote", stack(model, sampleN(5), majorityVote())],
  ["fuse", stack(model, sampleN(5), fuse())],
];
for (const [name, solver] of solvers) {
  let sum = 0;
  for (let seed = 0; seed < 100; seed++) sum += errors((await run(solver, question, { seed })).text);
  console.log(`${name.padEnd(4)} ${(sum / 100).toFixed(2)} errors on average`);
}
