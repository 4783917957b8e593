/**
 * @module
 * What a provider says that it left out.
 */
import { fieldsOf, listOf, wordsOf, type Fields } from "../../core/fields.js";
import type { Warning } from "../../core/model.js";
import { downgrade } from "../wire/downgrade.js";

/** Warnings of V2 (`unsupported-setting`, `unsupported-tool`) and of V3 and V4 (`unsupported`, `compatibility`, `deprecated`). */
export function warningsOf(given: unknown, id: string): readonly Warning[] {
  return listOf(given).map((warning) => {
    const details = wordsOf(warning.details) ?? wordsOf(warning.message);
    const what = wordsOf(warning.feature) ?? wordsOf(warning.setting) ?? toolOf(warning);
    if (wordsOf(warning.type)?.startsWith("unsupported") !== true || what === undefined) {
      return {
        code: "provider",
        message: `${id}: ${[what, details].filter((words) => words !== undefined).join(": ")}`,
      };
    }
    const message = `${id} does not support ${what}: it was left out${details === undefined ? "" : ` (${details})`}`;
    return downgrade(capabilities[what] ?? what, message);
  });
}

function toolOf(warning: Fields): string | undefined {
  const tool = fieldsOf(warning.tool);
  return tool === undefined ? undefined : `the tool ${wordsOf(tool.name) ?? ""}`;
}

/** Settings that mull has another name for. */
const capabilities: Readonly<Record<string, string>> = {
  responseFormat: "schema",
  reasoning: "effort",
  reasoningEffort: "effort",
  stopSequences: "stop",
};
