/**
 * @module
 * Who may ask: the bearer key of a request, compared in a time that tells nothing of it.
 */
import { InvalidOptionError } from "../core/errors.js";
import { HttpError } from "./http-error.js";

/** The keys that are good: one, several, or a function that decides. */
export type ApiKey = string | readonly string[] | ((key: string) => boolean | Promise<boolean>);

/** Passes, or throws. */
export type Guard = (request: Request) => Promise<void>;

/**
 * Makes the check of a key. Of keys that are given as text, SHA-256 digests are compared: all of them, each in full.
 *
 * @throws {@link InvalidOptionError} for a key that no header can hold; it is not shown
 */
export function guardOf(apiKey: ApiKey | undefined): Guard {
  if (apiKey === undefined) return () => Promise.resolve();
  const isGood = typeof apiKey === "function" ? apiKey : oneOfKeys(typeof apiKey === "string" ? [apiKey] : apiKey);
  return async (request) => {
    const [, key] = /^Bearer +([\x21-\x7e]+) *$/i.exec(request.headers.get("authorization") ?? "") ?? [];
    if (key === undefined) throw refused("this needs a key: send it as authorization: Bearer …");
    if (!(await isGood(key))) throw refused("the key is not one of those that are good here");
  };
}

function oneOfKeys(keys: readonly string[]): (key: string) => Promise<boolean> {
  const valid = (key: unknown): boolean => typeof key === "string" && /^[\x21-\x7e]+$/.test(key);
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every(valid)) {
    const bound = "a key of visible characters without spaces, at least one of them, or a function";
    throw new InvalidOptionError("openaiHandler", "apiKey", bound, "[hidden]");
  }
  let digests: Promise<readonly Uint8Array[]> | undefined;
  return async (key) => {
    digests ??= Promise.all(keys.map(digest));
    const given = await digest(key);
    let found = 0;
    for (const good of await digests) found |= Number(equal(given, good));
    return found === 1;
  };
}

async function digest(key: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key)));
}

/** Looks at every byte, whatever the first ones say. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  let different = 0;
  for (let i = 0; i < a.length; i++) different |= (a[i] as number) ^ (b[i] as number);
  return different === 0;
}

function refused(message: string): HttpError {
  return new HttpError(401, message, { code: "invalid_api_key", headers: { "www-authenticate": "Bearer" } });
}
