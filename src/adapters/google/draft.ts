/**
 * @module
 * One candidate as far as it has come: its parts, in order, with what must come back with them.
 */
import { fieldsOf, listOf, wordsOf, type Fields } from "../../core/fields.js";
import type { FilePart, JsonValue, PartMetadata, ReasoningPart, TextPart, ToolCallPart } from "../../core/message.js";
import type { FinishReason, TokenLogprob } from "../../core/model.js";
import type { Reply, SourceCall } from "../../core/source.js";

type ContentPart = TextPart | ReasoningPart | FilePart | ToolCallPart;

/** What Google says about an answer beside it. */
const remarks = ["groundingMetadata", "citationMetadata", "urlContextMetadata"] as const;

/** A candidate that may come in pieces. */
export class Draft {
  /** As Google has it; `undefined` while it goes on. */
  finishReason: string | undefined;
  /** As counted by Google, where it counts. */
  tokens: number | undefined;
  private readonly _call: SourceCall;
  private readonly _index: number;
  private readonly _parts: ContentPart[] = [];
  private readonly _logprobs: TokenLogprob[] = [];
  private _remarks: Readonly<Record<string, JsonValue>> = {};

  constructor(index: number, call: SourceCall) {
    this._index = index;
    this._call = call;
  }

  /** Takes a piece of the candidate, or all of it. */
  add(candidate: Fields): void {
    for (const part of listOf(fieldsOf(candidate.content)?.parts)) this._take(part);
    this._logprobs.push(...logprobsOf(candidate.logprobsResult));
    this.finishReason = wordsOf(candidate.finishReason) ?? this.finishReason;
    if (typeof candidate.tokenCount === "number") this.tokens = candidate.tokenCount;
    for (const name of remarks) {
      const remark = fieldsOf(candidate[name]);
      if (remark !== undefined) this._remarks = { ...this._remarks, [name]: remark as JsonValue };
    }
  }

  /** How much it wrote, as far as it shows. */
  get length(): number {
    return this._parts.reduce((sum, part) => {
      if (part.type === "tool-call") return sum + part.name.length + JSON.stringify(part.input).length;
      return sum + (part.type === "file" ? 1 : part.text.length);
    }, 0);
  }

  /** The reply, but for its usage. */
  reply(metadata: Readonly<Record<string, JsonValue>>): Reply {
    const words = (type: "text" | "reasoning"): string =>
      this._parts.map((part) => (part.type === type ? part.text : "")).join("");
    const reasoning = words("reasoning");
    const toolCalls = this._parts.filter((part) => part.type === "tool-call");
    const finishReason = finishOf(this.finishReason, toolCalls.length > 0);
    // Where nothing is signed and nothing is a file, text and calls say it all.
    const matters = this._parts.some((part) => part.type === "file" || part.providerMetadata !== undefined);
    const unusual = finishReason === "content-filter" || finishReason === "other";
    const google = {
      ...metadata,
      ...(unusual && this.finishReason !== undefined && { finishReason: this.finishReason }),
      ...this._remarks,
    };
    return {
      text: words("text"),
      ...(reasoning !== "" && { reasoning }),
      ...(matters && { content: this._parts }),
      ...(toolCalls.length > 0 && { toolCalls }),
      ...(this._logprobs.length > 0 && { logprobs: this._logprobs }),
      ...(finishReason !== undefined && { finishReason }),
      ...(Object.keys(google).length > 0 && { providerMetadata: { google } }),
    };
  }

