/**
 * @module
 * Early exit: a thought ends as soon as the answer that it leads to no longer changes.
 */
import type { Answer } from "../../answers/answer.js";
import { checkAnswer, stepByStep, type Reasoned } from "../../answers/reasoning.js";
import { exhaustion, type Call } from "../../core/call.js";
import { joined, newLine, tokensWritten, withWarnings } from "../../core/continuation.js";
import { addToPrompt, callsTools } from "../../core/conversation.js";
import { CapabilityError, InvalidOptionError } from "../../core/errors.js";
import { extend } from "../../core/extend.js";
import type { Model, ModelRequest, ModelResponse, StopReason, Warning } from "../../core/model.js";
import { checkInteger, checkOptions } from "../../core/options.js";
import { wrap } from "../../core/wrap.js";

/** Options of {@link earlyExit}. */
export interface EarlyExitOptions<A> {
  /** How the answer is asked for, read and compared. */
  readonly answer: Answer<A>;
  /** Asks for the thought, in front of what the answer asks for; `""` for models that think by themselves. @defaultValue think step by step */
  readonly instruction?: string | undefined;
  /** Tokens of thought between two probes: whole, at least 1. @defaultValue 64 */
  readonly every?: number | undefined;
  /** Leaves after so many probes in a row with the same answer: whole, at least 1. @defaultValue 3 */
  readonly agree?: number | undefined;
  /** Leaves at so many tokens of thought, whatever the probes say: whole, at least 1. @defaultValue the request's `maxOutputTokens`, else never */
  readonly maxTokens?: number | undefined;
  /** What makes the model answer in the middle of its thought. @defaultValue `'Final answer:'` */
  readonly cue?: string | undefined;
  /** The most tokens of a probe: whole, at least 1; enough for an answer. @defaultValue 20 */
  readonly probeTokens?: number | undefined;
}

/** What the model would have answered in the middle of its thought. */
export interface Probe {
  /** Tokens it had thought by then. */
  readonly tokens: number;
  /** What makes two answers the same; `undefined` where none could be read. */
  readonly key: string | undefined;
}

/** A response whose answer was read, and how the thought came to its end. */
export type Exited<A, R extends ModelResponse = ModelResponse> = Reasoned<A, R> & {
  /** In their order. */
  readonly probes: readonly Probe[];
  /** Was the thought left because probes agreed? */
  readonly exited: boolean;
  readonly stopped: StopReason;
};

/**
 * Lets the model think in chunks, asks it after each for the answer so far, and leaves the thought when `agree` such probes in a row give the same.
 *
 * Shape: one response in, out with `answer`, `key`, `thought`, `probes` and `exited`, in the place of `chainOfThought`. A thought that was left ends
 * with the cue and the answer of the last probe. A probe that hedges (`wait`, `hmm`) agrees with none.
 * Cost: 2 calls for every `every` tokens of thought, each of which reads prompt and thought again; probes write `probeTokens` at most, and
 * are counted as judging.
 * `stopped` says why: `'decided'` (probes agreed), `'done'` (the model ended by itself), `'limit'`, `'budget'`, `'deadline'`, or `'failure'`: out of budget, or when
 * a call fails, the last answer that a probe gave is returned. A response that calls tools is passed on as it is, without an answer; a request with
 * a `schema` is asked whole, with a warning.
 *
 * @throws {@link InvalidOptionError} when the stack is built
 * @throws {@link CapabilityError} when the stack is built, for a model that is not known to continue a started answer; at a call, for one that keeps
 *   its thought apart from its text
 * @see Fu et al. 2024, arXiv:2412.20993 (Dynasor-CoT). Deviation: a probe and the next chunk take turns, and every probe counts.
 * @example
 * const solver = stack(model, earlyExit({ answer: number(), every: 64, agree: 3 }));
 * const { answer, exited, probes } = await run(solver, "How many legs do three spiders have?");
 */
