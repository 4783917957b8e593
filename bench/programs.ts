/**
 * @module
 * The programs that are measured: each written by hand, and with mull, over the same provider. By hand means plain functions that do the
 * same useful work: usage is summed, votes are counted, messages are appended, arguments are checked; no trace, no budget, no abort.
 */
import {
  chainOfThought,
  majorityVote,
  never,
  run,
  sampleN,
  source,
  stack,
  stream,
  toolLoop,
  wrap,
  type Model,
  type Reply,
} from "mull";
import { tool } from "mull/tools/tool";
import * as z from "zod";
import { json } from "../src/answers/json.js";

/** One program, written twice. */
export interface Program {
  readonly name: string;
  readonly byHand: () => Promise<unknown>;
  readonly withMull: () => Promise<unknown>;
}

const question = "How many legs do three spiders have?";
const spent = { inputTokens: 20, cachedInputTokens: 0, outputTokens: 5, reasoningTokens: 0, usd: 0 };

/** What both ways share: a provider that answers at once. */
interface Prompt {
  readonly messages: readonly unknown[];
}
type Provider = (prompt: Prompt) => Promise<Reply>;

const answers: Provider = async () => ({ text: "24", usage: spent });

let turn = 0;
const differs: Provider = async () => ({ text: turn++ % 3 === 0 ? "22" : "24", usage: spent });

// One call.

interface Sum {
  calls: number;
  inputTokens: number;
  outputTokens: number;
}

function count(sum: Sum, { usage }: Reply): void {
  sum.calls++;
  sum.inputTokens += usage?.inputTokens ?? 0;
  sum.outputTokens += usage?.outputTokens ?? 0;
}

const nothing = (): Sum => ({ calls: 0, inputTokens: 0, outputTokens: 0 });

const ask = async (provider: Provider): Promise<{ readonly text: string; readonly usage: Sum }> => {
  const usage = nothing();
  const reply = await provider({ messages: [{ role: "user", content: question }] });
  count(usage, reply);
  return { text: reply.text, usage };
};

const model = source("bench", {}, answers);

export const oneCall: Program = { name: "one call", byHand: () => ask(answers), withMull: () => run(model, question) };

// Layers that only pass on.

export const layers = 5;

const passing =
  (next: Provider): Provider =>
  async (prompt) => {
    const reply = await next(prompt);
    return reply;
  };

const pass = (next: Model): Model =>
  wrap("pass", next, async (request, call) => {
    const response = await next.generate(request, call);
    return response;
  });

const layeredByHand = Array.from({ length: layers }).reduce<Provider>(passing, answers);
const layered = Array.from({ length: layers }).reduce<Model>(pass, model);

export const layeredCall: Program = {
  name: `${layers} layers`,
  byHand: () => ask(layeredByHand),
  withMull: () => run(layered, question),
};

// A vote.

const size = 16;

/** Votes by hand. */
export async function vote(
  provider: Provider,
): Promise<{ readonly answer: string; readonly confidence: number; readonly usage: Sum }> {
  const usage = nothing();
  const prompt = { messages: [{ role: "user", content: question }] };
  const samples = await Promise.all(Array.from({ length: size }, () => provider(prompt)));
  const votes = new Map<string, number>();
  for (const reply of samples) {
    count(usage, reply);
    const key = reply.text.trim().toLowerCase();
    votes.set(key, (votes.get(key) ?? 0) + 1);
  }
  let answer = "";
  let most = 0;
  for (const [key, votesOfKey] of votes) if (votesOfKey > most) [answer, most] = [key, votesOfKey];
  return { answer, confidence: most / size, usage };
}

/** The same as a stack. */
export function voter(provider: Provider): Model {
  return stack(source("bench", {}, provider), sampleN(size), majorityVote({ stop: never }));
}

const solver = voter(differs);

export const voteOf16: Program = {
  name: `vote of ${size}`,
  byHand: () => vote(differs),
  withMull: () => run(solver, question),
};

// A loop with tools.

