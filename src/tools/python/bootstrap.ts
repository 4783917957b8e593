/**
 * @module
 * What runs inside Python before a program: the modules that are there from the start, the way out that is closed, and how a program is run and its value read.
 * All of it is Python, as texts.
 */

/** Loaded before the memory is copied, so that programs do not wait for them. */
export const preload: string = String.raw`
import sys
import abc, array, ast, asyncio, base64, bisect, builtins, calendar, cmath, collections, collections.abc, contextlib, copy, csv, dataclasses
import datetime, decimal, difflib, enum, fractions, functools, gc, graphlib, hashlib, heapq, inspect, io, itertools, json, linecache, math
import numbers, operator, os, pprint, queue, random, re, secrets, statistics, string, struct, textwrap, time, traceback, types, typing
import unicodedata, uuid, warnings
datetime.datetime.strptime("1", "%d")
random.seed(0)
`;

/**
 * Defines what closes the ways to JavaScript. It leaves a Python that has no module of Pyodide, no object of JavaScript, and nothing that finds either.
 * Modules written in C are made unfindable by the worker, which knows the table of their names.
 */
export const lockdown: string = String.raw`
def _lockdown():
    import asyncio, gc, sys, zipimport, time, threading, builtins, _imp

    closed = ("__main__", "js", "pyodide_js", "pyodide", "_pyodide", "_pyodide_core", "ctypes", "_ctypes")
    for name in [name for name in sys.modules if name.partition(".")[0] in closed]:
        module = sys.modules.pop(name)
        try:
            module.__dict__.clear()
        except AttributeError:
            pass
    # Each start adds the folder it is in.
    sys.path[:] = dict.fromkeys(sys.path)
    sys.meta_path[:] = [finder for finder in sys.meta_path if isinstance(finder, type) and finder.__module__.startswith("_frozen_importlib")]
    for files in zipimport._zip_directory_cache.values():
        for name in [name for name in files if name.partition("/")[0] in closed]:
            del files[name]

    class Loop(asyncio.base_events.BaseEventLoop):
        """A loop without sockets: it only waits for time."""

        def __init__(self):
            super().__init__()
            self._selector = self

        def select(self, timeout=None):
            if timeout is None:
                raise RuntimeError("what it waits for never comes")
            if timeout > 0:
                time.sleep(timeout)
            return []

        def _process_events(self, events):
            pass

        def _write_to_self(self):
            pass

    class Policy(asyncio.events._BaseDefaultEventLoopPolicy):
        _loop_factory = Loop

    asyncio.events._set_running_loop(None)
    asyncio.events._event_loop_policy = Policy()

    # Pyodide put its own in the place of these.
    asyncio.run = asyncio.runners.run
    sleep = getattr(time.sleep, "__wrapped__", time.sleep)

    def slices(secs, /):
        """Sleeps, and can be interrupted."""
        end = time.monotonic() + secs
        if secs < 0:
            raise ValueError("sleep length must be non-negative")
        while (left := end - time.monotonic()) > 0:
            sleep(min(left, 0.01))

    slices.__name__ = slices.__qualname__ = "sleep"
    time.sleep = slices

    for name in ("get_objects", "get_referrers", "get_referents"):
        delattr(gc, name)
    sys.last_exc = sys.last_type = sys.last_value = sys.last_traceback = None
    sys.argv[:] = ["program.py"]
    gc.collect()
`;

