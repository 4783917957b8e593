/**
 * @module
 * The body of a streamed response: server-sent events, as fast as they are read.
 */
import type { Clock } from "../core/clock.js";

/** Some words of a choice that wait to be read. */
export interface Words {
  readonly index: number;
  readonly type: "text" | "reasoning";
  text: string;
}

/** Options of {@link EventBody}. */
export interface EventBodyOptions {
  readonly clock: Clock;
  /** After so long without an event a comment is sent. */
  readonly keepAliveMs: number;
  /** The data of the event that tells these words. */
  readonly render: (words: Words) => object;
  /** The reader left, or takes nothing although there is something. Called once, and not after the end. */
  readonly onLeft: (reason: unknown) => void;
}

/** Characters of thoughts that wait at most. */
const mostWaiting = 1 << 20;
/** Events that wait each for itself; words that come then join the last of their choice. */
const mostEvents = 64;
/** A reader that takes nothing for so many times `keepAliveMs` is given up. */
const patience = 4;

/**
 * A `ReadableStream` that is written to at any time. What is not read yet waits here: the words of answers as long as it takes, thoughts up to a
 * megabyte, beyond which they are left out ({@link EventBody.missed}).
 */
export class EventBody {
  readonly stream: ReadableStream<Uint8Array>;
  /** Settles when the first event is there, or a sign of life is due, or it is known that nothing will come; then with the error. */
  readonly begun: Promise<void>;
  /** Resolves when there is nothing more to do: all was handed over, or the reader left. */
  readonly over: Promise<void>;
  /** Were thoughts left out because the reader was slow? */
  missed = false;
  private readonly _options: EventBodyOptions;
  private readonly _encoder = new TextEncoder();
  private _controller!: ReadableStreamDefaultController<Uint8Array>;
  private _waiting: (Words | string)[] = [];
  /** Characters of thoughts among what waits. */
  private _thoughts = 0;
  private _state: "new" | "open" | "ending" | "over" = "new";
  private _timer: unknown;
  /** When something was last handed over. */
  private _last: number;
  private _begin!: () => void;
  private _refuse!: (error: unknown) => void;
  private _finish!: () => void;

  constructor(options: EventBodyOptions) {
    this._options = options;
    this.begun = new Promise((resolve, reject) => {
      this._begin = resolve;
      this._refuse = reject;
    });
    this.over = new Promise((resolve) => (this._finish = resolve));
    this.stream = new ReadableStream<Uint8Array>({
      start: (controller) => void (this._controller = controller),
      pull: () => this._flush(),
      cancel: (reason) => this._leave(reason),
    });
    this._last = options.clock.now();
    this._arm(options.keepAliveMs);
  }

  /** Was anything sent? Then it is too late for a status. */
  get started(): boolean {
    return this._state !== "new";
  }

  /** Some more words. */
  tell(index: number, type: Words["type"], text: string): void {
    if (type === "reasoning") {
      if (this._thoughts >= mostWaiting) {
        this.missed = true;
        return;
      }
      this._thoughts += text.length;
    }
    const last = this._waiting.length < mostEvents ? undefined : this._lastOf(index);
    if (last?.type === type) last.text += text;
    else this._push({ index, type, text });
  }

  /** An event with this data. */
  send(data: object): void {
    this._push(eventOf(data));
  }

  /** That was all: what waits is still handed over. */
  end(): void {
    if (this._state === "over") return;
    this._push("data: [DONE]\n\n");
    this._state = "ending";
    this._flush();
  }

  /** It failed: before anything was sent {@link begun} fails, later an event tells it, and the stream ends without its mark of the end. */
  fail(error: unknown, data: object): void {
    if (this._state === "new") {
      this._close();
      this._refuse(error);
    } else if (this._state === "open") {
      this._push(eventOf(data));
      this._state = "ending";
      this._flush();
    }
  }

  /** Nobody reads any more: what waits is forgotten. */
  drop(reason: unknown): void {
    if (this._state === "over") return;
    const unread = this._state === "new";
    this._close();
    if (unread) this._refuse(reason);
    else this._controller.error(reason);
  }

  /** The last words of a choice among what waits. */
  private _lastOf(index: number): Words | undefined {
    const last = this._waiting.findLast((item) => typeof item === "object" && item.index === index);
    return last as Words | undefined;
  }

  private _push(item: Words | string): void {
    if (this._state === "over") return;
    this._waiting.push(item);
    if (this._state === "new") {
      this._state = "open";
      this._begin();
    }
    this._flush();
  }

  /** Hands over what waits, if there is room. */
  private _flush(): void {
    if (this._state === "over") return;
    if (this._waiting.length > 0 && (this._controller.desiredSize ?? 0) > 0) {
      const { render } = this._options;
      const text = this._waiting.map((item) => (typeof item === "string" ? item : eventOf(render(item)))).join("");
      this._waiting = [];
      this._thoughts = 0;
      this._enqueue(text);
    }
    if (this._state === "ending" && this._waiting.length === 0) {
      this._controller.close();
      this._close();
    }
  }

  private _enqueue(text: string): void {
    this._last = this._options.clock.now();
    this._controller.enqueue(this._encoder.encode(text));
  }

  private _arm(ms: number): void {
    this._timer = this._options.clock.setTimeout(() => this._beat(), ms);
  }

  /** Says that all is well, where nothing else was said. */
  private _beat(): void {
    const { clock, keepAliveMs } = this._options;
    const silent = clock.now() - this._last;
    const full = (this._controller.desiredSize ?? 0) <= 0;
    if (full && silent >= patience * keepAliveMs) {
      this._leave(new DOMException("the reader takes nothing", "TimeoutError"));
      return;
    }
    if (silent < keepAliveMs) {
      this._arm(keepAliveMs - silent);
      return;
    }
    this._arm(keepAliveMs);
    if (full) return;
    if (this._state === "new") {
      this._state = "open";
      this._begin();
    }
    this._enqueue(": thinking\n\n");
  }

  private _leave(reason: unknown): void {
    if (this._state === "over") return;
    this.drop(reason);
    this._options.onLeft(reason);
  }

  private _close(): void {
    this._state = "over";
    this._waiting = [];
    this._options.clock.clearTimeout(this._timer);
    this._finish();
  }
}

function eventOf(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
