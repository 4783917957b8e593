/**
 * @module
 * Chat models of LangChain as models: the laws through a real `ChatOpenAI`, then the mapping, field by field.
 */
import { ChatOpenAI } from "@langchain/openai";
import { afterAll, beforeAll, describe, test } from "vitest";
import { fromLangChain } from "mull/adapters/langchain";
import { modelLaws } from "mull/testing";
import { stageOf, withServer, type LoopbackServer } from "./stage.js";
import { playChat, sceneFor } from "./wires/chat-completions.js";

const chatModel = (url: string, fields = {}) =>
  new ChatOpenAI({ model: "some-model", apiKey: "test-key-123456", configuration: { baseURL: `${url}/v1` }, ...fields });

describe("ChatOpenAI keeps the laws", () => {
  let server: LoopbackServer;
  let close: () => void;
  let over: Promise<unknown>;
  beforeAll(
    () =>
      new Promise<void>((ready) => {
        over = withServer(
          (request, response) => playChat(sceneFor(request), request, response),
          (up) => {
            server = up;
            ready();
            return new Promise<void>((resolve) => (close = resolve));
          },
        );
      }),
  );
  afterAll(async () => {
    close();
    await over;
  });

  const laws = modelLaws(() => fromLangChain(chatModel(server.url)), {
    requests: () => server.received.length,
    stage: stageOf(playChat, (url) => fromLangChain(chatModel(url))),
  });
  test.each(laws.map((law) => [law.name, law] as const))("%s", (_, { check }) => check());
});