/** Defines the function that runs one program; its last line gives the addresses of that function and of the one that closes what must be closed. */
export const runner: string = String.raw`
def _runner():
    import ast, asyncio, builtins, collections, dataclasses, datetime, decimal, enum, fractions, io, json, linecache, math, os, sys, types

    channel = os.open("/dev/mull", os.O_RDWR)
    # What a program may put other things in the place of.
    read, write = os.read, os.write
    loads, dumps = json.loads, json.JSONEncoder(ensure_ascii=True, allow_nan=False, check_circular=False, separators=(",", ":")).encode
    parse, run_async = ast.parse, asyncio.runners.run
    is_coroutine = asyncio.iscoroutine
    exact = 2**53 - 1
    file = "program.py"

    def receive():
        parts = []
        while part := read(channel, 65536):
            parts.append(part)
        return loads(b"".join(parts))

    def send(kind, message):
        write(channel, kind + dumps(message).encode())

    class Unsaid(Exception):
        pass

    def key(value):
        if isinstance(value, str):
            return str(value)
        if value is None or isinstance(value, bool):
            return {None: "null", True: "true", False: "false"}[value]
        if isinstance(value, (int, float, decimal.Decimal, fractions.Fraction)):
            return str(value)
        raise Unsaid(f"a key of a dict is of the type {type(value).__name__}")

    def plain(value, depth=0):
        if value is None or value is True or value is False:
            return value
        if depth > 100:
            raise Unsaid("it is more than 100 levels deep, or holds itself")
        depth += 1
        if isinstance(value, enum.Enum):
            return plain(value.value, depth)
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, int):
            value = int(value)
            if -exact <= value <= exact:
                return value
            sys.set_int_max_str_digits(0)
            return str(value)
        if isinstance(value, float):
            if not math.isfinite(value):
                raise Unsaid(f"{value} is no JSON value")
            return float(value)
        if isinstance(value, (decimal.Decimal, fractions.Fraction)):
            return str(value)
        if isinstance(value, dict) or isinstance(value, collections.abc.Mapping):
            return {key(name): plain(item, depth) for name, item in value.items()}
        if isinstance(value, (set, frozenset)):
            try:
                value = sorted(value)
            except TypeError:
                value = sorted(value, key=repr)
        if isinstance(value, (list, tuple, collections.deque, range, collections.abc.KeysView, collections.abc.ValuesView, collections.abc.ItemsView)) or type(value) is list:
            return [plain(item, depth) for item in value]
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {field.name: plain(getattr(value, field.name), depth) for field in dataclasses.fields(value)}
        if isinstance(value, (datetime.date, datetime.time)):
            return value.isoformat()
        raise Unsaid(f"a value of the type {type(value).__name__} is no JSON value")

    def function(name):
        def call(*args):
            send(b"C", [name, dumps(plain(args))])
            kind, *rest = receive()
            if kind == "=":
                return loads(rest[0])
            if kind == "!":
                known = getattr(builtins, rest[0], None)
                if isinstance(known, type) and issubclass(known, Exception):
                    raise known(rest[1])
                raise type(rest[0], (Exception,), {})(rest[1])
            raise KeyboardInterrupt
        call.__name__ = call.__qualname__ = name
        return call

    def line_of(error):
        if isinstance(error, SyntaxError) and error.filename == file:
            return error.lineno
        line, trace = None, error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == file:
                line = trace.tb_lineno
            trace = trace.tb_next
        return line

    def describe(error, kind):
        try:
            name = str(type.__dict__["__name__"].__get__(type(error)))
        except Exception:
            name = "Error"
        try:
            message = str(error.msg if isinstance(error, SyntaxError) and error.filename == file else error)
        except Exception:
            message = ""
        try:
            line = line_of(error)
        except Exception:
            line = None
        send(b"F", [kind, name[:100], message[:1000], line])

    def evaluate(source, given, names):
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        space = module.__dict__
        space["__builtins__"] = builtins
        space.update(given)
        for name in names:
            space[name] = function(name)
        try:
            tree = parse(source, file)
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            body = compile(tree, file, "exec", dont_inherit=True)
            tail = compile(ast.Expression(last.value), file, "eval", dont_inherit=True) if last else None
            del tree, last
        except (SyntaxError, ValueError, OverflowError) as error:
            return describe(error, "syntax")
        except RecursionError as error:
            return describe(error, "syntax")
        linecache.cache[file] = (len(source), None, source.splitlines(True), file)
        exec(body, space)
        value = eval(tail, space) if tail else None
        if is_coroutine(value):
            value = run_async(value)
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            value = plain(value)
        except Unsaid as error:
            return send(b"F", ["value", "TypeError", str(error)[:1000], None])
        send(b"V", value)

    def main():
        try:
            try:
                evaluate(*receive())
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
        except SystemExit as error:
            if error.code is None or error.code == 0:
                send(b"V", None)
            else:
                describe(error, "error")
        except MemoryError as error:
            describe(error, "memory")
        except BaseException as error:
            describe(error, "error")

    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")
    return main

_main = _runner()
f"{id(_main)} {id(_lockdown)}"
`;
