/**
 * @module
 * Words as the answer.
 */
import type { Answer } from "./answer.js";
import { lastLine, readMarked } from "./marker.js";

/**
 * Words.
 *
 * Reads all that stands behind the last `Answer:`, or in the last `\boxed{}`; else what the last line marks (`So the answer is Paris.`);
 * else the whole text. Quotes and emphasis around it are taken away. Only an empty text is no answer.
 *
 * Key: without case, spaces and the punctuation at its ends. Answers that say the same in other words have other keys: vote on short ones.
 *
 * @example
 * const { answer } = await run(stack(model, chainOfThought({ answer: text() })), "What is the capital of France?");
 */
export function text(): Answer<string> {
  return {
    instruction: 'End with "Answer: " and the answer, with nothing behind it.',
    parse(words) {
      const marked =
        readMarked(words, (answer, kind) => (kind === "said" ? undefined : strip(answer))) ??
        readMarked(lastLine(words), strip);
      return marked === undefined ? strip(words) : marked.value;
    },
    key: (answer) => ends(answer.normalize("NFKC").toLowerCase().replace(/\s+/g, " ")),
  };
}

/** Takes quotes and emphasis around the whole away, also before a full stop; `undefined` where nothing is left. */
function strip(words: string): string | undefined {
  let bare = words.trim();
  for (let i = 0; i < 3; i++) {
    const open = /^(?:\*{1,3}|_{1,3}|`(?!``)|["'“]|\\text\{)/.exec(bare)?.[0];
    if (open === undefined) break;
    const close = { "“": "”", "\\text{": "}" }[open] ?? open;
    const stop = /[.,!]?$/.exec(bare.slice(-1))?.[0] ?? "";
    const inner = bare.slice(open.length, bare.length - stop.length - close.length);
    if (!bare.endsWith(close + stop) || bare.length < open.length + close.length + stop.length || inner.includes(close))
      break;
    bare = inner.trim() + stop;
  }
  return bare === "" ? undefined : bare;
}

/** Without punctuation at both ends; a text that is nothing else is left as it is. */
function ends(words: string): string {
  const bare = words.replace(/^[\s*_`"“”'‘’.,;:!?…]+/, "");
  let end = bare.length;
  while (end > 0 && /[\s*_`"“”'‘’.,;:!?…]/.test(bare[end - 1] ?? "")) end--;
  return end === 0 ? words.trim() : bare.slice(0, end);
}
