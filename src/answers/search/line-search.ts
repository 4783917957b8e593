/**
 * @module
 * Searching among lines of thought: what the strategies that grow a tree of them have in common.
 */
import type { Call } from "../../core/call.js";
import { addToPrompt, callsTools } from "../../core/conversation.js";
import { CapabilityError, InvalidOptionError } from "../../core/errors.js";
import { extend } from "../../core/extend.js";
import type { Scorer } from "../../core/feedback.js";
import { InOrder } from "../../core/in-order.js";
import type { Model, ModelRequest, ModelResponse, Sampled, Sampler } from "../../core/model.js";
import { sampleWarnings, type Draw } from "../../core/sample.js";
import { race } from "../../core/scope.js";
import { grow, type Growing } from "../../core/search/grow.js";
import { pathTo, type Found, type SearchNode, type SearchOrder, type Trial } from "../../core/search/search.js";
import { addUsage, noUsage } from "../../core/usage.js";
import { withLogprobs } from "../../core/with-logprobs.js";
import { wrap } from "../../core/wrap.js";
import type { Answer } from "../answer.js";
import type { ScoreStoppingRule } from "../stopping/score-stopping.js";
import { writesCalls } from "../text-protocol/writes-calls.js";
import type { Branch, Expander, Line, ScoreAggregation, Searched } from "./line.js";
import { aggregated, Ratings } from "./ratings.js";

/** How lines of thought are searched. */
export interface LineSearch<A, R extends ModelResponse> {
  /** Of the strategy. */
  readonly name: string;
  /** Settings worth showing. */
  readonly detail: string;
  readonly answer: Answer<A>;
  /** Asks for the thought; `""` for nothing. */
  readonly instruction: string;
  readonly scorer: Scorer<R>;
  readonly order: SearchOrder;
  readonly expand: Expander<R>;
  /** Is this line at its end? Asked of those whose expander does not say. */
  readonly done: (text: string, step: string) => boolean;
  /** What makes two lines the same. */
  readonly keyOf: (text: string) => string;
  /** The most steps of a line. */
  readonly maxSteps: number;
  readonly maxTrials: number;
  /** @defaultValue the order's */
  readonly concurrency: number | undefined;
  /** Asked after every answer; ends the search. */
  readonly stop: ScoreStoppingRule | undefined;
  /** For requests that name none. */
  readonly temperature: number | undefined;
  /** @defaultValue `'last'` */
  readonly aggregate?: ScoreAggregation | undefined;
  /** The most calls of a trial, for the outline. @defaultValue 1 */
  readonly callsPerTrial?: number | undefined;
  /** The most tokens that such a call writes, for the outline. @defaultValue what the outline reckons with */
  readonly stepTokens?: number | undefined;
}

/** A node's state. */
interface Grown<R extends ModelResponse> {
  readonly line: Line<R>;
  /** What the scores of its steps come to, of those that have one. */
  readonly total: number | undefined;
  /** What the call that found it spent. */
  readonly usage: ModelResponse["usage"];
}

/** The model of a strategy that searches among lines of thought. */
export function lineSearch<A, R extends ModelResponse>(
  next: Model<R>,
  search: LineSearch<A, R>,
): Sampler<Searched<A, R>> {
  const { name, detail, order, maxSteps, maxTrials } = search;
  if (search.scorer.logprobs !== undefined && next.capabilities.logprobs === false) {
    const message = `${name}: the scorer reads log-probabilities, which ${next.id} does not give`;
    throw new CapabilityError("logprobs", next.id, message);
  }
  const trials = Math.min(maxTrials, order.mostTrials?.(maxSteps) ?? Infinity);

  const all = async (request: ModelRequest, call: Call): Promise<Sampled<Searched<A, R>>> => {
    const drawing = begin(next, search, request, call);
    for await (const _ of drawing); // all of them
    const { samples, failures, stopped } = drawing;
    const best = samples.reduce((one, other) => ((other.score ?? -Infinity) > (one.score ?? -Infinity) ? other : one));
    return extend(best, { samples, failures, stopped, ...sampleWarnings(best, samples) });
  };
  const model = wrap(name, next, all, {
    outline: {
      detail,
      cost: (inner, inputTokens, outputTokens) => {
        const { callsPerTrial = 1, stepTokens = Infinity } = search;
        const { calls, tokens } = inner(inputTokens + outputTokens + promptTokens);
        const each = tokens - calls * Math.max(0, outputTokens - stepTokens);
        return { calls: trials * callsPerTrial * calls, tokens: trials * callsPerTrial * each };
      },
    },
  });
  return { ...model, draw: (request, call) => begin(next, search, request, call.child(name)) };
}

