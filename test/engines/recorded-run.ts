/**
 * @module
 * A run to be recorded, killed and resumed: `node --import tsx recorded-run.ts TAPE` is a process of its own, which prints what the samples said.
 */
import { pathToFileURL } from "node:url";
import {
  chainOfThought,
  majorityVote,
  never,
  number,
  record,
  run,
  sampleN,
  stack,
  toolLoop,
  type Model,
  type MullEvent,
} from "mull";
import { fileTape } from "mull/engines/file-tape";
import { problems, tiny } from "mull/tiny";
import { calculator } from "mull/tools/calculator";

/** Three questions, sixteen samples each, with a calculator. */
export async function runAll(model: Model): Promise<{
  readonly texts: readonly string[];
  readonly usage: readonly unknown[];
  readonly events: readonly unknown[];
}> {
  const solver = stack(
    model,
    chainOfThought({ answer: number() }),
    toolLoop({ tools: [calculator()] }),
    sampleN(16),
    majorityVote({ stop: never }),
  );
  const texts: string[] = [];
  const usages: unknown[] = [];
  const events: unknown[] = [];
  const onEvent = (event: MullEvent): void => {
    events.push("ms" in event ? { ...event, ms: undefined } : event);
  };
  for (const { question } of problems({ seed: 5, count: 3, grade: "hard" })) {
    const { text, samples, usage } = await run(solver, question, { seed: 1, onEvent });
    texts.push(text, ...samples.map((sample) => sample.text));
    usages.push(usage);
  }
  return { texts, usage: usages, events };
}

const [, script = "", tape] = process.argv;
if (import.meta.url === pathToFileURL(script).href && tape !== undefined) {
  const { texts } = await runAll(record(fileTape(tape))(await tiny()));
  process.stdout.write(JSON.stringify(texts));
}
