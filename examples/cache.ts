// A vote over the embedded model, asked three times: at first, again, and with more samples. Only what is new is paid for.
import { cache, chainOfThought, majorityVote, never, number, run, sampleN, stack } from "mull";
import { problems, tiny } from "mull/tiny";

const model = stack(await tiny(), cache());
const vote = (n: number) =>
  stack(model, chainOfThought({ answer: number() }), sampleN(n), majorityVote({ stop: never }));

const [problem] = problems({ seed: 21, count: 1, grade: "medium" });
console.log(problem?.question);
for (const [what, n] of [
  ["at first", 8],
  ["again", 8],
  ["with more samples", 12],
] as const) {
  let hits = 0;
  const { answer, votes, usage } = await run(vote(n), problem?.question ?? "", {
    onEvent: (event) => {
      if (event.type === "cache" && event.hit) hits++;
    },
  });
  const counts = votes.map(({ key, count }) => `${key}: ${count}`).join(", ");
  console.log(
    `${what}, ${n} samples: ${answer} (${counts}); ${hits} from the cache, ${usage.outputTokens} tokens written`,
  );
}
