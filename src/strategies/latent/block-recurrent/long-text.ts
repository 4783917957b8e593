/**
 * @module
 * The last user message of a request, to be read in blocks, with what stands around it.
 */
import { textOf, type FilePart, type Message, type UserMessage } from "../../../core/message.js";
import type { ModelRequest } from "../../../core/model.js";

/** A request around the long text in it. */
export class LongText {
  readonly request: ModelRequest;
  /** The words of the message. */
  readonly text: string;
  private readonly _index: number;
  private readonly _files: readonly FilePart[];

  constructor(request: ModelRequest) {
    this.request = request;
    this._index = request.messages.findLastIndex(({ role }) => role === "user");
    const message = request.messages[this._index] as UserMessage | undefined;
    this.text = message === undefined ? "" : textOf(message);
    const { content = "" } = message ?? {};
    this._files = typeof content === "string" ? [] : content.filter((part) => part.type === "file");
  }

  /** What comes before the message. */
  get before(): readonly Message[] {
    return this.request.messages.slice(0, this._index);
  }

  /** Messages that say how to answer, and accompany every block. */
  get system(): readonly Message[] {
    return this.before.filter(({ role }) => role === "system");
  }

  /** The request for a block, behind these messages: without what is meant for the answer alone. */
  block(before: readonly Message[], words: string, maxOutputTokens: number | undefined): ModelRequest {
    const {
      tools: _t,
      toolChoice: _c,
      schema: _s,
      logprobs: _l,
      prefill: _p,
      stop: _x,
      score: _y,
      ...rest
    } = this.request;
    const { maxOutputTokens: _m, ...kept } = rest;
    const messages: readonly Message[] = [...before, { role: "user", content: words }];
    return { ...kept, messages, ...(maxOutputTokens !== undefined && { maxOutputTokens }) };
  }

  /** The request for the answer, behind these messages. Files of the message come with it. */
  answer(before: readonly Message[], words: string): ModelRequest {
    const content = this._files.length === 0 ? words : [...this._files, { type: "text", text: words } as const];
    const after = this.request.messages.slice(this._index + 1);
    return { ...this.request, messages: [...before, { role: "user", content }, ...after] };
  }
}
