/**
 * @module
 * What is asked of a fine-tuning service: to take a file, to begin a job, to say how it stands, to cancel it.
 */
import type { Clock } from "../../core/clock.js";
import { InvalidOptionError, MalformedResponseError, ProviderError } from "../../core/errors.js";
import { fieldsOf, wordsOf, type Fields } from "../../core/fields.js";
import { Scope, sleep } from "../../core/scope.js";

/** How the service is reached. */
export interface ServiceSettings {
  readonly baseURL?: string | URL | undefined;
  readonly apiKey?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
  readonly clock: Clock;
  readonly attempts: number;
  readonly pollMs: number;
}

/** How a job stands. */
export interface Job {
  readonly status: string;
  readonly fields: Fields;
}

/** A fine-tuning service. */
export interface Service {
  /** Sends a file of examples; gives its id. */
  upload(name: string, text: string, scope: Scope): Promise<string>;
  /** Begins a job; gives its id. Where the scope is given up meanwhile, the job is cancelled as soon as its id is known. */
  begin(body: object, scope: Scope): Promise<string>;
  look(id: string, scope: Scope): Promise<Job>;
  /** Cancels a job as well as it can; never rejects, and ends within {@link patienceMs}. */
  cancel(id: string): Promise<void>;
  /** A message that may be shown: without the key, on one line, 500 characters at most. */
  sayable(what: string, message: string | undefined): string;
}

/** How long the service may take to answer when nobody wants the job any more. */
const patienceMs = 10_000;
/** The longest wait between two attempts, where the service does not ask for more. */
const longestMs = 60_000;
/** The longest wait that the service may ask for. */
const mostAskedMs = 600_000;

