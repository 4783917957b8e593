/**
 * @module
 * The events of a stream put together: the message that would have come without streaming.
 */
import { MalformedResponseError } from "../../core/errors.js";
import { countOf, fieldsOf, inputOf, listOf, wordsOf, type Fields } from "../../core/fields.js";
import type { SourceCall } from "../../core/source.js";
import type { AnswerTool } from "./answer-tool.js";

/**
 * Reads a stream to its end and tells every delta on the way.
 *
 * Shape: the events, parsed; the fields of a whole message out. Where a tool stands in for a format its input is told as text, and other text is not.
 *
 * @throws {@link MalformedResponseError} for no message at all, and for a stream that ends before its message does
 */
export async function assemble(
  events: AsyncIterable<unknown>,
  id: string,
  answer: AnswerTool | undefined,
  call: SourceCall,
): Promise<Fields> {
  const blocks: (BlockDraft | undefined)[] = [];
  let message: Fields | undefined;
  let over = false;
  for await (const given of events) {
    if (call.scope.aborted) throw call.scope.reason;
    const event = fieldsOf(given) ?? {};
    const index = countOf(event.index) ?? 0;
    switch (event.type) {
      case "message_start":
        message = fieldsOf(event.message);
        for (const block of listOf(message?.content)) blocks.push(new BlockDraft(block, answer));
        break;
      case "content_block_start":
        blocks[index] = new BlockDraft(fieldsOf(event.content_block) ?? {}, answer);
        blocks[index].tell(call);
        break;
      case "content_block_delta":
        blocks[index]?.add(fieldsOf(event.delta) ?? {}, call);
        break;
      case "message_delta":
        message = { ...message, ...told(event.delta), usage: { ...fieldsOf(message?.usage), ...told(event.usage) } };
        break;
      case "message_stop":
        over = true;
        break;
    }
  }
  if (message === undefined) throw new MalformedResponseError(`${id} sent a stream without a message`);
  if (!over) throw new MalformedResponseError(`${id} ended its stream before the message was finished`);
  return { ...message, content: blocks.flatMap((block) => block?.block() ?? []) };
}

/** The fields that say something. */
function told(value: unknown): Fields {
  return Object.fromEntries(
    Object.entries(fieldsOf(value) ?? {}).filter(([, field]) => field !== null && field !== undefined),
  );
}

/** One block as far as it has come. */
class BlockDraft {
  private readonly _start: Fields;
  private readonly _answer: AnswerTool | undefined;
  private _text: string;
  private _thinking: string;
  private _signature: unknown;
  private _json = "";
  private readonly _citations: Fields[] = [];

  constructor(start: Fields, answer: AnswerTool | undefined) {
    this._start = start;
    this._answer = answer;
    this._text = wordsOf(start.text) ?? "";
    this._thinking = wordsOf(start.thinking) ?? "";
    this._signature = start.signature;
  }

  /** Tells what the block began with. */
  tell(call: SourceCall): void {
    if (this._text !== "") this._say(this._text, call);
    if (this._thinking !== "") call.delta({ reasoning: this._thinking });
  }

  add(delta: Fields, call: SourceCall): void {
    const text = wordsOf(delta.text);
    const reasoning = wordsOf(delta.thinking);
    const json = wordsOf(delta.partial_json);
    const citation = fieldsOf(delta.citation);
    if (text !== undefined) {
      this._text += text;
      this._say(text, call);
    }
    if (reasoning !== undefined) {
      this._thinking += reasoning;
      call.delta({ reasoning });
    }
    if (json !== undefined) {
      this._json += json;
      this._write(json, call);
    }
    if (citation !== undefined) this._citations.push(citation);
    if (delta.type === "signature_delta") this._signature = delta.signature;
  }

  /** The block as it would have come in one piece. */
  block(): Fields {
    const { type, input } = this._start;
    switch (type) {
      case "text":
        return {
          ...this._start,
          text: this._text,
          ...(this._citations.length > 0 && { citations: [...listOf(this._start.citations), ...this._citations] }),
        };
      case "thinking":
        return { ...this._start, thinking: this._thinking, signature: this._signature };
      default:
        if (this._json === "") return this._start;
        // The answer stays as it was written: so it was told.
        return { ...this._start, input: this._isAnswer ? this._json : (inputOf(this._json) ?? input) };
    }
  }

  private get _isAnswer(): boolean {
    return this._answer !== undefined && this._start.type === "tool_use" && this._start.name === this._answer.name;
  }

  private _say(text: string, call: SourceCall): void {
    if (this._answer === undefined) call.delta({ text });
  }

  private _write(json: string, call: SourceCall): void {
    if (!this._isAnswer) {
      if (this._start.type === "tool_use") call.delta({ toolInput: json });
    } else if (this._answer?.wrapped === false) call.delta({ text: json });
  }
}