const toolCalls = 3;
const numbers = z.object({ a: z.number(), b: z.number() });
const add = async ({ a, b }: z.infer<typeof numbers>): Promise<number> => a + b;

/** Asks for the tool until it has three results. */
const calculates: Provider = async ({ messages }) => {
  const round = (messages.length - 1) / 2;
  if (round === toolCalls) return { text: "24", usage: spent };
  return {
    text: "",
    toolCalls: [{ type: "tool-call", id: `${round}`, name: "add", input: { a: 8, b: round } }],
    usage: spent,
  };
};

async function loopByHand(): Promise<unknown> {
  const usage = nothing();
  const tools = new Map([["add", { schema: numbers, execute: add }]]);
  const messages: unknown[] = [{ role: "user", content: question }];
  const steps = [];
  for (;;) {
    const reply = await calculates({ messages });
    count(usage, reply);
    const { text, toolCalls: calls = [] } = reply;
    if (calls.length === 0) return { text, steps, usage };
    messages.push({ role: "assistant", content: calls });
    const results = await Promise.all(
      calls.map(async ({ id, name, input }) => {
        const { schema, execute } = tools.get(name)!;
        const parsed = schema.safeParse(input);
        return {
          type: "tool-result",
          id,
          name,
          output: parsed.success ? await execute(parsed.data) : parsed.error.message,
        };
      }),
    );
    messages.push({ role: "tool", content: results });
    steps.push({ calls, results });
  }
}

const looped = stack(
  source("bench", {}, calculates),
  toolLoop({ tools: [tool({ name: "add", description: "Adds two numbers.", input: numbers, execute: add })] }),
);

export const threeTools: Program = {
  name: `${toolCalls} tool calls`,
  byHand: loopByHand,
  withMull: () => run(looped, question),
};

// An answer of a schema.

const animal = z.object({ name: z.string(), legs: z.number(), tags: z.array(z.string()) });
const describes: Provider = async () => ({
  text: '{"name":"spider","legs":8,"tags":["arachnid","hunter"]}',
  usage: spent,
});
const format = `Answer as JSON of this JSON Schema: ${JSON.stringify(z.toJSONSchema(animal))}`;

async function describeByHand(): Promise<unknown> {
  const usage = nothing();
  const reply = await describes({ messages: [{ role: "user", content: `${question}\n\n${format}` }] });
  count(usage, reply);
  const parsed = animal.safeParse(JSON.parse(reply.text));
  return { text: reply.text, answer: parsed.success ? parsed.data : undefined, usage };
}

const describer = stack(source("bench", {}, describes), chainOfThought({ answer: json(animal), instruction: "" }));

export const structured: Program = {
  name: "structured answer",
  byHand: describeByHand,
  withMull: () => run(describer, question),
};

// Words as they come.

export const words = 1000;

async function* write(): AsyncGenerator<string, void> {
  for (let i = 0; i < words; i++) yield "word ";
}

async function listenByHand(): Promise<string> {
  let text = "";
  for await (const word of write()) text += word;
  return text;
}

const talker = source("bench", {}, async (_, call) => {
  let text = "";
  for await (const word of write()) {
    text += word;
    call.delta({ text: word });
  }
  return { text, usage: spent };
});

async function listen(): Promise<string> {
  let text = "";
  for await (const event of stream(talker, question)) if (event.type === "delta") text += event.text ?? "";
  return text;
}

export const deltas: Program = { name: `${words} deltas`, byHand: listenByHand, withMull: listen };

// Many votes at once, over a provider that takes its time.

const waits: Provider = async (prompt) => {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return differs(prompt);
};

export const votesAtOnce = 10_000;

const slowSolver = voter(waits);

/** All at the same time. The answers are kept, nothing else. */
const atOnce =
  (ask: () => Promise<string>): (() => Promise<unknown>) =>
  () =>
    Promise.all(Array.from({ length: votesAtOnce }, ask));

export const manyVotes: Program = {
  name: `${votesAtOnce} votes at once`,
  byHand: atOnce(async () => (await vote(waits)).answer),
  withMull: atOnce(async () => (await run(slowSolver, question)).text),
};