export function earlyExit<A>(
  options: EarlyExitOptions<A>,
): <R extends ModelResponse>(next: Model<R>) => Model<Exited<A, R>> {
  const plan = planOf(options);
  const { every, agree, maxTokens, probeTokens } = plan;

  return <R extends ModelResponse>(next: Model<R>): Model<Exited<A, R>> => {
    if (next.capabilities.prefill !== true) throw incapable(next, "is not known to continue a started answer");

    const think = async (request: ModelRequest, call: Call): Promise<Exited<A, R>> => {
      const most = Math.min(maxTokens, request.maxOutputTokens ?? Infinity);
      const thought = new Thought(next, request, call, plan);
      try {
        if (request.schema !== undefined && next.capabilities.schema !== false) {
          await thought.goOn(most);
          const whole = thought.end("done");
          return extend(whole, withWarnings(whole, [structured]));
        }
        for (;;) {
          const more = await thought.goOn(Math.min(every, most - thought.tokens));
          if (more && thought.isApart)
            throw incapable(next, "keeps its thought apart from its text, where it cannot be continued");
          if (!more && thought.isAnswered) return thought.end("done");
          await thought.probe();
          if (!more) return thought.end("done");
          if (thought.agreeing >= agree) return thought.end("decided");
          if (thought.tokens >= most) return thought.end("limit");
        }
      } catch (error) {
        if (call.scope.aborted && exhaustion(call.scope.reason) === undefined) throw error;
        if (!thought.isBegun || CapabilityError.is(error)) throw error;
        const stopped = exhaustion(error);
        const best = thought.end(stopped ?? "failure");
        return stopped === undefined ? extend(best, withWarnings(best, [failed])) : best;
      }
    };

    return wrap("earlyExit", next, think, {
      outline: {
        detail: `every = ${every}, agree = ${agree}`,
        cost: (inner, inputTokens, outputTokens) => {
          const length = Math.min(maxTokens, outputTokens);
          let [calls, tokens] = [0, 0];
          for (let done = 0; done < length; done += every) {
            for (const written of [Math.min(every, length - done), probeTokens]) {
              const cost = inner(inputTokens + promptTokens + done);
              calls += cost.calls;
              // Its calls write less than the cap that everything else is reckoned with.
              tokens += cost.tokens - cost.calls * Math.max(0, outputTokens - written);
            }
          }
          return { calls, tokens };
        },
      },
    });
  };
}

/** A probe that says so is not sure of its answer. */
const hedge = /\b(?:wait|hmm|hold on|not sure)\b/i;
/** What the instruction adds to a prompt, for the outline. */
const promptTokens = 50;

const failed: Warning = {
  code: "thinking-cut",
  message: "a call failed in the middle of the thought: the answer so far is returned",
};
const structured: Warning = {
  code: "not-probed",
  message: "the request asks for a JSON Schema, which holds for whole answers: the thought was not cut into chunks",
};

/** What can be read from a text. */
type Read<A> = Pick<Reasoned<A>, "answer" | "key">;

/** One line of thought, chunk by chunk, and what probes say of it. */
class Thought<A, R extends ModelResponse> {
  /** Written so far. */
  tokens = 0;
  /** How many probes in a row gave the same answer. */
  agreeing = 0;
  private readonly _next: Model<R>;
  private readonly _call: Call;
  private readonly _plan: Plan<A>;
  private readonly _request: ModelRequest;
  private readonly _probes: Probe[] = [];
  private _whole: R | undefined;
  /** What the last probe said that could be read. */
  private _latest: { readonly response: R; readonly read: Read<A> } | undefined;

  constructor(next: Model<R>, request: ModelRequest, call: Call, plan: Plan<A>) {
    this._next = next;
    this._call = call;
    this._plan = plan;
    this._request = addToPrompt(request, plan.words);
  }

  get isBegun(): boolean {
    return this._whole !== undefined;
  }

  /** Is there a thought that is not in the text? */
  get isApart(): boolean {
    return (this._written.reasoning ?? "") !== "";
  }

  /** Is there nothing to ask for: can an answer be read, or is a tool called? */
  get isAnswered(): boolean {
    return callsTools(this._written) || this._read(this._started).answer !== undefined;
  }

