/**
 * @module
 * The main job, `npm start`: five ways to answer, compared on problems the model has never seen; or one question, answered.
 */
import { openaiCompatible } from "../adapters/openai-compatible.js";
import { MullError } from "../core/errors.js";
import type { Model } from "../core/model.js";
import { stack } from "../core/stack.js";
import { retry } from "../policies/retry.js";
import { timeout } from "../policies/timeout.js";
import { problems, tiny } from "../tiny/index.js";
import { readArguments, usage, type Arguments } from "./arguments.js";
import { runJob } from "./job.js";
import { methodsOf } from "./methods.js";
import { answerQuestion } from "./question.js";
import { progress } from "./progress.js";
import { table, workedExample } from "./report.js";

/** Where the job writes; a test gives its own. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** May a line be written over? */
  readonly live: boolean;
}

/** Runs as a program: on this process's terminal, given up by Ctrl-C. Returns the exit code. */
export async function start(args: readonly string[]): Promise<number> {
  const controller = new AbortController();
  const interrupt = (): void => {
    controller.abort(new Error("interrupted"));
  };
  process.once("SIGINT", interrupt);
  const terminal: Terminal = {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    live: process.stderr.isTTY,
  };
  try {
    return await main(args, process.env, terminal, controller.signal);
  } finally {
    process.off("SIGINT", interrupt);
  }
}

/** Does what the command line says. Returns the exit code. */
export async function main(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  let asked: Arguments;
  try {
    asked = readArguments(args, env);
  } catch (error) {
    terminal.err(`${error instanceof Error ? error.message : String(error)}\n\n${usage}\n`);
    return 2;
  }
  if (asked.help) {
    terminal.out(`${usage}\n`);
    return 0;
  }
  try {
    const model = await modelOf(asked);
    if (asked.question === undefined) await compare(model, asked, terminal, signal);
    else await answerQuestion(model, asked.question, asked, terminal, signal);
    return 0;
  } catch (error) {
    if (signal.aborted) {
      terminal.err("\nGiven up.\n");
      return 130;
    }
    if (!MullError.is(error)) throw error;
    terminal.err(`\n${error.name}: ${error.message}\n`);
    return 1;
  }
}

/** The embedded model, or the endpoint that was named, kept alive by the policies. */
async function modelOf({ endpoint }: Arguments): Promise<Model> {
  if (endpoint === undefined) return tiny();
  return stack(openaiCompatible(endpoint), timeout(120_000), retry({ attempts: 4 }));
}

async function compare(model: Model, asked: Arguments, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const { seed, samples, budget, maxTokens, concurrency, endpoint } = asked;
  const began = performance.now();
  const unseen = problems({ seed, count: asked.problems });
  const methods = methodsOf(model, samples, budget);
  terminal.out(`${introduction(model, asked)}\n\n`);
  const line = progress(terminal, methods.length, unseen.length);
  const outcomes = await runJob(methods, unseen, { seed, maxTokens, concurrency, signal, onProgress: line.update });
  line.clear();

  terminal.out(`${table(outcomes)}\n\n`);
  terminal.out(`Each row is a stack: ${methods.map(({ code }) => `\n  stack(model, ${code})`).join("")}\n\n`);
  const allocator = outcomes.find(({ method }) => method.tokens !== undefined);
  const most = Math.max(
    ...(allocator?.attempts ?? []).map(({ usage: spent }) => (spent.inputTokens ?? 0) + (spent.outputTokens ?? 0)),
  );
  terminal.out(`The allocator may spend ${budget} tokens on a question; the most it spent is ${most}. `);
  terminal.out(
    `Calls count those given up when the answer was certain. All but the time is the same for the same seed (${seed}).\n\n`,
  );
  const voted = outcomes[3];
  if (voted !== undefined) terminal.out(`One of the problems\n${"─".repeat(19)}\n${workedExample(voted)}\n\n`);
  if (endpoint === undefined) terminal.out(`${ownModel}\n`);
  terminal.err(`${((performance.now() - began) / 1000).toFixed(0)} s in all.\n`);
}

function introduction(model: Model, { problems: count, endpoint }: Arguments): string {
  const who =
    endpoint === undefined
      ? "the embedded model: 0.8 million parameters, no network, no key"
      : `${endpoint.model} at ${new URL(endpoint.baseURL).host}`;
  return `${count} word problems that ${model.id === "tiny" ? "it has" : "it may have"} never seen, a third each of 2–3, 4–5 and 6–8 steps, for ${who}.`;
}

const ownModel = `Your own model
──────────────
On the command line, with the key in MULL_API_KEY:

  npm start -- --base-url https://api.openai.com/v1 --model NAME
  npm start -- --base-url http://localhost:11434/v1 --model NAME "a question"

In code:

  import { stack, run, chainOfThought, sampleN, majorityVote, number } from "mull";
  import { openaiCompatible } from "mull/adapters/openai-compatible";

  const model = openaiCompatible({ baseURL: "https://api.openai.com/v1", model: "NAME", apiKey: process.env.MULL_API_KEY });
  const solver = stack(model, chainOfThought({ answer: number() }), sampleN(16), majorityVote());
  const { answer, confidence, usage } = await run(solver, "…", { budget: { tokens: 20_000 } });`;
