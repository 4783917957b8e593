import { expect, test } from "vitest";
import { quickjs } from "mull/tools/quickjs";
import { canary, javascript } from "./hostile/javascript.js";
import { sandboxLaws } from "./sandbox-laws.js";

sandboxLaws("quickjs", quickjs, {
  one: "1 + 1",
  loop: "for (;;) {}",
  say: (text) => `console.log(${JSON.stringify(text)})`,
  fail: "\nnull.x",
  broken: "\n\nlet a = ;",
  caught: (call) => `let r; try { ${call} } catch (e) { r = e.name + ": " + e.message } r`,
  hostile: javascript,
  canary,
  errors: ["TypeError", "SyntaxError"],
});

const sandbox = quickjs();

test.each<readonly [program: string, value: unknown]>([
  ["", null],
  ["undefined", null],
  ["let a = 1; a + 1", 2],
  ["const f = () => 3\nf()", 3],
  ["({ a: [1, 'x', true, null], b: undefined, c() {} })", { a: [1, "x", true, null] }],
  ["[undefined, , 1]", [null, null, 1]],
  ["2n ** 53n - 1n", 2 ** 53 - 1],
  ["2n ** 64n", "18446744073709551616"],
  ["-(2n ** 64n)", "-18446744073709551616"],
  ["new Map([['a', 1], [2, new Set([3, 3])]])", { a: 1, 2: [3] }],
  ["new Uint8Array([1, 2])", [1, 2]],
  ["new Date(0)", "1970-01-01T00:00:00.000Z"],
  ["[new Number(1), new String('s'), new Boolean(false)]", [1, "s", false]],
  ["(async () => { await 0; return [await 1] })()", [1]],
  ["Promise.all([1, Promise.resolve(2)])", [1, 2]],
  ["let n = 0; Promise.resolve().then(() => n++); n", 0],
  ["'é\\u{1F600}\\0'", "é\u{1F600}\0"],
  ["-0", 0],
])("%j comes to %j", async (program, value) => {
  expect(await sandbox.run(program)).toEqual({ ok: true, value, output: "" });
});

test.each<readonly [program: string, message: string]>([
  ["NaN", "NaN is no JSON value"],
  ["[1, -Infinity]", "-Infinity is no JSON value"],
  ["() => 1", "a function is no JSON value"],
  ["Symbol('a')", "a symbol is no JSON value"],
  ["[Promise.resolve(1)]", "a promise in it was not awaited"],
  ["new Map([[{}, 1]])", "a key of a Map is no text and no number"],
  ["new Promise(() => 0)", "its value is a promise that nothing settles"],
  ["'x'.repeat(300000)", "it is longer than 262144 bytes of JSON"],
])("%j comes to no value: %s", async (program, message) => {
  expect(await sandbox.run(program)).toEqual({
    ok: false,
    error: { kind: "value", name: "TypeError", message },
    output: "",
  });
});

test.each<readonly [program: string, output: string]>([
  ["console.log('a', 1, true, null, undefined)", "a 1 true null undefined\n"],
  ["console.log({ a: [1] }, [2n ** 70n], 3n)", '{"a":[1]} ["1180591620717411303424"] 3n\n'],
  ["console.log(new Error('no'), () => 1, Symbol('s'))", "Error: no [function] Symbol(s)\n"],
  ["console.log(NaN, [NaN])", "NaN [NaN is no JSON value]\n"],
  ["console.error('e'); print('p'); console.log()", "e\np\n\n"],
  ["Promise.resolve('later').then(print); print('first')", "first\nlater\n"],
])("%s prints", async (program, output) => {
  expect(await sandbox.run(program)).toMatchObject({ ok: true, output });
});

test("random numbers are the same in every run, and are random", async () => {
  const program = "Array.from({ length: 1000 }, Math.random)";
  const [first, second] = [await sandbox.run(program), await sandbox.run(program)];
  expect(first).toEqual(second);
  const numbers = first.ok ? (first.value as number[]) : [];
  const mean = numbers.reduce((sum, x) => sum + x, 0) / 1000;
  expect(mean).toBeGreaterThan(0.45);
  expect(mean).toBeLessThan(0.55);
  expect(new Set(numbers).size).toBe(1000);
});
