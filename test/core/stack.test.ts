/**
 * @module
 * Stacks: order, refusals, and types through all the layers.
 */
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  InvalidOptionError,
  isModel,
  majorityVote,
  run,
  sampleN,
  stack,
  wrap,
  type Answered,
  type Call,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type Sampler,
  type Sampled,
  type Voted,
} from "mull";
import { scripted } from "mull/testing";

const model: Model = scripted(["x"], { repeat: true, id: "m" });

/** A layer that adds a field, and appends its name to the text. */
const add =
  <K extends string>(name: K) =>
  <R extends ModelResponse>(next: Model<R>): Model<R & Readonly<Record<K, true>>> =>
    wrap(name, next, async (request, call) => {
      const response = await next.generate(request, call);
      return { ...response, [name]: true, text: `${response.text} ${name}` } as R & Readonly<Record<K, true>>;
    });

describe("stack", () => {
  test("what stands first is innermost", async () => {
    const top = stack(model, add("a"), add("b"), add("c"));
    expect(top.id).toBe("c(b(a(m)))");
    expect(await run(top, "hi")).toMatchObject({ text: "x a b c", a: true, b: true, c: true });
    expect(top.id).toBe(add("c")(add("b")(add("a")(model))).id);
  });

  test("without layers it is the model itself", () => {
    expect(stack(model)).toBe(model);
  });

  test("is associative", async () => {
    const one = stack(stack(model, add("a")), add("b"), add("c"));
    const two = stack(stack(model, add("a"), add("b")), add("c"));
    expect(one.id).toBe(two.id);
    expect(await run(one, "hi", { seed: 1 })).toEqual(await run(two, "hi", { seed: 1 }));
  });

  test("eight layers are not too many", async () => {
    const top = stack(model, add("a"), add("b"), add("c"), add("d"), add("e"), add("f"), add("g"), add("h"));
    expect((await run(top, "hi")).text).toBe("x a b c d e f g h");
    expectTypeOf(run(top, "hi")).resolves.toExtend<Record<"a" | "b" | "c" | "d" | "e" | "f" | "g" | "h", true>>();
  });

  test.each<[what: string, model: unknown, layers: readonly unknown[], message: string]>([
    ["nothing", undefined, [], "stack: the first argument must be a model (id, capabilities, generate), got undefined"],
    [
      "a layer in front",
      add("a"),
      [add("b")],
      "stack: the first argument must be a model (id, capabilities, generate), got a function",
    ],
    [
      "a model for a layer",
      model,
      [add("a"), model],
      "stack: layer 2 must be a function from model to model, got an object",
    ],
    [
      "a layer that was forgotten",
      model,
      [undefined],
      "stack: layer 1 must be a function from model to model, got undefined",
    ],
    [
      "a layer that was not called",
      model,
      [() => add("a")],
      "stack: what layer 1 returns must be a model, got a function",
    ],
    [
      "a layer that gives nothing",
      model,
      [add("a"), () => {}],
      "stack: what layer 2 returns must be a model, got undefined",
    ],
  ])("%s is refused at once", (_, first, layers, message) => {
    let error: unknown;
    try {
      Reflect.apply(stack, undefined, [first, ...layers]);
    } catch (thrown) {
      error = thrown;
    }
    expect((error as Error).message).toBe(message);
    expect(InvalidOptionError.is(error)).toBe(true);
  });
});

test.each<[value: unknown, is: boolean]>([
  [model, true],
  [{ id: "m", generate: () => {} }, true],
  [{ generate: () => {} }, false],
  [{ id: 5, generate: () => {} }, false],
  [{ id: "m", generate: "yes" }, false],
  ["m", false],
  [null, false],
  [undefined, false],
])("is %o a model? %s", (value, is) => {
  expect(isModel(value)).toBe(is);
});

