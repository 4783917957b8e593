// A text read block by block: with the model's own state where it has one, with written notes where it has none.
import { blockRecurrent, number, run, stack, textOf, type ModelRequest } from "mull";
import { scripted } from "mull/testing";
import { loopProblems, tinyLoop } from "mull/tiny";

// The looped model carries its state: as many operations as you like, four at a time.
const looped = await tinyLoop();
const inBlocks = stack(looped, blockRecurrent({ blockTokens: 4 }));
for (const operations of [4, 8, 16]) {
  const unseen = loopProblems({ seed: 5, count: 30, operations });
  let [whole, carried, blocksRead] = [0, 0, 0];
  for (const { question, answer } of unseen) {
    const request: ModelRequest = { messages: [{ role: "user", content: question }], temperature: 0 };
    if (number().parse((await run(looped, request)).text) === answer) whole++;
    const { text, blocks } = await run(inBlocks, request);
    if (number().parse(text) === answer) carried++;
    blocksRead += blocks.count;
  }
  console.log(
    `${operations} operations: ${whole} of ${unseen.length} right at once, ${carried} in ${(blocksRead / unseen.length).toFixed(1)} blocks with a state`,
  );
}

// A model without a state writes notes: here one that notes every number it sees, and adds them up in the end.
const noting = scripted(({ messages }) => {
  const said = messages.map(textOf).join("\n");
  const numbers = [...said.replace(/Part \d+ of \d+/, "").matchAll(/\d+/g)].map(Number);
  if (said.includes("# Notes so far")) return numbers.join(" ") || "No numbers.";
  return `Answer: ${numbers.reduce((a, b) => a + b, 0)}`;
});
const report =
  "In May 30 were sold. In June 4 were sold. In July 7 were sold. In August nobody came. In September 12 were sold.";
const reader = stack(noting, blockRecurrent({ blockTokens: 15 }));
const { text, blocks, warnings } = await run(reader, `${report}\n\nHow many were sold?`);
console.log(`\n${text}, from ${blocks.count} blocks by ${blocks.carried}: "${blocks.notes}"`);
console.log(warnings?.map(({ message }) => message).join("\n"));
