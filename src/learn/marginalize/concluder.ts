/**
 * @module
 * What each thought makes of the answers: by scoring them behind it, or by having it answered again.
 */
import { keyOf } from "../../answers/answer.js";
import { fromLogs } from "../../answers/chance/resampling.js";
import {
  announcing,
  behind,
  concludedByTurn,
  concludeInstruction,
  concluding,
  conclusionOf,
} from "../../answers/learning/conclusion.js";
import { answerWords } from "../../answers/learning/question.js";
import { askAll } from "../../core/ask-all.js";
import type { Call } from "../../core/call.js";
import { callsTools } from "../../core/conversation.js";
import { NoAnswerError } from "../../core/errors.js";
import { logprobOf, scoring } from "../../core/likelihood.js";
import { extend } from "../../core/extend.js";
import type { Model, ModelRequest, ModelResponse, Sampled, Sampler, StopReason, Warning } from "../../core/model.js";
import { draw, sample } from "../../core/sample.js";
import type { Part } from "./distribution.js";

/** What was found out of a thought; what it does not say is as if nobody had looked. */
type Finding = Partial<Pick<Part<ModelResponse>, "weight" | "beliefs">>;

/** What was found out of all thoughts. */
export interface Findings<R extends ModelResponse> {
  /** In the order of the samples; `undefined` for one that could not be looked at. */
  readonly parts: readonly (Finding | undefined)[];
  /** Answers that no sample gave, by key, each with a response that gave it. */
  readonly others: ReadonlyMap<string, R>;
  readonly warnings: readonly Warning[];
  /** Set where budget or time is over. */
  readonly stopped: StopReason | undefined;
}

/** A thought that can be looked at; equal ones are one. */
interface Thought<R extends ModelResponse> {
  /** Ends with what announces the answer. */
  readonly text: string;
  readonly request: ModelRequest;
  /** Is the thought its prefill? Else it is another turn. */
  readonly begun: boolean;
  /** Samples that have it. */
  readonly samples: R[];
}

/** Looks at thoughts. */
export class Concluder<R extends ModelResponse> {
  private readonly _model: Model<R> | Model<Sampled<R>>;
  private readonly _concurrency: number | undefined;
  /** Answers of each thought; `undefined` where they are scored. */
  private readonly _resample: number | undefined;
  private readonly _downgraded: boolean;

  constructor(
    model: Model<R> | Model<Sampled<R>>,
    { resample, concurrency }: { readonly resample: number | undefined; readonly concurrency: number | undefined },
  ) {
    this._model = model;
    this._concurrency = concurrency;
    this._downgraded = resample === undefined && model.capabilities.score !== true;
    this._resample = this._downgraded ? usual : resample;
  }

  /** @param whole - all that a thought says of the answers, or only how surely it leads to its own */
  async conclude(samples: readonly R[], request: ModelRequest, call: Call, whole: boolean): Promise<Findings<R>> {
    const warnings: Warning[] = this._downgraded ? [unscored(this._model.id, call)] : [];
    const thoughts = new Map<string, Thought<R>>();
    const idOf = ({ reasoning = "", text }: R): string => JSON.stringify([reasoning, thoughtIn(text)]);
    for (const each of samples) {
      if (!isRead(each)) continue;
      const known = thoughts.get(idOf(each));
      if (known !== undefined) {
        known.samples.push(each);
        continue;
      }
      const text = thoughtIn(each.text);
      const asked = concluding(this._model, request, each, text, concludeInstruction);
      const { problem } = asked;
      if (problem !== undefined && !warnings.some(({ capability }) => capability === "prefill"))
        warnings.push(concludedByTurn(problem, call));
      thoughts.set(idOf(each), { text, request: asked.request, begun: problem === undefined, samples: [each] });
    }
    const judging = call.child("conclude", { thought: true, judging: true });
    const all = [...thoughts.values()];
    const { stopped, ...looked } =
      this._resample === undefined
        ? await this._score(all, judging, whole)
        : await this._answerAgain(all, judging, whole, this._resample);
    const found = new Map([...thoughts.keys()].map((id, k) => [id, looked.found[k]]));
    const parts = samples.map((each) => (isRead(each) ? found.get(idOf(each))?.get(keyOf(each) ?? "") : undefined));
    const lost = samples.filter((each, k) => keyOf(each) !== undefined && parts[k] === undefined).length;
    if (lost > 0) warnings.push(unlooked(lost, samples.length));
    const over = stopped === "budget" || stopped === "deadline" ? stopped : undefined;
    return { parts: whole ? parts : alike(parts), others: looked.others, warnings, stopped: over };
  }

