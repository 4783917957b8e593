/**
 * @module
 * One completion as far as its stream has come.
 */
import { countOf, fieldsOf, listOf, wordsOf, type Fields } from "../../core/fields.js";
import type { SourceCall } from "../../core/source.js";
import { contentOf } from "./completion.js";
import { Echo } from "./echo.js";
import { logprobOf } from "./logprobs.js";

interface CallDraft {
  id: string | undefined;
  name: string;
  arguments: string;
  readonly index: number;
}

/** Collects the pieces of one choice, and tells them. */
export class Draft {
  finishReason: string | undefined;
  private readonly _index: number;
  private readonly _call: SourceCall;
  private readonly _echo: Echo | undefined;
  private _content = "";
  private _reasoning = "";
  private _refusal = "";
  private readonly _calls: CallDraft[] = [];
  private readonly _details: Fields[] = [];
  private readonly _logprobs: Fields[] = [];
  private _latent: Fields | undefined;

  constructor(index: number, call: SourceCall, echo: string | undefined) {
    this._index = index;
    this._call = call;
    this._echo = echo === undefined ? undefined : new Echo(echo);
  }

  add(choice: Fields): void {
    const delta = fieldsOf(choice.delta) ?? {};
    const { text, reasoning } = contentOf(delta);
    if (reasoning !== "") {
      this._reasoning += reasoning;
      this._call.delta({ reasoning }, this._index);
    }
    this._content += text;
    const entries = listOf(fieldsOf(choice.logprobs)?.content);
    this._logprobs.push(...entries);
    this._tell(text === "" ? "" : (this._echo?.add(text) ?? text), entries);
    this._refusal += wordsOf(delta.refusal) ?? "";
    for (const part of listOf(delta.tool_calls)) {
      const toolInput = this._addCall(part);
      if (toolInput !== "") this._call.delta({ toolInput }, this._index);
    }
    for (const detail of listOf(delta.reasoning_details)) this._addDetail(detail);
    this._latent = fieldsOf(delta.latent) ?? this._latent;
    this.finishReason = wordsOf(choice.finish_reason) ?? this.finishReason;
  }

  /** The same fields as a choice that came in one piece. */
  choice(): Fields {
    this._tell(this._echo?.end() ?? "");
    return {
      message: {
        content: this._content,
        reasoning_content: this._reasoning,
        reasoning_details: this._details,
        refusal: this._refusal,
        latent: this._latent,
        tool_calls: this._calls.map(({ id, name, arguments: text }) => ({ id, function: { name, arguments: text } })),
      },
      finish_reason: this.finishReason,
      logprobs: { content: this._logprobs },
    };
  }

  private _tell(text: string, entries: readonly Fields[] = []): void {
    const logprobs = entries.map(logprobOf);
    if (text === "" && logprobs.length === 0) return;
    this._call.delta({ ...(text !== "" && { text }), ...(logprobs.length > 0 && { logprobs }) }, this._index);
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

  /** Pieces of the same type and index are one detail: their words are joined, and what else they say is kept. */
  private _addDetail(detail: Fields): void {
    const last = this._details.at(-1);
    if (last === undefined || last.type !== detail.type || last.index !== detail.index) {
      this._details.push(detail);
      return;
    }
    const joined: Record<string, unknown> = { ...last };
    for (const [name, value] of Object.entries(detail)) {
      const before = last[name];
      const words = ["text", "summary", "data"].includes(name) && typeof before === "string";
      if (words && typeof value === "string") joined[name] = before + value;
      else if (value !== undefined && value !== null) joined[name] = value;
    }
    this._details[this._details.length - 1] = joined;
  }
}
