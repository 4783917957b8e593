/**
 * @module
 * Levels: how thoroughly to think, from cheap to thorough, and whose samples each of them takes.
 */
import { InvalidOptionError } from "../../../core/errors.js";
import type { Model, ModelRequest, ModelResponse } from "../../../core/model.js";
import { checkInteger, checkNumber, checkOptions } from "../../../core/options.js";
import { isModel } from "../../../core/stack.js";
import type { Usage } from "../../../core/usage.js";

/** How thoroughly to think. */
export interface Level<R extends ModelResponse = ModelResponse> {
  /** @defaultValue `'level 0'`, `'level 1'`, … */
  readonly name?: string | undefined;
  /** Samples of its model, those of earlier levels counted in: whole, at least 1. */
  readonly samples: number;
  /** Whose samples. @defaultValue the model beneath */
  readonly model?: Model<R> | undefined;
  /**
   * A layer put over that model for this level, such as `reviseLoop(…)` or `effort("high")`: a way to think one after the other instead of
   * side by side. What it makes counts as a model of its own. @defaultValue none
   */
  readonly through?: ((next: Model<R>) => Model<R>) | undefined;
  /** Weight of its samples in the vote, above 0. @defaultValue 1 */
  readonly weight?: number | undefined;
  /** Changes to the request, such as `effort` or `maxOutputTokens`. @defaultValue none */
  readonly settings?: Partial<Omit<ModelRequest, "messages">> | undefined;
}

/** What one level did. */
export interface LevelReport {
  readonly name: string;
  /** Samples it bought. */
  readonly samples: number;
  /** Confidence in the leading answer after it. */
  readonly confidence: number;
  readonly usage: Usage;
}

/** A level with all that was left out filled in. */
export interface PlannedLevel<R extends ModelResponse> {
  readonly index: number;
  readonly name: string;
  readonly samples: number;
  readonly model: Model<R>;
  readonly weight: number;
  readonly settings: Level["settings"];
}

/**
 * Fills in what levels leave out.
 *
 * @throws {@link InvalidOptionError} where what `through` returns is no model
 */
export function planLevels<R extends ModelResponse>(
  where: string,
  levels: readonly Level<R>[],
  next: Model<R>,
): readonly PlannedLevel<R>[] {
  return levels.map((level, index) => {
    const { samples, model: own = next, through, weight = 1, settings } = level;
    const model = through === undefined ? own : through(own);
    if (!isModel(model))
      throw new InvalidOptionError(`${where}: levels[${index}]`, "what through returns", "a model", model);
    return { index, name: nameOf(level, index), samples, model, weight, settings };
  });
}

/** The name of a level, given or by its place. */
export function nameOf({ name }: Pick<Level, "name">, index: number): string {
  return name ?? `level ${index}`;
}

/** @throws {@link InvalidOptionError} for levels that are none */
export function checkLevels<R extends ModelResponse>(where: string, levels: readonly Level<R>[]): void {
  if (!Array.isArray(levels) || levels.length === 0) {
    throw new InvalidOptionError(where, "levels", "a list of at least one level", levels);
  }
  levels.forEach((level: Level<R>, index) => {
    checkLevel(`${where}: levels[${index}]`, level);
  });
}

function checkLevel<R extends ModelResponse>(where: string, level: Level<R>): void {
  checkOptions(where, level, ["name", "samples", "model", "through", "weight", "settings"]);
  const { name = "level", samples, model, through, weight = 1, settings } = level;
  if (typeof name !== "string" || name === "")
    throw new InvalidOptionError(where, "name", "a text that is not empty", name);
  checkInteger(where, "samples", samples, 1);
  if (!(checkNumber(where, "weight", weight, 0) > 0))
    throw new InvalidOptionError(where, "weight", "a number above 0", weight);
  if (model !== undefined && !isModel(model)) throw new InvalidOptionError(where, "model", "a model", model);
  if (through !== undefined && typeof through !== "function")
    throw new InvalidOptionError(where, "through", "a layer: a function from model to model", through);
  if (settings !== undefined && (Object(settings) !== settings || "messages" in settings)) {
    throw new InvalidOptionError(where, "settings", "an object of fields of a request, without messages", settings);
  }
}
