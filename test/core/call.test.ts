/**
 * @module
 * The context of a call: path, randomness, share of the budget, and parts of it that can be given up alone.
 */
import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  Budget,
  BudgetExceededError,
  InvalidOptionError,
  exhaustion,
  open,
  run,
  sampleN,
  stack,
  wrap,
  type Call,
  type Model,
  type ModelRequest,
  type MullEvent,
  type RunOptions,
} from "mull";
import { scripted, virtualClock } from "mull/testing";

/** Runs code as a layer, over a model that says what its script says. */
async function inside<T>(
  code: (call: Call, model: Model, request: ModelRequest) => T | Promise<T>,
  options: RunOptions = {},
): Promise<{ readonly value: T; readonly usage: unknown }> {
  const clock = virtualClock();
  const model = scripted(["one two three"], { repeat: true, latencyMs: 10 });
  let value: T | undefined;
  const layer = wrap("layer", model, async (request, call) => {
    value = await code(call, model, request);
    return { text: "done", finishReason: "stop", usage: call.usage };
  });
  const { usage } = await clock.until(run(layer, "question", { clock, ...options }));
  return { value: value as T, usage };
}

describe("path", () => {
  test.each<[names: readonly string[], paths: readonly string[]]>([
    [["a"], ["layer/a"]],
    [
      ["a", "a", "a"],
      ["layer/a", "layer/a:2", "layer/a:3"],
    ],
    [
      ["a", "b", "a", "b", "c"],
      ["layer/a", "layer/b", "layer/a:2", "layer/b:2", "layer/c"],
    ],
  ])("children %j are %j", async (names, paths) => {
    const { value } = await inside((call) => names.map((name) => call.child(name).path.join("/")));
    expect(value).toEqual(paths);
  });

  test("layers, samples and the model, from the outside in", async () => {
    const paths: string[] = [];
    const model = scripted(["x"], { repeat: true, id: "m" });
    const onEvent = ({ type, path }: MullEvent): unknown => type === "start" && paths.push(path.join("/"));
    await run(
      stack(model, sampleN(2), (next) => wrap("outer", next, (request, call) => next.generate(request, call))),
      "q",
      { onEvent },
    );
    expect(paths).toEqual(["outer", "outer/sampleN", "outer/sampleN/#0/m", "outer/sampleN/#1/m"]);
  });

  test("what is opened has its name in the path, or nothing more", async () => {
    const { value } = await inside((call) =>
      ["part", "part", ""].map((name) => {
        const part = open(call, name);
        part.close();
        return [part.call.path.join("/"), part.call.child("x").path.join("/")];
      }),
    );
    expect(value).toEqual([
      ["layer/part", "layer/part/x"],
      ["layer/part:2", "layer/part:2/x"],
      ["layer", "layer/x"],
    ]);
  });
});

describe("randomness", () => {
  const draw = async (seed: number | undefined, ...names: string[]): Promise<readonly number[]> => {
    const options = seed === undefined ? {} : { seed };
    const { value } = await inside((call) => {
      const { random } = names.reduce<Call>((at, name) => at.child(name), call);
      return [random.bits(), random.bits()];
    }, options);
    return value;
  };

  test("the same seed and path draw the same numbers", async () => {
    expect(await draw(7, "a", "b")).toEqual(await draw(7, "a", "b"));
  });

  test.each<[what: string, one: Parameters<typeof draw>, two: Parameters<typeof draw>]>([
    ["another seed", [7, "a"], [8, "a"]],
    ["a seed of the other sign", [7, "a"], [-7, "a"]],
    ["another name", [7, "a"], [7, "b"]],
    ["a deeper path", [7, "a"], [7, "a", "a"]],
    ["other names of the same letters", [7, "a", "bc"], [7, "ab", "c"]],
    ["no seed", [undefined, "a"], [undefined, "a"]],
  ])("%s draws others", async (_, one, two) => {
    expect(await draw(...one)).not.toEqual(await draw(...two));
  });

  prop.prop([
    fc.integer(),
    fc.uniqueArray(
      fc.string({ minLength: 1, maxLength: 3 }).filter((s) => !s.includes(":")),
      { minLength: 2, maxLength: 40 },
    ),
  ])("no two children draw the same", async (seed, names) => {
    const { value } = await inside((call) => names.map((name) => call.child(name).random.next()), { seed });
    expect(new Set(value).size).toBe(names.length);
  });

  test("numbers do not depend on who else draws, or when", async () => {
    const { value: alone } = await inside((call) => call.child("b").random.bits(), { seed: 1 });
    const { value: late } = await inside(
      (call) => {
        for (let i = 0; i < 10; i++) call.random.bits();
        const a = call.child("a");
        a.random.bits();
        return call.child("b").random.bits();
      },
      { seed: 1 },
    );
    expect(late).toBe(alone);
  });
});

