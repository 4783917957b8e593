/**
 * @module
 * The program in a response.
 */
import type { ModelResponse } from "../core/model.js";
import type { Sandbox } from "../core/sandbox.js";
import { code } from "./code.js";

/** Says which program a response holds; `undefined` for none. */
export type ProgramOf<R extends ModelResponse = ModelResponse> = (response: R) => string | undefined;

/**
 * Finds the program of a response: what the layer `program` ran, the answer where that is read as code, else the last block of the language in the
 * text.
 */
export function programOf({ language }: Sandbox): ProgramOf {
  const written = code({ language });
  return (response) => {
    const { program, answer } = response as { readonly program?: unknown; readonly answer?: unknown };
    if (typeof program === "string") return program;
    return typeof answer === "string" ? answer : written.parse(response.text);
  };
}
