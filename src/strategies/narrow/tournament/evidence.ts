/**
 * @module
 * Evidence on those who meet, gathered before they are compared.
 */
import type { Evidence } from "../../../answers/judging/evidence.js";
import { askAll } from "../../../core/ask-all.js";
import type { Call } from "../../../core/call.js";
import { InvalidOptionError } from "../../../core/errors.js";
import type { Model, ModelRequest, ModelResponse } from "../../../core/model.js";
import { race } from "../../../core/scope.js";

/** Who is asked, about what, for whom. */
export interface Gathering<R extends ModelResponse> {
  readonly evidence: Evidence<R>;
  /** The question. */
  readonly request: ModelRequest;
  readonly call: Call;
  readonly model: Model;
  readonly round: number;
  readonly concurrency: number | undefined;
}

/** Words about each two responses, as they are shown; `undefined` where the evidence failed. */
export async function gather<R extends ModelResponse>(
  shown: readonly (readonly [R, R])[],
  { evidence, request, call, model, round, concurrency }: Gathering<R>,
): Promise<readonly (string | undefined)[]> {
  const places = new Map(shown.map((pair) => [{ ...request }, pair]));
  const witness: Model = {
    id: "evidence",
    capabilities: {},
    generate: async (asked, inner) => {
      const [first, second] = places.get(asked) as readonly [R, R];
      const text: unknown = await race(inner, () => evidence(first, second, { request, call: inner, model, round }));
      if (typeof text !== "string") throw new InvalidOptionError("tournament", "what evidence returns", "a text", text);
      return { text, finishReason: "stop", usage: inner.usage };
    },
  };
  const { responses } = await askAll(witness, [...places.keys()], call, concurrency);
  return responses.map((response) => response?.text);
}
