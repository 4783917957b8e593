/**
 * @module
 * Names of tools that every provider takes, and that no two tools share.
 */
import { hashText } from "../../core/random.js";

/** A tool as its server calls it. */
export interface Origin {
  /** Empty where there is only one server. */
  readonly server: string;
  readonly name: string;
}

/** What all providers take: characters of a name. */
const longest = 64;

/**
 * The name of each tool: its own, with `prefix`, where it can be had. Tools of several servers that share a name get that of the server before it; what
 * still clashes is numbered, in the order of servers and names. The order in which servers list their tools changes nothing.
 */
export function toolNames(tools: readonly Origin[], prefix: string): readonly string[] {
  const plain = tools.map(({ name }) => fit(prefix + name));
  const wanted = tools.map(({ server, name }, index) =>
    tools.some((other, at) => other.server !== server && plain[at] === plain[index])
      ? fit(`${prefix}${server}_${name}`)
      : (plain[index] as string),
  );
  const names: string[] = [];
  const taken = new Set<string>();
  const order = tools.map((_, index) => index).sort((a, b) => compare(rank(a), rank(b)));
  // Nobody who is numbered takes a name that another one has by itself.
  const all = new Set(wanted);
  for (const index of order) {
    const name = wanted[index] as string;
    let own = name;
    for (let count = 2; taken.has(own); count++) {
      const numbered = withSuffix(name, `_${count}`);
      if (!all.has(numbered)) own = numbered;
    }
    taken.add(own);
    names[index] = own;
  }
  return names;

  /** Who is called so by its server goes before those whose name was changed. */
  function rank(index: number): string {
    const { server, name } = tools[index] as Origin;
    return `${prefix + name === wanted[index] ? 0 : 1}\0${server}\0${name}`;
  }
}

/** A name with no other characters than providers take. One that is too long ends in a number that tells it from others that begin like it. */
function fit(name: string): string {
  const clean = name.replace(/[^a-zA-Z0-9_-]/gu, "_");
  if (clean === "") return "tool";
  return clean.length <= longest
    ? clean
    : withSuffix(clean, `_${(hashText(0, name) >>> 0).toString(16).padStart(8, "0")}`);
}

function withSuffix(name: string, suffix: string): string {
  return name.slice(0, longest - suffix.length) + suffix;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
