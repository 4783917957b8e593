/**
 * @module
 * What is carried from block to block: the model's own state, or notes that it writes.
 */
import { MalformedResponseError } from "../../../core/errors.js";
import type { ModelRequest, ModelResponse } from "../../../core/model.js";
import type { LongText } from "./long-text.js";

/** Carries what was read on to the next block. */
export interface Carrier {
  readonly carries: "state" | "summary";
  /** What was written down so far. */
  readonly notes: string | undefined;
  /** The request that reads one more block. */
  read(block: string): ModelRequest;
  /** Keeps what is to be carried on. */
  take(response: ModelResponse): void;
  /** The request for the answer, from what is carried and the last block. */
  answer(block: string): ModelRequest;
}

/** Carries the model's own state. What the model says of a block is of no use; what came before the text is read with the first block. */
export class StateCarrier implements Carrier {
  readonly carries = "state";
  readonly notes = undefined;
  private readonly _text: LongText;
  private readonly _question: string;
  private readonly _id: string;
  private _state: string | undefined;

  constructor(text: LongText, question: string, id: string) {
    this._text = text;
    this._question = question;
    this._id = id;
  }

  read(block: string): ModelRequest {
    const { maxOutputTokens = Infinity } = this._text.request;
    return this._withState(this._text.block(this._before, block, Math.min(maxOutputTokens, stateTokens)));
  }

  take({ latent }: ModelResponse): void {
    if (latent?.state === undefined)
      throw new MalformedResponseError(`${this._id} told no state at the end of a block`);
    this._state = latent.state;
  }

  answer(block: string): ModelRequest {
    return this._withState(this._text.answer(this._before, joinParts(block, this._question)));
  }

  private get _before(): LongText["before"] {
    return this._state === undefined ? this._text.before : this._text.system;
  }

  private _withState(request: ModelRequest): ModelRequest {
    return this._state === undefined ? request : { ...request, latent: { ...request.latent, state: this._state } };
  }
}

/** Options of {@link SummaryCarrier}. */
export interface SummaryCarrierOptions {
  readonly question: string;
  readonly blocks: number;
  readonly instruction: string;
  readonly noteTokens: number | undefined;
}

/** Carries notes: the model writes them anew with every block. */
export class SummaryCarrier implements Carrier {
  readonly carries = "summary";
  notes: string | undefined;
  private readonly _text: LongText;
  private readonly _options: SummaryCarrierOptions;
  private _part = 0;

  constructor(text: LongText, options: SummaryCarrierOptions) {
    this._text = text;
    this._options = options;
  }

  read(block: string): ModelRequest {
    const { instruction, question, blocks, noteTokens } = this._options;
    const parts = [
      instruction,
      ...(question.trim() === "" ? [] : [`# What will be asked\n${question.trim()}`]),
      `# Notes so far\n${this.notes ?? "None: this is the beginning."}`,
      `# Part ${this._part + 1} of ${blocks}\n${block.trim()}`,
    ];
    return this._text.block(this._text.system, parts.join("\n\n"), noteTokens);
  }

  take({ text }: ModelResponse): void {
    this._part++;
    // Who writes nothing has nothing to add.
    this.notes = text.trim() || this.notes;
  }

  answer(block: string): ModelRequest {
    const { question } = this._options;
    const head = this.notes === undefined ? [] : [`# Notes on what comes before\n${this.notes}`];
    const parts = [
      ...head,
      `# The last part of the text\n${block.trim()}`,
      ...(question.trim() === "" ? [] : [question.trim()]),
    ];
    return this._text.answer(this._text.before, parts.join("\n\n"));
  }
}

/** Enough for the loops of a block, which some models count as tokens; what is written in them is thrown away. */
const stateTokens = 32;

function joinParts(block: string, question: string): string {
  return question === "" || /\s$/.test(block) ? block + question : `${block}\n\n${question}`;
}
