/**
 * @module
 * Law: the model answers with text.
 */
import type { FinishReason } from "../../core/model.js";
import { show } from "../difference.js";
import { law, must, type Law } from "../law.js";
import { answer, type ModelBench } from "../model-bench.js";

/** A response has a text that is a string, and says why it ends. */
export function answersWithText(bench: ModelBench): Law {
  return law("it answers with text, and says why it stopped", async () => {
    const { text, finishReason, reasoning } = await answer(bench);
    must(typeof text === "string", `expected \`text\` to be a string, got ${show(text)}`);
    const thought = reasoning === undefined || typeof reasoning === "string";
    must(thought, `expected \`reasoning\` to be a string or to be left out, got ${show(reasoning)}`);
    const known = finishReasons.includes(finishReason);
    must(known, `expected \`finishReason\` to be one of ${finishReasons.join(", ")}, got ${show(finishReason)}`);
  });
}

const finishReasons: readonly FinishReason[] = ["stop", "length", "tool-calls", "content-filter", "other"];
