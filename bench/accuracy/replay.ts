/**
 * Models that give recorded outputs, so that whole stacks run on what real models once said. Samples are drawn without replacement.
 */
import { source, textOf, wrap, type Model, type ModelRequest, type ModelResponse, type Price, type Random } from "mull";
import type { Problem, Recorded } from "./data.js";

/** A recorded output as a response. */
export type Replayed = ModelResponse & Omit<Recorded, "text"> & { readonly answer: string | undefined };

/** A recorded output as a response that was paid for elsewhere. */
export function asResponse(sample: Recorded): Replayed {
  return { ...sample, text: sample.text ?? "", answer: sample.key, finishReason: "stop", usage: unspent };
}
const unspent = { calls: 1, inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0, usd: 0 };

/** The outputs of some questions in an order of their own, one after the other. */
export class Deck {
  private readonly _outputs = new Map<string, readonly Recorded[]>();
  private readonly _next = new Map<string, number>();

  constructor(problems: readonly Problem[], random: Random, only: (sample: Recorded) => boolean = () => true) {
    for (const { id, samples } of problems) this._outputs.set(id, random.shuffle(samples.filter(only)));
  }

  /** A model that answers the request whose words are the id of a question. */
  model(id: string, price?: Price): Model<Replayed> {
    const drawn: Recorded[] = [];
    const inner = source(
      id,
      {},
      (request) => {
        const sample = this._draw(request);
        const index = drawn.push(sample) - 1;
        const usage = { inputTokens: 0, outputTokens: Math.max(1, Math.round(sample.tokens)) };
        return Promise.resolve({ text: String(index), usage });
      },
      { countTokens: () => 0, ...(price !== undefined && { price }) },
    );
    return wrap("recorded", inner, async (request, call) => {
      const response = await inner.generate(request, call);
      const sample = drawn[Number(response.text)] as Recorded;
      return { ...response, ...sample, text: sample.text ?? "", answer: sample.key };
    });
  }

  /** The first outputs of a question in this order. */
  first(id: string, count: number): readonly Recorded[] {
    return this._outputs.get(id)?.slice(0, count) ?? [];
  }

  private _draw({ messages }: ModelRequest): Recorded {
    const [first] = messages;
    const id = first === undefined ? "" : textOf(first);
    const next = this._next.get(id) ?? 0;
    const sample = this._outputs.get(id)?.[next];
    if (sample === undefined) throw new Error(`no further sample of ${id} was recorded`);
    this._next.set(id, next + 1);
    return sample;
  }
}
