/**
 * @module
 * The laws of layers: each holds for right layers, and is broken by a wrong one.
 */
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  majorityVote,
  open,
  race,
  run,
  sampleN,
  Scope,
  sleep,
  stack,
  textOf,
  wrap,
  type Call,
  type Model,
  type ModelRequest,
  type ModelResponse,
} from "mull";
import { noUsage } from "../../src/core/usage.js";
import { middlewareLaws, scripted, type Law, type MiddlewareLawsOptions } from "mull/testing";

type Layer = (next: Model) => Model;

/** A layer with its frame, and one without. */
const layer =
  (generate: (next: Model, request: ModelRequest, call: Call) => Promise<ModelResponse>): Layer =>
  (next) =>
    wrap("layer", next, (request, call) => generate(next, request, call));
const bare =
  (generate: (next: Model, request: ModelRequest, call: Call) => Promise<ModelResponse>): Layer =>
  (next) => ({ ...next, generate: (request, call) => generate(next, request, call) });
const shout = (response: ModelResponse): ModelResponse => ({ ...response, text: response.text.toUpperCase() });

const right: Record<string, readonly [layer: Layer, options?: MiddlewareLawsOptions]> = {
  identity: [layer((next, request, call) => next.generate(request, call))],
  "another text": [layer(async (next, request, call) => shout(await next.generate(request, call)))],
  "two calls in turn": [
    layer(async (next, request, call) => {
      const { text } = await next.generate(request, call);
      return next.generate({ ...request, messages: [...request.messages, { role: "assistant", content: text }] }, call);
    }),
  ],
  "sampleN(3)": [sampleN(3)],
  "sampleN(5), two at a time": [sampleN(5, { concurrency: 2 })],
  "sampleN(3) in order of completion": [
    sampleN(3, { order: "completion" }),
    {
      skip: {
        "the same seed and replies give the same result and order of events, whatever the timing":
          "it yields what is ready",
      },
    },
  ],
  "a vote of 3": [(model) => stack(model, sampleN(3), majorityVote())],
  "a vote of 7, three at a time": [(model) => stack(model, sampleN(7, { concurrency: 3 }), majorityVote())],
  "a vote of 5 with native n": [(model) => stack(model, sampleN(5), majorityVote()), { capabilities: { n: true } }],
  "a vote of votes": [(model) => stack(model, sampleN(3), majorityVote(), sampleN(3), majorityVote())],
};

describe.each(Object.entries(right))("%s keeps the law:", (_, [subject, options]) => {
  for (const { name, check } of middlewareLaws(subject, options)) test(name, check);
});

