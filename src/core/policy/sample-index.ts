/**
 * @module
 * Which of several samples a call is, whatever the layers are called.
 */
import type { CallNode, RunState } from "../call.js";

/**
 * The sample index of calls that ask the same: the numbered parts of their paths, as `#3` of a sample and `:2` of a repetition. The names of the layers do
 * not matter, so that the same sample of another stack has the same index; nor do the attempts of a `retry`, for they are one sample.
 * Two places of one run never share an index: where their numbers are the same, the later one has `~2`.
 */
export class SampleIndices {
  /** Of each run, by question and numbers, the places that were given an index. */
  private readonly _places = new WeakMap<RunState, Map<string, string[]>>();

  /** The index of a call that asks `question`; empty for a call that is not one of several. */
  of(call: CallNode, question: string): string {
    const { numbers, place } = locate(call.path);
    let runs = this._places.get(call.state);
    if (runs === undefined) this._places.set(call.state, (runs = new Map<string, string[]>()));
    const places = runs.get(question + numbers);
    if (places === undefined) {
      runs.set(question + numbers, [place]);
      return numbers;
    }
    let found = places.indexOf(place);
    if (found < 0) found = places.push(place) - 1;
    return found === 0 ? numbers : `${numbers}~${found + 1}`;
  }
}

/** The numbers of a path, and the path without the numbers of attempts. */
function locate(path: readonly string[]): { readonly numbers: string; readonly place: string } {
  let numbers = "";
  let place = "";
  let before = "";
  for (const segment of path) {
    const number = /(?:^#|:)\d+$/.exec(segment)?.[0] ?? "";
    const name = segment.slice(0, segment.length - number.length);
    const attempt = before === "retry" && number.startsWith(":");
    if (!attempt) numbers += number;
    place += `/${attempt ? name : segment}`;
    before = name;
  }
  return { numbers, place };
}
