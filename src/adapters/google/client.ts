/**
 * @module
 * What the adapter calls of a Google SDK, so that any version fits.
 */

/** A request, as far as the adapter and an SDK must agree on it. */
export interface GoogleRequest {
  readonly model: string;
  readonly contents: unknown;
  readonly config?: unknown;
}

/** A client of the Gemini API or of Vertex AI: `new GoogleGenAI(…)`. */
export interface GoogleClient {
  readonly models: {
    generateContent(request: GoogleRequest): Promise<unknown>;
    generateContentStream(request: GoogleRequest): Promise<AsyncIterable<unknown>>;
  };
  /** Is it Vertex AI, where the same models can do more? */
  readonly vertexai?: boolean | undefined;
}