  private _take(part: Fields): void {
    const { text, thought, functionCall, inlineData, fileData, ...rest } = part;
    if (typeof text === "string") {
      this._addWords(thought === true ? "reasoning" : "text", text, rest);
      return;
    }
    // A picture may be a thought, too.
    const own = thought === true ? { thought, ...rest } : rest;
    const call = fieldsOf(functionCall);
    const blob = fieldsOf(inlineData);
    const file = fieldsOf(fileData);
    if (call !== undefined) this._addCall(call, own);
    else if (blob !== undefined) this._addFile(blob.mimeType, wordsOf(blob.data) ?? "", own);
    else if (file !== undefined) this._addFile(file.mimeType, wordsOf(file.fileUri) ?? "", own);
    else if (Object.keys(rest).some((name) => name !== "thoughtSignature")) {
      // Code that Google ran, and other parts that have no words: kept, and given back as they are.
      this._parts.push({ type: "text", text: "", providerMetadata: { google: { part: part as JsonValue } } });
    } else this._addWords(thought === true ? "reasoning" : "text", "", rest);
  }

  private _addWords(type: "text" | "reasoning", text: string, own: Fields): void {
    const last = this._parts.at(-1);
    const metadata = metadataOf(own);
    // A part with a signature is never joined with another: Google would not know it again.
    if (last?.type === type && last.providerMetadata === undefined && metadata === undefined) {
      this._parts[this._parts.length - 1] = { type, text: last.text + text };
    } else if (text !== "" || metadata !== undefined) {
      this._parts.push({ type, text, ...(metadata !== undefined && { providerMetadata: metadata }) });
    }
    if (text !== "") this._tell(type === "text" ? { text } : { reasoning: text });
  }

  private _addCall(call: Fields, own: Fields): void {
    const given = wordsOf(call.id);
    const input = call.args ?? {};
    const metadata = metadataOf({ ...(given !== undefined && { id: given }), ...own });
    this._parts.push({
      type: "tool-call",
      // Not every model names its calls, but a result must say which one it answers.
      id: given ?? `call_${this._call.random.bits().toString(36)}`,
      name: wordsOf(call.name) ?? "",
      input,
      ...(metadata !== undefined && { providerMetadata: metadata }),
    });
    this._tell({ toolInput: JSON.stringify(input) });
  }

  private _addFile(mediaType: unknown, data: string, own: Fields): void {
    const metadata = metadataOf(own);
    this._parts.push({
      type: "file",
      mediaType: wordsOf(mediaType) ?? "application/octet-stream",
      data,
      ...(metadata !== undefined && { providerMetadata: metadata }),
    });
  }

  private _tell(delta: Parameters<SourceCall["delta"]>[0]): void {
    if (this._call.streaming) this._call.delta(delta, this._index);
  }
}

function metadataOf(own: Fields): PartMetadata | undefined {
  return Object.keys(own).length === 0 ? undefined : { google: own as Readonly<Record<string, JsonValue>> };
}

function finishOf(reason: string | undefined, calls: boolean): FinishReason | undefined {
  switch (reason) {
    case undefined:
      return undefined;
    case "STOP":
      return calls ? "tool-calls" : "stop";
    case "MAX_TOKENS":
      return "length";
    default:
      return filters.test(reason) ? "content-filter" : "other";
  }
}

/** Why Google keeps an answer back, or the rest of it. */
const filters = /SAFETY|RECITATION|BLOCKLIST|PROHIBITED|SPII|MODEL_ARMOR|JAILBREAK/;

function logprobsOf(result: unknown): readonly TokenLogprob[] {
  const { chosenCandidates, topCandidates } = fieldsOf(result) ?? {};
  const tops = Array.isArray(topCandidates) ? (topCandidates as readonly unknown[]) : [];
  return listOf(chosenCandidates).map((chosen, i) => {
    const top = listOf(fieldsOf(tops[i])?.candidates)
      .map(tokenOf)
      .sort((a, b) => b.logprob - a.logprob);
    return { ...tokenOf(chosen), ...(top.length > 0 && { top }) };
  });
}

/** Of a logarithm of 0 the wire says nothing: that is certainty, not its opposite. */
function tokenOf({ token, logProbability = 0 }: Fields): { readonly token: string; readonly logprob: number } {
  return { token: wordsOf(token) ?? "", logprob: typeof logProbability === "number" ? logProbability : -Infinity };
}
