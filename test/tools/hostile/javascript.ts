/**
 * @module
 * Hostile programs in JavaScript, with what must become of them.
 */
import { hostile, type Hostile } from "./hostile.js";

const slow = ["memory", "timeout"] as const;

/** Programs that never end, or want too much. */
const greedy: readonly Hostile[] = [
  hostile("an endless loop", "for (;;) {}", "timeout"),
  hostile("an endless loop in a getter of the value", "({ get a() { for (;;); } })", "timeout"),
  hostile("an endless loop in toJSON", "({ toJSON() { while (true); } })", "timeout"),
  hostile("an endless loop in a Proxy trap", "new Proxy({}, { ownKeys() { for (;;); } })", "timeout"),
  hostile("an endless loop in a getter of what is printed", "console.log({ get a() { for (;;); } })", "timeout"),
  hostile("an endless loop in the message of an error", "throw { get message() { for (;;); } }", "timeout"),
  hostile("an endless generator", "[...(function* () { for (;;) yield 0; })()]", slow),
  hostile("an endless iterator", "Array.from({ [Symbol.iterator]: () => ({ next: () => ({ done: false }) }) })", slow),
  hostile("a loop that catches everything", "for (;;) try { for (;;); } catch {} ", "timeout"),
  hostile("a loop in finally", "function f() { try { return 1 } finally { for (;;); } } f()", "timeout"),
  hostile("finally that goes on", "for (;;) { try { throw 1 } finally { continue } }", "timeout"),
  hostile("promises that call for more", "const f = () => Promise.resolve().then(f); f()", slow),
  hostile("await in a loop", "(async () => { for (;;) await 0; })()", "timeout"),
  hostile(
    "an async generator",
    "(async () => { for await (const x of (async function* () { for (;;) yield 1 })()); })()",
    "timeout",
  ),
  hostile("backtracking", "/^(a+)+$/.test('a'.repeat(50) + 'b')", "timeout"),
  hostile("backtracking in alternatives", "/(x|x)*y/.exec('x'.repeat(60))", "timeout"),
  hostile("a number of a million digits", "9n ** 9999999n", ["timeout", "memory", "error"]),
  hostile("factorials without end", "let a = 1n; for (let i = 1n; ; i++) a *= i;", ["timeout", "memory", "error"]),
  hostile("sorting with a false order", "Array.from({ length: 1e6 }, (_, i) => i).sort(() => { for (;;); })", slow),
  hostile("a sparse array as its value", "const a = []; a.length = 4294967295; a", ["value", "timeout"]),
  hostile("a sparse array joined", "const a = []; a.length = 4294967295; a.join('xxxxxxxx')", [
    "error",
    "memory",
    "timeout",
  ]),
  hostile("an array that is filled", "const a = []; for (;;) a.push(new Array(1000).fill(1));", slow),
  hostile("buffers", "const a = []; for (;;) a.push(new ArrayBuffer(1 << 20));", slow),
  hostile("one large buffer", "new Uint8Array(2 ** 31 - 1).length", ["memory", "error"]),
  hostile("a string that doubles", "let s = 'x'; for (;;) s += s;", ["memory", "timeout", "error"]),
  hostile("repeat", "'x'.repeat(2 ** 30)", ["memory", "error"]),
  hostile("repeat of repeat", "Array(1e5).fill('x'.repeat(1e6)).join('')", ["memory", "timeout", "error"]),
  hostile("padStart", "'x'.padStart(2 ** 30 - 1, 'abc')", ["memory", "timeout", "error"]),
  hostile("replace that grows", "let s = 'x'.repeat(1e4); for (;;) s = s.replace(/x/g, 'xxxxxxxx')", [
    "memory",
    "timeout",
    "error",
  ]),
  hostile("keys without end", "const o = {}; for (let i = 0; ; i++) o['k' + i] = i;", slow),
  hostile("a Map without end", "const m = new Map(); for (let i = 0; ; i++) m.set(i, {});", slow),
  hostile("closures in a chain", "let f = () => 0; for (;;) { const g = f; f = () => g; }", slow),
  hostile("symbols", "const a = []; for (let i = 0; ; i++) a.push(Symbol(i));", slow),
  hostile("concat with itself", "let a = [1]; for (;;) a = a.concat(a);", ["memory", "timeout", "error"]),
  hostile("JSON that grows", "let j = '[]'; for (;;) j = JSON.stringify([j, j]);", ["memory", "timeout", "error"]),
  hostile("JSON that is deep", "JSON.parse('['.repeat(1e5) + ']'.repeat(1e5))", ["error", "memory", "value"]),
  hostile(
    "structured text parsed again and again",
    "for (;;) JSON.parse(JSON.stringify(Array(1e4).fill({ a: 1 })))",
    slow,
  ),
  hostile("output without end", "for (;;) console.log('more and more and more')", "output"),
  hostile("one long line of output", "console.log('x'.repeat(1e6))", "output"),
  hostile(
    "output in a job",
    "Promise.resolve().then(() => { for (;;) console.log('xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'); })",
    "output",
  ),
];

