/**
 * @module
 * Stacking: models made of layers.
 */
import { InvalidOptionError } from "./errors.js";
import type { Model } from "./model.js";

/**
 * Puts layers around a model: `stack(model, a, b, c)` is `c(b(a(model)))`; what stands first is innermost.
 * The type of the response is inferred through all layers.
 *
 * @throws {@link InvalidOptionError} for what is not a model, or not a layer
 * @example
 * const solver = stack(model, chainOfThought({ answer: number() }), sampleN(16), majorityVote());
 */
export function stack<M extends Model>(model: M): M;
export function stack<M extends Model, A extends Model>(model: M, a: (next: M) => A): A;
export function stack<M extends Model, A extends Model, B extends Model>(
  model: M,
  a: (next: M) => A,
  b: (next: A) => B,
): B;
export function stack<M extends Model, A extends Model, B extends Model, C extends Model>(
  model: M,
  a: (next: M) => A,
  b: (next: A) => B,
  c: (next: B) => C,
): C;
export function stack<M extends Model, A extends Model, B extends Model, C extends Model, D extends Model>(
  model: M,
  a: (next: M) => A,
  b: (next: A) => B,
  c: (next: B) => C,
  d: (next: C) => D,
): D;
export function stack<
  M extends Model,
  A extends Model,
  B extends Model,
  C extends Model,
  D extends Model,
  E extends Model,
>(model: M, a: (next: M) => A, b: (next: A) => B, c: (next: B) => C, d: (next: C) => D, e: (next: D) => E): E;
export function stack<
  M extends Model,
  A extends Model,
  B extends Model,
  C extends Model,
  D extends Model,
  E extends Model,
  F extends Model,
>(
  model: M,
  a: (next: M) => A,
  b: (next: A) => B,
  c: (next: B) => C,
  d: (next: C) => D,
  e: (next: D) => E,
  f: (next: E) => F,
): F;
export function stack<
  M extends Model,
  A extends Model,
  B extends Model,
  C extends Model,
  D extends Model,
  E extends Model,
  F extends Model,
  G extends Model,
>(
  model: M,
  a: (next: M) => A,
  b: (next: A) => B,
  c: (next: B) => C,
  d: (next: C) => D,
  e: (next: D) => E,
  f: (next: E) => F,
  g: (next: F) => G,
): G;
export function stack<
  M extends Model,
  A extends Model,
  B extends Model,
  C extends Model,
  D extends Model,
  E extends Model,
  F extends Model,
  G extends Model,
  H extends Model,
>(
  model: M,
  a: (next: M) => A,
  b: (next: A) => B,
  c: (next: B) => C,
  d: (next: C) => D,
  e: (next: D) => E,
  f: (next: E) => F,
  g: (next: F) => G,
  h: (next: G) => H,
): H;
export function stack(model: Model, ...layers: readonly ((next: never) => Model)[]): Model {
  if (!isModel(model))
    throw new InvalidOptionError("stack", "the first argument", "a model (id, capabilities, generate)", model);
  let top = model;
  layers.forEach((layer, index) => {
    if (typeof layer !== "function")
      throw new InvalidOptionError("stack", `layer ${index + 1}`, "a function from model to model", layer);
    top = layer(top as never);
    if (!isModel(top)) throw new InvalidOptionError("stack", `what layer ${index + 1} returns`, "a model", top);
  });
  return top;
}

/** Is this a model? */
export function isModel(value: unknown): value is Model {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Partial<Model>).generate === "function" &&
    typeof (value as Partial<Model>).id === "string"
  );
}
