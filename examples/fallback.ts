// The first model is refused; the next one answers, and the response says so.
import { fallback, ProviderError, run, stack } from "mull";
import { flaky } from "mull/testing";
import { problems, tiny } from "mull/tiny";

const small = await tiny();
const refused = flaky(small, {
  probability: 1,
  error: () => new ProviderError("the key was refused", { status: 401 }),
});
const solver = stack(refused, fallback([small]));

const [problem] = problems({ seed: 12, count: 1, grade: "easy" });
const { text, warnings = [] } = await run(solver, `${problem?.question} Think step by step.`, { seed: 1 });
console.log(problem?.question);
console.log(text);
for (const { code, message } of warnings) console.log(`warning (${code}): ${message}`);
