/**
 * @module
 * Hostile programs in Python, with what must become of them.
 */
import { hostile, type Hostile } from "./hostile.js";

/** Programs that never end, or want too much. */
const greedy: readonly Hostile[] = [
  hostile("an endless loop", "while True: pass", "timeout"),
  hostile("an endless generator", "def g():\n    while True: yield 1\nfor x in g(): pass", "timeout"),
  hostile("itertools without end", "import itertools\nsum(itertools.count())", "timeout"),
  hostile(
    "an endless loop in __repr__",
    "class A(Exception):\n    def __str__(self):\n        while True: pass\nraise A()",
    "timeout",
  ),
  hostile(
    "an endless loop in the value",
    "class A(dict):\n    def items(self):\n        while True: pass\nA(a=1)",
    "timeout",
  ),
  hostile(
    "a loop that catches everything",
    "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "timeout",
  ),
  hostile("a loop in finally", "try:\n    while True: pass\nfinally:\n    while True: pass", "timeout"),
  hostile("interrupts caught once", "try:\n    while True: pass\nexcept KeyboardInterrupt:\n    pass\n1", "timeout"),
  hostile(
    "a handler for the interrupt",
    "import signal\nsignal.signal(signal.SIGINT, lambda *a: None)\nwhile True: pass",
    "timeout",
  ),
  hostile("sleep", "import time\ntime.sleep(1000)", "timeout"),
  hostile("asyncio that sleeps", "import asyncio\nasyncio.run(asyncio.sleep(1000))", "timeout"),
  hostile(
    "asyncio that waits for nothing",
    "import asyncio\nasync def f(): await asyncio.get_running_loop().create_future()\nf()",
    ["error", "timeout"],
  ),
  hostile("backtracking", "import re\nre.match(r'(a+)+$', 'a' * 50 + 'b')", "timeout"),
  hostile("a power without end", "10 ** 10 ** 8", ["timeout", "memory"]),
  hostile("factorials without end", "import math\nmath.factorial(10 ** 7)", "timeout"),
  hostile("digits without end", "import sys\nsys.set_int_max_str_digits(0)\nlen(str(7 ** 2000000))", ["ok", "timeout"]),
  hostile("a list that grows", "a = []\nwhile True: a.append(bytearray(10 ** 7))", ["memory", "timeout"]),
  hostile(
    "a list that grows, and catches",
    "a = []\nwhile True:\n    try: a.append(bytearray(10 ** 7))\n    except MemoryError: pass",
    "timeout",
  ),
  hostile("one large list", "[0] * 10 ** 9", "memory"),
  hostile("one large string", "'x' * (2 ** 31 - 100)", "memory"),
  hostile("a string that doubles", "s = 'x'\nwhile True: s += s", ["memory", "timeout", "error"]),
  hostile("bytes shifted", "1 << (2 ** 34)", ["memory", "error"]),
  hostile("format that pads", "f'{1:>2000000000}'", ["memory", "error"]),
  hostile("a dict without end", "d = {}\nwhile True: d[len(d)] = [0] * 100000", ["memory", "timeout"]),
  hostile("decimal digits", "import decimal\ndecimal.getcontext().prec = 10 ** 8\ndecimal.Decimal(2).sqrt()", [
    "timeout",
    "memory",
  ]),
  hostile(
    "a zip bomb",
    "import zlib\nz = zlib.compress(b'0' * 10 ** 7)\nlen(zlib.decompress(zlib.decompress(zlib.compress(z)) * 1))",
    "ok",
    10 ** 7,
  ),
  hostile("output without end", "while True: print('more and more and more')", "output"),
  hostile("one long line of output", "print('x' * 10 ** 6)", "output"),
  hostile("errors without end", "import sys\nwhile True: sys.stderr.write('x' * 1000)", "output"),
  hostile("output that catches", "while True:\n    try: print('x' * 10000)\n    except BaseException: pass", [
    "output",
    "timeout",
  ]),
  hostile("output by the number of its file", "import os\nwhile True: os.write(1, b'x' * 10000)", "output"),
  hostile("a file without end", "f = open('/tmp/f', 'wb')\nwhile True: f.write(bytes(10 ** 7))", ["error", "timeout"]),
  hostile("a file that is cut long", "import os\nopen('/tmp/f', 'wb').truncate(10 ** 10)", "error"),
  hostile("a file with a hole", "f = open('/tmp/f', 'wb')\nf.seek(10 ** 10)\nf.write(b'x')\nf.flush()", "error"),
  hostile("a pipe without end", "import os\nr, w = os.pipe()\nwhile True: os.write(w, bytes(10 ** 6))", [
    "error",
    "timeout",
  ]),
];