/** Programs that go too deep, or are no programs. */
const deep: readonly Hostile[] = [
  hostile("recursion", "(function f() { f(); })()", "error"),
  hostile("recursion that catches", "let n = 0; function f() { try { f(); } catch { n++; f(); } } f()", [
    "error",
    "timeout",
  ]),
  hostile("recursion in toString", "const a = []; a.toString = () => '' + a; '' + a", "error"),
  hostile("recursion in a getter", "const o = { get a() { return o.a; } }; o", "error"),
  hostile("recursion in toJSON", "const o = { toJSON: () => JSON.stringify(o) }; o", "error"),
  hostile("a Proxy of a Proxy", "let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); p.x", [
    "error",
    "memory",
    "timeout",
  ]),
  hostile("a value that holds itself", "const a = {}; a.a = a; a", "value"),
  hostile("a value that is deep", "let a = []; for (let i = 0; i < 1e4; i++) a = [a]; a", "value"),
  hostile("brackets in the source", "[".repeat(100_000), ["syntax", "error"]),
  hostile("parentheses in the source", `${"(".repeat(50_000)}1${")".repeat(50_000)}`, ["syntax", "error"]),
  hostile("a long sum in the source", `1${"+1".repeat(100_000)}`, ["ok", "timeout"], 100_001),
  hostile("too long a source", " ".repeat(2 ** 20 + 1), "syntax"),
  hostile("unary minuses", `${"- ".repeat(100_000)}1`, ["ok", "syntax", "error", "timeout"]),
  hostile("deep functions", `${"(()=>".repeat(5_000)}1${")".repeat(5_000)}`, [
    "syntax",
    "error",
    "value",
    "memory",
    "timeout",
  ]),
  hostile("a regular expression of brackets", `new RegExp("(".repeat(1e5))`, "error"),
  hostile("an end of the text in it", "1;\u0000 for (;;);", ["syntax", "ok", "timeout"]),
  hostile("text from right to left", "const \u202Eadmin = 1", "syntax"),
  hostile("half a character", "'\\ud800' + '\\udfff'.repeat(2)", "ok"),
  hostile("the end of a text in what is printed", "console.log('a\\0b')", "ok"),
];

/** Programs that look for a way out. */
const curious: readonly Hostile[] = [
  hostile("require", "require('fs')", "error"),
  hostile("process", "process.exit(1)", "error"),
  hostile("fetch", "fetch('http://127.0.0.1/')", "error"),
  hostile("import()", "import('fs')", ["error", "value"]),
  hostile("import", "import fs from 'fs'", "syntax"),
  hostile("timers", "setTimeout(() => 0, 1)", "error"),
  hostile(
    "what belongs to Node or browsers",
    "[typeof process, typeof require, typeof fetch, typeof Worker, typeof window, typeof Buffer, typeof WebAssembly, typeof SharedArrayBuffer === 'function' && 0]",
    "ok",
    ["undefined", "undefined", "undefined", "undefined", "undefined", "undefined", "undefined", 0],
  ),
  hostile("Function", "Function('return typeof process')()", "ok", "undefined"),
  hostile("eval from far", "(0, eval)('typeof require')", "ok", "undefined"),
  hostile(
    "the constructor of a constructor",
    "console.log.constructor.constructor('return typeof process')()",
    "ok",
    "undefined",
  ),
  hostile("the caller of a function", "(function () { return typeof arguments.callee.caller; })()", ["ok", "error"]),
  hostile("the stack of an error", "Error.prepareStackTrace = (e, s) => s; typeof new Error().stack", "ok"),
  hostile(
    "getters on errors",
    "throw { get name() { throw 1; }, get message() { throw 2; }, get stack() { throw 3; } }",
    "error",
  ),
  hostile("throwing undefined", "throw undefined", "error"),
  hostile("throwing a symbol", "throw Symbol('x')", "error"),
  hostile("throwing a Proxy", "throw new Proxy({}, { get() { throw new Proxy(function () {}, {}); } })", "error"),
  hostile("a message of a million characters", "throw new Error('x'.repeat(1e6))", "error"),
  hostile("a promise that nothing settles", "new Promise(() => {})", "value"),
  hostile("a thenable that is never done", "(async () => await { then() {} })()", "value"),
  hostile(
    "an error of a name of its own",
    "class A extends Error { get name() { return 'x'.repeat(1e5); } } throw new A()",
    "error",
  ),
  hostile(
    "a value that is a revoked Proxy",
    "const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); proxy",
    "error",
  ),
  hostile(
    "a value that changes while it is read",
    "let n = 0; const a = [0]; Object.defineProperty(a, 0, { get: () => { a.push(n++); return n; } }); a",
    "ok",
    [1],
  ),
  hostile(
    "a Set that grows while it is read",
    "const s = new Set([0]); s.add({ toJSON: () => { for (let i = 0; ; i++) s.add(i); } }); s",
    slow,
  ),
  hostile("the name __proto__ in its value", `JSON.parse('{"__proto__": {"polluted": 1}}')`, "ok"),
];

