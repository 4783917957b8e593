/**
 * @module
 * The options of the adapter, checked: what stays the same from request to request.
 */
import type { Capabilities } from "../../core/capabilities.js";
import { InvalidOptionError } from "../../core/errors.js";
import type { JsonValue } from "../../core/message.js";
import { checkNumber, checkOptions } from "../../core/options.js";
import type { OpenaiCompatibleOptions } from "../openai-compatible.js";
import { fieldsOf } from "../../core/fields.js";
import type { ReasoningField } from "../chat-completions/messages.js";

/** Where requests go, and what goes with each. */
export interface Endpoint {
  readonly id: string;
  readonly url: URL;
  readonly headers: Headers;
  /** What no message may show. */
  readonly keys: readonly string[];
  readonly model: string;
  readonly maxTokensField: string;
  readonly reasoningField: ReasoningField | undefined;
  readonly extraBody: Readonly<Record<string, JsonValue>> | undefined;
  readonly fetch: OpenaiCompatibleOptions["fetch"];
}

const where = "openaiCompatible";

// Written as records, so that the compiler misses none.
const known: Readonly<Record<keyof OpenaiCompatibleOptions, true>> = {
  baseURL: true,
  model: true,
  apiKey: true,
  headers: true,
  capabilities: true,
  price: true,
  countTokens: true,
  extraBody: true,
  maxTokensField: true,
  reasoningField: true,
  fetch: true,
};
const abilities: Readonly<Record<keyof Capabilities, true>> = {
  n: true,
  logprobs: true,
  prefill: true,
  seed: true,
  temperature: true,
  effort: true,
  tools: true,
  schema: true,
  latent: true,
  reasoning: true,
};

/** Fields that the adapter alone sets: the budget and the reading of the answer rest on them. */
const owned = ["model", "messages", "stream", "n", "max_tokens", "max_completion_tokens"];

/**
 * Checks the options.
 *
 * @throws {@link InvalidOptionError} for the first that is wrong; a key is never shown
 */
export function endpointOf(options: OpenaiCompatibleOptions): Endpoint {
  checkOptions(where, options, Object.keys(known));
  const { model, apiKey, headers, capabilities, price, countTokens, extraBody, fetch } = options;
  const { maxTokensField = "max_tokens", reasoningField } = options;
  const url = checkAddress(options.baseURL);
  if (typeof model !== "string" || model.trim() === "") {
    throw new InvalidOptionError(where, "model", "the name of a model", model);
  }
  for (const [option, value] of Object.entries({ headers, capabilities, price, extraBody })) {
    if (value !== undefined && fieldsOf(value) === undefined)
      throw new InvalidOptionError(where, option, "an object", value);
  }
  for (const [option, value] of Object.entries({ countTokens, fetch })) {
    if (value !== undefined && typeof value !== "function") {
      throw new InvalidOptionError(where, option, "a function", value);
    }
  }
  if (capabilities !== undefined) checkOptions(`${where}: capabilities`, capabilities, Object.keys(abilities));
  if (price !== undefined) {
    checkNumber(where, "price.inputUsd", price.inputUsd, 0);
    checkNumber(where, "price.outputUsd", price.outputUsd, 0);
    if (price.cachedInputUsd !== undefined) checkNumber(where, "price.cachedInputUsd", price.cachedInputUsd, 0);
  }
  if (extraBody !== undefined) checkFields("extraBody", extraBody);
  checkWord("maxTokensField", maxTokensField, ["max_tokens", "max_completion_tokens"]);
  if (reasoningField !== undefined) checkWord("reasoningField", reasoningField, ["reasoning_content", "reasoning"]);
  return {
    id: `openai-compatible:${model}`,
    url,
    headers: checkHeaders(apiKey, headers),
    keys: keysOf(apiKey, headers),
    model,
    maxTokensField,
    reasoningField,
    extraBody,
    fetch,
  };
}

/**
 * Checks fields that a user adds to the body.
 *
 * @throws {@link InvalidOptionError} for one that the adapter sets itself
 */
export function checkFields(option: string, fields: Readonly<Record<string, JsonValue>>): void {
  const name = owned.find((field) => field in fields);
  if (name !== undefined) {
    throw new InvalidOptionError(where, option, `free of ${owned.join(", ")}, which the adapter sets`, name);
  }
}

function checkAddress(baseURL: string | URL): URL {
  let url: URL;
  try {
    url = new URL(baseURL);
  } catch {
    throw new InvalidOptionError(where, "baseURL", "an http or https URL", baseURL);
  }
  // Not shown: what stands before the host may be a password.
  if (url.username !== "" || url.password !== "") {
    throw new InvalidOptionError(
      where,
      "baseURL",
      "a URL without user and password, which belong in headers",
      url.host,
    );
  }
  if (!/^https?:$/.test(url.protocol)) throw new InvalidOptionError(where, "baseURL", "an http or https URL", url.href);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/chat/completions`;
  url.hash = "";
  return url;
}

function checkWord(option: string, value: string, words: readonly string[]): void {
  if (!words.includes(value)) throw new InvalidOptionError(where, option, words.join(" or "), value);
}

function checkHeaders(apiKey: string | undefined, headers: Readonly<Record<string, string>> = {}): Headers {
  if (apiKey !== undefined && (typeof apiKey !== "string" || !/^[\x21-\x7e]+$/.test(apiKey))) {
    throw new InvalidOptionError(where, "apiKey", "a text of visible characters, without spaces", hidden(apiKey));
  }
  const all = new Headers({ "content-type": "application/json" });
  if (apiKey !== undefined) all.set("authorization", `Bearer ${apiKey}`);
  for (const [name, value] of Object.entries(headers)) {
    try {
      all.set(name, value);
    } catch {
      throw new InvalidOptionError(
        where,
        `headers[${JSON.stringify(name)}]`,
        "a header's name and value",
        hidden(value),
      );
    }
  }
  return all;
}

/** A text that may be a key, for a message. */
function hidden(value: unknown): unknown {
  return typeof value === "string" && value !== "" ? "[hidden]" : value;
}

function keysOf(apiKey: string | undefined, headers: Readonly<Record<string, string>> = {}): readonly string[] {
  const secret = Object.entries(headers).filter(([name]) => /auth|key|token|secret|cookie/i.test(name));
  return [...(apiKey === undefined ? [] : [apiKey]), ...secret.map(([, value]) => value)];
}