/** Programs that go too deep, or are no programs. */
const deep: readonly Hostile[] = [
  hostile("recursion", "def f(): f()\nf()", "error"),
  hostile("recursion that catches", "def f():\n    try: f()\n    except RecursionError: f()\nf()", [
    "error",
    "timeout",
  ]),
  hostile("recursion without a limit", "import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(): return f()\nf()", [
    "error",
    "memory",
    "timeout",
  ]),
  hostile(
    "recursion in C",
    "import sys\nsys.setrecursionlimit(10 ** 9)\nclass A:\n    def __getattr__(self, n): return getattr(self, n)\nA().x",
    ["error", "memory", "timeout"],
  ),
  hostile("recursion in __repr__", "class A:\n    def __repr__(self): return repr(self)\nrepr(A())", "error"),
  hostile(
    "lists in lists",
    "import sys\nsys.setrecursionlimit(10 ** 6)\na = []\nfor i in range(10 ** 5): a = [a]\nrepr(a)",
    ["error", "memory"],
  ),
  hostile("JSON that is deep", "import json\njson.loads('[' * 10 ** 5)", ["error", "memory"]),
  hostile("a value that holds itself", "a = []\na.append(a)\na", "value"),
  hostile("a value that is deep", "a = []\nfor i in range(10 ** 4): a = [a]\na", "value"),
  hostile("a value that is long", "['x' * 1000] * 1000", "value"),
  hostile("parentheses in the source", "(".repeat(100_000), ["syntax", "memory"]),
  hostile("minuses in the source", `${"-".repeat(100_000)}1`, ["syntax", "memory", "error", "ok"]),
  hostile("a long sum in the source", `1${"+1".repeat(50_000)}`, ["syntax", "memory", "error", "ok"]),
  hostile("indents in the source", Array.from({ length: 200 }, (_, i) => `${" ".repeat(i)}if 1:`).join("\n"), "syntax"),
  hostile("an end of the text in it", "1\u0000\nwhile True: pass", "syntax"),
  hostile("half a character in it", "'\ud800'", ["syntax", "ok", "error"]),
  hostile("too long a source", " ".repeat(2 ** 20 + 1), "syntax"),
  hostile("ast that is deep", "import ast\nast.literal_eval('-' * 10 ** 5 + '1')", ["error", "memory"]),
  hostile("code made by hand", "(lambda: 0).__code__.replace(co_code=b'\\x00' * 100, co_stacksize=0)", "value"),
];

