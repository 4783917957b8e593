/**
 * @module
 * Checks of options, shared by every primitive: unknown names, integers and numbers in bounds.
 */
import { InvalidOptionError } from "./errors.js";

/**
 * Throws for an option that is not in `known`, so that a typing mistake never becomes a silent default.
 *
 * @throws {@link InvalidOptionError} naming the unknown option and the known ones
 */
export function checkOptions(where: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new InvalidOptionError(where, "options", "an object", options);
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new InvalidOptionError(where, "an option", `one of ${known.join(", ")}`, name);
    }
  }
}

/**
 * Returns `value` when it is an integer in `[min, max]`.
 *
 * @throws {@link InvalidOptionError} naming the option, the bound and the value
 */
export function checkInteger(
  where: string,
  option: string,
  value: number,
  min: number,
  max: number = Infinity,
): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new InvalidOptionError(where, option, `an integer ${range(min, max)}`, value);
  }
  return value;
}

/**
 * Returns `value` when it is a number in `[min, max]`, `Infinity` only if `max` is.
 *
 * @throws {@link InvalidOptionError} naming the option, the bound and the value
 */
export function checkNumber(where: string, option: string, value: number, min: number, max: number = Infinity): number {
  if (typeof value !== "number" || !(value >= min && value <= max)) {
    throw new InvalidOptionError(where, option, `a number ${range(min, max)}`, value);
  }
  return value;
}

function range(min: number, max: number): string {
  return max === Infinity ? `of at least ${min}` : `from ${min} to ${max}`;
}
