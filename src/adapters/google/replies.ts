/**
 * @module
 * What came back, whole or in pieces, as replies.
 */
import { MalformedResponseError, ProviderError } from "../../core/errors.js";
import { countOf, fieldsOf, listOf, wordsOf, type Fields } from "../../core/fields.js";
import type { JsonValue } from "../../core/message.js";
import type { Warning } from "../../core/model.js";
import type { Reply, SourceCall } from "../../core/source.js";
import { deal } from "../wire/deal.js";
import { Draft } from "./draft.js";

/** Gathers the responses of one request: one, or the pieces of a stream. */
export class Gathering {
  private readonly _id: string;
  private readonly _call: SourceCall;
  private readonly _drafts: (Draft | undefined)[] = [];
  private _usage: Fields = {};
  private _metadata: Readonly<Record<string, JsonValue>> = {};
  private _blocked: string | undefined;

  constructor(id: string, call: SourceCall) {
    this._id = id;
    this._call = call;
  }

  add(response: unknown): void {
    const fields = fieldsOf(response) ?? {};
    const candidates = listOf(fields.candidates);
    const numbered = candidates.some(({ index }) => index !== undefined);
    for (const [place, candidate] of candidates.entries()) {
      // An index of 0 is left out on the wire: where the others have theirs, that is what is missing.
      const index = countOf(candidate.index) ?? (numbered ? 0 : place);
      if (index < this._call.n) (this._drafts[index] ??= new Draft(index, this._call)).add(candidate);
    }
    // Each piece of a stream tells the usage so far.
    this._usage = { ...this._usage, ...fieldsOf(fields.usageMetadata) };
    const id = wordsOf(fields.responseId);
    const model = wordsOf(fields.modelVersion);
    this._metadata = { ...this._metadata, ...(id !== undefined && { id }), ...(model !== undefined && { model }) };
    this._blocked ??= wordsOf(fieldsOf(fields.promptFeedback)?.blockReason);
  }

  /**
   * One reply for each candidate, in the order of their index. What Google counts for all of them is dealt out, so that the sums are exact.
   *
   * @throws {@link ProviderError} for a prompt that was blocked: there is no answer, and there never will be
   * @throws {@link MalformedResponseError} for no candidate at all, or a stream that ended before they did
   */
  replies(warnings: readonly Warning[]): readonly Reply[] {
    const drafts = this._drafts.filter((draft) => draft !== undefined);
    if (drafts.length === 0) {
      if (this._blocked === undefined) throw new MalformedResponseError(`${this._id} returned no candidates`);
      throw new ProviderError(`${this._id} refused the prompt: its content filter gave the reason ${this._blocked}`, {
        retryable: false,
      });
    }
    if (this._call.streaming && drafts.some(({ finishReason }) => finishReason === undefined)) {
      throw new MalformedResponseError(`${this._id} ended its stream before the answer was finished`);
    }
    const shares = split(this._usage, drafts);
    return drafts.map((draft, i) => ({
      ...draft.reply(this._metadata),
      usage: shares[i],
      ...(warnings.length > 0 && { warnings }),
    }));
  }
}

/** Google counts thoughts apart from the answer, and what its own tools read apart from the prompt. */
function split(usage: Fields, drafts: readonly Draft[]): readonly Reply["usage"][] {
  const prompt = countOf(usage.promptTokenCount);
  const input = prompt === undefined ? undefined : prompt + (countOf(usage.toolUsePromptTokenCount) ?? 0);
  const cached = countOf(usage.cachedContentTokenCount);
  const reasoning = countOf(usage.thoughtsTokenCount);
  const output = outputOf(usage, input, reasoning);
  const counted = drafts.every(({ tokens }) => tokens !== undefined);
  const lengths = drafts.map(({ tokens = 0, length }) => (counted ? tokens : length));
  const outputs = deal(output, lengths);
  const reasonings = deal(reasoning, output === undefined ? lengths : outputs.map((share = 0) => share));
  return drafts.map((_, i) => ({
    inputTokens: i === 0 ? input : input && 0,
    cachedInputTokens: i === 0 ? cached : cached && 0,
    outputTokens: outputs[i],
    reasoningTokens: reasonings[i],
  }));
}

/** A count of 0 is left out on the wire, as of an answer that never began: then the total tells. */
function outputOf(usage: Fields, input: number | undefined, reasoning: number | undefined): number | undefined {
  const answers = countOf(usage.candidatesTokenCount);
  if (answers !== undefined) return answers + (reasoning ?? 0);
  const total = countOf(usage.totalTokenCount);
  if (total === undefined || input === undefined) return reasoning;
  return Math.max(reasoning ?? 0, total - input);
}
