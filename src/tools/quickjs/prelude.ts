/**
 * @module
 * What runs inside QuickJS before a program: what it prints with, the functions and globals it is given, and how its value is read. It has the limits of
 * the program, and keeps what it needs of the language, which the program may change.
 */

/** Source of a function `(print, ask, valueBytes) => { define, encode, describe }`. */
export const prelude: string = String.raw`((print, ask, valueBytes) => {
"use strict";
const { Error, TypeError, SyntaxError, Map, Set, Promise, String, Number, Boolean, BigInt } = globalThis;
const { apply, ownKeys, defineProperty, getOwnPropertyDescriptor } = Reflect;
const { stringify, parse } = JSON;
const { isArray } = Array;
const { isView } = ArrayBuffer;
const { isFinite, isSafeInteger } = Number;
const mapEach = Map.prototype.forEach;
const setEach = Set.prototype.forEach;
const { slice, replaceAll } = String.prototype;
const show = BigInt.prototype.toString;
const { imul } = Math;

// The same numbers in every run: mulberry32.
let state = 0x9e3779b9;
Math.random = function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = imul(state ^ (state >>> 15), 1 | state);
  t = (t + imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};

/** Is it of that class? Without asking it. */
function is(value, each) {
  try {
    apply(each, value, [() => {}]);
    return true;
  } catch {
    return false;
  }
}

/** What cannot be said in JSON. */
class Unsaid {
  constructor(message) {
    this.message = message;
  }
}

/** JSON of a value, as JSON.stringify writes it; but exact or not at all. */
function encode(value) {
  let room = valueBytes;
  const seen = [];
  let depth = 0;
  const spend = (json) => {
    room -= json.length;
    if (room < 0) throw new Unsaid("it is longer than " + valueBytes + " bytes of JSON");
    return json;
  };
  const write = (value, key) => {
    if ((typeof value === "object" && value !== null) || typeof value === "bigint") {
      const toJSON = typeof value === "bigint" ? undefined : value.toJSON;
      if (typeof toJSON === "function") value = apply(toJSON, value, [key]);
    }
    switch (typeof value) {
      case "string":
        return spend(stringify(value));
      case "number":
        if (!isFinite(value)) throw new Unsaid(value + " is no JSON value");
        return spend(stringify(value));
      case "boolean":
        return spend(value ? "true" : "false");
      case "bigint": {
        const digits = apply(show, value, []);
        return spend(isSafeInteger(Number(value)) ? digits : stringify(digits));
      }
      case "undefined":
      case "function":
      case "symbol":
        return undefined;
      default:
        return value === null ? spend("null") : inside(value);
    }
  };
  const inside = (value) => {
    for (let i = 0; i < depth; i++) if (seen[i] === value) throw new Unsaid("it holds itself");
    if (depth >= 100) throw new Unsaid("it is more than 100 levels deep");
    defineProperty(seen, depth++, { value, writable: true, configurable: true, enumerable: true });
    if (value instanceof Promise) throw new Unsaid("a promise in it was not awaited");
    const json = isArray(value) || isView(value) ? list(value) : is(value, mapEach) ? map(value) : is(value, setEach) ? set(value) : object(value);
    depth--;
    return json;
  };
  const list = (value) => {
    let json = "";
    const { length } = value;
    for (let i = 0; i < length; i++) json += spend(i === 0 ? "" : ",") + (write(value[i], "" + i) ?? spend("null"));
    return "[" + json + spend("]");
  };
  const set = (value) => {
    let json = "";
    apply(setEach, value, [(item) => void (json += spend(json === "" ? "" : ",") + (write(item, "") ?? spend("null")))]);
    return "[" + json + "]";
  };
  const pair = (before, key, value) => {
    const json = write(value, key);
    if (json === undefined) return before;
    return before + spend(before === "" ? "" : ",") + spend(stringify(key)) + ":" + json;
  };
  const map = (value) => {
    let json = "";
    const each = (item, key) => {
      const type = typeof key;
      if (type !== "string" && type !== "number" && type !== "bigint" && type !== "boolean") throw new Unsaid("a key of a Map is no text and no number");
      json = pair(json, type === "bigint" ? apply(show, key, []) : "" + key, item);
    };
    apply(mapEach, value, [each]);
    return "{" + json + "}";
  };
  const object = (value) => {
    // Boxed values are what is in them.
    if (value instanceof Number || value instanceof String || value instanceof Boolean) return write(value.valueOf(), "");
    let json = "";
    const keys = ownKeys(value);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      if (typeof key === "string" && getOwnPropertyDescriptor(value, key)?.enumerable === true) json = pair(json, key, value[key]);
    }
    return "{" + json + spend("}");
  };
  try {
    const json = write(value, "");
    if (json !== undefined) return "=" + json;
    return typeof value === "undefined" ? "=null" : "!" + ("a " + typeof value + " is no JSON value");
  } catch (error) {
    if (error instanceof Unsaid) return "!" + error.message;
    throw error;
  }
}

/** A value as it is printed. */
function display(value) {
  if (typeof value === "string") return value;
  if (typeof value === "bigint") return apply(show, value, []) + "n";
  if (typeof value === "symbol" || typeof value === "undefined" || typeof value === "number") return String(value);
  if (typeof value === "function") return "[function]";
  if (value instanceof Error) return String(value);
  const said = encode(value);
  return said[0] === "=" ? apply(slice, said, [1]) : "[" + apply(slice, said, [1]) + "]";
}

function log(...values) {
  let line = "";
  for (let i = 0; i < values.length; i++) line += (i === 0 ? "" : " ") + display(values[i]);
  print(apply(replaceAll, line, ["\0", "\ufffd"]) + "\n");
}

/** Tells what was thrown, whatever it is. */
function describe(error) {
  const told = { __proto__: null, name: "Error", message: "", stack: "", syntax: false };
  if (typeof error === "object" && error !== null) {
    told.name = read(error, "name", "Error");
    told.message = read(error, "message", "");
    told.stack = read(error, "stack", "");
    told.syntax = error instanceof SyntaxError;
  } else {
    try {
      told.message = typeof error === "symbol" ? "a symbol was thrown" : "" + error;
    } catch {
      told.message = "a function was thrown";
    }
  }
  return stringify(told);
}

function read(error, name, instead) {
  try {
    const value = error[name];
    return typeof value === "string" ? apply(slice, value, [0, 2000]) : instead;
  } catch {
    return instead;
  }
}

/** Gives the program its globals and functions. */
function define(given) {
  const [globals, functions] = parse(given);
  const set = (name, value) => defineProperty(globalThis, name, { value, writable: true, enumerable: true, configurable: true });
  for (const name of ownKeys(globals)) set(name, globals[name]);
  for (const name of functions) {
    const { [name]: call } = {
      [name](...args) {
        const said = encode(args);
        if (said[0] !== "=") throw new TypeError(name + ": " + apply(slice, said, [1]));
        const answer = ask(name, apply(slice, said, [1]));
        const json = apply(slice, answer, [1]);
        if (answer[0] === "=") return parse(json);
        const told = parse(json);
        const error = new Error(told[1]);
        defineProperty(error, "name", { value: told[0], writable: true, configurable: true });
        throw error;
      },
    };
    set(name, call);
  }
}

const hide = (object, name, value) => defineProperty(object, name, { value, writable: true, enumerable: false, configurable: true });
const console = {};
for (const name of ["log", "info", "warn", "error", "debug"]) hide(console, name, log);
hide(globalThis, "console", console);
hide(globalThis, "print", log);
return { define, encode, describe };
})`;
