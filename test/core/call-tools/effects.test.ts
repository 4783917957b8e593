/**
 * @module
 * Tools that change something outside: once in a run, whatever stands around the loop, and whatever happens to it.
 */
import { fc, test } from "@fast-check/vitest";
import {
  BudgetExceededError,
  fallback,
  hedge,
  MullError,
  ProviderError,
  retry,
  reviseLoop,
  run,
  sampleN,
  sleep,
  stack,
  timeout,
  tool,
  toolLoop,
  wrap,
  type Approval,
  type Call,
  type EarlierCall,
  type Middleware,
  type Model,
  type ModelRequest,
  type RunOptions,
  type ToolCallPart,
  type ToolLoopOptions,
  type ToolRun,
} from "mull";
import { scripted, virtualClock, type ScriptedReply } from "mull/testing";
import { describe, expect } from "vitest";
import * as z from "zod";

const busy = new ProviderError("overloaded", { status: 503 });

let ids = 0;
const send = (to: string): ToolCallPart => ({ type: "tool-call", id: `call-${ids++}`, name: "send", input: { to } });
const calling = (...toolCalls: readonly ToolCallPart[]): ScriptedReply => ({ text: "", toolCalls });

/** Sends letters, and keeps a copy of each. `how` says what becomes of the k-th. */
function post(how: (call: Call, to: string, sent: number) => unknown = (_, to) => `sent to ${to}`) {
  const sent: string[] = [];
  const mail = tool({
    name: "send",
    description: "Sends a letter.",
    input: z.object({ to: z.string() }),
    effect: true,
    execute: ({ to }, call) => {
      sent.push(to);
      return how(call, to, sent.length);
    },
  });
  return { mail, sent };
}

const slowly =
  (ms: number) =>
  async (call: Call, to: string): Promise<string> => {
    await sleep(call, ms);
    return `sent to ${to}`;
  };

/** Does not listen when it is given up. */
const deafly =
  (ms: number) =>
  async ({ clock }: Call, to: string): Promise<string> => {
    await new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
    return `sent to ${to}`;
  };

/** What the tools said: `→ sent`, with `!` where it is an error. */
const said = ({ steps }: Pick<ToolRun, "steps">): readonly string[] =>
  steps.flatMap(({ results }) =>
    results.map(
      ({ output, isError }) => `${isError ? "!" : "→"} ${typeof output === "string" ? output : JSON.stringify(output)}`,
    ),
  );

const again = "Not done again: this call was made before in this run, and this is what it gave.";
const twice = "Nothing is done twice unless it is allowed.";

async function go<Out extends ToolRun>(model: Model<Out>, options: RunOptions = {}) {
  const clock = virtualClock();
  const response = await clock.until(run(model, "q", { clock, seed: 1, ...options }));
  await clock.runAll();
  return { response, clock };
}

/** Calls `send` for each of these, one step after the other; then answers. */
const steps = (...letters: readonly (string | readonly string[])[]) =>
  scripted(({ messages }) => {
    const step = messages.filter(({ role }) => role === "tool").length;
    const to = letters[step];
    return to === undefined ? "done" : calling(...[to].flat().map(send));
  });

