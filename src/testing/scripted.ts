/**
 * @module
 * A model that says what a script says.
 */
import type { Capabilities } from "../core/capabilities.js";
import { InvalidOptionError, ProviderError } from "../core/errors.js";
import type { Model, ModelRequest } from "../core/model.js";
import { checkOptions } from "../core/options.js";
import { sleep } from "../core/scope.js";
import { source, type Price, type Reply, type SourceCall } from "../core/source.js";
import { countWords, cutReply, replyWords, requestWords } from "./words.js";

/** What a scripted model says: words, a whole reply, or an error that it throws. */
export type ScriptedReply = string | Reply | Error;

/** One line of a script: what is said, or a function that decides. */
export type ScriptedLine =
  ScriptedReply | ((request: ModelRequest, call: SourceCall) => ScriptedReply | Promise<ScriptedReply>);

/** Decides about every reply; `index` counts them from 0, in order of arrival. */
export type Script = (request: ModelRequest, call: SourceCall, index: number) => ScriptedReply | Promise<ScriptedReply>;

/** Options of {@link scripted}. */
export interface ScriptedOptions {
  /** @defaultValue `'scripted'` */
  readonly id?: string | undefined;
  /** What it can do. With `n`, equal requests of one tick become one, and take several lines of the script. @defaultValue all unknown */
  readonly capabilities?: Capabilities | undefined;
  /** Begin again at the first line when the script is over. @defaultValue `false` */
  readonly repeat?: boolean | undefined;
  /** How long a reply takes, in ms on the run's clock; words are streamed evenly over it. @defaultValue 0 */
  readonly latencyMs?: number | ((index: number, call: SourceCall) => number) | undefined;
  /** What a reply spent, for replies that do not say; `undefined` where that is not known. @defaultValue one token a word */
  readonly usage?: ((reply: Reply, request: ModelRequest) => Reply["usage"]) | undefined;
  /** What tokens cost, for budgets in `usd`. */
  readonly price?: Price | undefined;
}

/** A model that keeps what it was asked. */
export interface ScriptedModel extends Model {
  /** Every request as it was sent, in order of arrival. */
  readonly requests: readonly ModelRequest[];
  /** How many requests came. */
  readonly calls: number;
}

/**
 * Makes a model of a script. Where it stands in the script, and what it was asked, outlives a call.
 *
 * Shape: the k-th reply is the k-th line, whoever asks; a line is words, a {@link Reply}, an error to throw, or a function of request
 * and call. In place of the list one function may decide about all replies.
 * Cost: one token a word, of the request and of the reply; exact, so that budgets can be reckoned. A reply longer than
 * `request.maxOutputTokens` is cut there, with `finishReason: 'length'`; one that states its own usage is given as it is.
 * It gives up when `call.signal` aborts, and streams word by word when somebody listens.
 *
 * @throws `InvalidOptionError` for an empty script or an unknown option
 * @throws `ProviderError` at a call, not retryable, when the script is over
 * @example
 * const model = scripted(["Answer: 24", new ProviderError("overloaded", { status: 503 }), "Answer: 22"]);
 * await run(stack(model, sampleN(3)), "How many legs do three spiders have?");
 * model.calls; // 3
 */
export function scripted(script: readonly ScriptedLine[] | Script, options: ScriptedOptions = {}): ScriptedModel {
  checkOptions("scripted", options, ["id", "capabilities", "repeat", "latencyMs", "usage", "price"]);
  const { id = "scripted", capabilities = {}, repeat = false, latencyMs = 0, usage = usageOf, price } = options;
  if (typeof script !== "function" && !(Array.isArray(script) && script.length > 0)) {
    throw new InvalidOptionError("scripted", "the script", "a function, or a list of at least one line", script);
  }
  const say = typeof script === "function" ? script : lines(script, repeat);
  const requests: ModelRequest[] = [];
  let index = 0;

  const reply = async (request: ModelRequest, call: SourceCall, choice: number): Promise<Reply> => {
    const position = index++;
    const began = call.clock.now();
    const ms = typeof latencyMs === "number" ? latencyMs : latencyMs(position, call);
    const line = await say(request, call, position);
    const said = typeof line === "string" ? { text: line } : line;
    const whole = said instanceof Error || said.usage !== undefined ? said : cutReply(said, request.maxOutputTokens);
    if (!(whole instanceof Error) && call.streaming) await tell(whole, call, choice, began, ms);
    const left = began + ms - call.clock.now();
    if (left > 0) await sleep(call, left);
    if (call.scope.aborted) throw call.scope.reason;
    if (whole instanceof Error) throw whole;
    const { usage: spent = usage(whole, request) } = whole;
    // Of several replies to one request, the first counts what was read.
    const own = choice === 0 || spent === undefined ? spent : { ...spent, inputTokens: 0, cachedInputTokens: 0 };
    return { ...whole, usage: own };
  };

  const model = source(
    id,
    capabilities,
    (request, call) => {
      requests.push(request);
      return call.n === 1
        ? reply(request, call, 0)
        : together(Array.from({ length: call.n }, (_, choice) => reply(request, call, choice)));
    },
    { countTokens: requestWords, price },
  );
  return {
    ...model,
    requests,
    get calls() {
      return requests.length;
    },
  };
}

function lines(script: readonly ScriptedLine[], repeat: boolean): Script {
  return (request, call, index) => {
    const line = script[repeat ? index % script.length : index];
    if (line === undefined) {
      const replies = script.length === 1 ? "1 reply" : `${script.length} replies`;
      throw new ProviderError(`the script has ${replies}, and reply ${index + 1} was asked for`, { retryable: false });
    }
    return typeof line === "function" ? line(request, call) : line;
  };
}

function usageOf(reply: Reply, request: ModelRequest): Reply["usage"] {
  return {
    inputTokens: requestWords(request),
    cachedInputTokens: 0,
    outputTokens: replyWords(reply),
    reasoningTokens: countWords(reply.reasoning ?? ""),
  };
}

/** One request fails as a whole, and not before all of it is over. */
async function together(replies: readonly Promise<Reply>[]): Promise<Reply[]> {
  await Promise.allSettled(replies);
  return Promise.all(replies);
}

/** Streams a reply, thought first, evenly over its time. */
async function tell(reply: Reply, call: SourceCall, choice: number, began: number, ms: number): Promise<void> {
  const parts = [
    ...wordsOf(reply.reasoning ?? "").map((reasoning) => ({ reasoning })),
    ...wordsOf(reply.text).map((text) => ({ text })),
  ];
  for (const [i, part] of parts.entries()) {
    const wait = began + (ms * (i + 1)) / parts.length - call.clock.now();
    if (wait > 0) await sleep(call, wait);
    call.delta(part, choice);
  }
}

/** The words with the spaces around them, so that they join to the text. */
function wordsOf(text: string): readonly string[] {
  return text.match(/\s*\S+(\s+$)?|^\s+$/g) ?? [];
}
