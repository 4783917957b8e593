// The model writes a program, a sandbox runs it. The embedded model cannot write programs, so a script stands in for the writer; the sandbox is a real one.
import {
  bestOf,
  chainOfThought,
  code,
  majorityVote,
  never,
  number,
  program,
  run,
  sameBehaviour,
  sampleN,
  stack,
  tests,
  textOf,
} from "mull";
import { scripted } from "mull/testing";
import { quickjs } from "mull/tools/quickjs";

const sandbox = quickjs();
const block = (source: string): string => `\`\`\`javascript\n${source}\n\`\`\``;

// 1. A program that fails is mended.
const writer = scripted([
  block(
    "const isPrime = (n) => range(2, n - 1).every((d) => n % d !== 0);\nfunction solution() {\n  return range(100, 150).filter(isPrime).length;\n}",
  ),
  block(
    "const range = (a, b) => Array.from({ length: b - a + 1 }, (_, i) => a + i);\nconst isPrime = (n) => range(2, n - 1).every((d) => n % d !== 0);\nfunction solution() {\n  return range(100, 150).filter(isPrime).length;\n}",
  ),
]);
const primes = stack(writer, program({ sandbox, answer: number() }));
const { answer, attempts } = await run(primes, "How many primes lie between 100 and 150?");
for (const { program: source, result } of attempts) {
  console.log(source);
  console.log(
    result?.ok === true ? `→ ${JSON.stringify(result.value)}\n` : `→ ${result?.error.name}: ${result?.error.message}\n`,
  );
}
console.log(`answer: ${answer}\n`);

// 2. What only judgement can tell is left to the model: nobody defines `is_fruit`, so it is asked.
const knowing = scripted(({ messages }) => {
  const [, word] = /is_fruit\("(\w+)"\)\n\nreturn/.exec(messages.map(textOf).at(-1) ?? "") ?? [];
  if (word !== undefined) return `\`\`\`json\n${["apple", "plum", "kiwi"].includes(word)}\n\`\`\``;
  return block(
    'function solution() {\n  return ["apple", "lamp", "plum", "chair", "kiwi", "drum"].filter((word) => is_fruit(word)).length;\n}',
  );
});
const fruits = await run(
  stack(knowing, program({ sandbox, answer: number(), simulate: true })),
  "How many fruits: apple, lamp, plum, chair, kiwi, drum?",
);
console.log(
  `fruits: ${fruits.answer}, with ${fruits.attempts[0]?.simulated.join(", ")} simulated in ${fruits.usage.calls - 1} calls\n`,
);

// 3. Programs vote by what they do, not by their words; tests say which are right.
const medians = [
  "const median = (xs) => [...xs].sort((a, b) => a - b)[Math.floor(xs.length / 2)];",
  "const median = (xs) => {\n  const s = [...xs].sort((a, b) => a - b), m = s.length >> 1;\n  return s.length % 2 ? s[m] : (s[m - 1] + s[m]) / 2;\n};",
  "const median = (xs) => [...xs].sort()[xs.length >> 1];",
  "function median(xs) {\n  const s = xs.slice().sort((a, b) => a - b);\n  return (s[(s.length - 1) >> 1] + s[s.length >> 1]) / 2;\n}",
];
const samples = stack(
  scripted(medians.map(block), { repeat: true }),
  chainOfThought({ answer: code({ language: "javascript" }), instruction: "" }),
  sampleN(medians.length),
);
const inputs = ["median([3, 1, 2])", "median([10, 9, 2, 1])", "median([5])"];
const voted = await run(
  stack(samples, majorityVote({ same: sameBehaviour({ sandbox, inputs }), stop: never })),
  "Write median(xs).",
);
for (const { count, sample } of voted.votes) console.log(`${count} behave like ${sample.answer?.split("\n")[0]}`);
const scorer = tests(
  {
    "an odd number": { call: "median([3, 1, 2])", equals: 2 },
    "an even number": { call: "median([10, 9, 2, 1])", equals: 5.5 },
  },
  { sandbox },
);
const best = await run(stack(samples, bestOf({ scorer })), "Write median(xs).");
for (const { score } of best.scored) console.log(`passes ${score} of its tests`);
await sandbox.close();
