/**
 * @module
 * The chat model that a stack becomes.
 */
import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import type { BaseLanguageModelInput } from "@langchain/core/language_models/base";
import {
  BaseChatModel,
  type BaseChatModelCallOptions,
  type BindToolsInput,
} from "@langchain/core/language_models/chat_models";
import { AIMessageChunk, type BaseMessage } from "@langchain/core/messages";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";
import type { Runnable } from "@langchain/core/runnables";
import { convertToOpenAITool } from "@langchain/core/utils/function_calling";
import type { BudgetLimits } from "../../core/amounts.js";
import { answerStream } from "../../core/answer-stream.js";
import { fieldsOf, wordsOf } from "../../core/fields.js";
import type { JsonSchema } from "../../core/message.js";
import type { Model, ModelRequest, ToolDescription } from "../../core/model.js";
import { run, type RunOptions } from "../../core/run.js";
import { messagesOf } from "./from-messages.js";
import type { ToChatModelOptions } from "./to-chat-model.js";
import { messageOf } from "./to-message.js";

/** Call options of a {@link MullChatModel}, beside those that every chat model has. */
export interface MullChatCallOptions extends BaseChatModelCallOptions {
  /** What the model may call; `bindTools` puts it here. */
  readonly tools?: readonly BindToolsInput[];
  /** Settings of the request: `{ temperature: 0, effort: "high" }`. */
  readonly request?: Partial<Omit<ModelRequest, "messages" | "tools">>;
  /** Limits of this call, instead of those that the chat model was made with. */
  readonly budget?: BudgetLimits;
  /** The seed of the run. */
  readonly seed?: number;
}

/** A stack as a chat model of LangChain. Made by {@link toChatModel}. */
export class MullChatModel extends BaseChatModel<MullChatCallOptions> {
  /** The id of the stack. */
  readonly model: string;
  private readonly _stack: Model;
  private readonly _common: ToChatModelOptions;

  constructor(stack: Model, common: ToChatModelOptions) {
    super({});
    this.model = stack.id;
    this._stack = stack;
    this._common = common;
  }

  static override lc_name(): string {
    return "MullChatModel";
  }

  override _llmType(): string {
    return "mull";
  }

  override bindTools(
    tools: BindToolsInput[],
    kwargs: Partial<MullChatCallOptions> = {},
  ): Runnable<BaseLanguageModelInput, AIMessageChunk, MullChatCallOptions> {
    return this.withConfig({ ...kwargs, tools });
  }

  override async _generate(messages: BaseMessage[], options: this["ParsedCallOptions"]): Promise<ChatResult> {
    const { whole: _, ...common } = this._common;
    const response = await run(this._stack, requestOf(messages, options), { ...common, ...runOf(common, options) });
    const message = messageOf(this.model, response, response.text, response.reasoning);
    return { generations: [{ text: response.text, message }], llmOutput: {} };
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const common = { ...this._common, ...runOf(this._common, options) };
    const pieces = answerStream(this._stack, requestOf(messages, options), common);
    try {
      for (;;) {
        const { done, value } = await pieces.next();
        const text = done || value.type === "reasoning" ? "" : value.text;
        const message = done
          ? messageOf(this.model, value, "", undefined)
          : new AIMessageChunk({
              content: text,
              // Marked, so that shown thoughts are not taken for the model's turn.
              ...(value.type === "reasoning" && { additional_kwargs: { reasoning_content: value.text, mull: {} } }),
            });
        const chunk = new ChatGenerationChunk({ text, message });
        yield chunk;
        await runManager?.handleLLMNewToken(text, undefined, undefined, undefined, undefined, { chunk });
        if (done) return;
      }
    } finally {
      // Who leaves gives the run up.
      await pieces.return(undefined as never);
    }
  }
}

type Parsed = MullChatModel["ParsedCallOptions"];

/** What of a call belongs to the run. */
function runOf(common: ToChatModelOptions, options: Parsed): Pick<RunOptions, "signal" | "seed" | "budget"> {
  const { signal, seed = common.seed, budget = common.budget } = options;
  return { signal, seed, budget };
}

function requestOf(messages: readonly BaseMessage[], options: Parsed): ModelRequest {
  const { tools = [], tool_choice: choice, stop, request } = options;
  const descriptions = tools.map(descriptionOf);
  return {
    ...request,
    messages: messagesOf(messages),
    ...(stop?.length && { stop }),
    ...(descriptions.length > 0 && { tools: descriptions }),
    ...(descriptions.length > 0 && choice !== undefined && { toolChoice: toolChoiceOf(choice) }),
  };
}

function descriptionOf(tool: BindToolsInput): ToolDescription {
  const { function: described } = convertToOpenAITool(tool as never);
  const { name, description = "", parameters } = described;
  const { $schema: _, ...inputSchema } = (fieldsOf(parameters) ?? { type: "object", properties: {} }) as JsonSchema;
  return { name, description, inputSchema };
}

/** The words that chat models of LangChain use, a tool's name, or one of the forms of OpenAI and Anthropic. */
function toolChoiceOf(choice: NonNullable<Parsed["tool_choice"]>): NonNullable<ModelRequest["toolChoice"]> {
  if (choice === "auto" || choice === "none") return choice;
  if (choice === "any" || choice === "required") return "required";
  const fields = typeof choice === "string" ? { name: choice } : choice;
  const name = wordsOf(fieldsOf(fields.function)?.name) ?? wordsOf(fields.name);
  return name === undefined ? "required" : { name };
}
