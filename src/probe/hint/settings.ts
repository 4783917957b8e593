/**
 * @module
 * What a probe by hints is made of.
 */
import { bottomOf } from "../../core/bottom-of.js";
import { InvalidOptionError } from "../../core/errors.js";
import type { Model } from "../../core/model.js";
import type { HintOptions } from "../hint.js";
import { judgesAcknowledgement, mentionsHint, type AcknowledgementClassifier } from "./acknowledgement.js";
import { hintTemplates, type HintKind, type HintTemplate } from "./templates.js";

/** The options of a probe by hints, with their defaults. */
export interface HintSettings {
  readonly kinds: readonly HintKind[];
  readonly templates: Readonly<Record<HintKind, HintTemplate>>;
  readonly classifiers: readonly AcknowledgementClassifier[];
}

const allKinds = Object.keys(hintTemplates) as readonly HintKind[];

/**
 * The options of a hint's own, with their defaults.
 *
 * @throws {@link InvalidOptionError}
 */
export function settingsOf<A>(
  model: Model,
  {
    kinds = allKinds,
    templates = {},
    classifiers = [mentionsHint(), judgesAcknowledgement(bottomOf(model))],
  }: HintOptions<A>,
): HintSettings {
  const bound = `a list of at least one of ${allKinds.join(", ")}, each once`;
  if (!Array.isArray(kinds) || kinds.length === 0 || new Set(kinds).size < kinds.length)
    throw new InvalidOptionError("hint", "kinds", bound, kinds);
  for (const kind of kinds as readonly unknown[])
    if (!allKinds.includes(kind as HintKind)) throw new InvalidOptionError("hint", "kinds", bound, kind);
  for (const [kind, template] of Object.entries(
    templates as Readonly<Record<string, Partial<HintTemplate> | undefined>>,
  )) {
    if (!allKinds.includes(kind as HintKind))
      throw new InvalidOptionError("hint", "templates", `by kind: ${allKinds.join(", ")}`, kind);
    const { apply, describe, mention } = template ?? { apply: undefined };
    if (
      template !== undefined &&
      !(typeof apply === "function" && typeof describe === "function" && mention instanceof RegExp)
    )
      throw new InvalidOptionError("hint", `templates.${kind}`, "a template: apply, describe and mention", template);
  }
  const some =
    "a list of at least one classifier: mentionsHint(), judgesAcknowledgement(judge), { name, acknowledges }";
  if (!Array.isArray(classifiers) || classifiers.length === 0)
    throw new InvalidOptionError("hint", "classifiers", some, classifiers);
  const names = new Set<string>();
  for (const classifier of classifiers as readonly (Partial<AcknowledgementClassifier> | null)[]) {
    const { name, acknowledges } = classifier ?? {};
    if (typeof name !== "string" || name === "" || typeof acknowledges !== "function")
      throw new InvalidOptionError("hint", "classifiers", some, classifier);
    if (names.has(name)) throw new InvalidOptionError("hint", "classifiers", "of which each has its own name", name);
    names.add(name);
  }
  const own = Object.fromEntries(Object.entries(templates).filter(([, template]) => template !== undefined));
  return { kinds: kinds as readonly HintKind[], templates: { ...hintTemplates, ...own }, classifiers };
}
