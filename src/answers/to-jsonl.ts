/**
 * @module
 * Training data as lines of JSON, in the formats that trainers read.
 */
import { InvalidOptionError } from "../core/errors.js";
import { checkOptions } from "../core/options.js";
import type { LabelledSolution, PreferencePair, TrainingExample } from "../core/trainer.js";
import { alternating, conversation, said, type Line } from "./to-jsonl/lines.js";

/** What each format is made of. */
export interface JsonlRecords {
  /** `{ messages }`, the answer at their end: chat fine-tuning of OpenAI and of services that are compatible with it, TRL's `SFTTrainer`. */
  readonly chat: TrainingExample;
  /** `{ prompt, completion }`, both lists of messages: TRL's `SFTTrainer`, which then learns the answer alone. */
  readonly "prompt-completion": TrainingExample;
  /** `{ system?, messages }`, user and assistant in turn: Claude on Amazon Bedrock. */
  readonly bedrock: TrainingExample;
  /** `{ input: { messages }, preferred_output, non_preferred_output }`: OpenAI's method `dpo`. */
  readonly "openai-preference": PreferencePair;
  /** `{ prompt, chosen, rejected }`, lists of messages: TRL's `DPOTrainer` and others that learn from pairs. */
  readonly "trl-preference": PreferencePair;
  /** `{ prompt, completion, label }`: TRL's `KTOTrainer`, and verifiers. Right answers of wrong reasons are labelled `false`. */
  readonly "trl-unpaired": LabelledSolution;
}

/** Name of a format. */
export type JsonlFormat = keyof JsonlRecords;

/** Options of {@link toJsonl}. */
export interface ToJsonlOptions {
  /**
   * The field of a line that gets the example's weight. For trainers of your own: services refuse fields that they do not know.
   * @defaultValue none: weights are left out
   */
  readonly weight?: string | undefined;
}

/**
 * Writes training data as JSON Lines, one object a line.
 *
 * Shape: records of one kind in, text out, each line with its end; `""` for none. Which records a format takes is in {@link JsonlRecords}.
 * Messages become `{ role, content }` with plain text. Thoughts of earlier turns are left out, as chat templates do. Tool calls, results of
 * tools and files are refused: the formats differ in them. Bedrock wants turns that alternate: neighbours of one role become one.
 *
 * @throws {@link InvalidOptionError} for an unknown format, an empty prompt or completion, and for what a format cannot hold
 * @see OpenAI, fine-tuning guides (supervised; direct preference optimization). Hugging Face TRL, "Dataset formats and types". Anthropic cookbook, "Finetuning Claude 3
 *   Haiku on Bedrock"
 * @example
 * await writeFile("train.jsonl", toJsonl(sft, "chat"));
 */
export function toJsonl<F extends JsonlFormat>(
  records: readonly JsonlRecords[F][],
  format: F,
  options: ToJsonlOptions = {},
): string {
  checkOptions("toJsonl", options, ["weight"]);
  const { weight } = options;
  checkFormat("toJsonl", format);
  if (!Array.isArray(records)) throw new InvalidOptionError("toJsonl", "records", "a list", records);
  const write = writers[format] as (record: JsonlRecords[F]) => Line;
  if (weight !== undefined && (typeof weight !== "string" || weight in taken))
    throw new InvalidOptionError("toJsonl", "weight", "the name of a field that the format does not use", weight);
  let text = "";
  for (const record of records as readonly JsonlRecords[F][]) {
    const line = write(record);
    const counted = weight === undefined ? line : { ...line, [weight]: (record as TrainingExample).weight ?? 1 };
    text += `${JSON.stringify(counted)}\n`;
  }
  return text;
}

/**
 * Throws for what is no format, or none of those that are allowed.
 *
 * @throws {@link InvalidOptionError}
 */
export function checkFormat(where: string, format: string, allowed: readonly string[] = Object.keys(writers)): void {
  if (!allowed.includes(format)) throw new InvalidOptionError(where, "format", `one of ${allowed.join(", ")}`, format);
}

const writers: { readonly [F in JsonlFormat]: (record: JsonlRecords[F]) => Line } = {
  chat: ({ messages, completion }) => ({ messages: [...conversation(messages), said(completion)] }),
  "prompt-completion": ({ messages, completion }) => ({
    prompt: conversation(messages),
    completion: [said(completion)],
  }),
  bedrock: ({ messages, completion }) => alternating(conversation(messages), said(completion)),
  "openai-preference": ({ messages, chosen, rejected }) => ({
    input: { messages: conversation(messages) },
    preferred_output: [said(chosen)],
    non_preferred_output: [said(rejected)],
  }),
  "trl-preference": ({ messages, chosen, rejected }) => ({
    prompt: conversation(messages),
    chosen: [said(chosen)],
    rejected: [said(rejected)],
  }),
  "trl-unpaired": ({ messages, completion, right, rightAnswerWrongReason = false }) => ({
    prompt: conversation(messages),
    completion: [said(completion)],
    label: right && !rightAnswerWrongReason,
  }),
};

/** Fields of some format. */
const taken = {
  ...{ messages: true, prompt: true, completion: true, system: true, label: true, chosen: true, rejected: true },
  ...{ input: true, preferred_output: true, non_preferred_output: true },
};
