/**
 * @module
 * What the adapter calls of the `ollama` package, so that any version fits.
 */

/** A request, as far as the adapter and the package must agree on it. */
export interface OllamaRequest {
  readonly model: string;
  /** Always: only a stream can be given up. */
  readonly stream: true;
  readonly messages?: unknown;
}

/** A client of Ollama: `new Ollama()`, or what the package exports by default. */
export interface OllamaClient {
  chat(request: OllamaRequest): Promise<AsyncIterable<unknown>>;
}
