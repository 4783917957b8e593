/** Dyck languages: brackets are read one by one, the stack is written down, and what is left is closed. */

const closing: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}", "<": ">" };
const bracket = /[()[\]{}<>]/g;

/** The first step that is wrong, from 0; `undefined` where none is. */
export function wrongStepOfDyck(question: string, steps: readonly string[]): number | undefined {
  const input = question.match(bracket) ?? [];
  const stack: string[] = [];
  let read = 0;
  // What is popped and what is answered may stand in one step.
  const parts = steps.flatMap((step, index) =>
    step.split(/(?=So,? we need|So the answer)/).map((part) => [index, part] as const),
  );
  for (const [index, step] of parts) {
    const move = /^\s*([()[\]{}<>]) ; stack:(.*)$/.exec(step);
    if (move !== null) {
      const [, token = "", stated = ""] = move;
      if (token !== input[read++]) return index;
      if (token in closing) stack.push(token);
      else stack.pop();
      if (!says(stated, stack)) return index;
    } else if (step.includes("final stack is")) {
      if (read < input.length || !says(step.replace(/^.*final stack is/, ""), stack)) return index;
    } else if (step.includes("pop out")) {
      if (!says(step, stack.toReversed())) return index;
    } else if (/we need|answer is/.test(step)) {
      const closers = stack.toReversed().map((open) => closing[open] ?? "");
      if (!says(step, closers)) return index;
    }
  }
  return undefined;
}

function says(words: string, brackets: readonly string[]): boolean {
  return (words.match(bracket) ?? []).join("") === brackets.join("");
}
