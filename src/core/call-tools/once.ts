/**
 * @module
 * Calls that change something outside: made once in a run, unless somebody allows more.
 */
import { open, type Call } from "../call.js";
import { race } from "../scope.js";
import type { ToolCallPart } from "../message.js";
import type { Tool } from "../tool.js";
import { ask, refusal } from "./ask.js";
import { Effects, keyOfInput, shownEffect, type Effect } from "./effects.js";
import { messageOf, perform, toldOf, type Told } from "./perform.js";
import type { ToolRules } from "./rules.js";
import { limited, shown } from "./show-result.js";

/**
 * Runs a tool with an `effect`, if that was not done before in this run: by a call with the same arguments, or, with others, by another loop. What was
 * done is told in place of doing it again; who wants the same while it is being done waits for it. A call that failed, took too long or was given up may
 * have had its effect: it counts as made.
 *
 * @param loop - the call of the loop: what differs within one loop is meant
 * @throws as {@link perform} does
 */
export async function once(
  tool: Tool,
  input: unknown,
  { id, input: written }: ToolCallPart,
  onToolError: "report" | "throw",
  rules: ToolRules,
  call: Call,
  loop: Call,
): Promise<Told> {
  const { approve, repeat } = rules;
  const { name } = tool;
  const effects = Effects.of(call);
  const proposed = { tool, id, input };
  const key = keyOfInput(input, written);
  /** What may be repeated. */
  let allowed: Effect | undefined;
  let approved = approve === undefined;
  for (;;) {
    const earlier = effects.earlier(name, key, loop);
    if (earlier !== allowed && earlier !== undefined) {
      if (repeat === undefined) return recall(tool, earlier, key, rules, call);
      const known = shownEffect(earlier, key, loop);
      const again = await ask("repeat", rules, call, (context) => repeat(proposed, known, context));
      if (again === false) return recall(tool, earlier, key, rules, call);
      if (again !== true) return refusal(name, again);
      allowed = earlier;
      continue;
    }
    // Nobody can begin it between this look and the beginning: nothing is waited for there.
    if (approve === undefined || approved) break;
    // Who wants the same at the same time is told the same.
    const other = earlier === undefined ? effects.asked(name, key) : undefined;
    const approval = await (other === undefined
      ? effects.ask(name, key, () => ask("approve", rules, call, (context) => approve(proposed, context)))
      : race(call, () => other.catch(() => undefined)));
    if (approval === undefined) continue; // who asked was given up
    if (approval !== true) return refusal(name, approval);
    approved = true;
  }
  const { timeoutMs, maxResult } = tool;
  const execute = (given: unknown, inner: Call): Promise<unknown> => effects.begin(tool, key, given, loop, inner);
  return perform({ name, effect: true, timeoutMs, maxResult, execute }, input, onToolError, rules, call);
}

/** What is told in place of doing it again. */
async function recall(tool: Tool, earlier: Effect, key: string, rules: ToolRules, call: Call): Promise<Told> {
  const { name, timeoutMs = rules.timeoutMs ?? Infinity, maxResult = rules.maxResult ?? Infinity } = tool;
  const same = earlier.key === key;
  if (earlier.end === undefined && !Effects.of(call).within(call)) await waitFor(earlier, timeoutMs, call);
  const { end, input } = earlier;
  if (same && end !== undefined && "output" in end) {
    const { output, ...rest } = toldOf(end.output, maxResult);
    return {
      ...rest,
      output: typeof output === "string" ? `${output}\n\n(${notAgain})` : { result: output, note: notAgain },
    };
  }
  const who = same ? `with the same arguments` : `by another attempt, with ${shown(input)}`;
  const how =
    end === undefined
      ? "has not ended yet"
      : "error" in end
        ? `failed: ${messageOf(end.error)} (it may have had its effect all the same)`
        : `gave: ${shown(end.output)}`;
  const told = `Not done: in this run, ${name} was called before ${who}. That call ${how}. ${takeAsDone}`;
  return { output: limited(told, maxResult), isError: true };
}

/** Stands beside the result of a call that was made before. */
const notAgain = "Not done again: this call was made before in this run, and this is what it gave.";
/** Ends what is told where nothing was done. */
const takeAsDone = "Nothing is done twice unless it is allowed.";

async function waitFor({ over }: Effect, ms: number, call: Call): Promise<void> {
  const part = open(call, "", { ...(ms !== Infinity && { ms }), reason: () => tooLong });
  try {
    await race(part.call, () => over);
  } catch (error) {
    if (error !== tooLong) throw error;
  } finally {
    part.close();
  }
}

const tooLong = new Error("it has not ended yet");
