/**
 * @module
 * The looped model: it thinks in loops instead of words, as many as it is given.
 */
import type { Capabilities } from "../core/capabilities.js";
import { InvalidOptionError } from "../core/errors.js";
import type { LatentReport, Model, ModelRequest, Warning } from "../core/model.js";
import { checkInteger, checkOptions } from "../core/options.js";
import { source, type Reply, type SourceCall } from "../core/source.js";
import { mostRows } from "./blocks.js";
import { complete, knobsOf, roomOf, tokensOf, type Task } from "./completions.js";
import { Engine } from "./engine.js";
import { LoopNetwork, type LoopConfig } from "./loop-network.js";
import { LoopReading, type LoopSettings } from "./loop-reading.js";
import { readState, writeState } from "./loop-state.js";
import { cutLoop, fillLoopTemplate, type LoopPrompt } from "./loop-template.js";
import { loopVocabulary } from "./loop-vocabulary.js";
import type { Token } from "./slots.js";
import { loadWeights, readWeights } from "./weights.js";

/** Options of {@link tinyLoop}. */
export interface TinyLoopOptions {
  /** Weights that `training/loop` made: where to fetch them, or their bytes. @defaultValue those of the package */
  readonly weights?: URL | Uint8Array | undefined;
}

/**
 * Loads the looped model: 0.2 million weights that keep track of a digit through operations such as those of {@link loopProblems}, or do one to each digit of a
 * row, as in {@link rowProblems}; in the processor alone.
 *
 * Shape: a request in; `Answer: 6` out, or a line for every step before it where the instructions ask for steps. It was trained for thinking without
 * words: `latent.steps` says how often its blocks are gone through for every token, from 1 to 16; with `latent.halt` it stops as soon as one
 * more loop changes the distribution of the answer's first token by less than that, in nats, so after two at the earliest; `latent.state` goes on from
 * what it knew at the end of another text, in place of the start digit; `latent.pauseTokens` has it read six pause tokens behind a row, without which it reads
 * none. `response.latent` says how many loops there were, and what it knows at the end
 * of the question. Where it writes its steps the default is one loop, for it was trained to do that
 * with one only, and there is no state to go on from.
 * Cost: no money. A loop beyond the first counts as one reasoning token for every token written: two tokens behind four loops are eight. The output
 * cap holds for that sum: where it is too small for all loops there are fewer, with a warning. Reads at most 96 tokens, its answer included.
 * The same seed writes the same words, whatever the timing. Log-probabilities are those before temperature, cuts and penalties.
 *
 * @throws `ProviderError` when the weights cannot be fetched; at a call, for a question or a text to score that it cannot read
 * @throws `MalformedResponseError` for weights that are none
 * @throws `InvalidOptionError` for an unknown option; at a call, for knobs out of bounds
 * @see Dehghani et al. 2018, arXiv:1807.03819 (the same weights, looped); Geiping et al. 2025, arXiv:2502.05171 (the input put in again, the exit by KL divergence).
 * Deviation: all tokens halt together, at the end of the prompt
 * @example
 * const model = await tinyLoop();
 * const { text, latent } = await run(model, {
 *   messages: [{ role: "user", content: "Start at 7, then +3 *9 -4. What is the last digit?" }],
 *   latent: { steps: 16, halt: 1e-5 },
 * });
 */
export async function tinyLoop(options: TinyLoopOptions = {}): Promise<Model> {
  checkOptions("tinyLoop", options, ["weights"]);
  const { weights: given = packagedLoop } = options;
  const bytes = given instanceof Uint8Array ? given : await loadWeights("tinyLoop", given);
  const weights = readWeights<LoopConfig>("tinyLoop", bytes, loopVocabulary);
  const { config } = weights;
  const network = new LoopNetwork(weights, mostRows + keptTexts);
  const engine = new Engine<Token>(mostRows + keptTexts);
  const generate = async (request: ModelRequest, call: SourceCall): Promise<readonly Reply[]> => {
    const prompt = fillLoopTemplate(request);
    const task = taskOf(request, prompt);
    const room = roomOf("tinyLoop", task, config);
    const plan = planOf(request, prompt, config, room);
    const reading = new LoopReading(network, plan.loops);
    const settings = { ...knobsOf("tinyLoop", request, config), limit: plan.limit };
    const replies = await complete("tinyLoop", engine, reading, task, settings, request, call);
    return report(replies, reading, plan, stated(prompt, config));
  };
  return source("tinyLoop", capabilitiesOf(config), generate, {
    price: { inputUsd: 0, outputUsd: 0 },
    countTokens: (request) => tokensOf(taskOf(request, fillLoopTemplate(request))),
  });
}