/** For every law, layers that break it, and what is said then. */
const wrong: Record<string, readonly (readonly [what: string, layer: Layer, message: RegExp])[]> = {
  "an aborted call starts nothing": [
    [
      "it runs apart from its call",
      bare((next, request) => run(next, request)),
      /expected no call of the model beneath, 1 came/,
    ],
    ["it answers by itself", bare(async () => made), /expected the reason of the abort to be thrown, got a response/],
    ["it has its own error", bare(replaceError), /expected the reason of the abort itself, got Error: it failed/],
  ],
  "an abort reaches every call in flight, and nothing starts after it": [
    [
      "it runs apart from its call",
      bare((next, request, { clock }) => run(next, request, { clock })),
      /expected no call in flight a tick after an abort .*, found 1/,
    ],
    [
      "it answers all the same",
      bare((next, request, call) => next.generate(request, call).catch(() => made)),
      /got a response/,
    ],
    ["it has its own error", bare(replaceError), /expected the reason of the abort itself .* got Error: it failed/],
    [
      "it takes its time",
      layer((next, request, call) =>
        next.generate(request, call).catch(async (error: unknown) => {
          await new Promise<void>((resolve) => call.clock.setTimeout(resolve, 5));
          throw error;
        }),
      ),
      /expected the call to have ended a tick after an abort .*, it goes on/,
    ],
    [
      "it tries again apart from its call",
      layer((next, request, call) =>
        next.generate(request, call).catch((error: unknown) => {
          run(next, request, { clock: call.clock }).catch(() => undefined);
          throw error;
        }),
      ),
      /expected no call in flight a tick after an abort|expected no call to start after an abort .*, 1 did/,
    ],
    [
      "it tries again later, apart from its call",
      layer((next, request, call) =>
        next.generate(request, call).catch((error: unknown) => {
          call.clock.setTimeout(() => void run(next, request, { clock: call.clock }), 5);
          throw error;
        }),
      ),
      /expected no call to start after an abort .*, 1 did/,
    ],
  ],
  "nothing stays behind: no call, no timer, no listener": [
    [
      "a timer",
      layer((next, request, call) => {
        call.clock.setTimeout(() => undefined, 1e6);
        return next.generate(request, call);
      }),
      /expected no timer after an answer, found 1/,
    ],
    [
      "a timer after an error only",
      layer(async (next, request, call) => {
        const timer = call.clock.setTimeout(() => undefined, 1e6);
        const response = await next.generate(request, call);
        call.clock.clearTimeout(timer);
        return response;
      }),
      /expected no timer after an abort, found 1/,
    ],
    [
      "a listener",
      layer((next, request, call) => {
        call.signal.addEventListener("abort", () => undefined);
        return next.generate(request, call);
      }),
      /expected no listener on call.signal after an answer, found 1/,
    ],
    [
      "a scope",
      layer((next, request, call) => {
        new Scope(call.scope).add({ abort: () => undefined });
        return next.generate(request, call);
      }),
      /expected nothing on call.scope after an answer, found 1/,
    ],
    [
      "the slower of two calls",
      layer((next, request, call) => Promise.race([next.generate(request, call), next.generate(request, call)])),
      /expected no call in flight after an answer, found 1/,
    ],
  ],
  "usage is what the finished calls spent": [
    [
      "it counts twice",
      bare(async (next, request, call) => {
        const response = await next.generate(request, call);
        return { ...response, usage: { ...response.usage, calls: 2 * response.usage.calls } };
      }),
      /expected the usage of the response to have calls 1, got 2/,
    ],
    [
      "it does not count",
      bare(async (next, request, call) => ({ ...(await next.generate(request, call)), usage: noUsage })),
      /expected the usage of the response to have calls 1, got 0/,
    ],
    [
      "it calls apart from its call",
      layer(async (next, request, call) => {
        await run(next, request, { clock: call.clock });
        return next.generate(request, call);
      }),
      /expected the usage of the response to have calls 2, got 1/,
    ],
    [
      "it forgets what failed",
      bare(async (next, request, call) => {
        const response = await next.generate(request, call).catch(() => next.generate(request, call));
        const { failed: _, ...usage } = response.usage;
        return { ...response, usage };
      }),
      /expected 2 calls in usage, failed and cancelled ones together, got 1/,
    ],
    [
      "it tells a false end",
      (next) =>
        layer(async (_, request, call) => {
          const onEvent: Call["emit"] = (event) =>
            call.emit(event.type === "end" ? { ...event, usage: noUsage } : event);
          return next.generate(request, call.child("part", { onEvent }));
        })(next),
      /expected the end events of the model beneath together to have calls 1, got 0/,
    ],
  ],
  "every start event has its end": [
    [
      "it only starts",
      bare((next, request, call) => {
        call.emit({ type: "start", path: [...call.path, "layer"], id: "layer" });
        return next.generate(request, call);
      }),
      /expected every start event to have its end, layer has none/,
    ],
    [
      "it ends twice",
      layer(async (next, request, call) => {
        const response = await next.generate(request, call);
        call.emit({ type: "end", path: call.path, ms: 0, usage: call.usage });
        return response;
      }),
      /expected every end event to follow its start, that of layer does not/,
    ],
    [
      "it starts twice",
      layer((next, request, call) => {
        call.emit({ type: "start", path: call.path, id: "layer" });
        return next.generate(request, call);
      }),
      /expected every path to start once, layer started twice/,
    ],
    [
      "it does not end when it fails",
      bare(async (next, request, call) => {
        const path = [...call.path, "layer"];
        call.emit({ type: "start", path, id: "layer" });
        const response = await next.generate(request, call);
        call.emit({ type: "end", path, ms: 0, usage: response.usage });
        return response;
      }),
      /expected every start event to have its end, layer has none/,
    ],
  ],
  "the budget is never exceeded": [
    [
      "it spends apart from its call",
      layer(async (next, request, call) => {
        await race(call, () => run(next, request, { clock: call.clock }));
        return next.generate(request, call);
      }),
      /expected at most [\d.]+ \w+, the calls that finished spent/,
    ],
    [
      "it has its own error",
      layer(replaceError),
      /expected a response, or a BudgetExceededError with usage, got Error: it failed \(limits .*, seed \d+\)/,
    ],
    [
      "it does not hear the deadline",
      layer(async (next, request, call) => {
        const response = await next.generate(request, call).catch(() => made);
        await new Promise<void>((resolve) => call.clock.setTimeout(resolve, 10));
        return response;
      }),
      /expected an end after at most [\d.]+ ms, it (goes on|came after)/,
    ],
    [
      "it keeps what it reserves",
      layer(async (next, request, call) => {
        const { budget, scope } = call;
        const response = await next.generate(request, call);
        const need = { inputTokens: 0, outputTokens: 1, price: () => 0 };
        if (!budget.unlimited) await Promise.resolve(budget.reserve(need, scope)).catch(() => undefined);
        return response;
      }),
      /expected nothing to stay reserved, 1 \w+ did/,
    ],
  ],
  "an unlimited budget changes nothing": [
    [
      "it asks whether there are limits",
      layer(async (next, request, call) => {
        const response = await next.generate(request, call);
        return call.budget.unlimited ? response : shout(response);
      }),
      /expected the same without a budget and with a boundless one, they differ in response\.text/,
    ],
  ],
  "a second use behaves like the first": [
    [
      "it counts",
      (next) => {
        let uses = 0;
        return layer(async (_, request, call) => ({ ...(await next.generate(request, call)), uses: ++uses }))(next);
      },
      /expected a used layer to do what a new one does, they differ in response\.uses: 1, then 2/,
    ],
    [
      "it keeps the first response",
      (next) => {
        let kept: ModelResponse | undefined;
        return layer(async (_, request, call) => (kept ??= await next.generate(request, call)))(next);
      },
      /expected a used layer to do what a new one does/,
    ],
    [
      "it keeps in one place what two uses need",
      (next) => {
        let asked: ModelRequest["seed"];
        return layer(async (_, request, call) => {
          const mine = (asked = call.random.integer(1000));
          const response = await next.generate(request, call);
          return { ...response, mixed: mine !== asked };
        })(next);
      },
      /expected two uses at once to be like each alone, they differ in 0\.response\.mixed|\[0\]\.response\.mixed/,
    ],
  ],
  "the same seed and replies give the same result and order of events, whatever the timing": [
    [
      "the quickest sample comes first",
      sampleN(3, { order: "completion" }),
      /expected the same whatever the timing, two runs differ in/,
    ],
    [
      "the quickest of two wins",
      layer(async (next, request, call) => {
        const both = open(call, "both");
        try {
          return await Promise.race([next.generate(request, both.call), next.generate(request, both.call)]);
        } finally {
          both.close();
        }
      }),
      /expected the same whatever the timing, two runs differ in/,
    ],
    [
      "dice of its own",
      layer(async (next, request, call) => ({ ...(await next.generate(request, call)), dice: Math.random() })),
      /two runs differ in response\.dice/,
    ],
    [
      "events as they come",
      layer(async (next, request, call) => {
        const [response] = await Promise.all([next.generate(request, call), next.generate(request, call)]);
        return response;
      }),
      /two runs differ in events\[\d+\]/,
    ],
  ],
  "a listener changes nothing, even if it throws": [
    [
      "it asks whether anybody listens",
      layer(async (next, request, call) => {
        const response = await next.generate(request, call);
        return call.listening ? shout(response) : response;
      }),
      /expected the same without a listener and with one, they differ in text/,
    ],
  ],
  "stack is associative": [
    [
      "it changes the model beneath",
      (next) => Object.assign(next, { id: `layer(${next.id})` }),
      /read only property 'id'/,
    ],
    [
      "it knows the model beneath by what else it has",
      (next) =>
        layer(async (_, request, call) => ({
          ...(await next.generate(request, call)),
          bottom: "requests" in next,
          frozen: Object.isFrozen(next),
        }))(next),
      /expected nothing, layer to do what the layer does, they differ in response\.frozen: false, then true/,
    ],
  ],
  "requests and responses are never mutated": [
    [
      "it adds a message",
      layer((next, request, call) => {
        (request.messages as unknown[]).push({ role: "user", content: "Think step by step." });
        return next.generate(request, call);
      }),
      /expected the request to stay as it was, it differs in messages\[1\]/,
    ],
    [
      "it sets an option of a provider",
      layer((next, request, call) => {
        const list = request.providerOptions?.beneath?.list as number[];
        list[1] = 3;
        return next.generate(request, call);
      }),
      /it differs in providerOptions\.beneath\.list\[1\]: 2, then 3/,
    ],
    [
      "it changes the text",
      layer(async (next, request, call) => {
        const response = await next.generate(request, call);
        return Object.assign(response, { text: "mine" });
      }),
      /expected the responses from beneath to stay as they were, one differs in text/,
    ],
    [
      "it adds a warning",
      layer(async (next, request, call) => {
        const response = await next.generate(request, call);
        (response.warnings as unknown[]).push({ code: "mine", message: "mine" });
        return response;
      }),
      /one differs in warnings\[0\]/,
    ],
  ],
  "unknown fields of the response pass through": [
    [
      "it makes a response of its own",
      layer(async (next, request, call) => {
        const { text, finishReason, usage } = await next.generate(request, call);
        return { text, finishReason, usage };
      }),
      /expected `extra` of a response from beneath \(\["call 0"\]\), got undefined/,
    ],
  ],
  "a failure beneath is handled, or comes through": [
    [
      "it has its own error",
      layer(replaceError),
      /expected a response or the error itself when every call fails .*, got Error: it failed/,
    ],
    [
      "it answers with the error",
      layer((next, request, call) =>
        next.generate(request, call).catch((error: unknown) => ({ ...made, text: String(error) })),
      ),
      /expected no text of an error in the answer when every call fails/,
    ],
    [
      "it looks at a call too late",
      layer(async (next, request, call) => {
        const first = next.generate(request, call);
        await sleep(call, 200);
        return first;
      }),
      /expected every rejection to be handled when every call fails with .*, 1 were not/,
    ],
    [
      "it forgets a call",
      layer(async (next, request, call) => {
        const [, response] = [next.generate(request, call), await next.generate(request, call)];
        return response;
      }),
      /expected every rejection to be handled/,
    ],
  ],
};

