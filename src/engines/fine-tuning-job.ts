/**
 * @module
 * A trainer that is a service: fine-tuning jobs in the form of OpenAI's, on plain `fetch`.
 */
import { toJsonl } from "../answers/to-jsonl.js";
import { systemClock, type Clock } from "../core/clock.js";
import { InvalidOptionError, MalformedResponseError, MullError } from "../core/errors.js";
import { fieldsOf, wordsOf } from "../core/fields.js";
import type { Model } from "../core/model.js";
import { checkInteger, checkOptions } from "../core/options.js";
import { Scope, sleep } from "../core/scope.js";
import { follow } from "../core/signal.js";
import { isModel } from "../core/stack.js";
import type { PreferencePair, Trainer, TrainOptions } from "../core/trainer.js";
import { serviceOf, type Service } from "./fine-tuning-job/service.js";

/** Settings of a training as OpenAI names them; `'auto'` leaves them to the service. */
export interface FineTuningHyperparameters {
  readonly n_epochs?: "auto" | number | undefined;
  readonly batch_size?: "auto" | number | undefined;
  readonly learning_rate_multiplier?: "auto" | number | undefined;
  /** Of preference pairs alone. */
  readonly beta?: "auto" | number | undefined;
}

/** What a job is doing. */
export interface FineTuningStatus {
  /** Id of the job at the service. */
  readonly job: string;
  /** As the service says it: `'validating_files'`, `'queued'`, `'running'`, `'succeeded'`, `'failed'`, `'cancelled'`. */
  readonly status: string;
}

/** Options of {@link fineTuningJob}. */
export interface FineTuningJobOptions {
  /** Up to `/files` and `/fine_tuning/jobs`. @defaultValue `https://api.openai.com/v1` */
  readonly baseURL?: string | URL | undefined;
  /** Sent as `Authorization: Bearer …`. @defaultValue none */
  readonly apiKey?: string | undefined;
  /** Sent with every request. @defaultValue none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The model to begin with. */
  readonly model: string;
  /** Makes a model of the name that the service gave to what it trained. */
  readonly open: (name: string) => Model | Promise<Model>;
  /** @defaultValue the service's */
  readonly hyperparameters?: FineTuningHyperparameters | undefined;
  /** Stands in the name of the new model: 64 characters at most. @defaultValue none */
  readonly suffix?: string | undefined;
  /** Makes trainings repeatable, as far as the service can: an integer. @defaultValue the service's */
  readonly seed?: number | undefined;
  /** How long to wait before the job is looked at again, in ms: whole, at least 1. @defaultValue 10,000 */
  readonly pollMs?: number | undefined;
  /** How often a request is made that meets a failure that may pass, the first time included: whole, at least 1. @defaultValue 5 */
  readonly attempts?: number | undefined;
  /** Hears of the job when it begins and whenever its status changes. If it throws, the training goes on. */
  readonly onStatus?: ((status: FineTuningStatus) => void) | undefined;
  /** @defaultValue the computer's own */
  readonly clock?: Clock | undefined;
  /** Used instead of the global `fetch`. */
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
}

/** A trainer that can learn from preferences, too. */
export interface FineTuningTrainer extends Trainer {
  /** Trains on pairs, by the service's method `dpo`. Throws as `train` does. */
  trainPreferences(pairs: readonly PreferencePair[], options?: TrainOptions): Promise<Model>;
}

/**
 * Makes a trainer of a service that has fine-tuning jobs in the form of OpenAI's: it sends the examples as a file, begins a job, waits for its end, and opens the new model.
 *
 * Shape: a {@link Trainer}. `POST /files`, `POST /fine_tuning/jobs`, then `GET /fine_tuning/jobs/{id}` every `pollMs`. Every round begins with `model`.
 * Cost: what the service takes. The service has a least number of examples, OpenAI 10. Weights of examples are left out: draw them by their weights before.
 * What may pass is tried again, after a wait that doubles or that the service asks for: looking at a job after 429, 5xx or a lost connection; sending and beginning only after 429,
 * so that no job is begun twice. An abort cancels the job at the service, as well as it can within 10 s, and then rejects.
 *
 * @throws `InvalidOptionError` for a wrong option at once; from `train`, for no examples, and where `open` gives no model
 * @throws `ProviderError` from `train` for a refusal or a lost connection; a job that had begun goes on, its id is in the message
 * @throws `MullError` with the code `'training'` for a job that failed or was cancelled, with what the service says of it
 * @throws `MalformedResponseError` for what is no file or job; the reason of the abort; what `open` throws
 * @see OpenAI API reference, "Files" and "Fine-tuning"
 * @example
 * const trainer = fineTuningJob({
 *   apiKey: process.env.OPENAI_API_KEY,
 *   model: "gpt-4.1-mini-2025-04-14",
 *   open: (name) => openaiCompatible({ baseURL: "https://api.openai.com/v1", apiKey: process.env.OPENAI_API_KEY, model: name }),
 * });
 * const better = await trainer.train(sft);
 */
