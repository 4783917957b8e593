/**
 * @module
 * Self-Discover: a plan for a kind of task, made once, and followed for every question of that kind.
 */
import type { Call } from "../../../core/call.js";
import type { Model, ModelRequest } from "../../../core/model.js";
import { RecentMap } from "../../../core/policy/recent-map.js";
import { SingleFlight } from "../../../core/policy/single-flight.js";
import { jsonIn } from "../../../answers/json.js";
import { listIn } from "../../../answers/list.js";
import { aside, problemOf, type Preparation, type Prepare } from "./preparation.js";

/** Says which task a request belongs to. */
export type TaskOf = (request: ModelRequest, call: Call) => Promise<string>;

/**
 * Keeps the plan of every task, the 1,000 used last. The first request of a task makes it, with three calls of the planner; those that come meanwhile
 * wait for it. What fails, is given up or cannot be read is not kept: the next one tries again, on its own account.
 */
export function selfDiscover(modules: readonly string[], taskOf: TaskOf): Prepare {
  const plans = new RecentMap<Plan>(mostTasks);
  const flights = new SingleFlight<Plan>();
  return async (request, call, { planner }) => {
    const task = await taskOf(request, call);
    const known = plans.get(task) ?? (await flights.join(task, call));
    if (known !== undefined) return follow(known);
    try {
      const plan = await discover(request, modules, planner, call);
      if (plan === undefined) return { words: "", problem: { warning: unreadable } };
      plans.set(task, plan);
      flights.share(task, plan);
      return follow(plan);
    } catch (error) {
      return { words: "", problem: problemOf(error, call, failed) };
    } finally {
      flights.leave(task);
    }
  };
}

/** Ways to think, of which a plan is composed. */
export const reasoningModules: readonly string[] = [
  "Break the task into smaller parts, and solve one after the other.",
  "Write down what is given and what is asked, and tell facts from assumptions.",
  "Think step by step, and write every intermediate result down.",
  "Critical thinking: look at it from other sides, and question what seems obvious.",
  "Creative thinking: look for solutions off the beaten track.",
  "Systems thinking: look at the whole, and how its parts act on each other.",
  "Simplify: solve an easier case first, and carry over what it shows.",
  "Work backwards from what is asked.",
  "Try out examples, also extreme ones, and look for what they have in common.",
  "Draw the situation as a table, a diagram or a timeline, and read it off.",
  "Follow the state of every thing and person through all events, in their order.",
  "List all possibilities, and rule out those that break a rule.",
  "Put it into formulas, and calculate exactly.",
  "Recall the definitions, laws or rules that apply, and apply them to the letter.",
  "Look for the cause: which facts lead to which others?",
  "Think of those involved: what does each of them know, want and believe?",
  "Weigh the evidence for and against every alternative.",
  "Read the wording closely: references, negations, what is said and what is only meant.",
  "Check the result against everything that is given, and mend it where it does not fit.",
];

interface Plan {
  readonly text: string;
}

const mostTasks = 1_000;
const unreadable = {
  code: "plan-unreadable",
  message: "the plan of the task could not be read: the question was asked directly",
};
const failed = { code: "plan-failed", message: "planning the task failed: the question was asked directly" };

function follow({ text }: Plan): Preparation {
  const words = `Follow this plan for tasks of this kind. Go through it step by step, and write down what each step gives; then answer.\n\n${text}`;
  return { plan: text, words };
}

/** SELECT, ADAPT, IMPLEMENT. */
async function discover(
  request: ModelRequest,
  modules: readonly string[],
  planner: Model,
  call: Call,
): Promise<Plan | undefined> {
  const ask = async (stage: string, words: string) =>
    planner.generate(aside(request, words), call.child(stage, { thought: true }));

  const list = modules.map((module, index) => `${index + 1}. ${module}`).join("\n");
  const selected = await ask("select", `${example}\n\n# Ways to think\n${list}\n\n# What to do\n${select}`);
  const adapted = await ask("adapt", `${example}\n\n# Ways to think\n${selected.text}\n\n# What to do\n${adapt}`);
  const plan = await ask("implement", `${example}\n\n# Ways to think\n${adapted.text}\n\n# What to do\n${implement}`);
  const text = plan.finishReason === "length" ? undefined : planIn(plan.text);
  return text === undefined ? undefined : { text };
}

/** A plan as JSON or as a list, without what was said around it. */
function planIn(text: string): string | undefined {
  for (const value of jsonIn(text)) {
    if (typeof value === "object" && value !== null && Object.keys(value).length > 0)
      return JSON.stringify(value, null, 2);
  }
  const steps = listIn(text);
  return steps.length < 2 ? undefined : steps.map((step, index) => `${index + 1}. ${step}`).join("\n");
}

const example = "# Note\nThe question above is an example of a kind of task. Do not answer it.";
const select =
  "Select those ways to think that are crucial for tasks of this kind. Write them as a list, and nothing else.";
const adapt =
  "Put each of these ways to think into words that fit tasks of this kind better: what exactly is to be done there? Write a list, and nothing else.";
const implement =
  "Make of these ways to think a plan for tasks of this kind, not for this example alone: a JSON object, its names the steps in their order, " +
  "its values what is to be filled in there when a question is answered. The last step is the answer. Write the JSON and nothing else.";
