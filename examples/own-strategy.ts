// A strategy of your own is a function from model to model; wrap gives it a path, a trace, and its share of the usage.
import { chainOfThought, number, run, sample, stack, wrap, type Model, type Reasoned } from "mull";
import { problems, tiny } from "mull/tiny";

/** Samples two answers, and a third only if they differ. */
const secondOpinion =
  () =>
  (next: Model<Reasoned<number>>): Model<Reasoned<number>> =>
    wrap("secondOpinion", next, async (request, call) => {
      const seen: Reasoned<number>[] = [];
      for await (const response of sample(next, request, call, { n: 3, concurrency: 2 })) {
        const agreeing = seen.find(({ key }) => key !== undefined && key === response.key);
        if (agreeing !== undefined) return agreeing; // leaving the loop gives up what still runs
        seen.push(response);
      }
      return seen[0] as Reasoned<number>;
    });

const model = await tiny();
const solver = stack(model, chainOfThought({ answer: number() }), secondOpinion());
for (const [index, { question, answer: right }] of problems({ seed: 7, count: 6 }).entries()) {
  const { answer, usage } = await run(solver, question, { seed: index, budget: { tokens: 2_000 } });
  console.log(`${answer === right ? "right" : "wrong"}: ${answer} (true: ${right}); ${usage.calls} calls`);
}
