/** How a model is measured: on problems that nothing was learned from. */
import { chainOfThought, majorityVote, never, number, run, sampleN, stack, type Model, type ModelRequest } from "mull";
import { problems, type Grade, type Problem } from "mull/tiny";

/** A third of each grade. */
export function measuredProblems(count: number): readonly Problem[] {
  return problems({ seed: 2_026, count });
}

/** Shares of right answers to one problem. */
export interface Score {
  readonly grade: Grade;
  /** Of 8 chains at temperature 1. */
  readonly one: number;
  readonly greedy: number;
  readonly vote: number;
  readonly any: number;
}

export function ask(question: string): ModelRequest {
  return { messages: [{ role: "user", content: question }], maxOutputTokens: 120 };
}

export async function measure(model: Model, on: readonly Problem[]): Promise<readonly Score[]> {
  const think = stack(model, chainOfThought({ answer: number(), askAgain: false }));
  const voting = stack(think, sampleN(8), majorityVote({ stop: never }));
  const scores: Score[] = [];
  for (const [seed, { question, answer, grade }] of on.entries()) {
    const voted = await run(voting, ask(question), { seed });
    const greedy = await run(think, { ...ask(question), temperature: 0 });
    const right = voted.samples.filter((sample) => sample.answer === answer).length;
    scores.push({
      grade,
      one: right / voted.samples.length,
      greedy: Number(greedy.answer === answer),
      vote: Number(voted.answer === answer),
      any: Number(right > 0),
    });
  }
  return scores;
}
