/**
 * @module
 * The simulator: a model says what functions return that nobody defined.
 */
import { jsonIn } from "../../../answers/json.js";
import { canonical } from "../../../core/canonical.js";
import type { Call } from "../../../core/call.js";
import { MalformedResponseError } from "../../../core/errors.js";
import type { JsonValue } from "../../../core/message.js";
import type { Model, ModelRequest, ModelResponse } from "../../../core/model.js";
import type { HostFunction, ProgramError } from "../../../core/sandbox.js";
import { simulateRequest } from "./prompts.js";

/** Asks a model in place of functions. What it said is kept: the same name with the same arguments is asked for once. */
export class Simulator {
  /** What ended the simulation for good; what the program makes of it does not count. */
  broken: { readonly error: unknown } | undefined;
  private readonly _model: Model;
  private readonly _call: Call;
  private readonly _most: number;
  private readonly _said = new Map<string, Promise<JsonValue>>();

  constructor(model: Model, call: Call, most: number) {
    this._model = model;
    this._call = call;
    this._most = most;
  }

  /** The functions of these names, for a program that a model wrote in `response` to `request`. */
  functions(names: Iterable<string>, request: ModelRequest, response: ModelResponse): Record<string, HostFunction> {
    const simulated = [...names].map((name): [string, HostFunction] => [
      name,
      (...args) => this._ask(name, args, request, response),
    ]);
    return Object.fromEntries(simulated);
  }

  private _ask(
    name: string,
    args: readonly JsonValue[],
    request: ModelRequest,
    response: ModelResponse,
  ): Promise<JsonValue> {
    const question = `${name}${canonical(args)}`;
    const known = this._said.get(question);
    if (known !== undefined) return known;
    if (this._said.size >= this._most) {
      const message = `${name}: no more than ${this._most} calls of functions that are not defined`;
      return Promise.reject(new RangeError(message));
    }
    const said = this._generate(name, args, request, response);
    this._said.set(question, said);
    return said;
  }

  private async _generate(
    name: string,
    args: readonly JsonValue[],
    request: ModelRequest,
    response: ModelResponse,
  ): Promise<JsonValue> {
    const inner = this._call.child("simulate", { thought: true });
    let text: string;
    try {
      ({ text } = await this._model.generate(simulateRequest(request, response, name, args), inner));
    } catch (error) {
      this.broken ??= { error };
      throw error;
    }
    for (const value of jsonIn(text)) return value as JsonValue;
    const words = text.trim();
    if (words === "" || words.includes("\n")) {
      throw new MalformedResponseError(`${name}: what it returns could not be simulated`);
    }
    return words;
  }
}

/** The function that a program calls or hands on, but that nobody defined; `undefined` where it failed for another reason. */
export function undefinedFunction(program: string, error: ProgramError): string | undefined {
  if (error.name !== "ReferenceError" && error.name !== "NameError") return undefined;
  const [, name] =
    /^(?:name )?['"‘“]?([\p{ID_Start}$_][\p{ID_Continue}$]*)['"’”]? is not defined/u.exec(error.message) ?? [];
  if (name === undefined || name === "solution") return undefined;
  const word = name.replaceAll("$", "\\$");
  const used = new RegExp(`(?<![\\p{ID_Continue}$.])${word}\\s*\\(|[(,]\\s*${word}\\s*[,)]`, "u");
  return used.test(program) ? name : undefined;
}