describe("in one loop", () => {
  test.each<[what: string, letters: readonly (string | readonly string[])[], sent: string[], said: string[]]>([
    [
      "other arguments are other calls",
      ["Ann", ["Bob", "Cid"]],
      ["Ann", "Bob", "Cid"],
      ["→ sent to Ann", "→ sent to Bob", "→ sent to Cid"],
    ],
    ["the same again, in a later step", ["Ann", "Ann"], ["Ann"], ["→ sent to Ann", `→ sent to Ann\n\n(${again})`]],
    ["the same twice at the same time", [["Ann", "Ann"]], ["Ann"], ["→ sent to Ann", `→ sent to Ann\n\n(${again})`]],
  ])("%s", async (_, letters, sent, told) => {
    for (const how of [undefined, slowly(20)]) {
      const { mail, sent: copies } = post(how);
      const { response, clock } = await go(stack(steps(...letters), toolLoop({ tools: [mail] })));
      expect([copies, said(response)]).toEqual([sent, told]);
      expect(clock.pending).toBe(0);
    }
  });

  test("a result that is no text keeps its form", async () => {
    const { mail } = post(() => ({ id: 7 }));
    const { response } = await go(stack(steps("Ann", "Ann"), toolLoop({ tools: [mail] })));
    expect(response.steps[1]?.results[0]?.output).toEqual({ result: { id: 7 }, note: again });
  });

  test("arguments are compared as the schema gives them, in any order", async () => {
    const seen: unknown[] = [];
    const pay = tool({
      name: "pay",
      description: "Pays.",
      input: z.object({ to: z.string(), usd: z.coerce.number().default(1) }),
      effect: true,
      execute: (input) => seen.push(input),
    });
    const use = (input: unknown): ToolCallPart => ({ type: "tool-call", id: `p${ids++}`, name: "pay", input });
    const model = scripted([
      calling(use({ to: "Ann" }), use({ usd: 1, to: "Ann" }), use({ to: "Ann", usd: "1" }), use({ to: "Ann", usd: 2 })),
      "done",
    ]);
    await go(stack(model, toolLoop({ tools: [pay] })));
    expect(seen).toEqual([
      { to: "Ann", usd: 1 },
      { to: "Ann", usd: 2 },
    ]);
  });

  test("what the schema makes that is no JSON is told by what the model wrote", async () => {
    const seen: unknown[] = [];
    const mark = tool({
      name: "mark",
      description: "Marks.",
      input: z.object({ ids: z.array(z.string()).transform((list) => new Set(list)) }),
      effect: true,
      execute: ({ ids: set }) => seen.push([...set]),
    });
    const use = (...list: string[]): ToolCallPart => ({
      type: "tool-call",
      id: `m${ids++}`,
      name: "mark",
      input: { ids: list },
    });
    await go(stack(scripted([calling(use("a"), use("b"), use("a")), "x"]), toolLoop({ tools: [mark] })));
    expect(seen).toEqual([["a"], ["b"]]);
  });

  test.each<[what: string, failing: (call: Call) => unknown, told: string[]]>([
    [
      "fails",
      () => {
        throw new Error("no stamp");
      },
      [
        "! no stamp",
        `! Not done: in this run, send was called before with the same arguments. That call failed: no stamp (it may have had its effect all the same). ${twice}`,
      ],
    ],
    [
      "takes too long and listens",
      (call) => sleep(call, 500),
      [
        "! send took longer than 100 ms; whether it was done all the same is not known",
        `! Not done: in this run, send was called before with the same arguments. That call failed: send took longer than 100 ms; whether it was done all the same is not known (it may have had its effect all the same). ${twice}`,
      ],
    ],
    [
      "takes too long, and is done in the end",
      (call) => deafly(150)(call, "Ann"),
      ["! send took longer than 100 ms; whether it was done all the same is not known", `→ sent to Ann\n\n(${again})`],
    ],
    [
      "never ends",
      () => new Promise(() => undefined),
      [
        "! send took longer than 100 ms; whether it was done all the same is not known",
        `! Not done: in this run, send was called before with the same arguments. That call has not ended yet. ${twice}`,
      ],
    ],
  ])("a call that %s counts as made", async (_, failing, told) => {
    const { mail, sent } = post(failing);
    const { response, clock } = await go(
      stack(steps("Ann", "Ann"), toolLoop({ tools: [mail], timeoutMs: 100, retries: 2 })),
    );
    expect([sent, said(response)]).toEqual([["Ann"], told]);
    expect(clock.pending).toBe(0);
  });

  test("every run begins anew", async () => {
    const { mail, sent } = post();
    const solver = stack(steps("Ann"), toolLoop({ tools: [mail] }));
    await go(solver);
    await go(solver);
    expect(sent).toEqual(["Ann", "Ann"]);
  });

  test("a tool without an effect runs as often as it is called", async () => {
    const { mail, sent } = post();
    await go(stack(steps(["Ann", "Ann"], "Ann"), toolLoop({ tools: [{ ...mail, effect: false }] })));
    expect(sent).toHaveLength(3);
  });
});

