/**
 * @module
 * One request on its way, which can be given up without touching any other.
 *
 * The package has no signal: its client ends all its streams or none, and a stream can be ended only once it has begun, which for a model that is
 * still being loaded takes minutes. But whatever it sends goes through its `fetch`. So each request is made through a view of the client that
 * has a `fetch` of its own.
 */
import type { OllamaClient, OllamaRequest } from "./client.js";

type Fetch = (url: unknown, init?: RequestInit) => Promise<Response>;

/** What the package has of a stream, in the versions known. */
type Stream = AsyncIterable<unknown> & { readonly abort?: (() => void) | undefined };

/**
 * Begins to stream an answer. It ends when `signal` aborts, or when the user's own `client.abort()` ends all streams.
 *
 * @param refused - hears the headers of a response that is not ok, of which the package keeps nothing
 */
export async function begin(
  client: OllamaClient,
  body: OllamaRequest,
  signal: AbortSignal,
  refused: (headers: Headers) => void,
): Promise<AsyncIterable<unknown>> {
  const stream: Stream = await viewOf(client, signal, refused).chat(body);
  // For a client without a `fetch`, which could not be told before.
  if (signal.aborted) stream.abort?.();
  else signal.addEventListener("abort", () => stream.abort?.(), { once: true });
  return stream;
}

/** Takes a stream off the client's list: the package leaves there what did not end by itself. */
export function forget(client: OllamaClient, stream: AsyncIterable<unknown> | undefined): void {
  const { ongoingStreamedRequests: ongoing } = client as { ongoingStreamedRequests?: unknown };
  const index = Array.isArray(ongoing) ? ongoing.indexOf(stream) : -1;
  if (index >= 0) (ongoing as unknown[]).splice(index, 1);
}

function viewOf(client: OllamaClient, signal: AbortSignal, refused: (headers: Headers) => void): OllamaClient {
  const { fetch: send } = client as { fetch?: Fetch };
  if (typeof send !== "function") return client;
  const fetch: Fetch = async (url, init) => {
    const both = new AbortController();
    for (const one of [signal, init?.signal]) {
      if (one?.aborted === true) both.abort(one.reason);
      one?.addEventListener("abort", () => both.abort(one.reason), { once: true });
    }
    const response = await send(url, { ...init, signal: both.signal });
    if (!response.ok) refused(response.headers);
    return response;
  };
  return Object.create(client, { fetch: { value: fetch } }) as OllamaClient;
}
