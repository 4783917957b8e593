/**
 * @module
 * One request and its answer: who may give it up, and what is to be done when it is over.
 */
import { follow } from "../core/signal.js";
import { HttpError } from "./http-error.js";

/** Lives from the moment a request is accepted until its answer is handed over, or nobody wants it any more. */
export class Exchange {
  /** Names this request in the response, in events and in errors. */
  readonly id: string;
  /** Held on to: its signal hears of nothing once the request itself is garbage. */
  readonly request: Request;
  /** Called when the caller leaves. */
  onLeft: ((reason: unknown) => void) | undefined;
  private readonly _controller = new AbortController();
  private readonly _unfollow: readonly (() => void)[];
  private readonly _onClose: () => void;
  private _left = false;

  /** @param shutdown - gives up every exchange */
  constructor(id: string, request: Request, shutdown: AbortSignal | undefined, onClose: () => void) {
    this.id = id;
    this.request = request;
    this._onClose = onClose;
    this._unfollow = [
      heed(request.signal, (reason) => this.leave(reason)),
      shutdown === undefined ? () => undefined : heed(shutdown, () => this.abort(goingDown())),
    ];
  }

  /** Aborted when nothing more is wanted of the model. */
  get signal(): AbortSignal {
    return this._controller.signal;
  }

  /** Is the caller gone? */
  get left(): boolean {
    return this._left;
  }

  /** The caller is gone. */
  leave(reason: unknown): void {
    this._left = true;
    this.abort(reason);
    this.onLeft?.(reason);
  }

  /** Gives up what still runs. */
  abort(reason: unknown): void {
    this._controller.abort(reason);
  }

  /** To be called once, at the end, always. */
  close(): void {
    for (const unfollow of this._unfollow) unfollow();
    this._onClose();
  }
}

function heed(signal: AbortSignal, abort: (reason: unknown) => void): () => void {
  if (!signal.aborted) return follow(signal, { abort });
  abort(signal.reason);
  return () => undefined;
}

/** What a caller is told by a server that is going down. */
export function goingDown(): HttpError {
  return new HttpError(503, "the server is going down", { code: "unavailable", headers: { "retry-after": "1" } });
}