describe("in several loops of one run", () => {
  test("samples at the same time: the first to come does it, the others wait for what it gives", async () => {
    const { mail, sent } = post(slowly(50));
    const solver = stack(steps("Ann"), toolLoop({ tools: [mail] }), sampleN(5));
    const clock = virtualClock();
    const { samples } = await clock.until(run(solver, "q", { clock, seed: 1 }));
    expect(sent).toEqual(["Ann"]);
    expect(samples.map((each) => said(each)[0]).sort()).toEqual([
      "→ sent to Ann",
      ...Array.from({ length: 4 }, () => `→ sent to Ann\n\n(${again})`),
    ]);
    expect([clock.now(), clock.pending]).toEqual([50, 0]);
  });

  test("a revised draft: the same is told, something else is refused, with what was done", async () => {
    const { mail, sent } = post();
    const model = scripted([calling(send("Ann")), "v1", calling(send("Ann"), send("Bob")), "v2"]);
    const revise = reviseLoop<ToolRun>({ feedback: ({ text }) => ({ ok: text === "v2", message: "again" }) });
    const { response } = await go(stack(model, toolLoop({ tools: [mail] }), revise));
    expect(sent).toEqual(["Ann"]);
    expect(said(response)).toEqual([
      `→ sent to Ann\n\n(${again})`,
      `! Not done: in this run, send was called before by another attempt, with {"to":"Ann"}. That call gave: sent to Ann. ${twice}`,
    ]);
  });

  test.each<[what: string, layer: Middleware<ToolRun>]>([
    ["retry", retry({ baseMs: 0 })],
    ["fallback", (next) => stack(next, fallback([next]))],
  ])("%s, after a step that failed", async (_, layer) => {
    const { mail, sent } = post();
    const model = scripted([calling(send("Ann")), busy, calling(send("Ann")), "done"]);
    const { response } = await go(stack(model, toolLoop({ tools: [mail] }), layer));
    expect([sent, said(response)]).toEqual([["Ann"], [`→ sent to Ann\n\n(${again})`]]);
  });

  test.each<[what: string, how: (call: Call, to: string) => Promise<string>, told: string]>([
    ["it ends", deafly(60), `→ sent to Ann\n\n(${again})`],
    [
      "it listens",
      slowly(60),
      `! Not done: in this run, send was called before with the same arguments. That call failed: the call took longer than 50 ms (it may have had its effect all the same). ${twice}`,
    ],
  ])("a loop that is given up while it sends: %s, and the next one does not send again", async (_, how, told) => {
    const { mail, sent } = post(how);
    const solver = stack(steps("Ann"), toolLoop({ tools: [mail] }), timeout(50), retry({ baseMs: 0 }));
    const { response, clock } = await go(solver);
    expect([sent, said(response), clock.pending]).toEqual([["Ann"], [told], 0]);
  });

  test("a hedged loop waits for what the first one does, and gets it though that was given up", async () => {
    const { mail, sent } = post(deafly(100));
    // The first loop goes on slowly after the letter.
    const model = scripted(
      ({ messages }) => (messages.some(({ role }) => role === "tool") ? "done" : calling(send("Ann"))),
      {
        latencyMs: (index) => (index === 2 ? 500 : 1),
      },
    );
    const { response, clock } = await go(stack(model, toolLoop({ tools: [mail] }), hedge({ afterMs: 20 })));
    expect(sent).toEqual(["Ann"]);
    expect(said(response)).toEqual([`→ sent to Ann\n\n(${again})`]);
    expect(clock.pending).toBe(0);
  });

  test("who is given up while it waits for another leaves at once; the other goes on", async () => {
    const { mail, sent } = post(slowly(100));
    const controller = new AbortController();
    const clock = virtualClock();
    const solver = stack(steps("Ann"), toolLoop({ tools: [mail] }), sampleN(3));
    const running = run(solver, "q", { clock, seed: 1, signal: controller.signal });
    running.catch(() => undefined);
    await clock.advance(10);
    controller.abort("left");
    await expect(clock.until(running)).rejects.toBe("left");
    expect([sent, clock.now(), clock.pending]).toEqual([["Ann"], 10, 0]);
  });

  test("a tool that calls itself by way of a model is not waited for", async () => {
    const deep = scripted(["deep", calling(send("Ann")), "deep", calling(send("Ann")), "deep"].slice(1), {
      id: "deep",
    });
    const { mail, sent } = post(async (call) => {
      const request: ModelRequest = { messages: [{ role: "user", content: "q" }] };
      const inner = stack(deep, toolLoop({ tools: [mail] }));
      return said(await inner.generate(request, call)).join();
    });
    const { response } = await go(stack(steps("Ann"), toolLoop({ tools: [mail] })));
    expect(sent).toEqual(["Ann"]);
    expect(said(response)).toEqual([
      `→ ! Not done: in this run, send was called before with the same arguments. That call has not ended yet. ${twice}`,
    ]);
  });

  test("a result is cut for each who reads it", async () => {
    const { mail } = post(() => "x".repeat(100));
    const { response } = await go(stack(steps("Ann", "Ann"), toolLoop({ tools: [mail], maxResult: 10 })));
    expect(said(response)).toEqual([
      `→ ${"x".repeat(10)}\n[cut: 10 of 100 characters]`,
      `→ ${"x".repeat(10)}\n[cut: 10 of 100 characters]\n\n(${again})`,
    ]);
  });
});

