/**
 * @module
 * What must not stand on a tape.
 */
import type { ModelRequest } from "../model.js";

/** The request without the values of provider options that are named like secrets. */
export function withoutSecrets(request: ModelRequest): ModelRequest {
  if (request.providerOptions === undefined) return request;
  return { ...request, providerOptions: hide(request.providerOptions) as NonNullable<ModelRequest["providerOptions"]> };
}

/** A message without what looks like a key. */
export function withoutKeys(message: string): string {
  return message.replace(keyLike, hidden);
}

function hide(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(hide);
  const entries = Object.entries(value).map(([name, field]: [string, unknown]) => [
    name,
    typeof field === "string" && secretName.test(name) ? hidden : hide(field),
  ]);
  return Object.fromEntries(entries);
}

const hidden = "[hidden]";
const secretName = /key|token|secret|auth|password|cookie|credential/i;
const keyLike = /\b(?:sk|pk|rk|key|ghp|gho|xox[abp]|AIza)[-_]?[\w-]{12,}|\bBearer\s+\S+/g;
