/**
 * @module
 * A stack as a language model of the AI SDK.
 */
import { answerStream, type AnswerPiece } from "../../core/answer-stream.js";
import { InvalidOptionError } from "../../core/errors.js";
import type { Model, ModelResponse } from "../../core/model.js";
import { checkOptions } from "../../core/options.js";
import { run, type RunOptions } from "../../core/run.js";
import { follow } from "../../core/signal.js";
import { isModel } from "../../core/stack.js";
import { errorFor } from "./api-call-error.js";
import { requestOf } from "./incoming-request.js";
import type { AiSdkGenerated, AiSdkLanguageModel, AiSdkStreamPart } from "./language-model.js";
import { providerMetadataOf } from "./metadata.js";
import { contentOf, finishReasonOf, usageFor, warningsFor } from "./outgoing.js";
import type { AiSdkCallOptions } from "./specification.js";
import { Narrator } from "./tell-stream.js";

/** Options of {@link toAiSdk}. Those of a run hold for every call; limits of a budget are counted anew in each. */
export interface ToAiSdkOptions extends Omit<RunOptions, "signal"> {
  /** The answer comes in one piece, when it is sure, however it is streamed. @defaultValue `false`: as it is written */
  readonly whole?: boolean | undefined;
  /** The name under which the AI SDK lists the model. @defaultValue the model's id */
  readonly modelId?: string | undefined;
}

const where = "toAiSdk";

/**
 * Makes a language model of the AI SDK of any model: `generateText`, `streamText`, `generateObject` and agents run on a stack.
 *
 * Shape: specification V3, which `ai` 6 and 7 take. Tools that a call brings reach the model at the bottom; its calls come back, and the AI SDK
 * answers them. A stream tells the thoughts as reasoning and the answer as text; `providerMetadata.mull` has the answer, its confidence, the votes
 * and what was spent. A seed is that of the run; `providerOptions.mull` takes a `budget` and what no setting says ({@link MullCallOptions}).
 * Cost: one run of the model per call. The AI SDK tries failed calls again, twice by default: the whole stack, beside the `retry` policies in it.
 * What a call asks for and cannot be said in a request is a warning. An abort leaves as it came; a failure that may pass, or a refusal, looks to
 * the AI SDK like its `APICallError`.
 *
 * @throws `InvalidOptionError` for what is no model, or an unknown option
 * @example
 * const { text, providerMetadata } = await generateText({ model: toAiSdk(solver, { budget: { tokens: 20_000 } }), prompt: "…" });
 */
export function toAiSdk<Out extends ModelResponse>(
  model: Model<Out>,
  options: ToAiSdkOptions = {},
): AiSdkLanguageModel {
  checkOptions(where, options, ["budget", "seed", "onEvent", "events", "clock", "whole", "modelId"]);
  if (!isModel(model)) {
    throw new InvalidOptionError(where, "model", "a model (id, capabilities, generate)", model);
  }
  const { modelId = model.id, whole = false, ...common } = options;
  const { id } = model;

  const settingsOf = (given: AiSdkCallOptions) => {
    const { request, warnings, seed = common.seed, budget = common.budget } = requestOf(given);
    return { request, warnings, settings: { ...common, seed, budget } };
  };

  return {
    specificationVersion: "v3",
    provider: "mull",
    modelId,
    // None: what the models beneath can fetch themselves is not known, so the AI SDK fetches it.
    supportedUrls: {},

    async doGenerate(given): Promise<AiSdkGenerated> {
      const { request, warnings, settings } = settingsOf(given);
      try {
        const response = await run(model, request, { ...settings, signal: given.abortSignal });
        return {
          content: contentOf(response),
          finishReason: finishReasonOf(response),
          usage: usageFor(response.usage),
          warnings: [...warnings, ...warningsFor(response.warnings)],
          providerMetadata: providerMetadataOf(response),
          response: { modelId },
        };
      } catch (error) {
        throw errorFor(error, id);
      }
    },

    async doStream(given): Promise<{ stream: ReadableStream<AiSdkStreamPart> }> {
      const { request, warnings, settings } = settingsOf(given);
      const controller = new AbortController();
      const { abortSignal } = given;
      if (abortSignal?.aborted) throw abortSignal.reason;
      const unfollow = abortSignal && follow(abortSignal, controller);
      const pieces = answerStream(model, request, { ...settings, whole, signal: controller.signal });
      // Waits for the first words: what fails before them is thrown, so that the AI SDK may try again.
      let next: IteratorResult<AnswerPiece, Out>;
      try {
        next = await pieces.next();
      } catch (error) {
        unfollow?.();
        throw errorFor(error, id);
      }

      const narrator = new Narrator();
      const stream = new ReadableStream<AiSdkStreamPart>({
        start(out) {
          out.enqueue({ type: "stream-start", warnings });
          out.enqueue({ type: "response-metadata", modelId });
        },
        async pull(out) {
          try {
            if (!next.done) {
              for (const part of narrator.tell(next.value)) out.enqueue(part);
              next = await pieces.next();
              return;
            }
            for (const part of narrator.end(next.value)) out.enqueue(part);
          } catch (error) {
            if (controller.signal.aborted) {
              unfollow?.();
              out.error(controller.signal.reason);
              return;
            }
            for (const part of narrator.fail(errorFor(error, id), error)) out.enqueue(part);
          }
          unfollow?.();
          out.close();
        },
        async cancel(reason) {
          unfollow?.();
          controller.abort(reason);
          await pieces.return(undefined as never).catch(() => undefined);
        },
      });
      return { stream };
    },
  };
}
