/**
 * @module
 * The ledger of a run: what was done in it by tools that change something outside.
 */
import type { Call, CallNode } from "../call.js";
import { canonical } from "../canonical.js";
import type { Tool } from "../tool.js";
import type { Approval, EarlierCall } from "./rules.js";

/** One call that was made. */
export interface Effect {
  /** The same for calls with the same arguments. */
  readonly key: string;
  readonly input: unknown;
  /** The loop that made it. */
  readonly loop: Call;
  /** How it ended, once it has; of a call that was given up, too. */
  readonly end: { readonly output: unknown } | { readonly error: unknown } | undefined;
  /** Done or failed; never rejects. */
  readonly over: Promise<void>;
}

/** What was done, in one run. It lives as long as the run, and is shared by all loops in it. */
export class Effects {
  private readonly _made = new Map<string, Effect[]>();
  private readonly _running = new Set<CallNode>();
  /** Calls that somebody is being asked about for the first time. */
  private readonly _asked = new Map<string, Promise<Approval>>();

  /** Those of the run that a call belongs to. */
  static of(call: Call): Effects {
    const { state } = call as CallNode;
    return (state.effects ??= new Effects());
  }

  /** The last call of this tool with the same arguments; else, with others, the last that another loop made. */
  earlier(name: string, key: string, loop: Call): Effect | undefined {
    const made = this._made.get(name) ?? [];
    return made.findLast((effect) => effect.key === key) ?? made.findLast((effect) => effect.loop !== loop);
  }

  /** Does it, and enters it before it begins. Rejects as the tool does. */
  begin(tool: Tool, key: string, input: unknown, loop: Call, call: Call): Promise<unknown> {
    const node = call as CallNode;
    const made = this._made.get(tool.name) ?? [];
    this._made.set(tool.name, made);
    const effect: { -readonly [Field in keyof Effect]: Effect[Field] } = {
      key,
      input,
      loop,
      end: undefined,
      over: never,
    };
    made.push(effect);
    this._running.add(node);
    const work = new Promise<unknown>((resolve) => resolve(tool.execute(input, call)));
    const end = (how: NonNullable<Effect["end"]>): void => {
      this._running.delete(node);
      effect.end = how;
    };
    effect.over = work.then(
      (output) => end({ output }),
      (error: unknown) => end({ error }),
    );
    return work;
  }

  /** Does this call belong to one that is running? Then it waits for none: two could wait for each other. */
  within(call: Call): boolean {
    for (let node: CallNode | undefined = call as CallNode; node !== undefined; node = node.parent) {
      if (this._running.has(node)) return true;
    }
    return false;
  }

  /** The answer that somebody else is waiting for, about the same call; `undefined` where nobody is. */
  asked(name: string, key: string): Promise<Approval> | undefined {
    return this._asked.get(`${name} ${key}`);
  }

  /** Asks, and lets others wait for the answer. */
  ask(name: string, key: string, question: () => Promise<Approval>): Promise<Approval> {
    const place = `${name} ${key}`;
    const answer = question().finally(() => this._asked.delete(place));
    this._asked.set(place, answer);
    return answer;
  }
}

const never: Promise<void> = new Promise<void>(() => undefined);

/** What makes two calls of a tool the same. What cannot be told by its value is like anything else. */
export function keyOfInput(input: unknown, written: unknown): string {
  for (const value of [input, written]) {
    try {
      return canonical(value);
    } catch {
      // The schema made something of it that is no JSON: it is told by what the model wrote.
    }
  }
  return "";
}

/** An earlier call, as it is shown to who is asked about a call of `loop` with the key `key`. */
export function shownEffect({ key, input, loop, end }: Effect, now: string, here: Call): EarlierCall {
  return {
    input,
    state: end === undefined ? "running" : "output" in end ? "done" : "failed",
    output: end !== undefined && "output" in end ? end.output : undefined,
    error: end !== undefined && "error" in end ? end.error : undefined,
    sameInput: key === now,
    sameLoop: loop === here,
  };
}
