import { expect, test } from "vitest";
import { python as pythonSandbox } from "mull/tools/python";
import { canary, python } from "./hostile/python.js";
import { sandboxLaws } from "./sandbox-laws.js";

const sandbox = sandboxLaws("python", pythonSandbox, {
  one: "1 + 1",
  loop: "while True: pass",
  say: (text) => `print(${JSON.stringify(text)})`,
  fail: "\nNone + 1",
  broken: "\n\na = = 1",
  caught: (call) => `try:\n    r = ${call}\nexcept Exception as e:\n    r = f"{type(e).__name__}: {e}"\nr`,
  hostile: python,
  canary,
  errors: ["TypeError", "SyntaxError"],
});

test.each<readonly [program: string, value: unknown]>([
  ["", null],
  ["x = 1", null],
  ["x = 1\nx + 1", 2],
  ["if True:\n    1", null],
  ["[1, 'x', True, None, 0.5]", [1, "x", true, null, 0.5]],
  ["2 ** 53 - 1", 2 ** 53 - 1],
  ["2 ** 64", "18446744073709551616"],
  ["-2 ** 64", "-18446744073709551616"],
  ["len(str(10 ** 5000)) if False else 10 ** 5000 > 0", true],
  ["(1, {2, 1}, frozenset('ba'), range(2))", [1, [1, 2], ["a", "b"], [0, 1]]],
  ["{1: 'a', None: 2, 1.5: {}}", { 1: "a", null: 2, 1.5: {} }],
  ["{'a': 1}.keys(), {'a': 1}.items()", [["a"], [["a", 1]]]],
  ["from decimal import Decimal\nfrom fractions import Fraction\n[Decimal('0.10'), Fraction(1, 3)]", ["0.10", "1/3"]],
  ["import datetime\ndatetime.date(2020, 1, 2)", "2020-01-02"],
  ["import enum\nclass E(enum.Enum):\n    A = 1\nE.A", 1],
  ["import dataclasses\n@dataclasses.dataclass\nclass P:\n    x: int\n    y: list\nP(1, [2])", { x: 1, y: [2] }],
  [
    "import collections\n[collections.Counter('aab'), collections.deque([1]), collections.namedtuple('T', 'a')(1)]",
    [{ a: 2, b: 1 }, [1], [1]],
  ],
  ["async def f():\n    return 3\nf()", 3],
  [
    "import asyncio\nasync def f(n):\n    await asyncio.sleep(0.001 * n)\n    return n\nasync def g():\n    return await asyncio.gather(f(2), f(1))\nasyncio.run(g())",
    [2, 1],
  ],
  ["__name__", "__main__"],
  ["import sys\nsys.exit()", null],
  ["open('/tmp/a', 'w').write('hi')\nopen('/tmp/a').read()", "hi"],
  ["'é\\U0001F600\\0'", "é\u{1F600}\0"],
  ["import random\na = random.random()\nrandom.seed(0)\na == random.random()", true],
])("%j comes to %j", async (program, value) => {
  expect(await sandbox.run(program, { timeoutMs: 5_000 })).toEqual({ ok: true, value, output: "" });
});

test.each<readonly [program: string, message: string]>([
  ["float('inf')", "inf is no JSON value"],
  ["lambda: 1", "a value of the type function is no JSON value"],
  ["(x for x in [])", "a value of the type generator is no JSON value"],
  ["1j", "a value of the type complex is no JSON value"],
  ["b'x'", "a value of the type bytes is no JSON value"],
  ["{(1, 2): 3}", "a key of a dict is of the type tuple"],
  ["'x' * 300000", "it is longer than 262144 characters of JSON"],
])("%j comes to no value: %s", async (program, message) => {
  expect(await sandbox.run(program, { timeoutMs: 5_000 })).toEqual({
    ok: false,
    error: { kind: "value", name: "TypeError", message },
    output: "",
  });
});

test("what is printed and written to errors is the output, in order", async () => {
  const program = "import sys\nprint('a', end='')\nprint('b')\nprint('c', file=sys.stderr)\nprint('\\ud800')";
  expect(await sandbox.run(program)).toEqual({ ok: true, value: null, output: "ab\nc\n\\ud800\n" });
});

test("a coroutine that waits for what never comes fails", async () => {
  const program = "import asyncio\nasync def f():\n    await asyncio.get_running_loop().create_future()\nf()";
  expect(await sandbox.run(program, { timeoutMs: 5_000 })).toMatchObject({
    ok: false,
    error: { kind: "error", name: "RuntimeError", message: "what it waits for never comes" },
  });
});

test("the line is that of the program, even if a library throws", async () => {
  expect(await sandbox.run("import json\n\njson.loads('{')")).toMatchObject({
    error: { name: "JSONDecodeError", line: 3 },
  });
});
