/**
 * @module
 * What was left out of a request, or changed in it, as the warning of a reply.
 */
import type { Warning } from "../../core/model.js";

/** A warning that becomes an event, too. */
export function downgrade(capability: string, message: string): Warning {
  return { code: "downgrade", capability, message };
}
