/**
 * @module
 * What a request asks for and the wire cannot say: told, never silently dropped.
 */
import type { Effort, ModelRequest, Warning } from "../../core/model.js";
import { downgrade } from "./downgrade.js";

/** The request without the settings that the wire has no field for, and a warning for each that had a value. */
export function leaveOut(
  request: ModelRequest,
  id: string,
  lacks: readonly (keyof ModelRequest)[],
): { readonly request: ModelRequest; readonly warnings: readonly Warning[] } {
  const asked = lacks.filter((name) => isAsked(request[name]));
  if (asked.length === 0) return { request, warnings: [] };
  const rest = Object.fromEntries(Object.entries(request).filter(([name]) => !(asked as string[]).includes(name)));
  return {
    request: rest as unknown as ModelRequest,
    warnings: asked.map((name) => downgrade(name, `${id} has no field for ${name}: it was left out`)),
  };
}

/** What there is to say where another effort is sent than was asked for. */
export function effortWarnings(id: string, asked: Effort | undefined, sent: Effort | undefined): readonly Warning[] {
  if (asked === undefined || asked === sent) return [];
  return [downgrade("effort", `${id} does not know the effort '${asked}' here: '${sent ?? "its own"}' was asked for`)];
}

function isAsked(value: unknown): boolean {
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}
