/**
 * @module
 * What is used of a client of the `openai` package, so that any version of it fits.
 */

/** What goes with a request. */
export interface OpenAIRequestOptions {
  readonly signal: AbortSignal;
  readonly maxRetries: number;
}

/** Something with a `create` that sends a body: its answer is an object, or, where the body says `stream: true`, an async iterable of objects. */
export interface OpenAIEndpoint {
  create(body: object, options: OpenAIRequestOptions): PromiseLike<unknown>;
}

/** A client, or at least the part that is called: `chat.completions` for the interface `'chat'`, `responses` for `'responses'`. */
export type OpenAIClient =
  { readonly chat: { readonly completions: OpenAIEndpoint } } | { readonly responses: OpenAIEndpoint };