/** Where the package keeps its weights. Bundlers know this form, and copy the file. */
export const packagedLoop: URL = new URL("./loop-weights.bin", import.meta.url);
/** Texts that are kept beside those being written. */
const keptTexts = 4;

function capabilitiesOf({ abilities }: LoopConfig): Capabilities {
  return {
    n: 64,
    logprobs: true,
    prefill: true,
    seed: true,
    temperature: true,
    effort: false,
    tools: false,
    schema: false,
    latent: abilities,
    score: true,
    reasoning: "none",
  };
}

function taskOf({ score }: ModelRequest, { tokens, opening, inWords }: LoopPrompt): Task<Token> {
  return { tokens, opening, pieces: score === undefined ? undefined : cutLoop(score, inWords) };
}

/** How often the block is gone through, and how much is written. */
interface Plan {
  readonly loops: LoopSettings;
  /** The most tokens to write. */
  readonly limit: number;
  /** Loops that were asked for, where the output cap has no room for so many. */
  readonly wanted: number | undefined;
}

/** Fits loops and tokens into the output cap: rather fewer loops than an answer that is cut. */
function planOf(request: ModelRequest, prompt: LoopPrompt, config: LoopConfig, room: number): Plan {
  const { latent = {}, score, maxOutputTokens = Infinity } = request;
  const { steps = prompt.inWords ? 1 : config.steps, halt, state } = latent;
  const wanted = checkInteger("tinyLoop", "latent.steps", steps, 1, config.loops);
  if (halt !== undefined && !(typeof halt === "number" && halt > 0)) {
    throw new InvalidOptionError("tinyLoop", "latent.halt", "a number above 0", halt);
  }
  if (state !== undefined) readState(state, config.width);
  if (maxOutputTokens !== Infinity) checkInteger("tinyLoop", "maxOutputTokens", maxOutputTokens, 1);
  // A text that is scored is not written.
  const cap = score === undefined ? maxOutputTokens : Infinity;
  const most = Math.max(1, Math.min(wanted, Math.floor(cap / prompt.length)));
  return {
    loops: { steps: most, halt },
    limit: Math.min(room, Math.floor(cap / most)),
    wanted: most < wanted ? wanted : undefined,
  };
}

/** May the state at the end of a prompt be carried on? */
function stated({ carries }: LoopPrompt, { abilities }: LoopConfig): boolean {
  return carries && abilities.includes("state");
}

/** Counts the loops, and tells of them. */
function report(replies: readonly Reply[], reading: LoopReading, { loops, wanted }: Plan, state: boolean): Reply[] {
  const { steps, hidden } = reading;
  const latent: LatentReport = { steps, ...(state && { state: writeState(hidden as Float32Array) }) };
  const short = wanted !== undefined && steps === loops.steps;
  const warnings: readonly Warning[] = short ? [fewerLoops(wanted, steps)] : [];
  return replies.map((reply) => {
    const { outputTokens = 0 } = reply.usage ?? {};
    const usage = { ...reply.usage, outputTokens: steps * outputTokens, reasoningTokens: (steps - 1) * outputTokens };
    return { ...reply, latent, usage, ...(short && { warnings }) };
  });
}

function fewerLoops(wanted: number, steps: number): Warning {
  const message = `the output cap has room for ${steps} of ${wanted} loops; every loop beyond the first counts as a token for each token written`;
  return { code: "latent-cap", message };
}