describe("asking whether to do it again", () => {
  test.each<[what: string, answer: Approval, sent: string[], told: string]>([
    ["yes", true, ["Ann", "Ann"], "→ sent to Ann"],
    ["no", false, ["Ann"], `→ sent to Ann\n\n(${again})`],
    ["no, and why", "once is enough", ["Ann"], "! The call of send was not allowed: once is enough"],
  ])("%s", async (_, answer, sent, told) => {
    for (const repeat of [() => answer, async () => answer]) {
      const { mail, sent: copies } = post();
      const { response } = await go(stack(steps("Ann", "Ann"), toolLoop({ tools: [mail], repeat })));
      expect([copies, said(response)]).toEqual([sent, ["→ sent to Ann", told]]);
    }
  });

  test("what was done before is shown", async () => {
    const seen: unknown[] = [];
    const { mail } = post((_, to) => {
      if (to === "Bob") throw new Error("no such house");
      return { to };
    });
    const model = scripted([
      calling(send("Ann"), send("Bob")),
      calling(send("Ann"), send("Bob")),
      busy,
      calling(send("Cid")),
      "x",
    ]);
    const repeat = ({ input }: { input: unknown }, earlier: EarlierCall): boolean => {
      seen.push([input, earlier]);
      return false;
    };
    await go(stack(model, toolLoop({ tools: [mail], repeat }), retry({ baseMs: 0 })));
    const error = new Error("no such house");
    expect(seen).toEqual([
      [
        { to: "Ann" },
        {
          input: { to: "Ann" },
          state: "done",
          output: { to: "Ann" },
          error: undefined,
          sameInput: true,
          sameLoop: true,
        },
      ],
      [
        { to: "Bob" },
        { input: { to: "Bob" }, state: "failed", output: undefined, error, sameInput: true, sameLoop: true },
      ],
      [
        { to: "Cid" },
        { input: { to: "Bob" }, state: "failed", output: undefined, error, sameInput: false, sameLoop: false },
      ],
    ]);
  });

  test("another loop may do something else where that is allowed, and then the first is asked, too", async () => {
    const { mail, sent } = post();
    const asked: string[] = [];
    const model = scripted([calling(send("Ann")), busy, calling(send("Bob")), calling(send("Cid")), "x"]);
    const repeat = ({ input }: { input: unknown }, { state, sameLoop }: EarlierCall): boolean => {
      asked.push(`${JSON.stringify(input)} ${state} ${String(sameLoop)}`);
      return true;
    };
    await go(stack(model, toolLoop({ tools: [mail], repeat }), retry({ baseMs: 0 })));
    expect(sent).toEqual(["Ann", "Bob", "Cid"]);
    expect(asked).toEqual(['{"to":"Bob"} done false', '{"to":"Cid"} done false']);
  });

  test("what approve allows is not yet repeated; what may be repeated must still be approved", async () => {
    const log: string[] = [];
    const { mail, sent } = post();
    const options = (repeat: boolean): ToolLoopOptions => ({
      tools: [mail],
      approve: () => log.push("approve") > 0,
      repeat: () => (log.push("repeat"), repeat),
    });
    await go(stack(steps("Ann", "Ann"), toolLoop(options(false))));
    expect([log, sent]).toEqual([["approve", "repeat"], ["Ann"]]);
    log.length = sent.length = 0;
    await go(stack(steps("Ann", "Ann"), toolLoop(options(true))));
    expect([log, sent]).toEqual([
      ["approve", "repeat", "approve"],
      ["Ann", "Ann"],
    ]);
  });

  test("an answer that is none is an error", async () => {
    const { mail } = post();
    const repeat = (() => undefined) as unknown as () => boolean;
    await expect(go(stack(steps("Ann", "Ann"), toolLoop({ tools: [mail], repeat })))).rejects.toMatchObject({
      code: "invalid-option",
      message: "toolLoop: what repeat returns must be true, false, or a text that says why not, got undefined",
    });
  });
});

