/**
 * @module
 * The embedded model: a real, very small language model that needs no network and no key.
 */
import type { Capabilities } from "../core/capabilities.js";
import { ProviderError } from "../core/errors.js";
import type { Model, ModelRequest } from "../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../core/options.js";
import { hashText, Random } from "../core/random.js";
import { source, type Reply, type SourceCall } from "../core/source.js";
import type { Delta } from "../core/tape.js";
import { fillTemplate } from "./chat-template.js";
import { Engine } from "./engine.js";
import { Line, type LineSettings } from "./line.js";
import { loadWeights, readWeights, type NetworkConfig } from "./weights.js";

/** Options of {@link tiny}. */
export interface TinyOptions {
  /** Weights that `training/` made: where to fetch them, or their bytes. @defaultValue those of the package */
  readonly weights?: URL | Uint8Array | undefined;
}

/**
 * Loads the embedded model: 0.8 million weights that solve word problems such as those of {@link problems}, in the processor alone.
 *
 * Shape: a request in; steps such as `12 + 5 = 17`, and `Answer: 17`, out. It answers at once, or in steps where the instructions ask for
 * them; calls a tool that takes an `expression`; checks an answer that it, or anybody, gave. Reads words of its small vocabulary,
 * numbers to 299, and at most 256 tokens, its answer included. What it says of anything else is noise.
 * Cost: no money; some 5,000 tokens a second. A call's completions (`n`) are written together, calls one after another.
 * Keeps the latest texts it read, so that calls that go on from them are quick; this changes no answer, only `cachedInputTokens`.
 * The same seed writes the same words, whatever the timing. Log-probabilities are those before temperature, cuts and penalties.
 *
 * @throws `ProviderError` when the weights cannot be fetched; at a call, for a prompt that leaves no room
 * @throws `MalformedResponseError` for weights that are none
 * @throws `InvalidOptionError` for an unknown option; at a call, for knobs out of bounds
 * @example
 * const model = await tiny();
 * const { text } = await run(model, "Tom has 12 apples. Tom buys 5 more. How many apples does Tom have? Think step by step.");
 */
export async function tiny(options: TinyOptions = {}): Promise<Model> {
  checkOptions("tiny", options, ["weights"]);
  const { weights: given } = options;
  const weights = readWeights(given instanceof Uint8Array ? given : await loadWeights(given));
  const engine = new Engine(weights);
  return source("tiny", capabilities, (request, call) => write(engine, weights.config, request, call), {
    price: { inputUsd: 0, outputUsd: 0 },
    countTokens: (request) => fillTemplate(request).tokens.length,
  });
}

const capabilities: Capabilities = {
  n: 64,
  logprobs: true,
  prefill: true,
  seed: true,
  temperature: true,
  effort: false,
  tools: true,
  schema: false,
  latent: false,
  reasoning: "none",
};

async function write(
  engine: Engine,
  config: NetworkConfig,
  request: ModelRequest,
  call: SourceCall,
): Promise<readonly Reply[]> {
  const settings = settingsOf(request, config);
  const { tokens } = settings.prompt;
  const seed = String(request.seed ?? call.random.bits());
  const lines = Array.from({ length: call.n }, (_, choice) => {
    const listener = call.streaming ? (part: Delta) => call.delta(part, choice) : undefined;
    return new Line(settings, new Random(hashText(choice, seed), choice), listener);
  });
  const cachedInputTokens = await engine.write(tokens, lines, call.scope);
  return lines.map((line, choice) => line.reply(choice === 0 ? { inputTokens: tokens.length, cachedInputTokens } : {}));
}

function settingsOf(request: ModelRequest, { positions, vocab }: NetworkConfig): LineSettings {
  const prompt = fillTemplate(request);
  const room = positions - prompt.tokens.length;
  if (room < 1) {
    const message = `tiny reads at most ${positions - 1} tokens, so that there is room for an answer, and the prompt has ${prompt.tokens.length}`;
    throw new ProviderError(message, { status: 400 });
  }
  const {
    temperature = 1,
    topP = 1,
    topK,
    presencePenalty = 0,
    frequencyPenalty = 0,
    maxOutputTokens = room,
  } = request;
  const { stop = [], logprobs } = request;
  return {
    prompt,
    limit: Math.min(room, checkInteger("tiny", "maxOutputTokens", maxOutputTokens, 1)),
    stop: stop.filter((text) => text !== ""),
    logprobs: logprobs === undefined ? undefined : checkInteger("tiny", "logprobs", logprobs, 0),
    temperature: checkNumber("tiny", "temperature", temperature, 0),
    topP: checkNumber("tiny", "topP", topP, 0, 1),
    topK: topK === undefined ? vocab : checkInteger("tiny", "topK", topK, 1),
    presencePenalty: checkNumber("tiny", "presencePenalty", presencePenalty, -2, 2),
    frequencyPenalty: checkNumber("tiny", "frequencyPenalty", frequencyPenalty, -2, 2),
  };
}
