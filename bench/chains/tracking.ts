/** Shuffled objects: who holds what is written down after every swap. */

/** The first step that is wrong, from 0; `undefined` where none is, or the question cannot be read. */
export function wrongStepOfTracking(question: string, steps: readonly string[]): number | undefined {
  const [setting = "", rest = ""] = question.split(/\bFirst, /);
  const [swaps = "", options = ""] = rest.split("Options:");
  const names = [...new Set(setting.match(/\b(?:Alice|Bob|Claire|Dave|Eve|Fred|Gertrude)\b/g))];
  const held = new Map<string, string>();
  const beginning = setting.slice(setting.lastIndexOf(": ") + 2);
  for (const name of names) {
    const own = new RegExp(
      String.raw`\b${name} (?:gets|has|is (?:dancing with|playing)|buys|holds)\s+(?:an? |the )?(.+?)(?:,? and (?:${names.join("|")})\b|, (?:${names.join("|")})\b|\.\s|\.$|$)`,
    );
    held.set(name, plain(own.exec(beginning.replaceAll("\n", " "))?.[1] ?? ""));
  }
  const pairs = [...swaps.matchAll(/\b([A-Z]\w+) and ([A-Z]\w+) (?:swap|switch|trade)/g)];
  const states = [new Map(held)];
  for (const [, a = "", b = ""] of pairs) {
    const [x, y] = [held.get(a) ?? "", held.get(b) ?? ""];
    held.set(a, y).set(b, x);
    states.push(new Map(held));
  }
  const asked = names.findLast((name) =>
    new RegExp(String.raw`\b${name}\b`).test(swaps.slice(swaps.lastIndexOf(". ") + 1)),
  );
  let at = 0;
  for (const [index, step] of steps.entries()) {
    const stated = statedIn(step, names);
    if (stated.size > 0) {
      // Some begin with the first swap, not with the start.
      if (at === 0 && namesFirst(step, pairs[0])) at = 1;
      const truth = states[Math.min(at++, states.length - 1)] as ReadonlyMap<string, string>;
      if (names.some((name) => !same(stated.get(name), truth.get(name)))) return index;
    }
    const [, letter] = /answer is \(?([A-G])\)?/.exec(step) ?? [];
    if (letter === undefined) continue;
    const option = new RegExp(String.raw`\(${letter}\) (.*)`).exec(options)?.[1] ?? "";
    if (!same(plain(option), held.get(asked ?? ""))) return index;
  }
  return undefined;
}

/** `Alice: Lolita, Bob: Catch-22`, or `A: brown, B: blue`. */
function statedIn(step: string, names: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, who = "", what = ""] of step.matchAll(
    /\b([A-Z]\w*): ([^:]*?)(?=,\s*(?:and )?[A-Z]\w*:|\.\s|\.?$|\s*So the| So )/g,
  )) {
    const name = names.find((one) => one === who || (who.length === 1 && one.startsWith(who)));
    if (name !== undefined) found.set(name, plain(what));
  }
  return found;
}

function namesFirst(step: string, pair: RegExpMatchArray | undefined): boolean {
  const [, a = "?", b = "?"] = pair ?? [];
  const [before = ""] = step.split(":");
  return before.includes(a) && before.includes(b);
}

function plain(words: string): string {
  return words
    .toLowerCase()
    .replace(/^(?:an?|the) /, "")
    .replace(/[^a-z0-9]+/g, " ")
    .trim();
}

/** `brown` is the `brown ball`. */
function same(stated: string | undefined, truth: string | undefined): boolean {
  if (stated === undefined || truth === undefined || stated === "") return false;
  const [few, many] = [stated.split(" "), truth.split(" ")].sort((a, b) => a.length - b.length) as [string[], string[]];
  return few.every((word) => many.includes(word));
}
