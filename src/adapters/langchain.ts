/**
 * @module
 * LangChain, in and out: its chat models as models, stacks as its chat models and runnables.
 */
export type { LangChainChatModel } from "./langchain/chat-model.js";
export type { CallOptions } from "./langchain/dialects.js";
export { fromLangChain, type FromLangChainOptions } from "./langchain/from-lang-chain.js";
export { MullChatModel, type MullChatCallOptions } from "./langchain/mull-chat-model.js";
export { MullRunnable, type RunnablePrompt } from "./langchain/mull-runnable.js";
export { toChatModel, type ToChatModelOptions } from "./langchain/to-chat-model.js";
export { toRunnable, type ToRunnableOptions } from "./langchain/to-runnable.js";