/** Programs that change what the next program would find. */
const lasting: readonly Hostile[] = [
  hostile("a global", "globalThis.leak = 1; var leaked = 2; leak", "ok", 1),
  hostile("a prototype", "Object.prototype.leak = 1; ({}).leak", "ok", 1),
  hostile("the methods of arrays", "Array.prototype.map = () => 'leak'; [1].map()", "ok", "leak"),
  hostile("JSON", "JSON.stringify = () => '\"leak\"'; JSON.parse = () => 'leak'; ({ a: 1 })", "ok", { a: 1 }),
  hostile("Math.random", "Math.random = () => 4; Math.random()", "ok", 4),
  hostile("iterators", "Array.prototype[Symbol.iterator] = function* () { yield 'leak'; }; [...[1]]", "ok", ["leak"]),
  hostile(
    "every intrinsic",
    "const { ownKeys } = Reflect; for (const o of [Object, Array, String, Number, Map, Set, Promise, Reflect, JSON, Math]) for (const k of ownKeys(o)) try { o[k] = null } catch {} 1",
    "ok",
    1,
  ),
  hostile(
    "frozen intrinsics",
    "Object.freeze(Object.prototype); Object.freeze(Array.prototype); Object.freeze(globalThis); 1",
    "ok",
    1,
  ),
  hostile("console", "console.log = null; print = null; globalThis.console = 1", "ok", 1),
  hostile("Promise.prototype.then", "Promise.prototype.then = () => { throw new Error('leak'); }; 1", "ok", 1),
  hostile(
    "undefined",
    "Object.defineProperty(Object.prototype, 'toJSON', { value: () => 'leak' }); ({})",
    "ok",
    "leak",
  ),
  hostile(
    "setters for indices",
    "Object.defineProperty(Array.prototype, 0, { set() { throw new Error('leak'); } }); [[1], { a: [2] }]",
    "ok",
    [[1], { a: [2] }],
  ),
  hostile("a class of values", "Object.setPrototypeOf(Array.prototype, new Proxy({}, { get() { for (;;); } })); 1", [
    "ok",
    "timeout",
  ]),
];

/** All of them. */
export const javascript: readonly Hostile[] = [...greedy, ...deep, ...curious, ...lasting];

/** What is the same in every run, if nothing leaks. */
export const canary = `
[
  Object.getOwnPropertyNames(globalThis).sort().join(),
  [Object, Array, Function, String, Number, Boolean, Map, Set, Promise, Error, RegExp, Date].map((c) => Object.getOwnPropertyNames(c.prototype).sort().join()),
  [Math, JSON, Reflect, Promise, Object, Array, console].map((o) => Reflect.ownKeys(o).map(String).sort().join()),
  Object.isFrozen(Object.prototype),
  [[3, 1, 2].sort(), [1, 2].map((x) => 2 * x), JSON.stringify({ a: [1] }), [...new Set([1, 1])], "abc".replace("b", "x")],
  Math.random(),
  typeof leak,
]`;