const made: ModelResponse = { text: "made up", finishReason: "stop", usage: noUsage };

function replaceError(next: Model, request: ModelRequest, call: Call): Promise<ModelResponse> {
  return next.generate(request, call).catch(() => {
    throw new Error("it failed");
  });
}

/** What the check of a law says; rejections that it causes are not those of the test. */
async function verdict(subject: Layer, name: string): Promise<string | undefined> {
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", () => {});
  try {
    await middlewareLaws(subject)
      .find((law) => law.name === name)!
      .check();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    process.removeAllListeners("unhandledRejection");
    for (const other of others) process.on("unhandledRejection", other);
  }
}

test("every law has layers that break it", () => {
  expect(Object.keys(wrong)).toEqual(middlewareLaws((model) => model).map(({ name }) => name));
});

describe.each(Object.entries(wrong))("broken law: %s", (name, mutants) => {
  test.each(mutants)("%s", async (_, subject, message) => {
    const said = await verdict(subject, name);
    expect(said).toMatch(message);
    expect(said?.startsWith(`${name}: expected`) ?? false).toBe(!message.source.includes("read only"));
  });
});

describe("options", () => {
  const identity = layer((next, request, call) => next.generate(request, call));
  const names = middlewareLaws(identity).map(({ name }) => name);

  test("laws can be left out by name, with a reason", () => {
    const skip = { "stack is associative": "it looks at what lies beneath" };
    expect(middlewareLaws(identity, { skip }).map(({ name }) => name)).toEqual(names.filter((name) => !(name in skip)));
    expect(() => middlewareLaws(identity, { skip: { "no such law": "…" } })).toThrow(
      "skip must be names of laws (an aborted call",
    );
    expect(() => middlewareLaws(identity, { skip: { "stack is associative": " " } })).toThrow("must be the reason");
  });

  test("the prompt, the replies and the capabilities are what the layer sees", async () => {
    const seen = new Set<string>();
    const spy: Layer = (next) =>
      wrap("spy", next, async (request, call) => {
        const response = await next.generate(request, call);
        seen.add(`${textOf(request.messages[0]!)}: ${response.text} (${next.capabilities.temperature!})`);
        return response;
      });
    for (const prompt of ["Well?", { messages: [{ role: "user", content: "Well?" }] } as const]) {
      for (const replies of [["yes", { text: "no" }], () => "yes"]) {
        for (const { check } of middlewareLaws(spy, { prompt, replies, capabilities: { temperature: false } }))
          await check();
      }
    }
    expect(seen).toEqual(new Set(["Well?: yes (false)", "Well?: no (false)"]));
  });

  test("a layer that cannot use the default replies says so", async () => {
    const picky = layer(async (next, request, call) => {
      const { text } = await next.generate(request, call);
      JSON.parse(text);
      throw new Error("unreachable");
    });
    const [, law] = middlewareLaws(picky);
    await expect(law!.check()).rejects.toThrow(
      /expected a response \(does the layer need other `replies` or `capabilities`\?\), got SyntaxError/,
    );
  });

  test("a run that never ends says so", async () => {
    const [, law] = middlewareLaws(layer(() => new Promise(() => {})));
    await expect(law!.check()).rejects.toThrow(
      "expected the promise to settle, but no timer of this clock is left that could do it",
    );
  });

  test("options are checked at once", () => {
    expect(() => middlewareLaws(scripted(["one"]) as never)).toThrow("layer must be a function from model to model");
    expect(() => middlewareLaws(identity, { reply: "one" } as never)).toThrow("an option must be one of");
    expect(() => middlewareLaws(identity, { replies: [] })).toThrow(
      "replies must be a function, or a list of at least one",
    );
  });

  test("any layer fits, whatever it adds to the response", () => {
    expectTypeOf(middlewareLaws((model) => stack(model, sampleN(3), majorityVote()))).toEqualTypeOf<readonly Law[]>();
    expectTypeOf<Law["check"]>().toEqualTypeOf<() => Promise<void>>();
  });
});
