/**
 * @module
 * `mull/serve`: models and stacks behind OpenAI's HTTP interface.
 */
export { openaiHandler, type OpenaiHandlerOptions, type ServedRequest } from "./openai-handler.js";
export type { ApiKey } from "./authorize.js";
export type { Details } from "./details.js";
export { nodeListener, type NodeRequest, type NodeResponse } from "./node-listener.js";
