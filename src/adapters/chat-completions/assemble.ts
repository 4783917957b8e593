/**
 * @module
 * The chunks of a stream put together: the completion that would have come without streaming.
 */
import { MalformedResponseError } from "../../core/errors.js";
import type { SourceCall } from "../../core/source.js";
import { contentOf } from "./completion.js";
import { eventStream } from "../openai-compatible/event-stream.js";
import { complains } from "../openai-compatible/failure.js";
import { countOf, fieldsOf, listOf, wordsOf, type Fields } from "../../core/fields.js";

/**
 * Reads a stream to its end and tells every delta on the way.
 *
 * Shape: the body of a response in; the fields of a whole completion out. A chunk with `error` ends it: the chunk is returned.
 *
 * @throws {@link MalformedResponseError} for a chunk that is not JSON, for no chunk at all, and for a stream that ends before its completions do
 */
export async function assemble(body: ReadableStream<Uint8Array>, id: string, call: SourceCall): Promise<Fields> {
  const drafts: (Draft | undefined)[] = [];
  let head: Fields | undefined;
  let usage: unknown;
  let over = false;
  for await (const data of eventStream(body)) {
    // A foreign `fetch` may not listen to the signal; leaving the loop ends its body.
    if (call.scope.aborted) throw call.scope.reason;
    if (data === "[DONE]") {
      over = true;
      break;
    }
    const chunk = parse(data, id);
    if (complains(chunk)) return chunk;
    head ??= chunk;
    usage = chunk.usage ?? usage;
    for (const choice of listOf(chunk.choices)) {
      const index = countOf(choice.index) ?? 0;
      if (index < call.n) (drafts[index] ??= new Draft()).add(choice, index, call);
    }
  }
  if (head === undefined) throw new MalformedResponseError(`${id} sent a stream without any chunk`);
  const whole = drafts.filter((draft) => draft !== undefined);
  if (!over && (whole.length === 0 || whole.some(({ finishReason }) => finishReason === undefined))) {
    throw new MalformedResponseError(`${id} ended its stream before the completion was finished`);
  }
  return { ...head, usage, choices: whole.map((draft) => draft.choice()) };
}

function parse(data: string, id: string): Fields {
  try {
    const chunk = fieldsOf(JSON.parse(data));
    if (chunk !== undefined) return chunk;
  } catch {
    // Its own error would quote what the model wrote.
  }
  throw new MalformedResponseError(`${id} sent a chunk that is not a JSON object`);
}

interface CallDraft {
  id: string | undefined;
  name: string;
  arguments: string;
  readonly index: number;
}

/** One completion as far as it has come. */
class Draft {
  finishReason: string | undefined;
  private _content = "";
  private _reasoning = "";
  private _refusal = "";
  private readonly _calls: CallDraft[] = [];
  private readonly _logprobs: Fields[] = [];

  add(choice: Fields, index: number, call: SourceCall): void {
    const delta = fieldsOf(choice.delta) ?? {};
    const { text, reasoning } = contentOf(delta);
    if (reasoning !== "") {
      this._reasoning += reasoning;
      call.delta({ reasoning }, index);
    }
    if (text !== "") {
      this._content += text;
      call.delta({ text }, index);
    }
    this._refusal += wordsOf(delta.refusal) ?? "";
    for (const part of listOf(delta.tool_calls)) {
      const toolInput = this._addCall(part);
      if (toolInput !== "") call.delta({ toolInput }, index);
    }
    this._logprobs.push(...listOf(fieldsOf(choice.logprobs)?.content));
    this.finishReason = wordsOf(choice.finish_reason) ?? this.finishReason;
  }

  /** The same fields as a choice that came in one piece. */
  choice(): Fields {
    return {
      message: {
        content: this._content,
        reasoning_content: this._reasoning,
        refusal: this._refusal,
        tool_calls: this._calls.map(({ id, name, arguments: text }) => ({ id, function: { name, arguments: text } })),
      },
      finish_reason: this.finishReason,
      logprobs: { content: this._logprobs },
    };
  }

  /** Returns what it adds to the arguments. */
  private _addCall(part: Fields): string {
    const { name, arguments: input } = fieldsOf(part.function) ?? {};
    const id = wordsOf(part.id);
    const index = countOf(part.index) ?? this._calls.at(-1)?.index ?? 0;
    let open = this._calls.findLast((draft) => draft.index === index);
    // Some endpoints number all parallel calls 0, or none: another id with a name begins another call.
    const begins = wordsOf(name) !== undefined && id !== undefined && open?.id !== undefined && open.id !== id;
    if (open === undefined || begins) {
      open = { id, name: "", arguments: "", index };
      this._calls.push(open);
    }
    open.id ??= id;
    if (open.name === "") open.name = wordsOf(name) ?? "";
    const more = typeof input === "object" && input !== null ? JSON.stringify(input) : (wordsOf(input) ?? "");
    open.arguments += more;
    return more;
  }
}
