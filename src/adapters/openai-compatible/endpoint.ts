/**
 * @module
 * The options of the adapter, checked: what stays the same from request to request.
 */
import type { Capabilities } from "../../core/capabilities.js";
import { InvalidOptionError } from "../../core/errors.js";
import { fieldsOf } from "../../core/fields.js";
import { checkOptions } from "../../core/options.js";
import type { Speaker } from "../chat-completions/body.js";
import { plainDialect } from "../chat-completions/dialect.js";
import { checkFields } from "../wire/own-fields.js";
import type { OpenaiCompatibleOptions } from "../openai-compatible.js";
import { checkModelName, checkModelOptions } from "../wire/model-options.js";
import { presetOf, serverNames, type Preset } from "./servers.js";

/** Where requests go, and what goes with each. */
export interface Endpoint extends Speaker {
  readonly url: URL;
  readonly headers: Headers;
  /** What no message may show. */
  readonly keys: readonly string[];
  readonly capabilities: Capabilities;
  readonly fetch: OpenaiCompatibleOptions["fetch"];
}

const where = "openaiCompatible";

// Written as a record, so that the compiler misses none.
const known: Readonly<Record<keyof OpenaiCompatibleOptions, true>> = {
  baseURL: true,
  model: true,
  server: true,
  apiKey: true,
  headers: true,
  capabilities: true,
  price: true,
  countTokens: true,
  extraBody: true,
  maxTokensField: true,
  reasoningField: true,
  prefillStyle: true,
  fetch: true,
};

/**
 * Checks the options, and puts them over what is known of the server.
 *
 * @throws {@link InvalidOptionError} for the first that is wrong; a key is never shown
 */
export function endpointOf(options: OpenaiCompatibleOptions): Endpoint {
  checkOptions(where, options, Object.keys(known));
  const { model, server, apiKey, headers, extraBody, fetch } = options;
  const url = checkAddress(options.baseURL);
  checkModelName(where, "model", model);
  for (const [option, value] of Object.entries({ headers, extraBody })) {
    if (value !== undefined && fieldsOf(value) === undefined) {
      throw new InvalidOptionError(where, option, "an object", value);
    }
  }
  if (fetch !== undefined && typeof fetch !== "function") {
    throw new InvalidOptionError(where, "fetch", "a function", fetch);
  }
  checkModelOptions(where, options);
  if (extraBody !== undefined) checkFields(where, "extraBody", extraBody);
  checkWord("server", server, serverNames);
  checkWord("maxTokensField", options.maxTokensField, ["max_tokens", "max_completion_tokens"]);
  checkWord("reasoningField", options.reasoningField, ["reasoning_content", "reasoning", "content"]);
  checkWord("prefillStyle", options.prefillStyle, ["continue_final_message", "prefix", "last-message"]);
  const preset = server === undefined ? unknownServer(url) : presetOf(server, url, model);
  return {
    id: `openai-compatible:${model}`,
    url,
    headers: checkHeaders(apiKey, headers),
    keys: keysOf(apiKey, headers),
    model,
    extraBody,
    fetch,
    ...over(preset, options),
  };
}

/** What was always taken for granted. */
function unknownServer(url: URL): Preset {
  const n = url.hostname === "api.openai.com" ? 128 : false;
  return { capabilities: { n, prefill: false, latent: false }, dialect: plainDialect };
}

/** A preset under what the options say. */
function over({ capabilities, dialect }: Preset, options: OpenaiCompatibleOptions): Preset {
  const {
    maxTokensField = dialect.maxTokensField,
    reasoningField = dialect.reasoningField,
    prefillStyle: prefill = dialect.prefill,
  } = options;
  const all: Capabilities = { ...capabilities, ...options.capabilities };
  if (all.prefill === true && prefill === undefined) {
    const bound = `false, unless prefillStyle says how ${options.server ?? "the server"} at this baseURL continues a started answer`;
    throw new InvalidOptionError(where, "capabilities.prefill", bound, true);
  }
  return { capabilities: all, dialect: { ...dialect, maxTokensField, reasoningField, prefill } };
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

function checkWord(option: string, value: string | undefined, words: readonly string[]): void {
  if (value !== undefined && !words.includes(value)) {
    throw new InvalidOptionError(where, option, words.join(" or "), value);
  }
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
