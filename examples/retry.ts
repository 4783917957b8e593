// A provider that fails half of the time, kept alive: each sample is asked again before it is given up.
import { chainOfThought, majorityVote, never, number, retry, run, sampleN, stack } from "mull";
import { flaky } from "mull/testing";
import { problems, tiny } from "mull/tiny";

const unsteady = flaky(await tiny(), { probability: 0.5 });
const alive = stack(unsteady, retry({ attempts: 6, baseMs: 5 }));
const solver = stack(alive, chainOfThought({ answer: number() }), sampleN(5), majorityVote({ stop: never }));

const [problem] = problems({ seed: 11, count: 1, grade: "medium" });
let retries = 0;
const { answer, samples, failures, usage } = await run(solver, problem?.question ?? "", {
  seed: 1,
  onEvent: (event) => {
    if (event.type !== "retry") return;
    retries++;
    console.log(`${event.path.join("/")}: attempt ${event.attempt} failed, again in ${event.delayMs.toFixed(1)} ms`);
  },
});
console.log(`answer: ${answer} (true: ${problem?.answer}) from ${samples.length} samples, ${failures.length} lost`);
console.log(`${usage.calls} calls went well, ${usage.failed?.calls ?? 0} failed; ${retries} retries`);
