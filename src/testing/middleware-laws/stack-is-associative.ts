/**
 * @module
 * Law: a layer stacks like any other.
 */
import type { MullEvent } from "../../core/events.js";
import type { Model } from "../../core/model.js";
import { stack } from "../../core/stack.js";
import { succeed, type Bench } from "../bench.js";
import { difference } from "../difference.js";
import { law, must, type Law } from "../law.js";

/** Layers that do nothing, before it and after it and however grouped, change nothing; and it leaves the model beneath as it is. */
export function stackIsAssociative(bench: Bench): Law {
  return law("stack is associative", async () => {
    const { layer } = bench;
    const alone = await use(bench, layer);
    const same = async (layers: string, stacked: Bench["layer"]): Promise<void> => {
      const found = difference(alone, await use(bench, stacked));
      must(found === undefined, `expected ${layers} to do what the layer does, they differ in ${found ?? ""}`);
    };
    await same("nothing, layer", (model) => stack(model, nothing, layer));
    await same("layer, nothing", (model) => stack(model, layer, nothing));
    await same("(nothing, layer), nothing", (model) => stack(stack(model, nothing, layer), nothing));
    await same("nothing, (layer, nothing)", (model) => stack(model, nothing, (next) => stack(next, layer, nothing)));
  });
}

/** A layer that does nothing, with a model of its own that cannot be changed. */
function nothing<M extends Model>(next: M): M {
  return Object.freeze({ ...next, generate: (request, call) => next.generate(request, call) } as M);
}

async function use(bench: Bench, layer: Bench["layer"]): Promise<object> {
  const events: MullEvent[] = [];
  const { response } = await succeed({ ...bench, layer }, { onEvent: (event) => events.push(event) });
  return { response, events };
}
