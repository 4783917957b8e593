/**
 * @module
 * What a tool gives back where its words are not all.
 */
import type { FilePart } from "./message.js";

const brand: unique symbol = Symbol.for("mull.toolOutput") as never;

/** What goes with the output of a tool. */
export interface ToolOutputOptions {
  /** Pictures, sounds, documents. `output` should name them, for models that cannot look at them. @defaultValue none */
  readonly files?: readonly FilePart[] | undefined;
  /** Does `output` say what went wrong? Then the model is told so, and the loop goes on, whatever it does about tools that throw. @defaultValue `false` */
  readonly isError?: boolean | undefined;
}

/**
 * A result of a tool with more than what the model reads: files, or that it is an error the model can mend. `execute` returns it.
 *
 * In a `ToolResultPart` its parts stand in their own fields. As JSON it is `output` alone, so that whoever does not know it never takes files
 * for words.
 *
 * @example
 * execute: async ({ city }) => new ToolOutput(`A map of ${city}.`, { files: [{ type: "file", mediaType: "image/png", data: await draw(city) }] }),
 */
export class ToolOutput {
  /** What the model is told: a text, or anything JSON can hold. */
  readonly output: unknown;
  readonly files: readonly FilePart[];
  readonly isError: boolean;

  constructor(output: unknown, { files = [], isError = false }: ToolOutputOptions = {}) {
    this.output = output;
    this.files = files;
    this.isError = isError;
    Object.defineProperty(this, brand, { value: true });
  }

  /** Is this one, of any copy of the package? */
  static is(value: unknown): value is ToolOutput {
    return typeof value === "object" && value !== null && (value as { [brand]?: unknown })[brand] === true;
  }

  toJSON(): unknown {
    return this.output;
  }
}
