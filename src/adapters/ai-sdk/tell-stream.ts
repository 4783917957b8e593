/**
 * @module
 * A run as a stream of the AI SDK.
 */
import type { AnswerPiece } from "../../core/answer-stream.js";
import { MullError } from "../../core/errors.js";
import type { ModelResponse } from "../../core/model.js";
import type { AiSdkJson, AiSdkStreamPart } from "./language-model.js";
import { callContent, contentOf, finishReasonOf, usageFor } from "./outgoing.js";
import { providerMetadataOf } from "./metadata.js";
import { turnToCarry } from "../wire/carried-turn.js";

type Part = AiSdkStreamPart;

/**
 * Turns pieces into parts: thoughts as blocks of reasoning, the answer as one block of text, which stays open to the end.
 *
 * Thoughts are marked as shown only (`mull.thought`): when the conversation comes back, the turn that the last part carries (`mull.turn`) stands
 * for them.
 */
export class Narrator {
  private _blocks = 0;
  private _reasoning: string | undefined;
  private _text: string | undefined;

  /** The parts of a piece. */
  tell({ type, text }: AnswerPiece): Part[] {
    if (type === "reasoning") {
      const parts: Part[] = [];
      if (this._reasoning === undefined) {
        this._reasoning = this._name(type);
        parts.push({ type: "reasoning-start", id: this._reasoning, providerMetadata: thought });
      }
      return [...parts, { type: "reasoning-delta", id: this._reasoning, delta: text }];
    }
    const parts = this._endReasoning();
    if (this._text === undefined) {
      this._text = this._name(type);
      parts.push({ type: "text-start", id: this._text });
    }
    return [...parts, { type: "text-delta", id: this._text, delta: text }];
  }

  /** The parts that end a run well. */
  end(response: ModelResponse): Part[] {
    const parts = this._endReasoning();
    const turn = turnToCarry(response);
    const carry = turn === undefined ? undefined : { mull: { turn: turn as AiSdkJson } };
    const calls = (response.toolCalls ?? []).map(callContent);
    if (this._text !== undefined) {
      const last = calls.length === 0 && carry !== undefined;
      parts.push({ type: "text-end", id: this._text, ...(last && { providerMetadata: carry }) });
    }
    parts.push(...contentOf(response).filter((part) => part.type === "file" || part.type === "source"));
    for (const [i, call] of calls.entries()) {
      const { toolCallId: id, toolName, input } = call;
      const last = i === calls.length - 1 && carry;
      parts.push(
        { type: "tool-input-start", id, toolName },
        { type: "tool-input-delta", id, delta: input },
        { type: "tool-input-end", id },
        last ? { ...call, providerMetadata: { ...call.providerMetadata, ...carry } } : call,
      );
    }
    const providerMetadata = providerMetadataOf(response);
    const finishReason = finishReasonOf(response);
    return [...parts, { type: "finish", usage: usageFor(response.usage), finishReason, providerMetadata }];
  }

  /** The parts that end a run that failed after it had begun to tell. */
  fail(error: unknown, cause: unknown): Part[] {
    const parts = this._endReasoning();
    if (this._text !== undefined) parts.push({ type: "text-end", id: this._text });
    const usage = usageFor(MullError.is(cause) ? cause.usage : undefined);
    return [
      ...parts,
      { type: "error", error },
      { type: "finish", usage, finishReason: { unified: "error", raw: undefined } },
    ];
  }

  private _name(type: string): string {
    return `${type}-${this._blocks++}`;
  }

  private _endReasoning(): Part[] {
    if (this._reasoning === undefined) return [];
    const id = this._reasoning;
    this._reasoning = undefined;
    return [{ type: "reasoning-end", id, providerMetadata: thought }];
  }
}

const thought = { mull: { thought: true } };
