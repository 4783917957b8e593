/**
 * @module
 * Reading a request: each field as what it should be, or an error that names it.
 */
import { fieldsOf, type Fields } from "../core/fields.js";
import { HttpError } from "./http-error.js";

/** Reads a value; `param` is its name for an error. */
export type Read<T> = (value: unknown, param: string) => T;

/** The error of a field that is not what it should be. What it is instead is not said: it may be the prompt. */
export function wrong(param: string, bound: string): HttpError {
  return new HttpError(400, `${param} must be ${bound}`, { param, code: "invalid_value" });
}

/** A field that may be missing, or `null`, which is the same. */
export function optional<T>(fields: Fields, name: string, read: Read<T>, within: string = ""): T | undefined {
  const value = fields[name];
  return value === undefined || value === null ? undefined : read(value, within + name);
}

/** A number from `min` to `max`. */
export function number(min: number, max: number): Read<number> {
  return (value, param) => {
    if (typeof value === "number" && value >= min && value <= max) return value;
    throw wrong(param, `a number from ${min} to ${max}`);
  };
}

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): Read<number> {
  return (value, param) => {
    if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
    throw wrong(
      param,
      max === Number.MAX_SAFE_INTEGER ? `an integer of at least ${min}` : `an integer from ${min} to ${max}`,
    );
  };
}

/** `true` or `false`. */
export function flag(value: unknown, param: string): boolean {
  if (typeof value === "boolean") return value;
  throw wrong(param, "true or false");
}

/** Text, which may be empty. */
export function text(value: unknown, param: string): string {
  if (typeof value === "string") return value;
  throw wrong(param, "a string");
}

/** Text that is not empty. */
export function words(value: unknown, param: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw wrong(param, "a string that is not empty");
}

/** One of some words. */
export function oneOf<T extends string>(options: readonly T[]): Read<T> {
  return (value, param) => {
    const found = options.find((option) => option === value);
    if (found !== undefined) return found;
    throw wrong(param, `one of ${options.join(", ")}`);
  };
}

/** An object. */
export function object(value: unknown, param: string): Fields {
  const fields = fieldsOf(value);
  if (fields !== undefined) return fields;
  throw wrong(param, "an object");
}

/** A list, each item read. */
export function list<T>(read: Read<T>): Read<T[]> {
  return (value, param) => {
    if (!Array.isArray(value)) throw wrong(param, "an array");
    return value.map((item, index) => read(item, `${param}[${index}]`));
  };
}
