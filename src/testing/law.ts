/**
 * @module
 * Laws: what must hold for every model, or for every layer.
 */
import { InvalidOptionError } from "../core/errors.js";

/** One law about one model or layer. */
export interface Law {
  /** What holds: `'an aborted call starts nothing'`. */
  readonly name: string;
  /** Looks whether it does; rejects with an error that says what was expected and what came. Can be passed on by itself. */
  readonly check: () => Promise<void>;
}

/** Makes a law; the error of a broken one begins with its name. */
export function law(name: string, check: () => Promise<void>): Law {
  return {
    name,
    check: async () => {
      try {
        await check();
      } catch (error) {
        throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    },
  };
}

/** Leaves out the laws that are to be skipped. */
export function withoutSkipped(
  where: string,
  laws: readonly Law[],
  skip: Readonly<Record<string, string>>,
): readonly Law[] {
  for (const [name, reason] of Object.entries(skip)) {
    if (!laws.some((one) => one.name === name)) {
      throw new InvalidOptionError(where, "skip", `names of laws (${laws.map((one) => one.name).join("; ")})`, name);
    }
    if (reason.trim() === "") throw new InvalidOptionError(where, `skip of '${name}'`, "the reason", reason);
  }
  return laws.filter((one) => !Object.hasOwn(skip, one.name));
}

/** Throws unless `condition` holds. */
export function must(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}
