/**
 * @module
 * One request to an embedded model: its completions, or how likely a text is that it gives.
 */
import { ProviderError } from "../core/errors.js";
import type { ModelRequest } from "../core/model.js";
import { checkInteger, checkNumber } from "../core/options.js";
import { hashText, Random } from "../core/random.js";
import type { Reply, SourceCall } from "../core/source.js";
import type { Delta } from "../core/tape.js";
import type { Engine, Reader } from "./engine.js";
import { Line, type LineSettings, type Opening } from "./line.js";
import type { Piece } from "./piece.js";
import { Scorer } from "./scorer.js";
import type { Token } from "./slots.js";
import type { BlockConfig } from "./weights.js";

/** What a model makes of a request. */
export interface Task<T extends Token> {
  /** What is read first. */
  readonly tokens: readonly T[];
  readonly opening: Opening;
  /** What the text to score consists of, where there is one. */
  readonly pieces: readonly Piece[] | undefined;
}

/** How many tokens are read for a task. */
export function tokensOf<T extends Token>({ tokens, pieces = [] }: Task<T>): number {
  return tokens.length + pieces.length;
}

/** How the lines of a request are written, as far as its knobs say. */
export type Knobs = Omit<LineSettings, "limit">;

/**
 * The room behind a prompt, in tokens.
 *
 * @throws `ProviderError` where nothing can be written, or the text to score does not fit
 */
export function roomOf<T extends Token>(
  where: string,
  { tokens, pieces }: Task<T>,
  { positions }: Pick<BlockConfig, "positions">,
): number {
  const room = positions - tokens.length;
  if (room < 1) {
    const message = `${where} reads at most ${positions - 1} tokens, so that there is room for an answer, and the prompt has ${tokens.length}`;
    throw new ProviderError(message, { status: 400 });
  }
  if (pieces !== undefined && pieces.length > room) {
    const message = `${where} reads at most ${positions} tokens, and the prompt has ${tokens.length}, the text to score ${pieces.length}`;
    throw new ProviderError(message, { status: 400 });
  }
  return room;
}

/**
 * Reads the knobs of a request.
 *
 * @throws `InvalidOptionError` for those out of bounds
 */
export function knobsOf(where: string, request: ModelRequest, { vocab }: Pick<BlockConfig, "vocab">): Knobs {
  const { temperature = 1, topP = 1, topK, presencePenalty = 0, frequencyPenalty = 0 } = request;
  const { stop = [], logprobs } = request;
  return {
    stop: stop.filter((text) => text !== ""),
    logprobs: logprobs === undefined ? undefined : checkInteger(where, "logprobs", logprobs, 0),
    temperature: checkNumber(where, "temperature", temperature, 0),
    topP: checkNumber(where, "topP", topP, 0, 1),
    topK: topK === undefined ? vocab : checkInteger(where, "topK", topK, 1),
    presencePenalty: checkNumber(where, "presencePenalty", presencePenalty, -2, 2),
    frequencyPenalty: checkNumber(where, "frequencyPenalty", frequencyPenalty, -2, 2),
  };
}

/** Writes the completions of a request, or scores its text. */
export async function complete<T extends Token>(
  where: string,
  engine: Engine<T>,
  reader: Reader<T>,
  task: Task<T>,
  settings: LineSettings,
  request: ModelRequest,
  call: SourceCall,
): Promise<readonly Reply[]> {
  const { tokens, opening, pieces } = task;
  if (pieces !== undefined) {
    const scorer = new Scorer(where, opening, pieces, settings.logprobs ?? 0);
    const cachedInputTokens = await engine.write(reader, tokens, [scorer], call.scope);
    const inputTokens = tokensOf(task);
    return Array.from({ length: call.n }, (_, choice) =>
      scorer.reply(choice === 0 ? { inputTokens, cachedInputTokens } : { inputTokens: 0, cachedInputTokens: 0 }),
    );
  }
  const seed = String(request.seed ?? call.random.bits());
  const lines = Array.from({ length: call.n }, (_, choice) => {
    const listener = call.streaming ? (part: Delta) => call.delta(part, choice) : undefined;
    return new Line(opening, settings, new Random(hashText(choice, seed), choice), listener);
  });
  const cachedInputTokens = await engine.write(reader, tokens, lines, call.scope);
  return lines.map((line, choice) => line.reply(choice === 0 ? { inputTokens: tokens.length, cachedInputTokens } : {}));
}
