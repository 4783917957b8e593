/**
 * @module
 * What mull knows of a response beyond what frameworks have fields for.
 */
import { listOf } from "../../core/fields.js";
import type { JsonValue } from "../../core/message.js";
import type { ModelResponse } from "../../core/model.js";
import { jsonOf } from "./json-of.js";

/** Fields that strategies add, and that are small. */
const added = [
  "answer",
  "key",
  "confidence",
  "margin",
  "abstained",
  "stopped",
  "level",
  "difficulty",
  "latent",
  "usage",
  "warnings",
];

/** As JSON: the answer, its confidence, the votes as pairs of key and weight, why the thinking stopped, and what was spent, in all its figures. */
export function whatMullKnows(response: ModelResponse): Readonly<Record<string, JsonValue>> {
  const fields = response as unknown as Readonly<Record<string, unknown>>;
  const votes = listOf(fields.votes).map(({ key, weight }) => [key, weight] as JsonValue);
  const known = added.map((name) => [name, jsonOf(fields[name])] as const);
  return Object.fromEntries(
    [...known, ["votes", votes.length > 0 ? votes : undefined] as const].filter(
      (entry): entry is readonly [string, JsonValue] => entry[1] !== undefined,
    ),
  );
}
