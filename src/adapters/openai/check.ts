/**
 * @module
 * The arguments of the adapter, checked.
 */
import { InvalidOptionError } from "../../core/errors.js";
import { checkOptions } from "../../core/options.js";
import type { FromOpenAIOptions } from "../openai.js";
import { checkClient } from "../wire/check-client.js";
import { checkModelName, checkModelOptions } from "../wire/model-options.js";

const where = "fromOpenAI";

// Written as a record, so that the compiler misses none.
const known: Readonly<Record<keyof FromOpenAIOptions, true>> = {
  api: true,
  capabilities: true,
  price: true,
  countTokens: true,
};

/**
 * Checks the arguments.
 *
 * @throws {@link InvalidOptionError} for the first that is wrong
 */
export function checkOpenAI(client: unknown, modelId: string, options: FromOpenAIOptions): void {
  checkOptions(where, options, Object.keys(known));
  const { api = "chat" } = options;
  if (api !== "chat" && api !== "responses") {
    throw new InvalidOptionError(where, "api", "'chat' or 'responses'", api);
  }
  checkClient(where, client, [api === "chat" ? "chat.completions.create" : "responses.create"], "new OpenAI()");
  checkModelName(where, "modelId", modelId);
  checkModelOptions(where, options);
}
