/** Asks every model every question, for every number of loops and for every threshold of halting. */
import {
  chainOfThought,
  latentSteps,
  number,
  run,
  stack,
  type Model,
  type ModelRequest,
  type ModelResponse,
} from "mull";
import { loopProblems } from "mull/tiny";

/** How many operations the problems have; training has up to six. */
export const operationsOf: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8];
/** Lengths that training has: what halting is measured on. */
export const trained: readonly number[] = [1, 2, 3, 4, 5, 6];
export const loopsOf: readonly number[] = [1, 2, 3, 4, 5, 6, 8, 12, 16];
/** Nats of KL divergence between two loops. */
export const haltsOf: readonly number[] = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7];

/** What one model made of the problems of one length. */
export interface Answered {
  readonly model: number;
  readonly operations: number;
  /** `8` for eight loops, `halt 0.01` for halting. */
  readonly way: string;
  /** By problem. */
  readonly right: readonly boolean[];
  readonly steps: readonly number[];
}

export async function answersOf(models: readonly Model[], count: number): Promise<Answered[]> {
  const out: Answered[] = [];
  const ways: readonly (readonly [string, Parameters<typeof latentSteps>[0]])[] = [
    ...loopsOf.map((steps) => [String(steps), { steps }] as const),
    ...haltsOf.map((halt) => [`halt ${halt}`, { steps: 16, halt }] as const),
  ];
  for (const [model, next] of models.entries()) {
    for (const operations of operationsOf) {
      const problems = loopProblems({ seed: 4000 + operations, count, operations });
      for (const [way, options] of ways) {
        const solver = reader(stack(next, latentSteps(options)));
        const responses = [];
        for (const { question } of problems) responses.push(await run(solver, greedy(question)));
        const right = responses.map(({ answer }, i) => answer === problems[i]?.answer);
        out.push({ model, operations, way, right, steps: responses.map(({ latent }) => latent?.steps ?? 0) });
      }
    }
  }
  return out;
}

/** Reads the answer, and asks for no steps. */
export function reader(next: Model): Model<ModelResponse & { readonly answer?: number | undefined }> {
  return stack(next, chainOfThought({ answer: number(), instruction: "", askAgain: false }));
}

export function greedy(content: string): ModelRequest {
  return { messages: [{ role: "user", content }], temperature: 0 };
}