/** Programs that look for a way out. */
const curious: readonly Hostile[] = [
  hostile("import js", "import js", "error"),
  hostile("import pyodide_js", "import pyodide_js", "error"),
  hostile("import pyodide", "from pyodide.code import run_js\nrun_js('1')", "error"),
  hostile("import _pyodide", "import _pyodide", "error"),
  hostile(
    "_pyodide_core from the table",
    "import importlib.machinery as m, _imp\nx = _imp.create_builtin(m.ModuleSpec('_pyodide_core', None))\nx.to_js([1])",
    "error",
  ),
  hostile("ctypes", "import ctypes", "error"),
  hostile(
    "_ctypes from the table",
    "from importlib.machinery import BuiltinImporter as B\nB.find_spec('_ctypes').loader",
    "error",
  ),
  hostile(
    "an extension of its own",
    "import importlib.machinery as m, _imp\nopen('/tmp/evil.so', 'wb').write(b'\\0asm\\1\\0\\0\\0')\n_imp.create_dynamic(m.ModuleSpec('evil', m.ExtensionFileLoader('evil', '/tmp/evil.so'), origin='/tmp/evil.so'))",
    "error",
  ),
  hostile("the collector", "import gc\ngc.get_objects()", "error"),
  hostile(
    "the collector made again",
    "import sys, importlib\ndel sys.modules['gc']\nimport gc\ngc.get_objects()",
    "error",
  ),
  hostile(
    "an object of JavaScript",
    "def down(c):\n    for s in type.__subclasses__(c):\n        yield s\n        yield from down(s)\nE = [c for c in down(BaseException) if c.__name__ == 'JsException']\nE[0]('x').constructor",
    "error",
  ),
  hostile("micropip", "import micropip", "error"),
  hostile("a shell", "import os\nos.system('touch escaped')", "ok", -1),
  hostile("a process", "import subprocess\nsubprocess.run(['ls'])", "error"),
  hostile("fork", "import os\nos.fork()", "error"),
  hostile("exec", "import os\nos.execv('/bin/sh', ['sh'])", "error"),
  hostile("threads", "import threading\nthreading.Thread(target=print).start()", "error"),
  hostile("a process pool", "import multiprocessing\nmultiprocessing.Process(target=print).start()", "error"),
  hostile("a socket", "import socket\nsocket.socket().connect(('127.0.0.1', 80))", "error"),
  hostile("a name on the network", "import socket\nsocket.getaddrinfo('localhost', 80)", "error"),
  hostile("a page", "import urllib.request\nurllib.request.urlopen('http://127.0.0.1/')", "error"),
  hostile("files of the host", "open('/etc/passwd').read()", "error"),
  hostile("files of the host, by the root", "import os\nsorted(os.listdir('/'))", "ok", [
    "dev",
    "home",
    "lib",
    "proc",
    "program",
    "tmp",
  ]),
  hostile(
    "the environment of the host",
    "import os\n[k for k in os.environ if k in ('PATH', 'NODE_OPTIONS') and os.environ[k] != '/']",
    "ok",
    [],
  ),
  hostile("input", "input()", "error"),
  hostile("a breakpoint", "breakpoint()", "error"),
  hostile(
    "frames of the caller",
    "import sys\nf = sys._getframe()\nwhile f.f_back: f = f.f_back\n[k for k in f.f_globals if k.startswith('js') and k != 'json' or 'pyodide' in k]",
    "ok",
    [],
  ),
  hostile("the end of the process", "import os\nos._exit(1)", "error"),
  hostile("an abort", "import os\nos.abort()", "error"),
  hostile("a signal to itself", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", ["error", "ok"]),
  hostile("sys.exit", "import sys\nsys.exit('bye')", "error"),
  hostile(
    "a class that lies",
    "class M(type):\n    __name__ = property(lambda c: 1 / 0)\nclass E(Exception, metaclass=M): pass\nraise E()",
    "error",
  ),
  hostile(
    "an error that cannot be shown",
    "class E(Exception):\n    def __str__(self): raise self\nraise E()",
    "error",
  ),
  hostile("an error of a million characters", "raise ValueError('x' * 10 ** 6)", "error"),
  hostile("a number that is none", "float('nan')", "value"),
  hostile("a value that lies", "class S(str):\n    def __str__(self): return 1 / 0\nS('a')", "ok", "a"),
  hostile(
    "the channel closed",
    "import os\nfor n in range(100):\n    try: os.close(n)\n    except OSError: pass",
    "error",
  ),
  hostile(
    "a forged value",
    "import os\nfor n in range(3, 20):\n    try: os.write(n, b'V[')\n    except OSError: pass\nos._exit(0)",
    "value",
  ),
  hostile(
    "a forged value that is deep",
    "import os\nfor n in range(3, 20):\n    try: os.write(n, b'V' + b'[' * 10 ** 5 + b']' * 10 ** 5)\n    except OSError: pass\nos._exit(0)",
    "value",
  ),
  hostile(
    "a forged error",
    'import os\nfor n in range(3, 20):\n    try: os.write(n, b\'F["x", {}, null, "y"]\')\n    except OSError: pass\nos._exit(0)',
    "error",
  ),
  hostile(
    "a forged call",
    'import os\nfor n in range(3, 20):\n    try: os.write(n, b\'C["constructor", "[]"]\')\n    except OSError: pass\nos._exit(0)',
    "error",
  ),
  hostile(
    "a forged message",
    "import os\nfor n in range(3, 20):\n    try: os.write(n, b'C')\n    except OSError: pass\nos._exit(0)",
    "error",
  ),
];

/** Programs that change what the next program would find. */
const lasting: readonly Hostile[] = [
  hostile("a global", "leak = 1\nglobals()['leaked'] = 2\nleak", "ok", 1),
  hostile(
    "builtins",
    "import builtins\nbuiltins.len = lambda x: 'leak'\nbuiltins.print = builtins.open = None\nlen([])",
    "ok",
    "leak",
  ),
  hostile(
    "json",
    "import json\njson.dumps = json.loads = lambda *a: 'leak'\njson.JSONEncoder.encode = lambda *a: '\"leak\"'\n[1]",
    "ok",
    [1],
  ),
  hostile("math", "import math, sys\nmath.sqrt = lambda x: 'leak'\nsys.modules['math2'] = math\n1", "ok", 1),
  hostile(
    "modules",
    "import sys\nsys.modules['leak'] = sys\nsys.modules['json'] = None\nsys.path.insert(0, '/tmp')\nopen('/tmp/leak.py', 'w').write('x = 1')\nimport leak\n1",
    "ok",
    1,
  ),
  hostile("all modules", "import sys\nsys.modules.clear()\n1", ["ok", "error"]),
  hostile("the library on disk", "with open('/lib/python314.zip', 'r+b') as f: f.write(b'leak')", "error"),
  hostile(
    "files",
    "import os\nos.makedirs('/tmp/a/b')\nopen('/tmp/a/b/leak', 'w').write('x')\nos.chmod('/tmp/a', 0)\nopen('/program/leak', 'w').write('x')\nos.symlink('/lib', '/tmp/lib')\n1",
    "ok",
    1,
  ),
  hostile(
    "files left open",
    "import os\nfs = [open(f'/tmp/{i}', 'w') for i in range(50)]\nos.dup2(fs[0].fileno(), 0)\nos.pipe()\n1",
    "ok",
    1,
  ),
  hostile(
    "the output",
    "import os, sys\nos.dup2(os.open('/tmp/out', os.O_CREAT | os.O_RDWR), 1)\nsys.stdout = None\n1",
    ["ok", "error"],
  ),
  hostile("the folder", "import os\nos.mkdir('/tmp/x')\nos.chdir('/tmp/x')\nos.umask(0)\n1", "ok", 1),
  hostile("the environment", "import os\nos.environ['LEAK'] = '1'\nos.environ.pop('HOME')\n1", "ok", 1),
  hostile(
    "limits of the interpreter",
    "import sys, gc\nsys.setrecursionlimit(50)\nsys.setswitchinterval(9)\nsys.set_int_max_str_digits(0)\ngc.disable()\n1",
    "ok",
    1,
  ),
  hostile(
    "hooks",
    "import sys, atexit, warnings\nsys.excepthook = sys.displayhook = sys.settrace = None\natexit.register(print, 'leak')\nsys.setprofile(lambda *a: None)\nwarnings.simplefilter('error')\n1",
    "ok",
    1,
  ),
  hostile("random", "import random\nrandom.seed(1)\nrandom.random = lambda: 4\n1", "ok", 1),
  hostile("decimal", "import decimal\ndecimal.getcontext().prec = 3\ndecimal.DefaultContext.prec = 3\n1", "ok", 1),
  hostile("memory that grew", "x = bytearray(10 ** 8)\nx[-1] = 1\nlen(x)", ["ok", "timeout"], 10 ** 8),
  hostile("__main__", "import __main__\n__main__.leak = 1\n__main__.__builtins__ = {}\n1", ["ok", "error"]),
  hostile(
    "the class of an import",
    "import sys\nclass F:\n    def find_spec(self, *a): raise SystemError('leak')\nsys.meta_path.insert(0, F())\nsys.path_hooks.clear()\n1",
    "ok",
    1,
  ),
  hostile("audit hooks", "import sys\ndef hook(*a): raise RuntimeError('leak')\nsys.addaudithook(hook)\n1", [
    "ok",
    "error",
  ]),
];

/** All of them. */
export const python: readonly Hostile[] = [...greedy, ...deep, ...curious, ...lasting];

/** What is the same in every run, if nothing leaks. */
export const canary = `
import atexit, builtins, decimal, gc, io, json, math, os, random, signal, sys, threading, time, warnings
[
    sorted(globals()),
    sorted(dir(builtins)), sorted(sys.modules), sys.path, [str(f) for f in sys.meta_path], len(sys.path_hooks), sorted(sys.path_importer_cache),
    [json.dumps([1, {"a": None}]), json.loads("[1]"), math.sqrt(4), len("abc"), random.random(), hash("x")],
    sys.getrecursionlimit(), sys.getswitchinterval(), sys.get_int_max_str_digits(), gc.isenabled(), gc.get_threshold(),
    dict(os.environ), os.getcwd(), os.umask(0o022), [(p, sorted(os.listdir(p))) for p in ("/", "/tmp", "/home", "/program", "/dev", "/lib")],
    [os.stat("/lib/python314.zip").st_size, os.stat("/lib/python314.zip").st_mtime],
    os.dup(0), atexit._ncallbacks(), len(warnings.filters), decimal.getcontext().prec, threading.active_count(), str(signal.getsignal(signal.SIGINT)),
    str(sys.excepthook), str(sys.displayhook), str(sys.gettrace()), str(sys.getprofile()), sys.stdout is sys.__stdout__, builtins.open is io.open,
    [(0.1 + 0.2), str(decimal.Decimal(1) / 3)],
]`;
