// A run on a tape: more samples cost only the more, and the whole is played again without a call.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  chainOfThought,
  majorityVote,
  never,
  number,
  record,
  replay,
  run,
  sampleN,
  source,
  stack,
  type Model,
} from "mull";
import { fileTape } from "mull/engines/file-tape";
import { problems, tiny } from "mull/tiny";

const folder = await mkdtemp(join(tmpdir(), "mull-"));
const path = join(folder, "run.jsonl");
const [problem] = problems({ seed: 11, count: 1, grade: "hard" });
const question = problem?.question ?? "";
console.log(question);

const embedded = await tiny();
const nobody = source(embedded.id, embedded.capabilities, () => Promise.reject(new Error("a model was asked")));
const solver = (model: Model, n: number) =>
  stack(model, chainOfThought({ answer: number() }), sampleN(n), majorityVote({ stop: never }));

const five = await run(solver(record(fileTape(path))(embedded), 5), question, { seed: 1 });
console.log(
  `5 samples: ${five.answer}, confidence ${five.confidence.toFixed(2)}, ${five.usage.outputTokens} tokens written`,
);

const nine = await run(solver(record(fileTape(path))(embedded), 9), question, { seed: 1 });
console.log(
  `9 samples: ${nine.answer}, confidence ${nine.confidence.toFixed(2)}, ${nine.usage.outputTokens} tokens, of which 5 samples were on the tape`,
);

const again = await run(solver(replay(fileTape(path))(nobody), 9), question, { seed: 1 });
console.log(`played again without a model: ${again.answer}, the same text: ${again.text === nine.text}`);
await rm(folder, { recursive: true });
