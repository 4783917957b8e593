/**
 * @module
 * What happens to a request that asks for more than the model has: said aloud, never silently.
 */
import type { CallNode } from "./call.js";
import { thinksIn, type Capabilities, type LatentAbility } from "./capabilities.js";
import { CapabilityError } from "./errors.js";
import type { ModelRequest, Warning } from "./model.js";

/** A request the model can serve, and what was left out of it. */
interface Adapted {
  readonly request: ModelRequest;
  readonly warnings?: readonly Warning[];
}

type Knob = readonly [capability: keyof Capabilities, fields: readonly (keyof ModelRequest)[]];

/** Without these the answer is still an answer: left out, with a warning. */
const soft: readonly Knob[] = [
  ["temperature", ["temperature", "topP", "topK"]],
  ["seed", ["seed"]],
  ["effort", ["effort"]],
  ["logprobs", ["logprobs"]],
  ["schema", ["schema"]],
];
/** Without these it is another question: refused. */
const hard: readonly Knob[] = [
  ["tools", ["tools"]],
  ["prefill", ["prefill"]],
];

/** Fits requests to a model; costs next to nothing for a model that denies nothing. */
export function adapter(id: string, capabilities: Capabilities): (request: ModelRequest, call: CallNode) => Adapted {
  const dropped = soft.filter(([name]) => capabilities[name] === false);
  const refused = hard.filter(([name]) => capabilities[name] === false);

  return (request, call) => {
    if (request.latent !== undefined || request.score !== undefined) checkUnworded(id, capabilities, request);
    if (dropped.length === 0 && refused.length === 0) return { request };
    for (const [capability, fields] of refused) {
      if (fields.some((field) => asked(request[field]))) {
        throw new CapabilityError(capability, id, `${id} does not support ${capability}, which the request asks for`);
      }
    }
    let adapted: Record<string, unknown> | undefined;
    const warnings: Warning[] = [];
    for (const [capability, fields] of dropped) {
      for (const field of fields) {
        if (!asked(request[field])) continue;
        adapted ??= { ...request };
        // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- our own copy
        delete adapted[field];
        const message = `${id} does not support ${capability}: ${field} was left out`;
        warnings.push({ code: "downgrade", message, capability });
        if (call.listening) call.emit({ type: "downgrade", path: call.path, capability, message });
      }
    }
    return adapted === undefined ? { request } : { request: adapted as unknown as ModelRequest, warnings };
  };
}

/** Refuses what is asked beside words, where the model cannot give it. */
function checkUnworded(id: string, capabilities: Capabilities, { latent, score }: ModelRequest): void {
  for (const [field, value] of Object.entries(latent ?? {})) {
    if (value !== undefined && thinksIn(capabilities, field as LatentAbility) === false) {
      throw new CapabilityError("latent", id, `${id} does not support latent.${field}, which the request asks for`);
    }
  }
  // A model that does not know the field would write an answer, and it would look like what was asked for.
  if (score !== undefined && capabilities.score !== true) {
    const message = `${id} cannot score a given text, which the request asks for: tiny() of mull/tiny can`;
    throw new CapabilityError("score", id, message);
  }
}

/** Tells what a provider says that it left out. */
export function tellDowngrades(call: CallNode, warnings: readonly Warning[] = []): void {
  for (const { code, message, capability = "unknown" } of warnings) {
    if (code === "downgrade") call.emit({ type: "downgrade", path: call.path, capability, message });
  }
}

function asked(value: unknown): boolean {
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}