describe("asking for approval", () => {
  /** Answers after a while, with the k-th of these; the last one for all who come later. */
  const slowAnswers = (ms: number, ...answers: readonly Approval[]) => {
    const asked: unknown[] = [];
    const approve: ToolLoopOptions["approve"] = async ({ input }, { call }) => {
      asked.push(input);
      const answer = answers[Math.min(asked.length, answers.length) - 1]!;
      await sleep(call, ms);
      return answer;
    };
    return { asked, approve };
  };

  test.each<[answer: Approval, sent: number, told: string[]]>([
    [true, 1, ["→ sent to Ann", `→ sent to Ann\n\n(${again})`, `→ sent to Ann\n\n(${again})`]],
    [false, 0, Array.from({ length: 3 }, () => "! The call of send was not allowed.")],
    ["too late", 0, Array.from({ length: 3 }, () => "! The call of send was not allowed: too late")],
  ])("%j: of several who want the same at the same time, one asks", async (answer, letters, told) => {
    const { mail, sent } = post();
    const { asked, approve } = slowAnswers(1000, answer);
    const clock = virtualClock();
    const solver = stack(steps("Ann"), toolLoop({ tools: [mail], approve }), sampleN(3));
    const { samples } = await clock.until(run(solver, "q", { clock, seed: 1 }));
    expect([asked.length, sent.length]).toEqual([1, letters]);
    expect(samples.map((each) => said(each)[0]).sort()).toEqual([...told].sort());
  });

  test("if the one who asks is given up, the next one asks", async () => {
    const { mail, sent } = post();
    const { asked, approve } = slowAnswers(80, true);
    // The first attempt is given up while somebody is asked; the second has enough time.
    const solver = stack(
      steps("Ann"),
      toolLoop({ tools: [mail], approve }),
      hedge({ afterMs: 40 }),
      (next: Model<ToolRun>) =>
        wrap("patient", next, async (request, call) => {
          const first = stack(next, timeout(50)).generate(request, call.child("a"));
          const second = next.generate(request, call.child("b"));
          await first.catch(() => undefined);
          return second;
        }),
    );
    const { response } = await go(solver);
    expect(sent).toEqual(["Ann"]);
    expect(asked).toHaveLength(2);
    expect(said(response)).toEqual(["→ sent to Ann"]);
  });

  test("what two loops want at the same time, and both may, only one does", async () => {
    const { mail, sent } = post(slowly(5));
    const { asked, approve } = slowAnswers(100, true);
    let first = true;
    const model = scripted(({ messages }) => {
      if (messages.some(({ role }) => role === "tool")) return "done";
      const to = first ? "Ann" : "Bob";
      first = false;
      return calling(send(to));
    });
    const clock = virtualClock();
    const solver = stack(model, toolLoop({ tools: [mail], approve }), sampleN(2));
    const { samples } = await clock.until(run(solver, "q", { clock, seed: 1 }));
    expect(asked).toEqual([{ to: "Ann" }, { to: "Bob" }]);
    expect(sent).toEqual(["Ann"]);
    expect(samples.map((each) => said(each)[0])).toEqual([
      "→ sent to Ann",
      `! Not done: in this run, send was called before by another attempt, with {"to":"Ann"}. That call gave: sent to Ann. ${twice}`,
    ]);
  });

  test("calls of one loop with other arguments are asked about side by side", async () => {
    const { mail, sent } = post();
    const { asked, approve } = slowAnswers(100, true, "not him", true);
    const { response, clock } = await go(stack(steps(["Ann", "Bob", "Cid"]), toolLoop({ tools: [mail], approve })));
    expect([asked.length, sent, clock.now()]).toEqual([3, ["Ann", "Cid"], 100]);
    expect(said(response)[1]).toBe("! The call of send was not allowed: not him");
  });
});

