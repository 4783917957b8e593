/**
 * @module
 * A tool: a function that a model may call, with arguments that are checked.
 */
import type { Call } from "../core/call.js";
import { InvalidOptionError } from "../core/errors.js";
import { checkInteger, checkNumber, checkOptions } from "../core/options.js";
import { jsonSchemaOf, type StandardResult, type StandardSchema } from "../core/standard-schema.js";
import type { Tool } from "../core/tool.js";

/** Options of {@link tool}. */
export interface ToolOptions<Input, Output> {
  /** What the model calls it: letters, digits, `_` and `-`, at most 64. */
  readonly name: string;
  /** Tells the model what it does and when to use it; not empty. */
  readonly description: string;
  /** The arguments: an object schema of any library that follows Standard Schema and can become JSON Schema, such as zod from 4.2 on. */
  readonly input: StandardSchema<Input, Output>;
  /**
   * Does it, and returns what the model is told: a text, or anything JSON can hold. What it throws is told, too, unless the loop is to throw
   * it. It should end when `call.signal` aborts, but nobody waits for it then. Models are called through `call`, so that budget and trace hold.
   */
  readonly execute: (input: Output, call: Call) => unknown;
  /**
   * Does it change something outside: send, pay, write, delete? Then the same call is made once in a run, however often it is asked for, and is never tried
   * again. @defaultValue `false`
   */
  readonly effect?: boolean | undefined;
  /** The longest that `execute` may take, in ms on the run's clock: at least 1; `Infinity` for no limit. @defaultValue that of the loop */
  readonly timeoutMs?: number | undefined;
  /** Attempts after the first, where it throws: whole, at least 0; not together with `effect`. @defaultValue that of the loop; 0 with `effect` */
  readonly retries?: number | undefined;
  /** Characters of a result that the model gets to read: whole, at least 1, or `Infinity`. @defaultValue that of the loop */
  readonly maxResult?: number | undefined;
}

/**
 * Makes a tool of a schema and a function.
 *
 * Shape: checked arguments in; out comes what the model is told.
 * Cost: none of its own.
 * The model sees the JSON Schema of what the schema takes, so defaults are optional; `execute` gets what the schema gives, transformed and with
 * defaults filled in. A validator that throws is an issue like any other, so that the model can mend its arguments.
 *
 * @throws `InvalidOptionError` when it is made: for a name that providers refuse, an empty description, a schema that cannot become JSON
 * Schema or is not an object at the top, a limit out of bounds
 * @example
 * const weather = tool({
 *   name: "weather",
 *   description: "The weather of a city now.",
 *   input: z.object({ city: z.string() }),
 *   execute: async ({ city }, { signal }) => (await fetch(`https://weather.example/${city}`, { signal })).text(),
 * });
 * const solver = stack(model, toolLoop({ tools: [weather] }));
 */
export function tool<Input, Output>(options: ToolOptions<Input, Output>): Tool {
  const known = ["name", "description", "input", "execute", "effect", "timeoutMs", "retries", "maxResult"];
  checkOptions("tool", options, known);
  const { name, description, input, execute, effect, timeoutMs, retries, maxResult } = options;
  if (typeof name !== "string" || !/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    throw new InvalidOptionError("tool", "name", "1 to 64 letters, digits, _ or -", name);
  }
  if (typeof description !== "string" || description.trim() === "") {
    throw new InvalidOptionError("tool", "description", "a text that is not empty", description);
  }
  const inputSchema = jsonSchemaOf("tool", "input", input, "input");
  if (inputSchema.type !== "object") {
    throw new InvalidOptionError("tool", "input", "an object schema at the top, as providers demand", inputSchema.type);
  }
  if (typeof execute !== "function") throw new InvalidOptionError("tool", "execute", "a function", execute);
  if (effect !== undefined && typeof effect !== "boolean")
    throw new InvalidOptionError("tool", "effect", "true or false", effect);
  if (timeoutMs !== undefined) checkNumber("tool", "timeoutMs", timeoutMs, 1);
  if (retries !== undefined) checkInteger("tool", "retries", retries, 0);
  if (effect === true && retries !== undefined && retries > 0)
    throw new InvalidOptionError("tool", "retries", "0 for an effect, which is never tried again", retries);
  if (maxResult !== undefined && maxResult !== Infinity) checkInteger("tool", "maxResult", maxResult, 1);

  return {
    name,
    description,
    inputSchema,
    parse: async (value): Promise<StandardResult<unknown>> => {
      try {
        return await input["~standard"].validate(value);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        return { issues: [{ message: `could not be checked: ${why}` }] };
      }
    },
    execute: (value, call) => execute(value as Output, call),
    ...(effect !== undefined && { effect }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(retries !== undefined && { retries }),
    ...(maxResult !== undefined && { maxResult }),
  };
}