describe("children", () => {
  test("limits make a budget within that of the call", async () => {
    const budget = new Budget({ tokens: 100_000 });
    const { value } = await inside(
      async (call, model, request) => {
        const child = call.child("narrow", { budget: { calls: 1 } });
        await model.generate(request, child);
        const error: unknown = await model.generate(request, child).catch((thrown: unknown) => thrown);
        return [child.budget.within(call.budget), error];
      },
      { budget },
    );
    expect(value).toEqual([true, expect.objectContaining({ code: "budget-exceeded", limit: "calls" })]);
    expect(budget.spent).toMatchObject({ calls: 1, tokens: 4 });
  });

  test("a budget may be given, but only one within that of the call", async () => {
    const budget = new Budget({ calls: 5 });
    const { value } = await inside(
      (call) => {
        const own = call.budget.child({ calls: 2 });
        expect(call.child("a", { budget: own }).budget).toBe(own);
        expect(call.child("b", { budget: call.budget }).budget).toBe(budget);
        try {
          return call.child("c", { budget: new Budget({ calls: 9 }) });
        } catch (error) {
          return error;
        }
      },
      { budget },
    );
    expect(InvalidOptionError.is(value)).toBe(true);
    expect((value as Error).message).toBe(
      "child: budget must be limits, or a budget within that of the call, got an object",
    );
  });

  test("thought and judging are inherited; usage of judging is told apart, within the whole", async () => {
    const { value, usage } = await inside(async (call, model, request) => {
      const thought = call.child("t", { thought: true });
      await model.generate(request, call);
      await model.generate(request, call.child("j", { judging: true }).child("deeper"));
      return [
        call.thought,
        thought.thought,
        thought.child("x").thought,
        thought.child("y", { thought: false }).thought,
      ];
    });
    expect(value).toEqual([false, true, true, false]);
    expect(usage).toMatchObject({ calls: 2, outputTokens: 6, judging: { calls: 1, outputTokens: 3 } });
  });

  test("a listener of its own hears what is beneath, instead of the run's", async () => {
    const heard: string[] = [];
    const own: string[] = [];
    await inside(
      async (call, model, request) => {
        const child = call.child("quiet", {
          onEvent: (event) => {
            own.push(event.type);
            if (event.type === "end") call.emit(event);
          },
        });
        await model.generate(request, child);
      },
      { onEvent: ({ type, path }) => heard.push(`${type} ${path.join("/")}`) },
    );
    expect(own).toEqual(["start", "delta", "delta", "delta", "end"]);
    expect(heard).toEqual(["start layer", "end layer/quiet/scripted", "end layer"]);
  });

  test("usage is what was spent at and beneath a call so far", async () => {
    const { value } = await inside(async (call, model, request) => {
      const [a, b] = [call.child("a"), call.child("b")];
      const before = call.usage.calls;
      await model.generate(request, a);
      await model.generate(request, a);
      await model.generate(request, b);
      return [before, a.usage.calls, b.usage.calls, call.usage.calls, call.usage.outputTokens];
    });
    expect(value).toEqual([0, 2, 1, 3, 9]);
  });

  test("without a listener nobody listens", async () => {
    expect((await inside((call) => [call.listening, call.child("a").listening])).value).toEqual([false, false]);
    expect((await inside((call) => call.listening, { onEvent: () => {} })).value).toBe(true);
    expect((await inside((call) => call.child("a", { onEvent: () => {} }).listening)).value).toBe(true);
  });
});