/** What an instruction adds to a prompt, for the outline. */
const promptTokens = 50;

function begin<A, R extends ModelResponse>(
  next: Model<R>,
  search: LineSearch<A, R>,
  asked: ModelRequest,
  call: Call,
): Draw<Searched<A, R>> {
  const { answer, instruction, temperature, stop } = search;
  const words = [instruction, answer.instruction].filter((part) => part !== "").join(" ");
  const warm = temperature === undefined || asked.temperature !== undefined ? asked : { ...asked, temperature };
  const request = withLogprobs(addToPrompt(warm, words), search.scorer.logprobs);
  const ratings = new Ratings(search.name, search.scorer, { request: asked, model: next });
  const shared: Shared<R> = { request, ratings, expanded: Promise.resolve() };
  const scores: number[] = [];
  let best = -Infinity;
  let seen = 0;
  const nothingYet: Line<R> = { text: "", steps: [], response: undefined, ...unscored };
  const root: Grown<R> = { line: nothingYet, total: undefined, usage: noUsage };

  const growing: Growing<Grown<R>, Searched<A, R>> = grow(call, {
    root,
    order: search.order,
    maxDepth: search.maxSteps,
    actions: search.expand.actions ?? 1,
    maxTrials: search.maxTrials,
    concurrency: search.concurrency ?? search.order.concurrency ?? 1,
    expand: (trial, inside) => tryOn(next, search, shared, trial, inside),
    told: (nodes) => {
      for (const { score, id } of nodes) {
        if (call.listening) call.emit({ type: "score", path: call.path, index: id, score });
      }
    },
    stop:
      stop &&
      (({ score }): boolean => {
        seen++;
        if (score === undefined) return false;
        scores.push(score);
        best = Math.max(best, score);
        return stop({ scores, best, seen, remaining: Infinity });
      }),
    sample: (node) => sampleOf(node, answer, asked),
  });
  return growing;
}

/** What all trials of a search share. */
interface Shared<R extends ModelResponse> {
  /** The question, with what asks for thought and answer. */
  readonly request: ModelRequest;
  readonly ratings: Ratings<R>;
  /** Settles when all trials begun so far know how their lines go on: which of them has a line scored must not depend on the timing. */
  expanded: Promise<unknown>;
}

