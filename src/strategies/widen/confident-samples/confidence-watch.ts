/**
 * @module
 * Watching how sure a model is of a line of thought while it writes it.
 */
import type { MullEvent } from "../../../core/events.js";
import { confidenceOf, Group } from "../../../answers/weights/group-confidence.js";

/** Hears the events of one sample, and knows the confidence of its latest tokens. */
export class ConfidenceWatch {
  private readonly _window: number;
  private readonly _k: number;
  private _group: Group;
  private _path: string | undefined;

  constructor(window: number, k: number) {
    this._window = window;
    this._k = k;
    this._group = new Group(window);
  }

  /** The least mean of a group of tokens that this event completes, if it does. */
  hear(event: MullEvent): number | undefined {
    if (event.type === "retry" || event.type === "fallback" || event.type === "hedge") {
      // It is written anew.
      this._path = undefined;
      this._group = new Group(this._window);
    }
    if (event.type !== "delta" || event.logprobs === undefined) return undefined;
    // What is asked after the line of thought, such as how sure the model is, is no part of it.
    const path = event.path.join("/");
    this._path ??= path;
    if (this._path !== path) return undefined;
    let least: number | undefined;
    for (const token of event.logprobs) {
      const confidence = confidenceOf(token, this._k);
      const mean = confidence === undefined ? undefined : this._group.add(confidence);
      if (mean !== undefined) least = Math.min(mean, least ?? mean);
    }
    return least;
  }
}
