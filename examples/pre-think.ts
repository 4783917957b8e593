// Thinking about a report before anybody asks. The models are scripted: the embedded one reads nothing but word problems.
import { preThink, run, stack, textOf, type Message } from "mull";
import { scripted } from "mull/testing";

const sales: Readonly<Record<string, readonly number[]>> = {
  apples: [30, 40, 25],
  pears: [12, 9, 31],
  plums: [7, 7, 50],
};
const report = Object.entries(sales)
  .map(([what, months]) => `${what}: ${months.join(", ")} in May, June and July.`)
  .join("\n");
const total = (what: string): number => (sales[what] ?? []).reduce((sum, sold) => sum + sold, 0);

const words = (message: Message | undefined): string => (message === undefined ? "" : textOf(message));

// Works out what follows from the report: long, but once.
const thinker = scripted(() =>
  Object.entries(sales)
    .map(([what, months]) => `${what}: ${months.join(" + ")} = ${total(what)} in all`)
    .join("\n"),
);
// Reads the answer off the notes where there are any, and has to work it out where there are none.
const model = scripted(({ messages }) => {
  const what = /How many (\w+)/.exec(words(messages.at(-1)))?.[1] ?? "";
  const noted = words(messages[0]).includes(`= ${total(what)} in all`);
  const work = `The report says ${sales[what]?.join(", ")} for ${what}. Adding them up one after the other: `;
  return `${noted ? "" : work.repeat(3)}${total(what)}`;
});

const ready = preThink({ context: report, thinker, questions: ["How many apples did we sell?"] });
const prepared = stack(model, ready);
const plain = (question: string) => run(model, `${report}\n\n${question}`);

const ahead = await ready.think({ budget: { calls: 1 } });
console.log(`thought ahead for ${ahead.usage.outputTokens} tokens:\n${ahead.text}\n`);

let [before, after] = [0, 0];
for (const what of ["apples", "pears", "plums", "apples", "pears", "plums"]) {
  const question = `How many ${what} did we sell?`;
  const [one, two] = [await plain(question), await run(prepared, question)];
  before += one.usage.outputTokens ?? 0;
  after += two.usage.outputTokens ?? 0;
  console.log(`${question} ${two.text} (${two.usage.outputTokens} tokens; without notes ${one.usage.outputTokens})`);
}
console.log(
  `\nwritten for the questions: ${before} tokens without notes, ${after} with them, and ${ahead.usage.outputTokens} once ahead`,
);
