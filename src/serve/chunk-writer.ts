/**
 * @module
 * The chunks of a streamed completion.
 */
import type { AnswerPiece } from "../core/answer-stream.js";
import type { ModelResponse, Warning } from "../core/model.js";
import { finishOf, logprobsOf, toolCallOf, usageOf, wholeDetails, type Head } from "./completion.js";
import { detailsOf } from "./details.js";
import { EventBody, type EventBodyOptions } from "./event-body.js";

/** Options of {@link ChunkWriter}. */
export interface ChunkWriterOptions extends Omit<EventBodyOptions, "render"> {
  readonly head: Head;
  /** How many choices there will be. */
  readonly n: number;
  /** Was a last chunk with the usage asked for? Then all others say that they have none. */
  readonly includeUsage: boolean;
  /** Tell what the format has no place for, in `mull`. */
  readonly details: boolean;
  /** What the caller should know of the request. */
  readonly notes: readonly Warning[];
}

/** Writes pieces of answers as the chunks that clients expect. Tool calls are written whole, after the last words of their choice. */
export class ChunkWriter {
  readonly body: EventBody;
  private readonly _options: ChunkWriterOptions;
  private readonly _begun = new Set<number>();
  private readonly _responses: ModelResponse[] = [];
  private _finished = 0;

  constructor(options: ChunkWriterOptions) {
    this._options = options;
    this.body = new EventBody({
      ...options,
      render: ({ index, type, text }) =>
        this._chunk({ index, delta: type === "text" ? { content: text } : { reasoning_content: text } }),
    });
  }

  /** Some more words of a choice. */
  tell(index: number, { type, text }: AnswerPiece): void {
    this._begin(index);
    this.body.tell(index, type, text);
  }

  /** A choice is whole. With the last one the completion is, too. */
  finish(index: number, response: ModelResponse): void {
    const { n, includeUsage, details } = this._options;
    this._begin(index);
    for (const [position, call] of (response.toolCalls ?? []).entries()) {
      this.body.send(this._chunk({ index, delta: { tool_calls: [{ index: position, ...toolCallOf(call) }] } }));
    }
    this._responses[index] = response;
    const whole = ++this._finished === n;
    const end = {
      index,
      delta: response.latent === undefined ? {} : { latent: response.latent },
      logprobs: logprobsOf(response.logprobs),
      finish_reason: finishOf(response.finishReason),
      ...(details && n > 1 && { mull: detailsOf(response, this._notes) }),
    };
    // A client that did not ask for it may not expect a chunk without a choice.
    const last = whole && details && { mull: wholeDetails(this._responses, this._notes) };
    this.body.send({ ...this._chunk(end), ...(!includeUsage && last) });
    if (!whole) return;
    if (includeUsage) this.body.send({ ...this._chunk(), usage: usageOf(this._responses) ?? null, ...last });
    this.body.end();
  }

  private get _notes(): readonly Warning[] {
    const { notes } = this._options;
    if (!this.body.missed) return notes;
    return [
      ...notes,
      { code: "slow-reader", message: "thoughts were left out of the stream, since it was read too slowly" },
    ];
  }

  private _begin(index: number): void {
    if (this._begun.has(index)) return;
    this._begun.add(index);
    this.body.send(this._chunk({ index, delta: { role: "assistant", content: "" } }));
  }

  private _chunk(choice?: { readonly index: number; readonly delta: object }): object {
    const { head, includeUsage } = this._options;
    const { id, ...rest } = head;
    return {
      id,
      object: "chat.completion.chunk",
      ...rest,
      choices: choice === undefined ? [] : [choiceOf(choice)],
      ...(includeUsage && { usage: null }),
    };
  }
}

function choiceOf({ index, delta, ...rest }: { readonly index: number; readonly delta: object }): object {
  return { index, delta, logprobs: null, finish_reason: null, ...rest };
}
