/**
 * @module
 * Is it a client of the right SDK?
 */
import { InvalidOptionError } from "../../core/errors.js";

/**
 * Checks that a client has the methods that an adapter calls.
 *
 * @param methods - as paths from the client: `models.generateContent`
 * @param such - how such a client is made, for the message
 * @throws {@link InvalidOptionError} for the first that is missing
 */
export function checkClient(where: string, client: unknown, methods: readonly string[], such: string): void {
  for (const path of methods) {
    let at = client;
    for (const name of path.split(".")) at = (at as Readonly<Record<string, unknown>> | null | undefined)?.[name];
    if (typeof at !== "function") {
      throw new InvalidOptionError(where, "client", `a client with \`${path}\`, such as ${such}`, client);
    }
  }
}