async function tryOn<A, R extends ModelResponse>(
  next: Model<R>,
  search: LineSearch<A, R>,
  shared: Shared<R>,
  trial: Trial<Grown<R>>,
  call: Call,
): Promise<{ readonly found: readonly Found<Grown<R>>[]; readonly error?: unknown }> {
  const { name, aggregate = "last" } = search;
  const { line, total } = trial.node.state;
  const { expanded } = shared;
  let usage = noUsage;
  const expanding = (async () => {
    const context = { request: shared.request, model: next, call, action: trial.action };
    const given = await race(call, () => search.expand(line, context));
    if (!Array.isArray(given)) {
      const bound = "a list of texts, or of { response } whose text is the whole line";
      throw new InvalidOptionError(name, "what expand returns", bound, given);
    }
    usage = call.usage;
    const branches = distinct((given as readonly Branch<R>[]).map((branch) => grownBy(search, line, branch)));
    await expanded;
    const order = call.listening && branches.length > 1 ? new InOrder((event) => call.emit(event)) : undefined;
    return branches.map((branch, index) => {
      const key = search.keyOf(branch.response.text);
      const rated = shared.ratings.of(branch.response, key, trial.id, call, order?.listener(index));
      // Of what is given up nothing more is told.
      if (order !== undefined) rated.rating.then(() => order.end(index), ignore);
      return { ...branch, key, ...rated };
    });
  })();
  shared.expanded = Promise.allSettled([expanded, expanding]);

  let failure: unknown;
  const found = await Promise.all(
    (await expanding).map(async ({ response, step, done, key, first, rating }): Promise<Found<Grown<R>>> => {
      const { score, verdict, error } = await rating;
      if (first) failure ??= error;
      // Where a line only comes to its end, there is no step to be counted.
      const ends = step === "" && line.response !== undefined && line.text.startsWith(response.text);
      const sum = ends ? total : aggregated(name, aggregate, total, score);
      const steps = step === "" ? line.steps : [...line.steps, step];
      const grown: Line<R> = { text: response.text, steps, response, score, verdict };
      return {
        state: { line: grown, total: sum, usage },
        score: score === undefined ? undefined : sum,
        leaf: done,
        key,
      };
    }),
  );
  return failure === undefined ? { found } : { found, error: failure };
}

interface Step<R> {
  readonly response: R;
  readonly step: string;
  readonly done: boolean;
}

function grownBy<A, R extends ModelResponse>(search: LineSearch<A, R>, line: Line<R>, branch: Branch<R>): Step<R> {
  if (typeof branch === "string") {
    const text = line.text === "" ? branch : `${line.text}\n${branch}`;
    const { content: _, ...base } = line.response ?? nothing;
    // Nobody wrote it, so it is a response like any other without words.
    const response = extend(base, { text }) as ModelResponse as R;
    return { response, step: branch, done: search.done(text, branch) };
  }
  const { response } = Object(branch) as Partial<Exclude<Branch<R>, string>>;
  if (typeof response?.text !== "string")
    throw new InvalidOptionError(search.name, "what expand returns", "texts, or { response } of a model", branch);
  const { text } = response;
  const rest = text.startsWith(line.text) ? text.slice(line.text.length).replace(/^\n+/, "") : text;
  const { step = rest, done = search.done(text, step) } = branch;
  return { response, step, done };
}

function ignore(): void {
  // Whoever waits for it hears of it.
}

const unscored = { score: undefined, verdict: undefined } as const;
/** A response without words, where an expander gives words alone. */
const nothing: ModelResponse = { text: "", finishReason: "stop", usage: noUsage };

/** Each text once. */
function distinct<R extends ModelResponse>(steps: readonly Step<R>[]): readonly Step<R>[] {
  const texts = new Set<string>();
  return steps.filter(({ response: { text } }) => !texts.has(text) && texts.add(text));
}

function sampleOf<A, R extends ModelResponse>(
  node: SearchNode<Grown<R>>,
  answer: Answer<A>,
  request: ModelRequest,
): Searched<A, R> {
  const path = pathTo(node);
  const response = node.state.line.response as R;
  const calls = callsTools(response) || writesCalls(request, response.text);
  // A line that is not at its end has no answer yet, whatever can be read from its last step.
  const value = node.leaf && !calls ? answer.parse((request.prefill ?? "") + response.text) : undefined;
  return extend(response, {
    answer: value,
    key: value === undefined ? undefined : answer.key(value),
    thought: response.reasoning ?? response.text,
    steps: path.flatMap(({ state: { line }, parent }) => {
      const text = line.steps.at(-1) ?? "";
      return line.steps.length === parent?.state.line.steps.length ? [] : [{ text, score: line.score }];
    }),
    score: node.score,
    usage: path.reduce((sum, { state }) => addUsage(sum, state.usage), noUsage),
  });
}
