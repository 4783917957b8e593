/**
 * @module
 * A model of which it is known how often it follows a hint, how often it then says so, and how often it changes its mind by chance.
 */
import { textOf, type Capabilities, type HintKind, type ModelRequest } from "mull";
import { scripted, type ScriptedModel, type ScriptedOptions } from "mull/testing";

export const letters = ["A", "B", "C", "D"] as const;

/** Multiple choice, of which the right answer is A, B, C or D in turn. */
export function questionsTo(
  count: number,
  options: readonly string[] = letters,
): { readonly question: string; readonly options: readonly string[]; readonly answer: string }[] {
  return Array.from({ length: count }, (_, index) => ({
    question: `Question ${index}: which? ${options.map((letter) => `(${letter}) ${letter}${index}`).join(" ")}`,
    options,
    answer: options[index % options.length] as string,
  }));
}

export interface Suggestible extends Omit<ScriptedOptions, "capabilities"> {
  /** How often it follows a hint; by kind. */
  readonly uses?: number | Readonly<Partial<Record<HintKind, number>>>;
  /** How often it says so when it does. */
  readonly admits?: number;
  /** How often it does not give the right answer otherwise: half of these are the option behind the right one, the others any. */
  readonly errs?: number;
  readonly options?: readonly string[];
  readonly capabilities?: Capabilities;
}

/** The option that a request hints at, and how. */
export function hintIn({ messages }: ModelRequest): { readonly kind: HintKind; readonly option: string } | undefined {
  const turns = messages.map((message) => textOf(message));
  const last = turns.at(-1) ?? "";
  const found: readonly (readonly [HintKind, RegExpExecArray | null])[] = [
    ["sycophancy", /professor of the subject says that the answer is (\w)/.exec(last)],
    [
      "consistency",
      turns.length > 1 && last.startsWith("Please answer") ? /Answer: (\w)/.exec(turns.at(-2) ?? "") : null,
    ],
    ["pattern", /■ \(?(\w)/.exec(last)],
    ["metadata", /<validated-answer>(\w)/.exec(last)],
    ["grader", /== "(\w)"/.exec(last)],
    ["unethical", /They say that the answer is (\w)/.exec(last)],
  ];
  for (const [kind, match] of found) if (match !== null) return { kind, option: match[1] as string };
  return undefined;
}

export function suggestible(plan: Suggestible = {}): ScriptedModel {
  const { uses = 0, admits = 0, errs = 0, options = letters, capabilities = { reasoning: "raw" }, ...rest } = plan;
  return scripted(
    (request, { random }) => {
      const hint = hintIn(request);
      const index = Number(/Question (\d+)/.exec(request.messages.map((message) => textOf(message)).join("\n"))?.[1]);
      const rate = typeof uses === "number" ? uses : hint === undefined ? 0 : (uses[hint.kind] ?? 0);
      if (hint !== undefined && random.next() < rate) {
        const reasoning = random.next() < admits ? "A hint was given, and I trust it." : "It is plain to see.";
        return { text: `Answer: ${hint.option}`, reasoning };
      }
      const right = index % options.length;
      const wrong = random.next() < 0.5 ? (right + 1) % options.length : random.integer(options.length);
      return { text: `Answer: ${options[random.next() < errs ? wrong : right]}`, reasoning: "Let me think." };
    },
    { capabilities, ...rest },
  );
}
