/**
 * @module
 * Events: every start has its end, and the emitter is typed.
 */
import { describe, expect, expectTypeOf, test } from "vitest";
import { Events, run, sampleN, stack, type DeltaEvent, type EndEvent, type MullEvent, type Usage } from "mull";
import { fc, test as prop } from "@fast-check/vitest";
import { virtualClock } from "mull/testing";
import { Ledger } from "./ledger.js";
import { build, layers, providers } from "./stacks.js";

describe("Events", () => {
  test("hears each kind by its name; once, on and off", async () => {
    const events = new Events();
    const heard: string[] = [];
    const onStart = ({ path }: { readonly path: readonly string[] }): unknown => heard.push(`start ${path.join("/")}`);
    events.on("start", onStart);
    events.once("sample", ({ index }) => heard.push(`sample ${index}`));
    const model = new Ledger().model({
      timing: 0,
      n: false,
      knows: "all",
      counts: true,
      price: undefined,
      failing: 0,
      deaf: false,
      longest: 5,
      slowest: 0,
    });
    await run(stack(model, sampleN(2)), "hi", { events, seed: 1 });
    expect(heard).toEqual(["start sampleN", ...paths(0), "sample 0", ...paths(1)]);
    events.off("start", onStart);
    await run(model, "hi", { events });
    expect(heard).toHaveLength(6);
  });

  test("types: each name has its event", () => {
    const events = new Events();
    events.on("delta", (event) => expectTypeOf(event).toEqualTypeOf<DeltaEvent>());
    events.on("end", (event) => {
      expectTypeOf(event).toEqualTypeOf<EndEvent>();
      expectTypeOf(event.usage).toEqualTypeOf<Usage>();
    });
    // @ts-expect-error -- there is no such event
    events.on("finish", () => {});
    expectTypeOf<MullEvent["path"]>().toEqualTypeOf<readonly string[]>();
  });
});

const paths = (index: number): readonly string[] => [
  `start sampleN/#${index}/books`,
  `start sampleN/#${index}/books/provider`,
];

prop.prop({ specs: layers, provider: providers, seed: fc.nat(), abortAt: fc.option(fc.nat(200)) }, { numRuns: 100 })(
  "in any stack: one start, then one end or error for each path, words between; nothing starts after the run is over",
  async ({ specs, provider, seed, abortAt }) => {
    const clock = virtualClock();
    const controller = new AbortController();
    if (abortAt !== null) clock.setTimeout(() => controller.abort(new Error("left")), abortAt);
    const open = new Set<string>();
    const over = new Set<string>();
    const faults: string[] = [];
    let settled = false;
    const onEvent = (event: MullEvent): void => {
      const path = event.path.join("/");
      if (event.type === "start") {
        if (open.has(path) || over.has(path)) faults.push(`${path} starts twice`);
        if (settled) faults.push(`${path} starts after the end`);
        open.add(path);
      } else if (event.type === "end" || event.type === "error") {
        if (!open.delete(path)) faults.push(`${path} ends without a start`);
        if (!(event.ms >= 0)) faults.push(`${path} took ${event.ms} ms`);
        over.add(path);
      } else if (event.type === "delta" && !open.has(path)) faults.push(`${path} speaks while it does not run`);
    };
    const model = build(new Ledger().model(provider), specs);
    const end = (): void => {
      settled = true;
    };
    await clock.until(
      run(model, "What is one and one?", { clock, seed, onEvent, signal: controller.signal }).then(end, end),
    );
    await clock.runAll();
    expect(faults).toEqual([]);
    expect([...open]).toEqual([]);
  },
  30_000,
);
