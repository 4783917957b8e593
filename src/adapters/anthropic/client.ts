/**
 * @module
 * What the adapter calls of an Anthropic SDK, so that any version fits.
 */

/** The body of a request, as far as the adapter and an SDK must agree on it. */
export interface AnthropicBody {
  readonly model: string;
  readonly max_tokens: number;
  readonly messages: readonly unknown[];
  /** `true`: the promise is for an async iterable of events, instead of a message. */
  readonly stream?: boolean | undefined;
}

/** How one request is made. */
export interface AnthropicRequestOptions {
  readonly signal: AbortSignal;
  /** 0: whether to try again is for the `retry` policy. */
  readonly maxRetries: number;
  readonly timeout?: number;
}

/** A client of the Messages API: `new Anthropic()`, its `beta`, or that of Bedrock, Vertex or Foundry. */
export interface AnthropicClient {
  readonly messages: {
    create(body: AnthropicBody, options: AnthropicRequestOptions): PromiseLike<unknown>;
  };
  /** In ms. Said again with every request that is not streamed, because an SDK that is told none refuses long answers. */
  readonly timeout?: number | undefined;
}
