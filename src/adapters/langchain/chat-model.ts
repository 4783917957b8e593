/**
 * @module
 * What of a LangChain chat model the adapter calls.
 */

/**
 * A chat model of LangChain, such as `ChatOpenAI`, or one that is bound to call options. The types of arguments are not looked at: they differ by
 * version and by model.
 */
export interface LangChainChatModel {
  invoke(input: never, options?: never): Promise<unknown>;
  stream(input: never, options?: never): Promise<AsyncIterable<unknown>>;
  bindTools?(tools: never, kwargs?: never): object;
}

/** The same, as it is called. */
export interface CallableChatModel {
  invoke(input: readonly unknown[], options: object): Promise<unknown>;
  stream(input: readonly unknown[], options: object): Promise<AsyncIterable<unknown>>;
  bindTools?(tools: readonly object[], kwargs: object): object;
}
