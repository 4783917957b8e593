/**
 * @module
 * One chat request, from its body to its answer.
 */
import { answerStream } from "../core/answer-stream.js";
import type { ModelResponse, Warning } from "../core/model.js";
import { hashText } from "../core/random.js";
import { run, type RunOptions } from "../core/run.js";
import { ChunkWriter } from "./chunk-writer.js";
import { completionOf, type Head } from "./completion.js";
import type { Exchange } from "./exchange.js";
import { httpErrorOf } from "./failure.js";
import type { ServedRequest } from "./openai-handler.js";
import { questionOf, type Question } from "./question.js";
import { readJson } from "./read-json.js";
import { json, refusal, report, toNobody } from "./respond.js";
import type { Settings } from "./settings.js";

/** Answers a chat request. Never throws, and closes the exchange when all is over. */
export async function chat(exchange: Exchange, settings: Settings): Promise<Response> {
  const { id, request, signal } = exchange;
  let served: ServedRequest = { id, model: undefined, request };
  let handedOver = false;
  try {
    const body = await readJson(request, settings.maxBodyBytes, signal);
    const question = questionOf(body, settings.models, settings.maxN);
    served = { ...served, model: question.name };
    const conversation = new Conversation(exchange, question, settings, served);
    if (!question.stream) return await conversation.whole();
    const response = await conversation.streamed();
    handedOver = true;
    return response;
  } catch (error) {
    if (exchange.left) return toNobody();
    report(error, served, settings);
    return refusal(error);
  } finally {
    if (!handedOver) exchange.close();
  }
}

class Conversation {
  private readonly _exchange: Exchange;
  private readonly _question: Question;
  private readonly _settings: Settings;
  private readonly _served: ServedRequest;
  private readonly _options: (choice: number) => RunOptions;
  private readonly _head: Head;

  constructor(exchange: Exchange, question: Question, settings: Settings, served: ServedRequest) {
    this._exchange = exchange;
    this._question = question;
    this._settings = settings;
    this._served = served;
    this._head = {
      id: `chatcmpl-${exchange.id}`,
      created: Math.floor(Date.now() / 1000),
      model: question.name,
    };
    const { onEvent, clock } = settings;
    const budget = settings.budgetOf(exchange.request);
    this._options = (choice) => ({
      signal: exchange.signal,
      budget,
      seed: seedOf(question.seed, choice),
      clock,
      onEvent: onEvent && ((event) => onEvent(event, served, choice)),
    });
  }

  async whole(): Promise<Response> {
    const { model, request, ignored } = this._question;
    const responses = await this._all((choice) => run(model, request, this._options(choice)));
    return json(completionOf(this._head, responses, this._settings.details, notesOn(ignored)));
  }

  /** The response, as soon as there is a first word, or it is time for a sign of life. From then on what is written closes the exchange. */
  async streamed(): Promise<Response> {
    const { n, includeUsage, ignored } = this._question;
    const { details, clock, keepAliveMs } = this._settings;
    const exchange = this._exchange;
    const writer = new ChunkWriter({
      head: this._head,
      n,
      includeUsage,
      details,
      notes: notesOn(ignored),
      clock,
      keepAliveMs,
      onLeft: (reason) => exchange.leave(reason),
    });
    exchange.onLeft = (reason) => writer.body.drop(reason);
    if (exchange.left) writer.body.drop(exchange.signal.reason);
    const telling = this._tell(writer);
    try {
      await writer.body.begun;
    } catch (error) {
      await telling;
      throw error;
    }
    void telling.then(() => writer.body.over).then(() => exchange.close());
    return new Response(writer.body.stream, {
      headers: {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache, no-transform",
        "x-accel-buffering": "no",
      },
    });
  }

  /** Writes what the runs say, to their end. Never rejects. */
  private async _tell(writer: ChunkWriter): Promise<void> {
    const { model, request } = this._question;
    const { whole } = this._settings;
    try {
      await this._all(async (choice) => {
        const told = answerStream(model, request, { ...this._options(choice), whole });
        for (;;) {
          const { done, value } = await told.next();
          if (!done) writer.tell(choice, value);
          else {
            writer.finish(choice, value);
            return value;
          }
        }
      });
    } catch (error) {
      if (writer.body.started && !this._exchange.left) report(error, this._served, this._settings);
      writer.body.fail(error, httpErrorOf(error).body);
    }
  }

  /** Does the same for every choice at once. The first failure gives the others up; whatever happens, all have ended. */
  private async _all(ask: (choice: number) => Promise<ModelResponse>): Promise<readonly ModelResponse[]> {
    const { signal } = this._exchange;
    const asked = Array.from({ length: this._question.n }, (_, choice) =>
      ask(choice).catch((error: unknown) => {
        this._exchange.abort(error);
        return undefined;
      }),
    );
    const responses = await Promise.all(asked);
    if (signal.aborted) throw signal.reason;
    return responses as ModelResponse[];
  }
}

/** Each choice has a seed of its own, the first that of the request. Without one, runs choose their own. */
function seedOf(seed: number | undefined, choice: number): number | undefined {
  return seed === undefined || choice === 0 ? seed : hashText(hashText(choice, String(seed)), "choice") >>> 0;
}

function notesOn(ignored: readonly string[]): readonly Warning[] {
  if (ignored.length === 0) return [];
  return [{ code: "ignored", message: `fields that nothing was done with: ${ignored.join(", ")}` }];
}
