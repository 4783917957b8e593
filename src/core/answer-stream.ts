/**
 * @module
 * A run told to somebody who cannot take words back: a framework's stream, a chat on the other side of a wire.
 */
import { MalformedResponseError } from "./errors.js";
import type { MullEvent } from "./events.js";
import type { Model, ModelRequest, ModelResponse } from "./model.js";
import type { RunOptions } from "./run.js";
import { stream } from "./stream.js";

/** Some more words: of the answer, or of a thought. */
export type AnswerPiece =
  { readonly type: "text"; readonly text: string } | { readonly type: "reasoning"; readonly text: string };

/** Options of {@link answerStream}. */
export interface AnswerStreamOptions extends RunOptions {
  /** Tells the answer in one piece, when it is sure. @defaultValue `false`: as it comes */
  readonly whole?: boolean | undefined;
}

/**
 * Runs a model and yields its words: those of the final answer as text, all others as reasoning. The texts join to the text of the response, which is returned.
 *
 * Words of two thoughts are parted by an empty line, and so are the answer and what was said before a tool was used, which stays. After a failure that is tried
 * again, nothing more is told until the answer is whole; if it then does not begin with what was told, that is an error. Reasoning that did not come
 * in pieces is told in one, before the rest of the text. Leaving the loop gives the run up.
 *
 * @throws `MalformedResponseError` when words that were told turn out not to be the answer's; `whole: true` rules that out
 */
export async function* answerStream<Out extends ModelResponse>(
  model: Model<Out>,
  request: ModelRequest,
  options: AnswerStreamOptions = {},
): AsyncGenerator<AnswerPiece, Out> {
  const { whole = false, ...rest } = options;
  const events = stream(model, request, rest);
  const teller = new Teller(whole);
  // A failure ends the loop; nobody needs to hear of it twice.
  events.response.catch(() => undefined);
  for await (const event of events) {
    const piece = teller.hear(event);
    if (piece !== undefined) yield piece;
  }
  const response = await events.response;
  const thought = teller.untold(response.reasoning);
  if (thought !== undefined) yield thought;
  const last = teller.end(response.text);
  if (last !== undefined) yield last;
  return response;
}

class Teller {
  private _held: boolean;
  /** Of the answer, since a tool was last used. */
  private _told = "";
  /** Was something said before a tool was used? */
  private _before = false;
  private _thinker: string | undefined;

  constructor(held: boolean) {
    this._held = held;
  }

  hear(event: MullEvent): AnswerPiece | undefined {
    switch (event.type) {
      case "delta": {
        if (event.output) return event.text === undefined ? undefined : this._tell(event.text);
        const text = event.reasoning ?? event.text ?? "";
        return text === "" ? undefined : this._think(text, event.path);
      }
      case "tool":
        this._before ||= this._told !== "";
        this._told = "";
        return undefined;
      case "retry":
      case "fallback":
      case "hedge":
        this._held ||= this._told !== "";
        return undefined;
      default:
        return undefined;
    }
  }

  /** The thought of the whole answer, where none was told as it came. */
  untold(reasoning: string = ""): AnswerPiece | undefined {
    return this._thinker !== undefined || reasoning === "" ? undefined : { type: "reasoning", text: reasoning };
  }

  /** What is still to be told of the whole answer. */
  end(text: string): AnswerPiece | undefined {
    if (!text.startsWith(this._told)) {
      throw new MalformedResponseError(
        "the answer is another than the words of it that were already told: they cannot be taken back",
      );
    }
    this._held = false;
    return this._tell(text.slice(this._told.length));
  }

  private _tell(text: string): AnswerPiece | undefined {
    if (this._held || text === "") return undefined;
    const apart = this._before && this._told === "" ? "\n\n" : "";
    this._told += text;
    return { type: "text", text: apart + text };
  }

  private _think(text: string, path: readonly string[]): AnswerPiece {
    const thinker = path.join("/");
    const apart = this._thinker !== undefined && this._thinker !== thinker ? "\n\n" : "";
    this._thinker = thinker;
    return { type: "reasoning", text: apart + text };
  }
}
