import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { toolNames, type Origin } from "../../../src/tools/mcp/names.js";

const own = (...names: string[]): Origin[] => names.map((name) => ({ server: "", name }));

describe("behaviour", () => {
  test.each<[what: string, tools: Origin[], prefix: string, names: readonly string[]]>([
    ["names that providers take", own("a", "b-2", "C_3"), "", ["a", "b-2", "C_3"]],
    ["a prefix", own("a"), "x_", ["x_a"]],
    ["characters that providers refuse", own("a.b/c", "größe", "💡"), "", ["a_b_c", "gr__e", "_"]],
    ["a name without any", own(""), "", ["tool"]],
    ["what clashes only then: who is called so keeps it", own("a.b", "a_b", "a/b"), "", ["a_b_2", "a_b", "a_b_3"]],
    ["a number that another one is called by", own("a.b", "a/b", "a_b.2"), "", ["a_b", "a_b_3", "a_b_2"]],
    ["a number that is taken", own("a.b", "a_b", "a_b_2"), "", ["a_b_3", "a_b", "a_b_2"]],
    [
      "servers that share a name",
      [
        { server: "x", name: "get" },
        { server: "y", name: "get" },
        { server: "y", name: "put" },
      ],
      "",
      ["x_get", "y_get", "put"],
    ],
    [
      "a name with a server in it that is another tool's",
      [
        { server: "x", name: "get" },
        { server: "y", name: "get" },
        { server: "z", name: "x_get" },
      ],
      "",
      ["x_get_2", "y_get", "x_get"],
    ],
  ])("%s", (_, tools, prefix, names) => {
    expect(toolNames(tools, prefix)).toEqual(names);
  });

  test("names that are too long keep their beginning, and differ", () => {
    const long = "a".repeat(70);
    const [first = "", second] = toolNames(own(`${long}1`, `${long}2`), "");
    expect(first).toMatch(/^a{55}_[0-9a-f]{8}$/);
    expect(second).not.toBe(first);
    expect(toolNames(own("a".repeat(64)), "")).toEqual(["a".repeat(64)]);
  });
});

const origin = fc.record({
  server: fc.constantFrom("x", "y", "x_a", ""),
  name: fc.oneof(
    fc.constantFrom("a", "a.b", "a_b", "a_b_2", "x_a", "y_a"),
    fc.string({ maxLength: 80, unit: "binary" }),
  ),
});
const origins = fc.uniqueArray(origin, { maxLength: 12, selector: ({ server, name }) => `${server}\0${name}` });

test.prop([origins, fc.constantFrom("", "p_")])("law: names are valid and differ", (tools, prefix) => {
  const names = toolNames(tools, prefix);
  expect(names).toHaveLength(tools.length);
  expect(new Set(names).size).toBe(tools.length);
  for (const name of names) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
});

test.prop([origins, fc.integer()])("law: the order of the lists changes nothing", (tools, seed) => {
  const names = toolNames(tools, "");
  const places = tools.map((_, index) => index).sort((a, b) => Math.sin(seed + a) - Math.sin(seed + b));
  const shuffled = toolNames(
    places.map((place) => tools[place]!),
    "",
  );
  expect(places.map((_, index) => shuffled[index])).toEqual(places.map((place) => names[place]));
});