  /** Thinks on for at most so many tokens. Is there more to come? */
  async goOn(most: number): Promise<boolean> {
    const before = this._whole;
    const begun = before === undefined ? this._request : { ...this._request, prefill: this._started };
    const asked = most === Infinity ? begun : { ...begun, maxOutputTokens: most };
    const chunk = await this._next.generate(asked, this._call.child("chunk"));
    this._whole = before === undefined ? chunk : joined(before, "", chunk);
    this.tokens += tokensWritten(chunk);
    // Where nothing comes, nothing more will.
    return chunk.finishReason === "length" && chunk.text !== "";
  }

  /** Asks for the answer so far. */
  async probe(): Promise<void> {
    const { tools = [] } = this._request;
    const request: ModelRequest = {
      ...this._request,
      prefill: this._started + this._cue,
      maxOutputTokens: this._plan.probeTokens,
      ...(tools.length > 0 && { toolChoice: "none" }),
    };
    const response = await this._next.generate(request, this._call.child("probe", { thought: true, judging: true }));
    const read = this._read(callsTools(response) ? "" : this._plan.cue + response.text);
    const same = read.key === this._latest?.read.key;
    this.agreeing = read.key === undefined || hedge.test(response.text) ? 0 : same ? this.agreeing + 1 : 1;
    if (read.key !== undefined) this._latest = { response, read };
    this._probes.push({ tokens: this.tokens, key: read.key });
  }

  /** The thought; and behind it, where it comes to no answer by itself, what the last probe said. */
  end(stopped: StopReason): Exited<A, R> {
    const thought = this._written;
    const exit = {
      thought: thought.reasoning ?? thought.text,
      probes: this._probes,
      exited: stopped === "decided",
      stopped,
    };
    if (this._latest === undefined || (stopped === "done" && this.isAnswered)) {
      return extend(thought, { ...exit, ...this._read(callsTools(thought) ? "" : this._started) });
    }
    const { response, read } = this._latest;
    const between = this._cue;
    const { listening, path, thought: silent } = this._call;
    if (listening) this._call.emit({ type: "delta", path, text: between + response.text, output: !silent });
    return extend(joined(thought, between, response), { ...exit, ...read, finishReason: "stop" });
  }

  /** Only where it is begun. */
  private get _written(): R {
    return this._whole as R;
  }

  private get _started(): string {
    return (this._request.prefill ?? "") + this._written.text;
  }

  private get _cue(): string {
    return newLine(this._started) + this._plan.cue;
  }

  private _read(text: string): Read<A> {
    const { answer } = this._plan;
    const value = text === "" ? undefined : answer.parse(text);
    return { answer: value, key: value === undefined ? undefined : answer.key(value) };
  }
}

/** The options, with their defaults; what is not limited is infinite. */
interface Plan<A> {
  readonly answer: Answer<A>;
  /** Asks for the thought and the answer. */
  readonly words: string;
  readonly every: number;
  readonly agree: number;
  readonly maxTokens: number;
  readonly cue: string;
  readonly probeTokens: number;
}

function planOf<A>(options: EarlyExitOptions<A>): Plan<A> {
  const where = "earlyExit";
  checkOptions(where, options, ["answer", "instruction", "every", "agree", "maxTokens", "cue", "probeTokens"]);
  const { answer, instruction = stepByStep, every = 64, agree = 3 } = options;
  const { maxTokens, cue = "Final answer:", probeTokens = 20 } = options;
  checkAnswer(where, answer);
  if (typeof instruction !== "string") throw new InvalidOptionError(where, "instruction", "a text", instruction);
  if (typeof cue !== "string" || cue.trim() === "")
    throw new InvalidOptionError(where, "cue", "a text that is not empty", cue);
  if (maxTokens !== undefined) checkInteger(where, "maxTokens", maxTokens, 1);
  for (const [name, count] of Object.entries({ every, agree, probeTokens })) checkInteger(where, name, count, 1);
  const words = [instruction, answer.instruction].filter((part) => part !== "").join(" ");
  return { answer, words, every, agree, maxTokens: maxTokens ?? Infinity, cue, probeTokens };
}

function incapable({ id }: Model, why: string): CapabilityError {
  return new CapabilityError("prefill", id, `earlyExit needs a model that goes on with a text, and ${id} ${why}`);
}