describe("types", () => {
  const answers = <R extends ModelResponse>(next: Model<R>): Model<Answered<number, R>> =>
    wrap("answers", next, async (request, call) => ({ ...(await next.generate(request, call)), answer: 1, key: "1" }));

  test("the response is inferred through five layers", () => {
    const solver = stack(model, add("a"), answers, add("b"), sampleN(3), majorityVote());
    expectTypeOf(solver).toExtend<Model<Voted>>();
    const ask = (): unknown =>
      run(solver, "hi").then((response) => {
        expectTypeOf(response.answer).toEqualTypeOf<number | undefined>();
        expectTypeOf(response.key).toEqualTypeOf<string | undefined>();
        expectTypeOf(response.a).toEqualTypeOf<true>();
        expectTypeOf(response.b).toEqualTypeOf<true>();
        expectTypeOf(response.confidence).toEqualTypeOf<number>();
        expectTypeOf(response.votes[0]!.sample.answer).toEqualTypeOf<number | undefined>();
        expectTypeOf(response.samples[0]!.b).toEqualTypeOf<true>();
        // @ts-expect-error -- no layer adds this
        return response.c;
      });
    expect(ask).toBeTypeOf("function");
  });

  test("and through eight, two of which sample", () => {
    const solver = stack(
      model,
      answers,
      sampleN(2),
      majorityVote(),
      add("a"),
      add("b"),
      sampleN(2),
      majorityVote(),
      add("c"),
    );
    const ask = (): unknown =>
      run(solver, "hi").then((response) => {
        expectTypeOf(response.answer).toEqualTypeOf<number | undefined>();
        expectTypeOf(response.samples[0]!.samples[0]!.answer).toEqualTypeOf<number | undefined>();
        expectTypeOf(response.votes[0]!.sample.a).toEqualTypeOf<true>();
        expectTypeOf(response.c).toEqualTypeOf<true>();
      });
    expect(ask).toBeTypeOf("function");
  });

  test("nested stacks infer like flat ones", () => {
    const flat = stack(model, answers, sampleN(2), majorityVote());
    const nested = stack(stack(stack(model, answers), sampleN(2)), majorityVote());
    expectTypeOf(nested).toEqualTypeOf(flat);
  });

  test("a sampler stays a sampler until somebody narrows it", () => {
    expectTypeOf(stack(model, sampleN(2))).toExtend<Sampler>();
    expectTypeOf(stack(model, sampleN(2), majorityVote())).not.toExtend<Sampler>();
    expectTypeOf(stack(model, sampleN(2)).draw).toBeFunction();
  });

  test("voting over what does not sample does not compile", () => {
    // @ts-expect-error -- nothing samples beneath it
    stack(model, majorityVote());
    // @ts-expect-error -- sampling stands above it
    stack(model, add("a"), majorityVote(), sampleN(3));
    // @ts-expect-error -- a Model<ModelResponse> is no Model<Sampled>
    majorityVote()(model);
    const custom = model as Model<Sampled>;
    expectTypeOf(stack(custom, majorityVote())).toExtend<Model<Voted>>();
  });

  test("`call` is required in layers, too", () => {
    const forgets = (next: Model): Model =>
      // @ts-expect-error -- the call is not passed on
      wrap("forgets", next, (request) => next.generate(request));
    const passes = (next: Model): Model => wrap("passes", next, (request, call) => next.generate(request, call));
    expectTypeOf(forgets).toEqualTypeOf(passes);
    expectTypeOf<Model["generate"]>().parameters.toEqualTypeOf<[request: ModelRequest, call: Call]>();
  });

  test("requests and responses are readonly", () => {
    const change = (request: ModelRequest, response: ModelResponse): void => {
      // @ts-expect-error -- requests are never mutated
      request.temperature = 1;
      // @ts-expect-error -- nor are their messages
      request.messages.push({ role: "user", content: "more" });
      // @ts-expect-error -- nor responses
      response.text = "other";
    };
    expect(change).toBeTypeOf("function");
  });
});
