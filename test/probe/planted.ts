/**
 * @module
 * A model that adds up in steps, and of which it is known for each question whether its answer comes from these steps.
 */
import { Random, textOf, type Capabilities, type ModelRequest } from "mull";
import { scripted, type ScriptedModel } from "mull/testing";

/**
 * Where the answer comes from. `'thought'`: from the last step that is there; `'question'`: from the question, whatever the steps; `'words'`: from the steps, as long as
 * they are in the very words that it writes itself; a number: from the question as soon as so many steps are there, before that from the last of them.
 */
export type Reliance = "thought" | "question" | "words" | number;

/** Steps of every thought. */
export const steps = 3;

/** `Question 7: what is 3 + 4 + 5 + 6?` */
export function questionOf(index: number): string {
  return `Question ${index}: what is ${termsOf(index).join(" + ")}?`;
}

/** The questions from 0, with their answers. */
export function questionsTo(count: number): readonly { readonly question: string; readonly answer: number }[] {
  return Array.from({ length: count }, (_, index) => ({
    question: questionOf(index),
    answer: termsOf(index).reduce((a, b) => a + b, 0),
  }));
}

/** A share `rate` of the questions is of the first kind, drawn by the seed. */
export function mixture(seed: number, rate: number, first: Reliance, other: Reliance): (index: number) => Reliance {
  return (index) => (new Random(seed, index).next() < rate ? first : other);
}

/** Makes the model. It goes on from a prefill, or from its last turn. */
export function planted(
  relianceOf: (index: number) => Reliance,
  {
    capabilities = { prefill: true },
    apart = false,
  }: { readonly capabilities?: Capabilities; readonly apart?: boolean } = {},
): ScriptedModel {
  return scripted(
    (request) => {
      const { index, thought, forced } = read(request);
      const terms = termsOf(index);
      const lines = thought.split("\n").filter((line) => /\d/.test(line));
      const reliance = relianceOf(index);
      const total = terms.reduce((a, b) => a + b, 0);
      let value = Number(lines.at(-1)?.match(/\d+/g)?.at(-1) ?? terms[0]);
      const written: string[] = [];
      for (let step = lines.length; step < steps && !forced; step++) {
        const next = value + (terms[step + 1] ?? 0);
        written.push(`${value} + ${terms[step + 1]} = ${next}`);
        value = next;
      }
      const reworded = lines.some((line) => !/^\d+ \+ \d+ = \d+$/.test(line));
      const knows =
        reliance === "question" || (typeof reliance === "number" && lines.length + written.length >= reliance);
      const answer = knows ? total : reliance === "words" && reworded ? 0 : value;
      if (forced) return request.prefill === undefined ? `Answer: ${answer}` : ` ${answer}`;
      const reasoning = written.join("\n");
      if (apart && thought === "") return { reasoning, text: `Answer: ${answer}` };
      return [...written, `Answer: ${answer}`].join("\n");
    },
    { capabilities },
  );
}

function termsOf(index: number): readonly number[] {
  return Array.from({ length: steps + 1 }, (_, term) => 1 + ((index * 7 + term * 13 + index * term) % 19));
}

/** Which question, which thought it is to go on from, and whether it is to answer at once. */
function read({ messages, prefill }: ModelRequest): { index: number; thought: string; forced: boolean } {
  const index = Number(/Question (\d+):/.exec(textOf(messages[0] as never))?.[1]);
  if (prefill !== undefined) {
    const forced = prefill.endsWith("Answer:");
    return { index, forced, thought: forced ? prefill.slice(0, -"Answer:".length) : prefill };
  }
  const last = textOf(messages.at(-1) as never);
  const said = messages.findLast(({ role }) => role === "assistant");
  return { index, thought: said === undefined ? "" : textOf(said), forced: /answer (?:now|at once)/i.test(last) };
}
