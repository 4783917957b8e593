/**
 * @module
 * Replay: a recorded run again, without asking any model.
 */
import type { Model, ModelResponse } from "../core/model.js";
import type { Tape } from "../core/tape.js";
import { deckOf, withDeck } from "../core/tape/deck.js";
import { ReplayDeck } from "../core/tape/replay-deck.js";

/**
 * Answers every call of the models beneath from a tape that {@link record} made; each run on it, which outlives the call, is played once.
 *
 * Shape: response in, the same response out, with the same text, usage and events; only times (`ms`) are those of now.
 * Cost: no calls. Usage is that of the recording.
 * What failed then fails again in the same way, and what was given up then waits to be given up again. Everything around the models runs anew: tools, parsing, votes.
 * Runs are matched by their first call (its path, its request, and the seed where one was chosen), in the order of the tape.
 *
 * @param tape - where the lines are kept, such as `fileTape("run.jsonl")` of `mull/engines/file-tape`
 * @throws `InvalidOptionError` when the stack is built, for what is no tape
 * @throws `TapeMissError` for a call that is not on the tape, naming the first difference; it ends the whole run
 * @throws `MullError` with the code `'tape'` for a tape that cannot be read
 * @example
 * const again = stack(model, replay(fileTape("run.jsonl")), chainOfThought({ answer: number() }), sampleN(16), majorityVote());
 */
export function replay(tape: Tape): <R extends ModelResponse>(next: Model<R>) => Model<R> {
  const deck = deckOf(decks, "replay", tape, (one) => new ReplayDeck(one));
  return (next) => withDeck("replay", next, deck);
}

const decks = new WeakMap<Tape, ReplayDeck>();
