/**
 * @module
 * Sources: where a stack ends and a provider begins. The one place where budget is reserved and usage enters.
 */
import type { Call, CallNode } from "./call.js";
import type { Capabilities } from "./capabilities.js";
import { adapter } from "./downgrade.js";
import { Flight, type FlightPlan } from "./flight.js";
import type { FinishReason, Model, ModelRequest, ModelResponse, Warning } from "./model.js";
import { sameRequest } from "./same-request.js";
import type { Delta } from "./tape.js";
import type { Spend } from "./usage.js";

/** What a provider's function gives back; the rest is filled in. */
export interface Reply extends Omit<ModelResponse, "usage" | "finishReason" | "stopped"> {
  /** @defaultValue `'tool-calls'` when there are any, else `'stop'` */
  readonly finishReason?: FinishReason;
  /** Those with the code `'downgrade'` become events, too. */
  readonly warnings?: readonly Warning[];
  /** What is known of it. Of several replies to one request, each counts its own output, and the first the input. */
  readonly usage?: Partial<Omit<Spend, "calls">> | undefined;
}

/** The context of one request to a provider. It has no children: a source that asked a model would wait for what it has reserved itself. */
export interface SourceCall extends Omit<Call, "child"> {
  /** How many completions to give; more than 1 only where {@link Capabilities.n} allows it. */
  readonly n: number;
  /** Does anybody want the words as they come? If not, a provider need not be asked to stream. */
  readonly streaming: boolean;
  /** Tells some more words of completion `choice`, with their log-probabilities where the request asks for them. */
  delta(part: Delta, choice?: number): void;
}

/** What a model costs, in US dollars per million tokens. */
export interface Price {
  readonly inputUsd: number;
  /** @defaultValue `inputUsd` */
  readonly cachedInputUsd?: number;
  readonly outputUsd: number;
}

/** Options of {@link source}. */
export interface SourceOptions {
  /** Tokens of a request. @defaultValue UTF-8 bytes / 3 + 4 per message, corrected upwards by what earlier calls really used */
  readonly countTokens?: ((request: ModelRequest) => number) | undefined;
  /** Needed for budgets in `usd`, where replies do not say what they cost. */
  readonly price?: Price | undefined;
}

/**
 * Makes a model of a provider's function.
 *
 * Shape: `generate(request, call)` returns one {@link Reply}, or `call.n` of them; it should end when `call.signal` aborts, but the caller does not wait for it.
 * Cost: one request per call. Equal requests that start in the same tick become one, where `capabilities.n` is set.
 * Before a request its worst case is reserved from the budget; the output cap is lowered to what is left. Knobs that `capabilities`
 * denies are left out with a warning; tools, prefill and latent thinking that it denies throw.
 *
 * @throws {@link MalformedResponseError} for a reply without text, tool calls and files
 * @throws {@link CapabilityError} for a request the model cannot serve, or a budget in `usd` without a price
 * @example
 * const echo = source("echo", {}, async (request) => ({ text: textOf(request.messages.at(-1)!) }));
 */
export function source(
  id: string,
  capabilities: Capabilities,
  generate: (request: ModelRequest, call: SourceCall) => Promise<Reply | readonly Reply[]>,
  options: SourceOptions = {},
): Model {
  const adapt = adapter(id, capabilities);
  const plan: FlightPlan = { id, generate, seeded: capabilities.seed !== false, ...options };
  const { n = false } = capabilities;
  const most = n === true ? Infinity : n === false ? 1 : n;
  const pending: Flight[] = [];

  return {
    id,
    capabilities,
    generate(request, parent) {
      const call = parent.child(id) as CallNode;
      if (call.scope.aborted) return Promise.reject(call.scope.reason);
      let flight: Flight;
      let warnings;
      try {
        const adapted = adapt(request, call);
        warnings = adapted.warnings;
        flight =
          (most > 1 ? boarding(pending, adapted.request, call, most) : undefined) ??
          new Flight(plan, adapted.request, call);
      } catch (error) {
        return Promise.reject(error);
      }
      const response = flight.board(call, warnings);
      if (most === 1) flight.launch();
      else if (!pending.includes(flight)) {
        pending.push(flight);
        queueMicrotask(() => {
          pending.splice(pending.indexOf(flight), 1);
          flight.launch();
        });
      }
      return response;
    },
  };
}

/** The waiting request that this one can join. */
function boarding(pending: readonly Flight[], request: ModelRequest, call: CallNode, most: number): Flight | undefined {
  return pending.find(
    (flight) =>
      flight.size < most &&
      flight.call.state === call.state &&
      flight.call.budget === call.budget &&
      flight.call.setting.deck === call.setting.deck &&
      sameRequest(flight.request, request),
  );
}
