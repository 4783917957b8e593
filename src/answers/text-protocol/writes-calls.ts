/**
 * @module
 * Does a text call tools? For layers between the model and the text protocol, which see its words and no calls. Light, for every chain of thought loads it.
 */
import type { ModelRequest } from "../../core/model.js";

/** Ends a turn: what follows would be invented. A request that has it is one of the text protocol. */
export const observationStop = "\nObservation:";

/**
 * Does the text call tools, in answer to a request of the text protocol? So it does where an action stands there, and no final answer; neither counts behind
 * an observation, which was invented. Labels within the arguments of an action are taken for labels here.
 */
export function writesCalls({ stop }: ModelRequest, text: string): boolean {
  if (stop?.includes(observationStop) !== true) return false;
  let calls = false;
  for (const { 0: match, 1: action, 2: observation, index } of text.matchAll(label)) {
    if (observation !== undefined) {
      if (text.slice(0, index).trim() !== "") break;
    } else if (action === undefined) return false;
    // `Action: Finish[42]` is an answer.
    else if (/^\s*finish\s*\[/i.test(text.slice(index + match.length))) break;
    else calls = true;
  }
  return calls;
}

const label =
  /(?:^|\n)[ \t>*_#`]{0,12}(?:(Action)|(Observation)|Final[ _]?[Aa]nswer)(?: ?\d{1,3})?[*_` ]{0,4}[:：][*_`]{0,3}/g;
