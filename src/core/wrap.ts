/**
 * @module
 * The frame of every layer: opens the child call, tells start and end, keeps the books, lets an abort through untouched.
 */
import type { Call, CallNode } from "./call.js";
import type { Model, ModelRequest, ModelResponse } from "./model.js";
import type { Outline } from "./outline.js";

/** What a layer says about itself. */
export interface WrapOptions {
  /** For {@link outline}: settings worth showing, and the worst case in calls and tokens. */
  readonly outline?: Partial<Pick<Outline, "detail" | "cost" | "inner">>;
}

/**
 * Makes the model of a layer. `generate` gets a child call to pass on; its path ends with `name`.
 *
 * Shape: `generate(request, call)` returns the response; its `usage` becomes what was spent at and beneath the layer.
 * Cost: none of its own.
 * An error thrown after the call was given up leaves as the reason of the abort.
 *
 * @example
 * const shout = () => <R extends ModelResponse>(next: Model<R>): Model<R> =>
 *   wrap("shout", next, async (request, call) => {
 *     const response = await next.generate(request, call);
 *     return { ...response, text: response.text.toUpperCase() };
 *   });
 */
export function wrap<Out extends ModelResponse>(
  name: string,
  next: Model,
  generate: (request: ModelRequest, call: Call) => Promise<Out>,
  options: WrapOptions = {},
): Model<Out> {
  const id = `${name}(${next.id})`;
  return {
    id,
    capabilities: next.capabilities,
    outline: { name, inner: [next], ...options.outline },
    generate: (request, call) => enter(id, generate, request, call.child(name) as CallNode),
  };
}

async function enter<Out extends ModelResponse>(
  id: string,
  generate: (request: ModelRequest, call: Call) => Promise<Out>,
  request: ModelRequest,
  call: CallNode,
): Promise<Out> {
  // A call that was given up does not begin, and tells nothing.
  if (call.scope.aborted) throw call.scope.reason;
  const began = call.listening ? begin(id, call) : 0;
  try {
    const response = await generate(request, call);
    if (call.listening) finish(began, call);
    return response.usage === call.usage ? response : { ...response, usage: call.usage };
  } catch (error) {
    const why = call.scope.aborted ? call.scope.reason : error;
    if (call.listening) fail(began, call, why);
    throw why;
  }
}

/** Tells that a call began. Returns when. */
export function begin(id: string, call: Call): number {
  call.emit({ type: "start", path: call.path, id });
  return call.clock.now();
}

/** Tells that a call ended well. */
export function finish(began: number, call: Call): void {
  call.emit({ type: "end", path: call.path, ms: call.clock.now() - began, usage: call.usage });
}

/** Tells that a call ended in an error. */
export function fail(began: number, call: Call, error: unknown): void {
  call.emit({ type: "error", path: call.path, ms: call.clock.now() - began, error });
}
