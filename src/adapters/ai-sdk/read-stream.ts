/**
 * @module
 * A stream of the AI SDK put together: the answer that would have come without streaming.
 */
import { MalformedResponseError } from "../../core/errors.js";
import { fieldsOf, wordsOf, type Fields } from "../../core/fields.js";
import { race } from "../../core/scope.js";
import type { SourceCall } from "../../core/source.js";
import { endOf } from "./reply.js";
import type { AiSdkPart, AiSdkResult } from "./specification.js";

/** An error that a stream tells as one of its parts. */
export class StreamFailure {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/**
 * Reads a stream to its end and tells every delta on the way. Whatever ends the reading, the stream is closed.
 *
 * @throws {@link StreamFailure} for a part that tells of an error
 * @throws {@link MalformedResponseError} for a stream that ends without saying why the model stopped: it was cut
 */
export async function readStream(
  stream: ReadableStream<AiSdkPart>,
  id: string,
  call: SourceCall,
): Promise<AiSdkResult> {
  const draft = new Draft(call);
  const reader = stream.getReader();
  try {
    for (;;) {
      // A foreign stream may not listen to the signal.
      const { done, value } = await race(call, () => reader.read());
      if (done) break;
      draft.add(value as unknown as Fields);
    }
  } finally {
    // After the end this does nothing; before it, it frees the connection. What it says about that matters to nobody.
    reader.cancel().catch(() => undefined);
  }
  const result = draft.result();
  if (result === undefined || endOf(result.finishReason) === undefined) {
    throw new MalformedResponseError(`${id} ended its stream before the answer was finished`);
  }
  return result;
}

/** A text or a thought as far as it has come. */
interface Block {
  readonly type: "text" | "reasoning";
  text: string;
  providerMetadata?: unknown;
}

class Draft {
  private readonly _call: SourceCall;
  private readonly _content: (Block | Fields)[] = [];
  private readonly _open = new Map<string, Block>();
  /** Tool calls of which the arguments were told as they came. */
  private readonly _told = new Set<unknown>();
  private _head: Fields = {};
  private _response: Fields | undefined;
  private _end: Fields | undefined;

  constructor(call: SourceCall) {
    this._call = call;
  }

  add(part: Fields): void {
    const { type } = part;
    switch (type) {
      case "stream-start":
        this._head = part;
        break;
      case "response-metadata":
        this._response = { ...this._response, ...part };
        break;
      case "text-start":
      case "text-delta":
      case "text-end":
        this._write("text", part);
        break;
      case "reasoning-start":
      case "reasoning-delta":
      case "reasoning-end":
        this._write("reasoning", part);
        break;
      case "tool-input-delta": {
        const toolInput = wordsOf(part.delta);
        if (toolInput === undefined) break;
        this._told.add(part.id);
        this._call.delta({ toolInput });
        break;
      }
      case "tool-call": {
        const toolInput = wordsOf(part.input);
        if (toolInput !== undefined && part.providerExecuted !== true && !this._told.has(part.toolCallId))
          this._call.delta({ toolInput });
        this._content.push(part);
        break;
      }
      case "tool-result":
      case "file":
      case "reasoning-file":
      case "source":
      case "custom":
        this._content.push(part);
        break;
      case "error":
        throw new StreamFailure(part.error);
      case "finish":
        this._end = part;
        break;
      default:
    }
  }

  result(): AiSdkResult | undefined {
    if (this._end === undefined) return undefined;
    const { finishReason, usage, providerMetadata } = this._end;
    return {
      content: this._content as unknown as readonly AiSdkPart[],
      finishReason,
      usage,
      warnings: this._head.warnings as readonly object[],
      providerMetadata: fieldsOf(providerMetadata),
      response: this._response,
    };
  }

  /** What a later piece says of the block stands for what an earlier one said. */
  private _write(type: Block["type"], { type: piece, id, delta, providerMetadata }: Fields): void {
    const key = `${type} ${String(id)}`;
    let block = this._open.get(key);
    if (block === undefined || piece === `${type}-start`) {
      block = { type, text: "" };
      this._open.set(key, block);
      this._content.push(block);
    }
    if (providerMetadata !== undefined) block.providerMetadata = providerMetadata;
    const words = wordsOf(delta);
    if (words === undefined) return;
    block.text += words;
    this._call.delta(type === "text" ? { text: words } : { reasoning: words });
  }
}
