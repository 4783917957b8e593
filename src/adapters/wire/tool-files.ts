/**
 * @module
 * Files that came with the result of a tool: those that a provider reads go with it; of the others it hears the words of the result alone.
 */
import type { FilePart, Message, ToolResultPart } from "../../core/message.js";
import type { Warning } from "../../core/model.js";
import { downgrade } from "./downgrade.js";
import { addressOf } from "./file-data.js";

/** Does a provider read such a file in the result of a tool? */
export type Reads = (file: FilePart) => boolean;

/** For wires that have no place for files there. */
export const readsNone: Reads = () => false;

/** The files of a result that go with it. */
export function filesWith({ files = [] }: ToolResultPart, reads: Reads): readonly FilePart[] {
  return files.filter(reads);
}

/** What there is to say where files do not go: tools give of all kinds, and one that is not read is no reason to fail. */
export function unreadFiles(messages: readonly Message[], id: string, reads: Reads): readonly Warning[] {
  const types = new Set<string>();
  for (const message of messages) {
    if (message.role !== "tool") continue;
    for (const { files = [] } of message.content) {
      for (const file of files) if (!reads(file)) types.add(file.mediaType);
    }
  }
  if (types.size === 0) return [];
  const what = [...types].join(", ");
  return [downgrade("files", `${id} reads no ${what} in results of tools: only the words of the result were sent`)];
}

/** Is it a picture of a kind that all who see read? Of one to be fetched the kind need not be known. */
export function isPicture(file: FilePart): boolean {
  const { mediaType } = file;
  return /^image\/(png|jpeg|gif|webp)$/.test(mediaType) || (mediaType === "image/*" && addressOf(file) !== undefined);
}

/** Are its bytes there, or can anybody fetch them? */
export function isWithinReach(file: FilePart): boolean {
  const address = addressOf(file);
  return address === undefined || /^https?:/i.test(address);
}
