/**
 * @module
 * A view of somebody's chat model: the same object, with other values in some fields.
 */
import { fieldsOf, type Fields } from "../../core/fields.js";

/**
 * Makes a view of a chat model, and of those inside it: one that is bound to options, or that another hands its calls to.
 *
 * The view has the model as its prototype, so its methods run as they are, and find `fields` in the place of their own. Their caller does not try
 * again: LangChain's does so six times by itself. The model is never written to, and what it writes while it runs stays with the view. Fields that
 * it does not have are left out.
 */
export function viewOf<T extends object>(model: T, fields: Fields): T {
  return view(model, { streaming: false, maxRetries: 0, ...fields }, new Map()) as T;
}

/** Has the model, or one inside it, a field of any of these names? Returns the first. */
export function fieldOf(model: object, names: readonly string[]): string | undefined {
  return names.find((name) => all(model, new Set()).some((one) => name in one));
}

/** The chat model inside, which has a name and a type. */
export function innermost(model: object): Fields {
  const found = all(model, new Set()).find((one) => typeof (one as Fields)._llmType === "function");
  return (found ?? model) as Fields;
}

function view(model: object, fields: Fields, seen: Map<object, object>): object {
  const known = seen.get(model);
  if (known !== undefined) return known;
  const made = Object.create(model) as object;
  seen.set(model, made);
  const put = (name: string, value: unknown): void => {
    Object.defineProperty(made, name, { value, writable: true, configurable: true, enumerable: true });
  };
  for (const [name, value] of Object.entries(model)) {
    if (isRunnable(value)) put(name, view(value, fields, seen));
    else if (Array.isArray(value) && value.some(isRunnable)) {
      put(
        name,
        value.map((one: unknown) => (isRunnable(one) ? view(one, fields, seen) : one)),
      );
    } else if (isCaller(value)) put(name, Object.create(value, { maxRetries: { value: 0 } }));
  }
  for (const [name, value] of Object.entries(fields)) if (name in model) put(name, value);
  return made;
}

function all(model: object, seen: Set<object>): readonly object[] {
  if (seen.has(model)) return [];
  seen.add(model);
  const inside = Object.values(model).flat().filter(isRunnable);
  return [model, ...inside.flatMap((one) => all(one, seen))];
}

function isRunnable(value: unknown): value is object {
  return fieldsOf(value)?.lc_runnable === true;
}

/** The `AsyncCaller`, which tries again. */
function isCaller(value: unknown): value is object {
  const caller = fieldsOf(value);
  return typeof caller?.maxRetries === "number" && typeof caller.callWithOptions === "function";
}
