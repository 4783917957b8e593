/**
 * @module
 * One question, answered: think, vote, and stop when it is certain.
 */
import { text } from "../answers/text.js";
import { number } from "../answers/number.js";
import type { Model } from "../core/model.js";
import { run } from "../core/run.js";
import { stack } from "../core/stack.js";
import { chainOfThought } from "../strategies/shape/chain-of-thought.js";
import { budgetAllocator } from "../strategies/spend/budget-allocator.js";
import { unknownWords } from "../tiny/index.js";
import type { Arguments } from "./arguments.js";
import type { Terminal } from "./main.js";
import { ballot } from "./report.js";

/** Answers a question and shows the thought, the votes and the cost. */
export async function answerQuestion(
  model: Model,
  question: string,
  { seed, budget, maxTokens, endpoint }: Arguments,
  { out, err }: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const embedded = endpoint === undefined;
  const unknown = embedded ? unknownWords(question) : [];
  if (unknown.length > 0) {
    err(`The embedded model reads word problems about counts from 0 to 299, like:\n  ${sampleQuestion}\n`);
    err(`It does not know these words, so do not trust its answer: ${unknown.join(", ")}\n\n`);
  }
  const solver = stack(
    model,
    chainOfThought<number | string>({ answer: embedded ? number() : text() }),
    budgetAllocator({ concurrency: 4 }),
  );
  const request = { messages: [{ role: "user", content: question } as const], maxOutputTokens: maxTokens };
  const response = await run(solver, request, { seed, budget: { tokens: budget }, signal });
  const { answer, thought, usage, level, stopped } = response;
  out(`${thought.trim()}\n\nanswer: ${answer ?? "none that could be read"}\n`);
  out(`${ballot(response)}\n`);
  const tokens = (usage.inputTokens ?? NaN) + (usage.outputTokens ?? NaN);
  out(
    `${usage.calls} calls, ${Number.isNaN(tokens) ? "an unknown number of" : tokens} tokens; level "${level}", stopped: ${stopped}\n`,
  );
}

const sampleQuestion =
  "Tom has 12 apples. Tom buys 5 more. Now Tom has 2 times as many. How many apples does Tom have?";
