/**
 * @module
 * What a model that reads samples is shown, and judges who know what they want.
 */
import { textOf, type ModelRequest, type ModelResponse } from "mull";
import { scripted, type ScriptedModel, type ScriptedOptions, type ScriptedReply } from "mull/testing";

/** All words of a request. */
export function wordsOf({ messages }: ModelRequest): string {
  return messages.map(textOf).join("\n");
}

/** The responses that a request shows, in their order, without their names and notes. */
export function responsesShown(request: ModelRequest): readonly string[] {
  const [list = ""] = wordsOf(request).split("\n\n# Task\n");
  return list
    .split(/(?:^|\n\n)# Response \d+(?: \([^)]*\))?\n/)
    .slice(1)
    .map((words) => words.trim());
}

/** A judge that names the first of these words that it is shown; `"?"` names nothing, an error is thrown. The k-th wish is for the k-th judgement, the last for all after. */
export function judgeWho(wishes: readonly (string | Error)[], options: ScriptedOptions = {}): ScriptedModel {
  return scripted(
    (request, _, index): ScriptedReply => {
      const wish = wishes[Math.min(index, wishes.length - 1)] as string | Error;
      if (typeof wish !== "string") return wish;
      const place = responsesShown(request).findIndex((shown) => shown.includes(wish));
      return place < 0 ? "I cannot say." : `Well.\nChoice: ${place + 1}`;
    },
    { id: "judge", ...options },
  );
}

/** The codes of the warnings of a response. */
export function codesOf({ warnings = [] }: ModelResponse): readonly string[] {
  return warnings.map(({ code }) => code);
}

/** The warnings where no judgement counted. */
export const failed = {
  code: "judge-failed",
  message: "every judgement that was asked for failed: the answer given most often is returned",
};
export const unread = {
  code: "judge-unread",
  message: "no judgement named a response: the answer given most often is returned",
};