export function fineTuningJob(options: FineTuningJobOptions): FineTuningTrainer {
  checkOptions("fineTuningJob", options, known);
  const { model, hyperparameters, suffix, seed, pollMs = 10_000, attempts = 5, open, onStatus } = options;
  const { clock = systemClock } = options;
  check(options);
  checkInteger("fineTuningJob", "pollMs", pollMs, 1, 2 ** 31 - 1);
  checkInteger("fineTuningJob", "attempts", attempts, 1);
  if (seed !== undefined) checkInteger("fineTuningJob", "seed", seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  const service = serviceOf({ ...options, clock, attempts, pollMs });

  const train = async <T>(
    method: "supervised" | "dpo",
    records: readonly T[],
    write: (records: readonly T[]) => string,
    { signal, round = 0 }: TrainOptions = {},
  ): Promise<Model> => {
    checkInteger("fineTuningJob", "round", round, 0);
    if (!Array.isArray(records) || records.length === 0)
      throw new InvalidOptionError("fineTuningJob", "examples", "a list of at least one", records);
    signal?.throwIfAborted();
    const text = write(records);
    const scope = new Scope();
    const unfollow = signal && follow(signal, scope);
    try {
      const file = await service.upload(`round-${round}.jsonl`, text, scope);
      const settings = hyperparameters === undefined ? {} : { hyperparameters };
      const name = await finish(service, scope, {
        model,
        training_file: file,
        ...(suffix !== undefined && { suffix }),
        ...(seed !== undefined && { seed }),
        // The method of those who do not say is `supervised`, and some services know no methods.
        ...((method === "dpo" || hyperparameters !== undefined) && { method: { type: method, [method]: settings } }),
      });
      const opened = await open(name);
      signal?.throwIfAborted();
      if (isModel(opened)) return opened;
      throw new InvalidOptionError(
        "fineTuningJob",
        "what open returns",
        "a model (id, capabilities, generate)",
        opened,
      );
    } finally {
      unfollow?.();
      scope.close();
    }
  };

  /** Begins the job and waits for its end; gives the new model's name. */
  const finish = async (at: Service, scope: Scope, body: object): Promise<string> => {
    const id = await at.begin(body, scope);
    try {
      for (let before: string | undefined; ;) {
        const job = await at.look(id, scope);
        if (job.status !== before) tell(onStatus, { job: id, status: job.status });
        before = job.status;
        if (job.status === "succeeded") {
          const name = wordsOf(job.fields.fine_tuned_model);
          if (name !== undefined) return name;
          throw new MalformedResponseError(`fineTuningJob: job ${id} succeeded, and names no model`);
        }
        if (job.status === "failed" || job.status === "cancelled") {
          const why = wordsOf(fieldsOf(job.fields.error)?.message);
          throw new MullError("training", at.sayable(`fineTuningJob: job ${id} ${ends[job.status]}`, why));
        }
        await sleep({ scope, clock }, pollMs);
      }
    } catch (error) {
      if (!scope.aborted) throw error;
      await at.cancel(id);
      throw scope.reason;
    }
  };

  return {
    train: (examples, settings) => train("supervised", examples, (records) => toJsonl(records, "chat"), settings),
    trainPreferences: (pairs, settings) =>
      train("dpo", pairs, (records) => toJsonl(records, "openai-preference"), settings),
  };
}

const known = [
  ...["baseURL", "apiKey", "headers", "model", "open", "hyperparameters", "suffix", "seed", "pollMs", "attempts"],
  ...["onStatus", "clock", "fetch"],
];

const ends = { failed: "failed", cancelled: "was cancelled" };

function check({ model, open, hyperparameters, suffix, apiKey, headers, onStatus, fetch }: FineTuningJobOptions): void {
  const fail = (option: string, bound: string, value: unknown): never => {
    throw new InvalidOptionError("fineTuningJob", option, bound, value);
  };
  if (wordsOf(model) === undefined) fail("model", "the name of a model", model);
  if (typeof open !== "function") fail("open", "a function that makes a model of its name", open);
  if (apiKey !== undefined && wordsOf(apiKey) === undefined) fail("apiKey", "a text that is not empty", "nothing");
  if (headers !== undefined && fieldsOf(headers) === undefined) fail("headers", "an object", headers);
  if (hyperparameters !== undefined)
    checkOptions("fineTuningJob", hyperparameters, ["n_epochs", "batch_size", "learning_rate_multiplier", "beta"]);
  if (suffix !== undefined && (wordsOf(suffix) === undefined || suffix.length > 64))
    fail("suffix", "a text of 1 to 64 characters", suffix);
  for (const [name, given] of Object.entries({ onStatus, fetch }))
    if (given !== undefined && typeof given !== "function") fail(name, "a function", given);
}

function tell(listener: FineTuningJobOptions["onStatus"], status: FineTuningStatus): void {
  try {
    listener?.(status);
  } catch {
    // The training is worth more than who watches it.
  }
}
