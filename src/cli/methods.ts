/**
 * @module
 * The five ways to answer that the main job compares.
 */
import { number } from "../answers/number.js";
import type { Reasoned } from "../answers/reasoning.js";
import type { Model, ModelResponse } from "../core/model.js";
import { stack } from "../core/stack.js";
import { toolLoop } from "../strategies/loop/tool-loop.js";
import { majorityVote } from "../strategies/narrow/majority-vote.js";
import { chainOfThought } from "../strategies/shape/chain-of-thought.js";
import { budgetAllocator } from "../strategies/spend/budget-allocator.js";
import { sampleN } from "../strategies/widen/sample-n.js";
import { calculator } from "../tools/calculator.js";

/** A way to answer. */
export interface Method {
  readonly name: string;
  /** The stack, as a user writes it. */
  readonly code: string;
  readonly solver: Model<Reasoned<number>>;
  /** The most tokens that one question may cost. */
  readonly tokens?: number;
}

/** How many samples the vote and the allocator draw at a time: fewer are given up when the answer is certain. */
const atATime = 4;

/** The ways, from quick to thorough. */
export function methodsOf(model: Model, samples: number, budget: number): readonly Method[] {
  const answer = number();
  const think = stack(model, chainOfThought({ answer }));
  const levels = [4, 16, 40].map((count, index) => ({
    name: ["quick", "thorough", "exhaustive"][index] ?? "",
    samples: count,
  }));
  return [
    {
      name: "direct",
      code: `chainOfThought({ answer, instruction: "" })`,
      solver: stack(model, chainOfThought({ answer, instruction: "", askAgain: false })),
    },
    { name: "chain of thought", code: "chainOfThought({ answer })", solver: think },
    {
      name: "… with a calculator",
      code: "chainOfThought({ answer }), toolLoop({ tools: [calculator()] })",
      solver: stack(think, toolLoop({ tools: [calculator()] })),
    },
    {
      name: `… vote of ${samples}`,
      code: `chainOfThought({ answer }), sampleN(${samples}), majorityVote()`,
      solver: stack(think, sampleN(samples, { concurrency: atATime }), majorityVote()),
    },
    {
      name: "… budget allocator",
      code: "chainOfThought({ answer }), budgetAllocator()",
      solver: stack(think, budgetAllocator({ levels, concurrency: atATime })),
      tokens: budget,
    },
  ];
}

/** What a response of the vote or the allocator has beside its answer. */
export interface Counted extends ModelResponse {
  readonly votes?: readonly { readonly key: string; readonly count: number }[];
  readonly samples?: readonly (ModelResponse & { readonly answer?: unknown })[];
  readonly confidence?: number;
  readonly level?: string;
}
