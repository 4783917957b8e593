/**
 * @module
 * Rewriting the steps of a thought.
 */
import { race } from "../../core/scope.js";
import type { Call } from "../../core/call.js";
import { transcript } from "../../core/conversation.js";
import { InvalidOptionError } from "../../core/errors.js";
import type { Model, ModelRequest } from "../../core/model.js";
import { isModel } from "../../core/stack.js";

/** What a {@link Rewrite} may look at, and call models with. */
export interface RewriteContext {
  /** The question. */
  readonly request: ModelRequest;
  /** The steps before this one, as the model wrote them. */
  readonly before: readonly string[];
  /** To be passed to models that are asked; what they spend is counted as judging. Random numbers come from its `random`. */
  readonly call: Call;
}

/** Writes a step of a thought anew: with a mistake, or in other words. Gives `undefined`, or the same, where it cannot. Nobody waits for it after an abort. */
export interface Rewrite {
  (step: string, context: RewriteContext): string | undefined | Promise<string | undefined>;
  /** For the report. @defaultValue the function's name */
  readonly label?: string | undefined;
}

/**
 * A rewriting by a model, one step at a time.
 *
 * Cost: 1 call for each step.
 *
 * @param instruction - what is to be done with the step, such as {@link mistakeInstruction} or {@link paraphraseInstruction}
 * @throws {@link InvalidOptionError} at once, for what is no model or no instruction
 * @example
 * const report = await addMistake(model, questions, { corrupt: rewriteBy(model, mistakeInstruction) });
 */
export function rewriteBy(model: Model, instruction: string): Rewrite {
  if (!isModel(model))
    throw new InvalidOptionError("rewriteBy", "the first argument", "a model (id, capabilities, generate)", model);
  if (typeof instruction !== "string" || instruction.trim() === "")
    throw new InvalidOptionError("rewriteBy", "instruction", "a text that is not empty", instruction);
  const rewrite = async (step: string, { request, before, call }: RewriteContext): Promise<string | undefined> => {
    const earlier = before.length === 0 ? "" : `\n\n# Steps so far\n${before.join("").trim()}`;
    const content = `${transcript(request.messages)}${earlier}\n\n# Next step\n${step}\n\n${instruction}`;
    const { text } = await model.generate({ messages: [{ role: "user", content }] }, call);
    // A step stays a line.
    return text.trim().replace(/\s*\n\s*/g, " ");
  };
  return Object.assign(rewrite, { label: model.id });
}

/** Asks for a step with a mistake. */
export const mistakeInstruction: string =
  "Write this next step again with one mistake in it that changes what it comes to, as a careless person might make it. Keep its form and its length, and do not hint at the mistake. Write the step alone, in one line.";

/** Asks for a step in other words. */
export const paraphraseInstruction: string =
  "Write this next step again in other words. Keep its meaning, and everything that the next steps need. Write the step alone, in one line.";

/** A step with its last number changed by a little: the default mistake. Gives `undefined` for a step without a number that is more than its own label. */
export function wrongNumber(step: string, { call: { random } }: Pick<RewriteContext, "call">): string | undefined {
  const label = /^\s*(?:step\s*)?\d+\s*[.):]\s/i.exec(step)?.[0].length ?? 0;
  const found = [...step.slice(label).matchAll(/\d+(?:,\d{3})+|\d+(?:\.\d+)?/g)].at(-1);
  if (found === undefined) return undefined;
  const [digits] = found;
  const at = label + found.index;
  const decimals = digits.split(".")[1]?.length ?? 0;
  const units = Number(digits.replace(/[,.]/g, ""));
  const off = 1 + random.integer(Math.max(3, Math.round(units / 10)));
  const wrong = random.next() < 0.5 && units >= off ? units - off : units + off;
  const written = decimals > 0 ? (wrong / 10 ** decimals).toFixed(decimals) : String(wrong);
  return step.slice(0, at) + written + step.slice(at + digits.length);
}

/**
 * Rewrites the steps of one thought, each once.
 *
 * @param name - of the calls
 */
export class Rewriting {
  private readonly _steps: readonly string[];
  private readonly _request: ModelRequest;
  private readonly _call: Call;
  private readonly _name: string;
  private readonly _rewrites: readonly Rewrite[];
  private readonly _known = new Map<number, string | undefined>();

  /** @param rewrites - tried in turn, until one gives something else */
  constructor(name: string, steps: readonly string[], rewrites: readonly Rewrite[], request: ModelRequest, call: Call) {
    this._name = name;
    this._steps = steps;
    this._rewrites = rewrites;
    this._request = request;
    this._call = call;
  }

  /** The step, rewritten; `undefined` where nothing else came of it. The space around it stays. */
  async step(index: number): Promise<string | undefined> {
    if (!this._known.has(index)) this._known.set(index, await this._rewrite(index));
    return this._known.get(index);
  }

  private async _rewrite(index: number): Promise<string | undefined> {
    const whole = this._steps[index] ?? "";
    const step = whole.trim();
    if (step === "") return undefined;
    const before = this._steps.slice(0, index);
    for (const rewrite of this._rewrites) {
      const call = this._call.child(this._name, { thought: true, judging: true });
      const written = await race(call, () => rewrite(step, { request: this._request, before, call }));
      if (written !== undefined && typeof written !== "string")
        throw new InvalidOptionError(this._name, "what it returns", "a text, or undefined", written);
      const words = written?.trim() ?? "";
      if (words !== "" && words !== step) return whole.replace(step, () => words);
    }
    return undefined;
  }
}

/** What rewrites are called in a report. */
export function labelOf(rewrites: readonly Rewrite[]): string {
  return rewrites.map(({ label, name }) => label ?? (name === "" ? "a function" : name)).join(", else ");
}

/**
 * Throws for what rewrites nothing.
 *
 * @throws {@link InvalidOptionError}
 */
export function checkRewrite(where: string, option: string, rewrite: Rewrite): void {
  if (typeof rewrite !== "function")
    throw new InvalidOptionError(
      where,
      option,
      "a function that rewrites a step, such as rewriteBy(model, …)",
      rewrite,
    );
}
