/**
 * @module
 * The embedded model: a real, very small language model that needs no network and no key.
 */
import type { Capabilities } from "../core/capabilities.js";
import type { Model, ModelRequest } from "../core/model.js";
import { checkInteger, checkOptions } from "../core/options.js";
import { source, type Reply, type SourceCall } from "../core/source.js";
import { mostRows } from "./blocks.js";
import { fillTemplate } from "./chat-template.js";
import { complete, knobsOf, roomOf, tokensOf, type Task } from "./completions.js";
import { Engine } from "./engine.js";
import type { LineSettings } from "./line.js";
import { Network, type NetworkConfig } from "./network.js";
import { cut, unknown } from "./tokenizer.js";
import { vocabulary } from "./vocabulary.js";
import { loadWeights, readWeights } from "./weights.js";

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
 * Asked to `score` a text, it reads it as if it had written it: its tokens are counted as input, and words that it does not know as `<unk>`.
 *
 * @throws `ProviderError` when the weights cannot be fetched; at a call, for a prompt that leaves no room, or a text to score that has nothing it knows
 * @throws `MalformedResponseError` for weights that are none
 * @throws `InvalidOptionError` for an unknown option; at a call, for knobs out of bounds
 * @example
 * const model = await tiny();
 * const { text } = await run(model, "Tom has 12 apples. Tom buys 5 more. How many apples does Tom have? Think step by step.");
 */
export async function tiny(options: TinyOptions = {}): Promise<Model> {
  checkOptions("tiny", options, ["weights"]);
  const { weights: given = packaged } = options;
  const bytes = given instanceof Uint8Array ? given : await loadWeights("tiny", given);
  const weights = readWeights<NetworkConfig>("tiny", bytes, vocabulary);
  const network = new Network(weights, mostRows + keptTexts);
  const engine = new Engine<number>(mostRows + keptTexts);
  const generate = async (request: ModelRequest, call: SourceCall): Promise<readonly Reply[]> => {
    const task = taskOf(request);
    const settings = settingsOf(request, task, weights.config);
    return complete("tiny", engine, network, task, settings, request, call);
  };
  return source("tiny", capabilities, generate, {
    price: { inputUsd: 0, outputUsd: 0 },
    countTokens: (request) => tokensOf(taskOf(request)),
  });
}

/** Where the package keeps its weights. Bundlers know this form, and copy the file. */
export const packaged: URL = new URL("./weights.bin", import.meta.url);
/** Texts that are kept beside those being written. */
const keptTexts = 16;

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
  score: true,
  reasoning: "none",
};

/** What the network is to do. */
function taskOf(request: ModelRequest): Task<number> {
  const { tokens, ...opening } = fillTemplate(request);
  const pieces = request.score === undefined ? undefined : cut(request.score);
  const known = pieces?.some(({ token }) => token !== unknown) ?? true;
  return { tokens, opening, pieces: known ? pieces : [] };
}

function settingsOf(request: ModelRequest, task: Task<number>, config: NetworkConfig): LineSettings {
  const room = roomOf("tiny", task, config);
  const limit = checkInteger("tiny", "maxOutputTokens", request.maxOutputTokens ?? room, 1);
  return { ...knobsOf("tiny", request, config), limit: Math.min(room, limit) };
}
