/**
 * @module
 * What a caller is told when there is no answer: OpenAI's shape of an error, under its HTTP status.
 */

/** Fields of an {@link HttpError}. */
export interface HttpErrorOptions {
  /** @defaultValue `'invalid_request_error'` under 500, else `'server_error'` */
  readonly type?: string | undefined;
  /** Stable name for programs. @defaultValue `null` on the wire */
  readonly code?: string | undefined;
  /** The field of the request that is wrong: `'messages[0].content'`. @defaultValue `null` on the wire */
  readonly param?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** An error whose message is written for the caller: nothing of the prompt, of keys, or of what stands behind the model is in it. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  private readonly _fields: { readonly type: string; readonly param: string | null; readonly code: string | null };

  constructor(status: number, message: string, options: HttpErrorOptions = {}) {
    super(message);
    const { type = status < 500 ? "invalid_request_error" : "server_error", param = null, code = null } = options;
    this.status = status;
    this.headers = options.headers ?? {};
    this._fields = { type, param, code };
  }

  /** The body of the response, or the last event of a stream. */
  get body(): { readonly error: object } {
    return { error: { message: this.message, ...this._fields } };
  }
}
