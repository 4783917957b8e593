/**
 * @module
 * The laws of models and of the wire, for the three ways to OpenAI's interfaces.
 */
import { getEventListeners } from "node:events";
import OpenAI from "openai";
import OpenAI7 from "openai-7";
import { describe, expect, test } from "vitest";
import { run, wrap } from "mull";
import { modelLaws } from "mull/testing";
import { fromOpenAI } from "mull/adapters/openai";
import { openaiCompatible } from "mull/adapters/openai-compatible";
import { standingServer } from "./openai-standing.js";
import { stageOf } from "./stage.js";
import { playChat, sceneFor } from "./wires/chat-completions.js";
import { playResponses } from "./wires/responses.js";

const settings = (url: string) => ({ baseURL: `${url}/v1`, apiKey: "test-key-123456", logLevel: "off" as const });

const ways = {
  "fromOpenAI, chat": [playChat, (url: string) => fromOpenAI(new OpenAI(settings(url)), "some-model")],
  "fromOpenAI, chat, openai 7": [playChat, (url: string) => fromOpenAI(new OpenAI7(settings(url)), "gpt-4.1-mini")],
  "fromOpenAI, responses": [
    playResponses,
    (url: string) => fromOpenAI(new OpenAI(settings(url)), "some-model", { api: "responses" }),
  ],
  "fromOpenAI, responses, openai 7": [
    playResponses,
    (url: string) => fromOpenAI(new OpenAI7(settings(url)), "gpt-4.1-mini", { api: "responses" }),
  ],
  openaiCompatible: [
    playChat,
    (url: string) => openaiCompatible({ baseURL: `${url}/v1`, model: "some-model", apiKey: "test-key-123456" }),
  ],
  "openaiCompatible, with n": [
    playChat,
    (url: string) => openaiCompatible({ baseURL: `${url}/v1`, model: "some-model", server: "vllm" }),
  ],
} as const;

describe.each(Object.entries(ways))("%s:", (_, [play, make]) => {
  const server = standingServer((request, response) => play(sceneFor(request), request, response));
  const laws = modelLaws(() => make(server().url), {
    stage: stageOf(play, make),
    requests: () => server().received.length,
  });
  for (const { name, check } of laws) test(name, check);

  test("no listener is left on the signal, however many requests a run makes", async () => {
    const model = make(server().url);
    let signal: AbortSignal | undefined;
    const thrice = wrap("thrice", model, async (request, call) => {
      signal = call.signal;
      for (let i = 0; i < 2; i++) await model.generate(request, call);
      return model.generate(request, call);
    });
    for (const options of [{}, { onEvent: () => undefined }]) {
      await run(thrice, "Legs?", { signal: new AbortController().signal, ...options });
      expect(getEventListeners(signal as AbortSignal, "abort")).toHaveLength(0);
    }
  });
});
