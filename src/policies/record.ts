/**
 * @module
 * Record: keeps what a run asks of its models, so that it can be played again, or go on where it broke off.
 */
import type { Model, ModelResponse } from "../core/model.js";
import type { Tape } from "../core/tape.js";
import { deckOf, withDeck } from "../core/tape/deck.js";
import { RecordDeck } from "../core/tape/record-deck.js";

/**
 * Keeps every call of the models beneath on a tape, which outlives the run; a call that an earlier process has taped is not made again.
 *
 * Shape: response in, the same response out; path, ids and events are those without it.
 * Cost: none of its own; calls that are on the tape are not made, and report the usage they had when they were.
 * A line is written before its answer goes on, so a process that is killed loses only what was in flight. Started again, with the same seed where there was
 * one, the run takes what is there and asks for the rest; so does a run of 9 samples over the tape of one of 5. Failed calls and calls given up are on the tape, too, but are
 * made again. Runs are matched by their first call. What tools do is not taped: they run again. If a line cannot be written, the answer is not lost: it gets a warning.
 * Prompts and answers stand on the tape in clear; keys, headers and provider options that are named like secrets do not. One process at a time writes a tape.
 *
 * @param tape - where the lines are kept, such as `fileTape("run.jsonl")` of `mull/engines/file-tape`
 * @throws `InvalidOptionError` when the stack is built, for what is no tape
 * @throws `MullError` with the code `'tape'` for a tape that cannot be read
 * @example
 * const solver = stack(model, record(fileTape("run.jsonl")), chainOfThought({ answer: number() }), sampleN(16), majorityVote());
 */
export function record(tape: Tape): <R extends ModelResponse>(next: Model<R>) => Model<R> {
  const deck = deckOf(decks, "record", tape, (one) => new RecordDeck(one));
  return (next) => withDeck("record", next, deck);
}

const decks = new WeakMap<Tape, RecordDeck>();
