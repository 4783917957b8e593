/**
 * @module
 * What layers have in common in which a model reads samples, to judge them or to make one of them: the request, the options, the warning where nothing was judged.
 */
import { addToPrompt, transcript } from "../../core/conversation.js";
import { InvalidOptionError } from "../../core/errors.js";
import type { FilePart } from "../../core/message.js";
import type { Model, ModelRequest, Warning } from "../../core/model.js";
import { checkInteger } from "../../core/options.js";
import { isModel } from "../../core/stack.js";
import { checkShow, type Show } from "./candidates.js";

/** Asks a judge about responses to a question. Files of the question go along. */
export function judgeRequest({ messages }: ModelRequest, responses: string, task: string): ModelRequest {
  const text = `${transcript(messages)}\n\n${responses}\n\n# Task\n${task}`;
  const files = messages.flatMap(({ content }): readonly FilePart[] =>
    typeof content === "string" ? [] : (content as readonly { type: string }[]).filter(isFile),
  );
  return { messages: [{ role: "user", content: files.length === 0 ? text : [{ type: "text", text }, ...files] }] };
}

/** Asks for one response made of several: behind the question, so that what stands before stays cached. Tools were for those. */
export function aggregateRequest(request: ModelRequest, responses: string, task: string): ModelRequest {
  const asked = addToPrompt(request, `${responses}\n\n# Task\n${task}`);
  return (asked.tools?.length ?? 0) === 0 ? asked : { ...asked, toolChoice: "none" };
}

function isFile(part: { readonly type: string }): part is FilePart {
  return part.type === "file";
}

/** Options that are checked in the same way wherever a model reads samples. */
export interface ReadingOptions {
  readonly by?: Model | undefined;
  readonly show?: Show<never> | undefined;
  readonly instruction?: string | undefined;
  readonly concurrency?: number | undefined;
}

/** @throws {@link InvalidOptionError} for one that is wrong */
export function checkReading(where: string, options: ReadingOptions): void {
  const { by, show = "text", instruction = "default", concurrency = Infinity } = options;
  if (by !== undefined && !isModel(by)) throw new InvalidOptionError(where, "by", "a model", by);
  checkShow(where, show);
  if (typeof instruction !== "string" || instruction.trim() === "")
    throw new InvalidOptionError(where, "instruction", "a text that is not empty", instruction);
  if (concurrency !== Infinity) checkInteger(where, "concurrency", concurrency, 1);
}

/** No judgement counted: because they failed, or because they named nothing. */
export function unjudged(failed: boolean): Warning {
  const why = failed ? "every judgement that was asked for failed" : "no judgement named a response";
  return { code: failed ? "judge-failed" : "judge-unread", message: `${why}: the answer given most often is returned` };
}
