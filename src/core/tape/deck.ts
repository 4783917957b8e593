/**
 * @module
 * Putting a deck between a stack and its sources.
 */
import { CallNode, type Call } from "../call.js";
import { InvalidOptionError } from "../errors.js";
import { extend } from "../extend.js";
import type { Model, ModelResponse, Sampler } from "../model.js";
import type { Deck, Tape } from "../tape.js";

/** The same model, whose sources are asked through the deck. Leaves no trace in path, id and events, so that a run played again is the same run. */
export function withDeck<R extends ModelResponse>(name: string, next: Model<R>, deck: Deck): Model<R> {
  const through = (call: Call): CallNode => {
    const node = call as CallNode;
    return new CallNode(node, "", extend(node.setting, { deck }));
  };
  const { draw } = next as unknown as Partial<Sampler>;
  return {
    id: next.id,
    capabilities: next.capabilities,
    outline: { name, inner: [next] },
    generate: (request, call) => next.generate(request, through(call)),
    // Samples beneath are drawn one by one, as without it.
    ...(draw !== undefined && {
      draw: ((request, call) => draw.call(next, request, through(call))) satisfies Sampler["draw"],
    }),
  };
}

/** One deck for each tape, however many layers use it. */
export function deckOf<D extends Deck>(decks: WeakMap<Tape, D>, where: string, tape: Tape, make: (tape: Tape) => D): D {
  if (typeof (tape as Partial<Tape> | null)?.read !== "function" || typeof tape.append !== "function") {
    throw new InvalidOptionError(where, "tape", "a tape (read, append), such as fileTape(path)", tape);
  }
  let deck = decks.get(tape);
  if (deck === undefined) decks.set(tape, (deck = make(tape)));
  return deck;
}
