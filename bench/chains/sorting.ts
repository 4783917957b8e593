/** Sorting words: by their first letters, then group by group by the next ones. */

/** The first step that is wrong, from 0; `undefined` where none is. */
export function wrongStepOfSorting(question: string, steps: readonly string[]): number | undefined {
  const words = question.trim().split(/\s+/);
  const sorted = words.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  let subpart: readonly string[] = words;
  let place = 0;
  for (const [index, step] of steps.entries()) {
    if (step.includes("answer is")) {
      const said = step
        .replace(/^.*answer is/, "")
        .trim()
        .replace(/\.$/, "")
        .split(/\s+/);
      if (said.join(" ") !== sorted.join(" ")) return index;
      continue;
    }
    if (!lettersHold(step)) return index;
    if (step.includes("sort this subpart")) {
      subpart = quoted(/\[(.*?)\]/.exec(step)?.[1] ?? "");
      place = placeOf(step);
      if (!sameWords(quoted(step.replace(/^.*?\]/, ""), true), subpart)) return index;
    } else if (step.includes("first letter") && index === 0) {
      if (!sameWords(quoted(step, true), words)) return index;
    } else if (/we (?:now )?have/i.test(step)) {
      const [part = "", whole = ""] = step.split(/for the subpart/);
      const rest = groupsOf(whole).flat().length > 0;
      const isPart = step.includes("for the subpart");
      if (
        !ordered(groupsOf(part), isPart ? subpart : words) ||
        ((isPart || index === 1) && !numbered(part, isPart ? place : 0))
      )
        return index;
      if (isPart && rest && !(ordered(groupsOf(whole), words) && keeps(groupsOf(whole), groupsOf(part)))) return index;
    }
  }
  return undefined;
}

const places = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"];

function placeOf(step: string): number {
  return places.findIndex((name) => new RegExp(`The ${name} letter`).test(step));
}

function letterAt(word: string, place: number): string {
  return word.replace(/[^a-z]/g, "")[place] ?? "";
}

/** `The second letter: "barton": "a" (1).` */
function lettersHold(step: string): boolean {
  const place = placeOf(step);
  if (place < 0) return true;
  const said = step.slice(step.search(/The \w+ letter/));
  return [...said.matchAll(/"([^"]+)": "([a-z])" \((\d+)\)/g)].every(
    ([, word = "", letter = "", number]) =>
      letterAt(word, place) === letter && letter.charCodeAt(0) - 96 === Number(number),
  );
}

/** `(1) "barton" < (12) "blanc"`: are these the numbers of their letters? */
function numbered(said: string, place: number): boolean {
  return said.split(" < ").every((group) => {
    const [, number] = /\((\d+)\)/.exec(group) ?? [];
    return (
      number === undefined || quoted(group).every((word) => letterAt(word, place).charCodeAt(0) - 96 === Number(number))
    );
  });
}

/** The words in quotes; of `"barton": "a" (1)` only those with a letter behind them. */
function quoted(words: string, lettered = false): readonly string[] {
  const pattern = lettered ? /"([^"]+)": "/g : /"([^"]+)"/g;
  return [...words.matchAll(pattern)].map(([, word = ""]) => word);
}

/** The groups of an order; within brackets it is still open. */
function groupsOf(said: string): readonly (readonly string[])[] {
  return said.split(" < ").map((group) => quoted(group));
}

/** Are these groups in order, and do they hold these words? */
function ordered(groups: readonly (readonly string[])[], words: readonly string[]): boolean {
  if (!sameWords(groups.flat(), words)) return false;
  return groups.every((group, i) => (groups[i + 1] ?? []).every((b) => group.every((a) => a <= b)));
}

/** Does the whole keep apart what its part has put apart? */
function keeps(whole: readonly (readonly string[])[], part: readonly (readonly string[])[]): boolean {
  return whole.every((group) => part.filter((some) => some.some((word) => group.includes(word))).length <= 1);
}

function sameWords(a: readonly string[], b: readonly string[]): boolean {
  return a.toSorted().join(" ") === b.toSorted().join(" ");
}