  /** How likely each answer is behind each thought. */
  private async _score(thoughts: readonly Thought<R>[], call: Call, whole: boolean): Promise<Looked<R>> {
    const answers = new Map<string, string>();
    for (const each of thoughts.flatMap(({ samples }) => samples)) {
      const key = keyOf(each) ?? "";
      const { answer = key } = each as { readonly answer?: unknown };
      if (!answers.has(key)) answers.set(key, answerWords(answer));
    }
    const questions = thoughts.flatMap(({ text, request, begun, samples }, thought) => {
      const own = new Set(samples.map((each) => keyOf(each) ?? ""));
      return [...answers].flatMap(([key, words]) => {
        if (!whole && !own.has(key)) return [];
        return [{ thought, key, request: scoring(request, begun ? behind(text, words) : `Answer: ${words}`) }];
      });
    });
    const { responses, stopped } = await this._ask(
      questions.map(({ request }) => request),
      call,
      1,
    );
    const logs = thoughts.map(() => new Map<string, number>());
    for (const [k, { thought, key }] of questions.entries()) {
      const log = responses[k] && logprobOf(responses[k]);
      if (log !== undefined) logs[thought]?.set(key, log);
    }
    const found = thoughts.map((_, thought) => {
      const own = logs[thought] ?? new Map<string, number>();
      if (!whole) return new Map([...own].map(([key, log]) => [key, { weight: log } satisfies Finding]));
      // Some that are missing would be taken for impossible.
      return own.size < answers.size ? undefined : new Map([...answers.keys()].map((key) => [key, believing(own)]));
    });
    return { found, others: new Map(), stopped };
  }

  /** What further answers to each thought say. */
  private async _answerAgain(
    thoughts: readonly Thought<R>[],
    call: Call,
    whole: boolean,
    times: number,
  ): Promise<Looked<R>> {
    const others = new Map<string, R>();
    const { responses, stopped } = await this._ask(
      thoughts.map(({ request }) => request),
      call,
      times,
    );
    const found = thoughts.map(({ text, begun, samples }, thought) => {
      const again = ((responses[thought] as Partial<Sampled<R>> | undefined)?.samples ?? []).filter(isRead);
      if (again.length === 0) return undefined;
      const counts = new Map<string, number>();
      for (const each of again) add(counts, keyOf(each) ?? "");
      if (!whole) {
        const share = (key: string): number => Math.log((counts.get(key) ?? 0) / again.length);
        return new Map(samples.map((each) => [keyOf(each) ?? "", { weight: share(keyOf(each) ?? "") }]));
      }
      for (const each of again) {
        const key = keyOf(each) ?? "";
        // What it would have been, had it been written at once.
        if (!others.has(key)) others.set(key, begun ? extend(each, { text: text + each.text }) : each);
      }
      // The answers that were there first are draws like the others.
      for (const each of samples) add(counts, keyOf(each) ?? "");
      const total = again.length + samples.length;
      const beliefs = new Map([...counts].map(([key, count]) => [key, count / total]));
      return new Map(samples.map((each) => [keyOf(each) ?? "", { beliefs }]));
    });
    return { found, others, stopped };
  }

  private _ask(
    requests: readonly ModelRequest[],
    call: Call,
    times: number,
  ): Promise<{ readonly responses: readonly (ModelResponse | undefined)[]; readonly stopped: StopReason }> {
    const model = this._model;
    const asker: Model = {
      ...model,
      generate: async (request, inner) => {
        const drawing = isSampler(model)
          ? draw(model, request, inner, times)
          : sample(model as Model<R>, request, inner, { n: times });
        for await (const _ of drawing); // all of them
        const { samples } = drawing;
        const [first] = samples;
        if (first === undefined) throw new NoAnswerError("a thought was not answered");
        return extend(first, { samples });
      },
    };
    return askAll(asker, requests, call, this._concurrency);
  }
}

/** What was found out of each thought, by the answer of the sample; `undefined` where nothing was. */
interface Looked<R extends ModelResponse> {
  readonly found: readonly (ReadonlyMap<string, Finding> | undefined)[];
  readonly others: ReadonlyMap<string, R>;
  readonly stopped: StopReason;
}

/** Further answers to a thought, where a model cannot score. */
const usual = 4;

function isSampler<R extends ModelResponse>(model: Model<R> | Model<Sampled<R>>): model is Sampler<R> {
  return "draw" in model;
}

/** Was an answer read from it, so that the same answer is found again? */
function isRead(response: ModelResponse): boolean {
  return "key" in response && response.key !== undefined && !callsTools(response);
}

function thoughtIn(text: string): string {
  const { thought, announced } = conclusionOf(text);
  return announced ? thought : announcing(thought);
}

function believing(logs: ReadonlyMap<string, number>): Finding {
  const weights = fromLogs([...logs.values()]);
  const sum = weights.reduce((a, b) => a + b, 0);
  return { beliefs: new Map([...logs.keys()].map((key, k) => [key, (weights[k] ?? 0) / sum])) };
}

/** Weights from their logarithms, the largest 1; what is not known counts as much as the others do on average. */
function alike(parts: readonly (Finding | undefined)[]): readonly Finding[] {
  const logs = parts.flatMap((part) => part?.weight ?? []);
  const weights = fromLogs(logs);
  const mean = logs.length === 0 ? 1 : weights.reduce((a, b) => a + b, 0) / logs.length;
  let at = 0;
  return parts.map((part) => ({ weight: part?.weight === undefined ? mean : (weights[at++] ?? mean) }));
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function unscored(id: string, call: Call): Warning {
  const message = `${id} cannot score a given text: each thought is answered again, ${usual} times`;
  if (call.listening) call.emit({ type: "downgrade", path: call.path, capability: "score", message });
  return { code: "downgrade", message, capability: "score" };
}

function unlooked(count: number, of: number): Warning {
  return {
    code: "not-concluded",
    message: `${count} of ${of} thoughts could not be looked at: each counts for its own answer`,
  };
}
