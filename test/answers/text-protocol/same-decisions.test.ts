/**
 * @module
 * The same decisions, by native calls and in the words of ReAct: the same calls are made, and the same answers come out.
 */
import {
  chainOfThought,
  number,
  run,
  source,
  stack,
  textOf,
  textProtocol,
  toolLoop,
  type Message,
  type Model,
  type ModelRequest,
  type Reasoned,
  type Reply,
  type ToolCallPart,
  type ToolRun,
} from "mull";
import { problems, tiny } from "mull/tiny";
import { calculator } from "mull/tools/calculator";
import { expect, test } from "vitest";

const tools = [calculator()];
type Solver = Model<ToolRun<Reasoned<number>>>;

/** Answers, and calls with their results. */
async function outcome(solver: Solver, question: string, seed: number) {
  const { answer, steps } = await run(solver, question, { seed });
  const calls = steps.flatMap(({ calls, results }) =>
    calls.map(({ name, input }, i) => [name, input, results[i]?.output]),
  );
  return { answer, calls };
}

/** What a reader of word problems, who cannot calculate, does next: the results so far in, an expression or the answer out. */
function decide(
  question: string,
  results: readonly string[],
): { readonly expression: string } | { readonly answer: string } {
  const [, start = ""] = /has (\d+)/.exec(question) ?? [];
  const kinds = [
    [/(?:buys|gives \w+) (\d+) more/, "+"],
    [/(?:loses|sells) (\d+)/, "-"],
    [/has (\d+) times/, "*"],
    [/one of (\d+) equal/, "/"],
  ] as const;
  const steps = question.split(". ").flatMap((sentence) =>
    kinds.flatMap(([pattern, sign]) => {
      const [, operand] = pattern.exec(sentence) ?? [];
      return operand === undefined ? [] : [`${sign} ${operand}`];
    }),
  );
  const value = results.at(-1) ?? start;
  const step = steps[results.length];
  return step === undefined ? { answer: value } : { expression: `${value} ${step}` };
}

const native = source("native", { tools: true }, ({ messages }): Promise<Reply> => {
  const results = messages.flatMap((message) =>
    message.role === "tool" ? message.content.map(({ output }) => String(output)) : [],
  );
  const next = decide(textOf(messages[0] as Message), results);
  if ("answer" in next) return Promise.resolve({ text: `Answer: ${next.answer}` });
  const call: ToolCallPart = { type: "tool-call", id: `call-${results.length}`, name: "calculator", input: next };
  return Promise.resolve({ text: "", toolCalls: [call] });
});

/** Every way in which models write the same action. */
const styles: readonly ((expression: string) => string)[] = [
  (expression) => `Thought: I calculate.\nAction: calculator\nAction Input: ${JSON.stringify({ expression })}`,
  (expression) => `Action: calculator[${expression}]`,
  (expression) => `**Thought:** So.\n**Action:** \`calculator\`\n**Action Input:** ${expression}`,
  (expression) => `Action: Calculator\nAction Input:\n\`\`\`json\n${JSON.stringify({ expression }, null, 2)}\n\`\`\``,
  // It does not stop, and invents what comes.
  (expression) =>
    `Action: calculator\nAction Input: "${expression}"\nObservation: 7\nThought: So it is 7.\nFinal Answer: 7`,
];

const inWords = source("in-words", { tools: false }, ({ messages }): Promise<Reply> => {
  const [, question, ...rest] = messages;
  const results = rest.flatMap((message) => /^Observation: (\S+)/.exec(textOf(message))?.[1] ?? []);
  const next = decide(textOf(question as Message), results);
  const style = styles[results.length % styles.length] as (typeof styles)[number];
  return Promise.resolve({
    text: "answer" in next ? `Thought: Done.\nFinal Answer: ${next.answer}` : style(next.expression),
  });
});

const layers = (model: Model): Solver => stack(model, chainOfThought({ answer: number() }), toolLoop({ tools }));

test.each<[where: string, solver: Solver]>([
  ["next to the model", layers(textProtocol(inWords))],
  [
    "above the chain of thought",
    stack(inWords, chainOfThought({ answer: number() }), textProtocol, toolLoop({ tools })),
  ],
  ["chosen by the loop", layers(inWords)],
])("a reader with a calculator solves 150 problems in the same way, the protocol %s", async (_, solver) => {
  let calls = 0;
  for (const [seed, { question, answer, steps }] of problems({ seed: 5, count: 150 }).entries()) {
    const spoken = await outcome(solver, question, seed);
    expect(spoken).toEqual(await outcome(layers(native), question, seed));
    expect(spoken.answer).toBe(answer);
    expect(
      spoken.calls.map(([, input, output]) => `${(input as { expression: string }).expression} = ${String(output)}`),
    ).toEqual(steps);
    calls += spoken.calls.length;
  }
  expect(calls).toBeGreaterThan(500);
});

/** The embedded model, which calls tools natively, behind somebody who speaks ReAct for it: what it is told is translated, and so is what it says. */
function translated(model: Model): Model {
  const told = ({ messages, stop: _, ...rest }: ModelRequest): ModelRequest => {
    const turns = messages.slice(1).map((message, index): Message => {
      const text = textOf(message);
      const id = String(Math.floor((index - 1) / 2));
      const [, expression] = /^Action: calculator\nAction Input: \{"expression":"(.*)"\}$/m.exec(text) ?? [];
      if (message.role === "assistant") {
        const input = { expression };
        return { role: "assistant", content: [{ type: "tool-call", id, name: "calculator", input }] };
      }
      const [, output] = /^Observation: (\S+)/.exec(text) ?? [];
      return output === undefined
        ? message
        : { role: "tool", content: [{ type: "tool-result", id, name: "calculator", output }] };
    });
    return {
      ...rest,
      messages: turns,
      tools: tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })),
    };
  };
  return {
    id: "translated",
    capabilities: { ...model.capabilities, tools: false },
    generate: async (request, call) => {
      const { text, toolCalls: [called] = [], ...rest } = await model.generate(told(request), call);
      const { toolCalls: __, finishReason: ___, ...others } = rest as typeof rest & { toolCalls?: unknown };
      const said =
        called === undefined
          ? `Final Answer: ${text}`
          : `Action: ${called.name}\nAction Input: ${JSON.stringify(called.input)}`;
      return { ...others, finishReason: "stop", text: said };
    },
  };
}

test("the embedded model decides the same, whether it calls natively or in words", async () => {
  const model = await tiny();
  const cold = (next: Model): Model => ({
    ...next,
    generate: (request, call) => next.generate({ ...request, temperature: 0 }, call),
  });
  const spoken = stack(
    cold(translated(model)),
    textProtocol,
    chainOfThought({ answer: number() }),
    toolLoop({ tools }),
  );
  let right = 0;
  let calls = 0;
  const all = problems({ seed: 9, count: 24 });
  for (const [seed, { question, answer }] of all.entries()) {
    const one = await outcome(layers(cold(model)), question, seed);
    expect(await outcome(spoken, question, seed)).toEqual(one);
    if (one.answer === answer) right++;
    calls += one.calls.length;
  }
  expect(calls).toBeGreaterThan(60);
  expect(right).toBeGreaterThan(16);
});
