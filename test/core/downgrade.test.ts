/**
 * @module
 * Requests that ask for more than the model has: said aloud, never silently.
 */
import { describe, expect, test } from "vitest";
import { CapabilityError, run, source, type Capabilities, type ModelRequest, type MullEvent } from "mull";

const messages = [{ role: "user", content: "hi" }] as const;
const tool = { name: "look", description: "", inputSchema: {} };

/** A model of these capabilities, and what it was asked. */
async function ask(capabilities: Capabilities, settings: Partial<ModelRequest>) {
  const requests: ModelRequest[] = [];
  const events: MullEvent[] = [];
  const model = source("m", capabilities, async (request) => {
    requests.push(request);
    return { text: "x" };
  });
  const asked = Object.freeze({ messages, ...settings });
  const response = await run(model, asked, { onEvent: (event) => event.type === "downgrade" && events.push(event) });
  return { asked, requests, events, warnings: response.warnings };
}

test("what a provider says that it left out is told, too", async () => {
  const warnings = [
    { code: "downgrade", message: "temperature is not supported", capability: "temperature" },
    { code: "own", message: "something else" },
  ];
  const events: MullEvent[] = [];
  const model = source("m", {}, () => Promise.resolve({ text: "x", warnings }));
  const response = await run(model, "q", { onEvent: (event) => events.push(event) });
  expect(response.warnings).toEqual(warnings);
  expect(events.map(({ type }) => type)).toEqual(["start", "downgrade", "end"]);
  expect(events[1]).toMatchObject({ capability: "temperature", message: "temperature is not supported" });
});

describe("knobs that can be left out", () => {
  const left = (capability: string, field: string): string => `m does not support ${capability}: ${field} was left out`;
  test.each<[capability: keyof Capabilities, settings: Partial<ModelRequest>]>([
    ["temperature", { temperature: 0 }],
    ["temperature", { temperature: 1, topP: 0.9, topK: 40 }],
    ["seed", { seed: 0 }],
    ["effort", { effort: "high" }],
    ["logprobs", { logprobs: 0 }],
    ["schema", { schema: { jsonSchema: {} } }],
  ])("%s: %j", async (capability, settings) => {
    const { asked, requests, events, warnings } = await ask({ [capability]: false }, settings);
    const messagesOf = Object.keys(settings).map((field) => left(capability, field));
    expect(requests).toEqual([{ messages }]);
    expect(warnings).toEqual(messagesOf.map((message) => ({ code: "downgrade", message, capability })));
    expect(events).toEqual(messagesOf.map((message) => ({ type: "downgrade", path: ["m"], capability, message })));
    expect(asked).toEqual({ messages, ...settings });
  });

  test("several at once; what the model has is kept", async () => {
    const { requests, warnings } = await ask(
      { seed: false, effort: false, temperature: true },
      { seed: 1, effort: "low", temperature: 1 },
    );
    expect(requests).toEqual([{ messages, temperature: 1 }]);
    expect(warnings).toHaveLength(2);
  });
});

describe("what makes it another question", () => {
  test.each<[capability: keyof Capabilities, settings: Partial<ModelRequest>]>([
    ["tools", { tools: [tool] }],
    ["prefill", { prefill: "The" }],
    ["prefill", { prefill: "" }],
  ])("%s is refused: %j", async (capability, settings) => {
    const error: unknown = await ask({ [capability]: false }, settings).catch((thrown: unknown) => thrown);
    expect(CapabilityError.is(error)).toBe(true);
    expect(error).toMatchObject({
      capability,
      model: "m",
      message: `m does not support ${capability}, which the request asks for`,
    });
  });

  test("no tools are none", async () => {
    expect((await ask({ tools: false }, { tools: [] })).requests).toEqual([{ messages, tools: [] }]);
  });
});

describe("what is asked beside words", () => {
  const score = "m cannot score a given text, which the request asks for: tiny() of mull/tiny can";
  const latent = (field: string): string => `m does not support latent.${field}, which the request asks for`;
  test.each<[capabilities: Capabilities, settings: Partial<ModelRequest>, capability: string, message: string]>([
    [{ latent: false }, { latent: { steps: 4 } }, "latent", latent("steps")],
    [{ latent: false }, { latent: { steps: undefined, state: "" } }, "latent", latent("state")],
    [{ latent: [] }, { latent: { pauseTokens: 0 } }, "latent", latent("pauseTokens")],
    [{ latent: ["steps"] }, { latent: { steps: 4, halt: 0.1 } }, "latent", latent("halt")],
    [{ score: false }, { score: "Answer: 1" }, "score", score],
    [{}, { score: "" }, "score", score],
  ])("%j is refused %j", async (capabilities, settings, capability, message) => {
    const error: unknown = await ask(capabilities, settings).catch((thrown: unknown) => thrown);
    expect(CapabilityError.is(error)).toBe(true);
    expect(error).toMatchObject({ capability, model: "m", message });
  });

  test.each<[capabilities: Capabilities, settings: Partial<ModelRequest>]>([
    [{ latent: true }, { latent: { steps: 4, state: "s" } }],
    [{ latent: ["halt", "steps"] }, { latent: { steps: 4, halt: 0.1, state: undefined } }],
    // Nobody says: whoever needs it asks before.
    [{}, { latent: { steps: 4 } }],
    [{ latent: false }, { latent: {} }],
    [{ latent: false }, { latent: { steps: undefined } }],
    [
      { latent: false, score: false },
      { latent: undefined, score: undefined },
    ],
  ])("%j takes %j as it is", async (capabilities, settings) => {
    const { asked, requests, events, warnings } = await ask(capabilities, settings);
    expect(requests[0]).toBe(asked);
    expect([events, warnings]).toEqual([[], undefined]);
  });

  test("a model that scores gets the text, and what it lacks besides is left out with a warning", async () => {
    const requests: ModelRequest[] = [];
    const model = source("m", { score: true, temperature: false }, (request) => {
      requests.push(request);
      return Promise.resolve({ text: "x", logprobs: [{ token: "x", logprob: -1 }] });
    });
    const { warnings } = await run(model, { messages, score: "x", temperature: 1 });
    expect(requests).toEqual([{ messages, score: "x" }]);
    expect(warnings).toMatchObject([{ code: "downgrade", capability: "temperature" }]);
  });
});

test.each<[what: string, capabilities: Capabilities]>([
  [
    "can do everything",
    {
      temperature: true,
      seed: true,
      effort: true,
      logprobs: true,
      schema: true,
      tools: true,
      prefill: true,
      latent: true,
      score: true,
    },
  ],
  ["says which latent thinking it knows", { latent: ["steps"] }],
  ["says nothing", {}],
  ["denies what is not asked for", { n: false, reasoning: "none" }],
])("a model that %s gets the very request", async (_, capabilities) => {
  const settings: Partial<ModelRequest> = {
    temperature: 1,
    seed: 1,
    effort: "max",
    logprobs: 3,
    tools: [tool],
    prefill: "The",
    latent: { steps: 2 },
  };
  const { asked, requests, events, warnings } = await ask(capabilities, settings);
  expect(requests[0]).toBe(asked);
  expect([events, warnings]).toEqual([[], undefined]);
});

test("a field that is undefined was not asked for", async () => {
  const { requests, warnings } = await ask({ seed: false, tools: false }, { seed: undefined, tools: undefined });
  expect([requests.length, warnings]).toEqual([1, undefined]);
});