describe("open", () => {
  test("what runs in a part that is given up rejects with the reason, the rest goes on", async () => {
    const reason = new Error("enough");
    const { value, usage } = await inside(async (call, model, request) => {
      const [one, two] = [open(call, "one"), open(call, "two")];
      const asked = [one, two].map((part) => model.generate(request, part.call).catch((error: unknown) => error));
      one.abort(reason);
      const results = await Promise.all(asked);
      one.close();
      two.close();
      return [...results, one.call.scope.aborted, two.call.scope.aborted, call.scope.aborted, one.call.signal.reason];
    });
    expect(value).toEqual([reason, expect.objectContaining({ text: "one two three" }), true, false, false, reason]);
    expect(usage).toMatchObject({ calls: 1, cancelled: { calls: 1, outputTokens: undefined } });
  });

  test.each<[reason: (() => unknown) | undefined, error: unknown]>([
    [undefined, expect.objectContaining({ code: "budget-exceeded", limit: "ms", message: "the time of 5 ms is over" })],
    [() => "too slow", "too slow"],
  ])("ends by itself after its time, with %o", async (reason, error) => {
    const { value } = await inside(async (call, model, request) => {
      const part = open(call, "", { ms: 5, ...(reason && { reason }) });
      const result: unknown = await model.generate(request, part.call).catch((thrown: unknown) => thrown);
      const now = call.clock.now();
      part.close();
      return [result, now, call.scope.aborted];
    });
    expect(value).toEqual([error, 5, false]);
  });

  test("closed in time it leaves no timer, and what still runs in it is given up", async () => {
    const { value } = await inside(async (call, model, request) => {
      const part = open(call, "", { ms: 50 });
      const result = model.generate(request, part.call).catch((thrown: unknown) => thrown);
      part.close();
      return [String(await result), (call.clock as ReturnType<typeof virtualClock>).pending];
    });
    expect(value).toEqual(["ScopeClosed: no longer needed", 0]);
  });

  test("an abort of the run reaches it; closed, it no longer listens to the run", async () => {
    const controller = new AbortController();
    const reason = { why: "the user left" };
    let parts: Call[] = [];
    const running = inside(
      async (call, model, request) => {
        const [closed, still] = [open(call, "closed"), open(call, "still")];
        closed.close();
        parts = [closed.call, still.call];
        controller.abort(reason);
        await model.generate(request, still.call);
      },
      { signal: controller.signal },
    );
    await expect(running).rejects.toBe(reason);
    expect(parts.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect(parts.map(({ scope }) => scope.reason)).toEqual([reason, reason]);
  });

  test("has a budget of its own, too", async () => {
    const { value } = await inside(async (call, model, request) => {
      const part = open(call, "part", { budget: { calls: 1 }, thought: true, judging: true });
      await model.generate(request, part.call);
      part.close();
      return [part.call.budget.spent.calls, part.call.thought, call.usage.judging?.calls];
    });
    expect(value).toEqual([1, true, 1]);
  });
});

describe("exhaustion", () => {
  test.each<[error: unknown, why: string | undefined]>([
    [new BudgetExceededError("tokens", "gone"), "budget"],
    [new BudgetExceededError("ms", "over"), "deadline"],
    [new Error("the budget is exceeded"), undefined],
    [{ code: "budget-exceeded", limit: "ms" }, undefined],
    [undefined, undefined],
  ])("%o is %s", (error, why) => {
    expect(exhaustion(error)).toBe(why);
  });
});

test("`call` is required, and a listener's event is typed by its type", () => {
  const model: Model = scripted(["x"]);
  const request: ModelRequest = { messages: [] };
  // @ts-expect-error -- forgetting to pass the call on does not compile
  const forgotten = (): unknown => model.generate(request);
  expectTypeOf(forgotten).toBeFunction();
  expectTypeOf<Call["child"]>().returns.toEqualTypeOf<Call>();
  const listen = (event: MullEvent): void => {
    if (event.type === "delta") expectTypeOf(event.output).toEqualTypeOf<boolean>();
    // @ts-expect-error -- only deltas have a text
    else expectTypeOf(event.text).toBeString();
  };
  expect(listen).toBeTypeOf("function");
});