describe("law: each effect at most once, and once where a loop that wanted it came to its end", () => {
  const who = ["Ann", "Bob", "Cid"];
  const layers: Readonly<Record<string, Middleware<ToolRun>>> = {
    nothing: (next) => next,
    retry: retry({ baseMs: 10, attempts: 3, retryIf: () => true }),
    hedge: hedge({ afterMs: 15 }),
    timeout: (next) => stack(next, timeout(60), retry({ baseMs: 0, attempts: 3 })),
    fallback: (next) => stack(next, fallback([next])),
    revise: (next) =>
      stack(
        next,
        reviseLoop<ToolRun>({ rounds: 2, feedback: ({ text }) => ({ ok: text === "fine", message: "again" }) }),
      ),
  };
  const world = fc.record({
    samples: fc.integer({ min: 1, max: 5 }),
    layer: fc.constantFrom(...Object.keys(layers)),
    /** How long the k-th letter takes, and what becomes of it. */
    letters: fc.array(fc.record({ ms: fc.integer({ min: 0, max: 40 }), fails: fc.boolean(), deaf: fc.boolean() }), {
      minLength: 1,
      maxLength: 6,
    }),
    /** How long the k-th reply takes, and what it says: whom to write to, or an error. */
    replies: fc.array(
      fc.record({
        ms: fc.integer({ min: 0, max: 30 }),
        to: fc.array(fc.constantFrom(...who), { maxLength: 3 }),
        fails: fc.integer({ min: 0, max: 5 }),
      }),
      { minLength: 1, maxLength: 8 },
    ),
    tools: fc.record({
      timeoutMs: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
      concurrency: fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined }),
      retries: fc.integer({ min: 0, max: 2 }),
      onToolError: fc.constantFrom("report" as const, "throw" as const),
      asks: fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }),
    }),
    calls: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
    ms: fc.option(fc.integer({ min: 1, max: 150 }), { nil: undefined }),
    leaves: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
  });

  test.prop([world], { numRuns: 400 })(
    "whatever happens",
    async ({ samples, layer, letters, replies, tools, calls, ms, leaves }) => {
      const { mail, sent } = post(async (call, to, index) => {
        const letter = letters[index % letters.length]!;
        await (letter.deaf ? deafly(letter.ms)(call, to) : slowly(letter.ms)(call, to));
        if (letter.fails) throw new Error("no stamp");
        return `sent to ${to}`;
      });
      const pick = (index: number) => replies[index % replies.length]!;
      const model = scripted(
        ({ messages, toolChoice }, _, index) => {
          const { to, fails } = pick(index);
          if (fails === 5) return busy;
          const over = toolChoice === "none" || messages.filter(({ role }) => role === "tool").length >= 2;
          return over || to.length === 0 ? (fails === 4 ? "fine" : "so so") : calling(...to.map(send));
        },
        { latencyMs: (index) => pick(index).ms },
      );
      const { asks, ...options } = tools;
      const approve: ToolLoopOptions["approve"] =
        asks === undefined ? undefined : (_, { call }) => sleep(call, asks).then(() => true);
      const solver = stack(model, toolLoop({ tools: [mail], approve, ...options }), layers[layer]!, sampleN(samples));
      const clock = virtualClock();
      const controller = new AbortController();
      if (leaves !== undefined) clock.setTimeout(() => controller.abort("left"), leaves);
      const budget = calls === undefined && ms === undefined ? undefined : { calls, ms };
      const response = await clock
        .until(run(solver, "q", { clock, seed: 1, budget: budget as RunOptions["budget"], signal: controller.signal }))
        .catch((error: unknown) => {
          if (error !== "left" && !MullError.is(error)) throw error;
          if (BudgetExceededError.is(error)) expect(budget).toBeDefined();
        });
      await clock.runAll();

      // At most once.
      expect(new Set(sent).size).toBe(sent.length);
      for (const { steps: made } of response?.samples ?? []) {
        for (const [step, { calls: asked, results }] of made.entries()) {
          expect(results.map(({ id }) => id)).toEqual(asked.map(({ id }) => id));
          for (const [place, { input }] of asked.entries()) {
            const { output, isError } = results[place]!;
            const { to } = input as { readonly to: string };
            const given = JSON.stringify(output);
            // Whatever was promised was sent, and to whom it says.
            if (isError !== true) expect(sent).toContain(to);
            if (isError !== true) expect(given).toContain(`sent to ${to}`);
            // Whatever was not is another loop's business, or was given up with the budget.
            if (!sent.includes(to)) expect(given, `step ${step}`).toMatch(/by another attempt|given up before its end/);
          }
        }
      }
      // Loops that came to their end have sent something, if they wanted to and nothing ended before.
      const wanted = (response?.samples ?? []).some(
        ({ steps: made, stopped }) => made.length > 0 && stopped === "done",
      );
      if (wanted) expect(sent.length).toBeGreaterThan(0);
    },
  );
});
