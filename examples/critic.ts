// The model drafts, a critic checks every step with the calculator, and the model mends what does not hold.
import { chainOfThought, critic, number, reviseLoop, run, stack, textOf, type ToolCallPart } from "mull";
import { scripted } from "mull/testing";
import { problems, tiny } from "mull/tiny";
import { calculator } from "mull/tools/calculator";

// The embedded model cannot write a critique. Its critic is a script that can read steps, and cannot calculate: what it knows, it has from the tool.
const reader = scripted(({ messages }) => {
  const [, draft = ""] = /# Answer\n([\s\S]*)\n\n# Task/.exec(messages.map(textOf).join("\n")) ?? [];
  const steps = [...draft.matchAll(/(\d+ [-+*/] \d+) = (\d+)/g)];
  const found = messages.flatMap((turn) =>
    turn.role === "tool" ? turn.content.map(({ output }) => String(output)) : [],
  );
  if (found.length === 0 && steps.length > 0) {
    const toolCalls = steps.map(([, expression], index): ToolCallPart => ({
      type: "tool-call",
      id: `${index}`,
      name: "calculator",
      input: { expression },
    }));
    return { text: "", toolCalls };
  }
  const wrong = steps.filter(([, , result], index) => result !== found[index]).map(([step]) => `${step} is wrong.`);
  return `${wrong.join(" ") || "Every step holds."} Score: ${wrong.length === 0 ? 10 : Math.max(0, 8 - 2 * wrong.length)}`;
});

const model = await tiny();
const feedback = critic({ tools: [calculator()], model: reader });
const solver = stack(model, chainOfThought({ answer: number() }), reviseLoop({ feedback }));

const unseen = problems({ seed: 3, count: 12, grade: "hard" });
let before = 0;
let after = 0;
let judging = 0;
let shown = false;
for (const [index, { question, answer: right }] of unseen.entries()) {
  const { answer, drafts, usage } = await run(solver, question, { seed: index });
  if (drafts[0]?.response.answer === right) before++;
  if (answer === right) after++;
  judging += usage.judging?.calls ?? 0;
  if (shown || drafts.length === 1 || answer !== right) continue;
  shown = true;
  console.log(question);
  for (const { response, verdict } of drafts) {
    const [said] = (verdict.message ?? "").split("\n");
    console.log(`\n${response.text}\n→ score ${verdict.score}, ${verdict.checks?.length} checks: ${said}`);
  }
  console.log(`\nanswer ${answer}, true answer ${right}\n`);
}
console.log(`right before the critic: ${before} of ${unseen.length}; after: ${after}; ${judging} calls of the critic`);
