/**
 * @module
 * An answer as far as it has come.
 */
import { countOf, fieldsOf, listOf, wordsOf, type Fields } from "../../core/fields.js";
import type { ToolCallPart } from "../../core/message.js";
import type { FinishReason, TokenLogprob, Warning } from "../../core/model.js";
import type { Reply, SourceCall } from "../../core/source.js";

/** Puts the lines of a stream together. */
export class Draft {
  private readonly _call: SourceCall;
  private _text = "";
  private _reasoning = "";
  private readonly _toolCalls: ToolCallPart[] = [];
  private readonly _logprobs: TokenLogprob[] = [];
  /** The line that said it was the last. */
  private _last: Fields | undefined;

  constructor(call: SourceCall) {
    this._call = call;
  }

  /** Did the last line come? */
  get over(): boolean {
    return this._last !== undefined;
  }

  add(line: unknown): void {
    const fields = fieldsOf(line) ?? {};
    const message = fieldsOf(fields.message) ?? {};
    const reasoning = wordsOf(message.thinking);
    const text = wordsOf(message.content);
    if (reasoning !== undefined) {
      this._reasoning += reasoning;
      this._tell({ reasoning });
    }
    if (text !== undefined) {
      this._text += text;
      this._tell({ text });
    }
    for (const call of listOf(message.tool_calls)) this._addCall(call);
    this._logprobs.push(...listOf(fields.logprobs).map(logprobOf));
    if (fields.done === true) this._last = fields;
  }

  reply(warnings: readonly Warning[]): Reply {
    const { _text: text, _reasoning: reasoning, _toolCalls: toolCalls, _logprobs: logprobs } = this;
    const last = this._last ?? {};
    const finishReason = finishOf(last.done_reason, toolCalls.length > 0);
    const model = wordsOf(last.model);
    // Models that think between their tools want their thoughts back with the calls.
    const matters = reasoning !== "" && toolCalls.length > 0;
    return {
      text,
      ...(reasoning !== "" && { reasoning }),
      ...(matters && {
        content: [
          { type: "reasoning", text: reasoning },
          ...(text === "" ? [] : [{ type: "text", text } as const]),
          ...toolCalls,
        ],
      }),
      ...(toolCalls.length > 0 && { toolCalls }),
      ...(logprobs.length > 0 && { logprobs }),
      ...(finishReason !== undefined && { finishReason }),
      ...(model !== undefined && { providerMetadata: { ollama: { model } } }),
      ...(warnings.length > 0 && { warnings }),
      usage: { inputTokens: countOf(last.prompt_eval_count), outputTokens: countOf(last.eval_count) },
    };
  }

  private _addCall(part: Fields): void {
    const { name, arguments: input = {} } = fieldsOf(part.function) ?? {};
    this._toolCalls.push({
      type: "tool-call",
      // Servers before 0.12.10 give none, but a result must say which call it answers.
      id: wordsOf(part.id) ?? `call_${this._call.random.bits().toString(36)}`,
      name: wordsOf(name) ?? "",
      input,
    });
    this._tell({ toolInput: JSON.stringify(input) });
  }

  private _tell(delta: Parameters<SourceCall["delta"]>[0]): void {
    if (this._call.streaming) this._call.delta(delta);
  }
}

function finishOf(reason: unknown, calls: boolean): FinishReason | undefined {
  switch (wordsOf(reason)) {
    case undefined:
      return undefined;
    case "stop":
      return calls ? "tool-calls" : "stop";
    case "length":
      return "length";
    default:
      return "other";
  }
}

function logprobOf(entry: Fields): TokenLogprob {
  const top = listOf(entry.top_logprobs)
    .map(tokenOf)
    .sort((a, b) => b.logprob - a.logprob);
  return { ...tokenOf(entry), ...(top.length > 0 && { top }) };
}

function tokenOf({ token, logprob }: Fields): { readonly token: string; readonly logprob: number } {
  return { token: wordsOf(token) ?? "", logprob: typeof logprob === "number" ? logprob : -Infinity };
}
