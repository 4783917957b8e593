/** Logical deduction: objects in an order that the statements fix; every place that a step fills is compared with it. */

const ordinals = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh"];

/** The first step that is wrong, from 0; `undefined` where none is, or the question cannot be read. */
export function wrongStepOfDeduction(question: string, steps: readonly string[]): number | undefined {
  const [statements = "", options = ""] = question.split("Q:");
  const lines = statements.split("\n").filter((line) => line.startsWith("- "));
  const [list = "", ...rules] = lines.map((line) => line.slice(2));
  const names = list
    .replace(/^.*?: /, "")
    .replace(/\.$/, "")
    .split(/, (?:and )?| and /)
    .map((name) => name.replace(/^(?:an?|the) /, "").trim());
  const order = permutations(names).filter((one) => rules.every((rule) => holds(rule, one, names)));
  const [truth] = order;
  if (truth === undefined || order.length > 1) return undefined;

  for (const [index, step] of steps.entries()) {
    const reversed =
      /from (?:right|newest|last|most expensive|highest|latest|top|best)? ?to (?:left|oldest|first|cheapest|least)/i.test(
        step,
      );
    const shortened = step.slice(Math.max(0, step.search(/\bfrom \w+[\w ]* to \w+:|So from/i)));
    if (/\bfrom \w+[\w -]* to \w+/i.test(step)) {
      for (const [, places = "", what = ""] of shortened.matchAll(
        /\b((?:(?:first|second|third|fourth|fifth|sixth|seventh|eighth)(?:,? (?:or|and|through) |, )?)+) (?:is|are|can be|could be) (?:an? |the )?([^,.]+)/g,
      )) {
        const name = names.find((one) => norm(what).startsWith(norm(one)) || norm(one).startsWith(norm(what)));
        if (name === undefined || places.includes("through")) continue;
        const at = reversed ? names.length - 1 - truth.indexOf(name) : truth.indexOf(name);
        if (!new RegExp(String.raw`\b${ordinals[at]}\b`).test(places)) return index;
      }
      if (
        shortened.includes("eighth") ||
        (names.length === 5 && shortened.includes("sixth")) ||
        (names.length === 3 && shortened.includes("fourth"))
      )
        return index;
    }
    const [, letter] = /answer is \(?([A-G])\)?/.exec(step) ?? [];
    if (letter === undefined) continue;
    const option = new RegExp(String.raw`\(${letter}\) (.*)`).exec(options)?.[1];
    if (option === undefined || !holds(option, truth, names)) return index;
  }
  return undefined;
}

function norm(words: string): string {
  return words
    .toLowerCase()
    .replace(/[^a-z ]/g, "")
    .replace(/ (?:books?|birds?|vehicles?|fruits?|golfers?)$/, "")
    .trim();
}

/** Does a statement hold of an order, leftmost, oldest, cheapest or first one first? */
function holds(rule: string, order: readonly string[], names: readonly string[]): boolean {
  const found = names
    .map((name) => ({ name, at: rule.search(new RegExp(String.raw`\b${name.replace(/^(?:an?|the) /, "")}\b`, "i")) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at);
  const [first, second] = found;
  if (first === undefined) return true;
  const place = order.indexOf(first.name);
  if (second !== undefined) {
    const other = order.indexOf(second.name);
    if (/right of|newer than|below|more expensive than/.test(rule)) return place > other;
    return place < other;
  }
  const last = order.length - 1;
  const nth = ordinals.findIndex((word) => new RegExp(String.raw`\b${word}\b`).test(rule));
  const fromEnd = /from the right|newest|last|most expensive|rightmost|most-expensive/.test(rule);
  const offset = Math.max(0, nth);
  return place === (fromEnd ? last - offset : offset);
}

function permutations(items: readonly string[]): readonly (readonly string[])[] {
  if (items.length <= 1) return [items];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}
