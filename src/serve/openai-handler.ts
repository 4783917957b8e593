/**
 * @module
 * Models and whole stacks as an HTTP handler that speaks OpenAI's chat completions, so that whatever knows OpenAI knows them.
 */
import type { BudgetLimits } from "../core/amounts.js";
import type { Budget } from "../core/budget.js";
import type { Clock } from "../core/clock.js";
import type { MullEvent } from "../core/events.js";
import type { Model } from "../core/model.js";
import type { ApiKey } from "./authorize.js";
import { chat } from "./chat.js";
import { corsHeaders, preflight } from "./cors.js";
import { Exchange, goingDown } from "./exchange.js";
import { HttpError } from "./http-error.js";
import { modelOf } from "./question.js";
import { json, refusal, report } from "./respond.js";
import { settingsOf } from "./settings.js";

/** Which request something belongs to. */
export interface ServedRequest {
  /** The response's `x-request-id`, and the end of the completion's `id`. */
  readonly id: string;
  /** The name under which the model is served; `undefined` where the request did not come so far. */
  readonly model: string | undefined;
  readonly request: Request;
}

/** Options of {@link openaiHandler}. */
export interface OpenaiHandlerOptions {
  /** What is served, by the name that callers use. At least one. */
  readonly models: Readonly<Record<string, Model>>;
  /** Keys that are good, or a function that decides. Callers send theirs as `authorization: Bearer …`. @defaultValue nobody needs one */
  readonly apiKey?: ApiKey | undefined;
  /** Limits of each request, its `n` choices together; a function may give each another, or a {@link Budget} that several share. @defaultValue none */
  readonly budget?: BudgetLimits | ((request: Request) => BudgetLimits | Budget | undefined) | undefined;
  /** Chat requests at a time; those beyond are refused at once, with 429. Whole, at least 1. @defaultValue no limit */
  readonly concurrency?: number | undefined;
  /** Bytes that a request's body may have. @defaultValue 4 MiB */
  readonly maxBodyBytes?: number | undefined;
  /** The most choices a request may ask for. @defaultValue 16 */
  readonly maxN?: number | undefined;
  /** A stream that has said nothing for so long sends a comment. A reader that takes nothing for four times as long is given up. @defaultValue 15,000 */
  readonly keepAliveMs?: number | undefined;
  /** Streams tell the answer in one piece, when it is sure; see `answerStream`. @defaultValue `false`: as it comes */
  readonly whole?: boolean | undefined;
  /** Tell confidence, votes, warnings and the whole usage in a field `mull`. @defaultValue `true` */
  readonly details?: boolean | undefined;
  /** Origins whose pages may ask, or `'*'`. @defaultValue none */
  readonly cors?: string | readonly string[] | undefined;
  /** Gives up every request, and refuses those that come: for a server that is going down. */
  readonly signal?: AbortSignal | undefined;
  /** Hears every event of every run. */
  readonly onEvent?: ((event: MullEvent, served: ServedRequest, choice: number) => void) | undefined;
  /** Hears what failed, in full; the caller is told little. Not of requests that were wrong, nor of callers who left. */
  readonly onError?: ((error: unknown, served: ServedRequest) => void) | undefined;
  /** @defaultValue the computer's own */
  readonly clock?: Clock | undefined;
}

/**
 * Serves models as OpenAI's chat completions: a Web-standard handler, for any server that has one.
 *
 * Shape: `POST …/v1/chat/completions` (streamed or not), `GET …/v1/models` and `GET …/v1/models/NAME`, whatever stands before `/v1`.
 * The response of the stack becomes the completion; thoughts become `reasoning_content`; tools, formats and settings of the request go to the stack.
 * Cost: `n` runs of the stack per request.
 * A caller who hangs up gives the run up, at any moment. What fails before the first word has its HTTP status; later, an event with `error` ends
 * the stream. Keeps, while it lives, how many requests are being answered, and nothing else.
 *
 * @throws `InvalidOptionError` when the handler is made. The handler itself never throws.
 * @example
 * const handler = openaiHandler({ models: { solver: stack(model, chainOfThought({ answer: number() }), sampleN(8), majorityVote()) } });
 * createServer(nodeListener(handler)).listen(8080, "127.0.0.1"); // or Deno.serve(handler), Bun.serve({ fetch: handler }), …
 */
export function openaiHandler(options: OpenaiHandlerOptions): (request: Request) => Promise<Response> {
  const settings = settingsOf(options);
  const { guard, concurrency, cors, signal } = settings;
  const created = Math.floor(Date.now() / 1000);
  let busy = 0;

  const enter = (id: string, request: Request): Exchange => {
    if (signal?.aborted) throw goingDown();
    if (busy >= concurrency) {
      throw new HttpError(429, "the server answers as many requests as it can: try again later", {
        type: "rate_limit_error",
        code: "concurrency_exceeded",
        headers: { "retry-after": "1" },
      });
    }
    busy++;
    return new Exchange(id, request, signal, () => busy--);
  };

  const answer = async (request: Request, id: string): Promise<Response> => {
    const place = placeOf(request);
    if (request.method === "OPTIONS" && cors.length > 0) return preflight(request);
    await guard(request);
    if (place === undefined) throw new HttpError(404, "there is nothing at this path", { code: "unknown_url" });
    const method = place.kind === "chat" ? "POST" : "GET";
    if (request.method !== method) {
      throw new HttpError(405, `this path takes ${method} alone`, {
        code: "method_not_allowed",
        headers: { allow: method },
      });
    }
    switch (place.kind) {
      case "chat":
        return chat(enter(id, request), settings);
      case "models":
        return json({ object: "list", data: [...settings.models.keys()].map((name) => entryOf(name, created)) });
      case "model":
        modelOf(place.name, settings.models);
        return json(entryOf(place.name, created));
    }
  };

  return async function handleOpenai(request) {
    const id = crypto.randomUUID().replaceAll("-", "");
    let response: Response;
    try {
      response = await answer(request, id);
    } catch (error) {
      report(error, { id, model: undefined, request }, settings);
      response = refusal(error);
    }
    response.headers.set("x-request-id", id);
    for (const [name, value] of Object.entries(corsHeaders(request, cors))) response.headers.set(name, value);
    return response;
  };
}

type Place =
  { readonly kind: "chat" } | { readonly kind: "models" } | { readonly kind: "model"; readonly name: string };

/** What a path leads to. What stands before `/v1` is where the handler was mounted. */
function placeOf({ url }: Request): Place | undefined {
  const [, rest = ""] = /\/v1\/(chat\/completions|models(?:\/.+)?)\/?$/.exec(new URL(url).pathname) ?? [];
  if (rest === "chat/completions") return { kind: "chat" };
  if (rest === "models") return { kind: "models" };
  if (rest === "") return undefined;
  try {
    return { kind: "model", name: decodeURIComponent(rest.slice("models/".length)) };
  } catch {
    return undefined;
  }
}

function entryOf(id: string, created: number): object {
  return { id, object: "model", created, owned_by: "mull" };
}