/** @throws {@link InvalidOptionError} for what is no URL */
export function serviceOf(settings: ServiceSettings): Service {
  const { baseURL = "https://api.openai.com/v1", apiKey, headers, clock, attempts, pollMs } = settings;
  const base = urlOf(baseURL);
  const send = settings.fetch ?? ((url, init) => globalThis.fetch(url, init));

  const sayable = (what: string, message: string | undefined): string => {
    if (message === undefined) return what;
    // Endpoints print keys half hidden by stars.
    const open = apiKey === undefined ? message : message.replaceAll(apiKey, "[key]");
    const text = `${what}: ${open.replace(/\S*\*{3,}\S*/g, "[key]").replace(/\s+/g, " ")}`;
    return text.length <= 500 ? text : `${text.slice(0, 499)}…`;
  };

  /** One request. */
  const once = async (path: string, init: RequestInit, what: string, scope: Scope): Promise<Fields> => {
    const { search } = base;
    const url = `${base.origin}${base.pathname.replace(/\/+$/, "")}${path}${search}`;
    const authorization = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
    let response: Response;
    let text: string;
    try {
      response = await send(url, {
        ...init,
        headers: { ...authorization, ...headers, ...(init.headers as Record<string, string> | undefined) },
        signal: scope.signal,
      });
      text = await response.text();
    } catch (error) {
      if (scope.aborted) throw scope.reason;
      const { code } = fieldsOf(fieldsOf(error)?.cause) ?? {};
      const why = typeof code === "string" ? ` (${code})` : "";
      throw new ProviderError(`fineTuningJob: the connection was lost while ${what}${why}`, { cause: error });
    }
    const json = fieldsOf(parsed(text));
    if (response.ok && json !== undefined) return json;
    if (response.ok)
      throw new MalformedResponseError(`fineTuningJob: ${what}, the service sent what is no JSON object`);
    const { message, code } = fieldsOf(json?.error) ?? {};
    throw new ProviderError(
      sayable(`fineTuningJob: ${what}, the service answered ${response.status}`, wordsOf(message)),
      {
        status: response.status,
        ...(code === "insufficient_quota" && { retryable: false }),
        retryAfterMs: waitAsked(response.headers),
        requestId: response.headers.get("x-request-id") ?? undefined,
      },
    );
  };

  /** The same as often as is wise. What is on its way may outlive `scope`, in a scope of its own. */
  const ask = async (
    path: string,
    init: RequestInit,
    what: string,
    scope: Scope,
    flight: Scope = scope,
  ): Promise<Fields> => {
    for (let attempt = 1, waitMs = pollMs; ; attempt++, waitMs *= 2) {
      if (scope.aborted) throw scope.reason;
      try {
        return await once(path, init, what, flight);
      } catch (error) {
        // What was refused for now was not done; what failed otherwise may have been.
        const again = ProviderError.is(error) && error.retryable && (init.method === "GET" || error.status === 429);
        const asked = ProviderError.is(error) ? (error.retryAfterMs ?? 0) : 0;
        if (!again || attempt === attempts || asked > mostAskedMs) throw error;
        await sleep({ scope, clock }, Math.max(asked, Math.min(waitMs, longestMs)));
      }
    }
  };

  const idIn = (answer: Fields, what: string): string => {
    const id = wordsOf(answer.id);
    if (id === undefined) throw new MalformedResponseError(`fineTuningJob: the service sent ${what} without an id`);
    return id;
  };

  /** Does something that must come to its end even though nobody waits any more, but not for ever. */
  const within = async <T>(act: (scope: Scope) => Promise<T>): Promise<T> => {
    const scope = new Scope();
    const timer = clock.setTimeout(() => scope.abort(new Error("the service did not answer")), patienceMs);
    try {
      return await act(scope);
    } finally {
      clock.clearTimeout(timer);
      scope.close();
    }
  };

  const cancel = async (id: string): Promise<void> => {
    const path = `/fine_tuning/jobs/${encodeURIComponent(id)}/cancel`;
    await within((scope) => once(path, { method: "POST" }, "cancelling the job", scope)).catch(() => undefined);
  };

  return {
    sayable,
    cancel,
    upload: async (name, text, scope) => {
      const body = new FormData();
      body.set("purpose", "fine-tune");
      body.set("file", new Blob([text], { type: "application/jsonl" }), name);
      return idIn(await ask("/files", { method: "POST", body }, "sending the file", scope), "a file");
    },
    begin: async (body, scope) => {
      const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
      // A request that is on its way is not given up at once: a job nobody knows of would go on, and cost.
      const sending = new Scope();
      let timer: unknown;
      const member = {
        abort: (reason: unknown) => (timer = clock.setTimeout(() => sending.abort(reason), patienceMs)),
      };
      scope.add(member);
      try {
        const job = await ask("/fine_tuning/jobs", init, "beginning the job", scope, sending);
        const id = idIn(job, "a job");
        if (scope.aborted) await cancel(id);
        if (scope.aborted) throw scope.reason;
        return id;
      } catch (error) {
        throw scope.aborted ? scope.reason : error;
      } finally {
        scope.remove(member);
        clock.clearTimeout(timer);
        sending.close();
      }
    },
    look: async (id, scope) => {
      const path = `/fine_tuning/jobs/${encodeURIComponent(id)}`;
      const fields = await ask(path, { method: "GET" }, `looking at job ${id}`, scope);
      const status = wordsOf(fields.status);
      if (status === undefined) throw new MalformedResponseError(`fineTuningJob: job ${id} has no status`);
      return { status, fields };
    },
  };
}

function urlOf(given: string | URL): URL {
  const url = URL.canParse(String(given)) ? new URL(given) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new InvalidOptionError("fineTuningJob", "baseURL", "a URL that begins with http:// or https://", given);
  return url;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the service asks for, in ms. */
function waitAsked(headers: Headers): number | undefined {
  const ms = headers.get("retry-after-ms");
  if (ms !== null && Number(ms) >= 0) return Number(ms);
  const seconds = headers.get("retry-after");
  return seconds !== null && Number(seconds) >= 0 ? Number(seconds) * 1000 : undefined;
}
