/**
 * @module
 * One server on the loopback that speaks the format of every provider, and a `fetch` that leads all requests to it: where the code of the documents runs.
 */
import type { ServerResponse } from "node:http";
import type { Scene } from "mull/testing";
import { sendJson, type Handler, type Play, type Received } from "../adapters/stage.js";
import { play as anthropic } from "../adapters/wires/anthropic.js";
import { playChat as chatCompletions } from "../adapters/wires/chat-completions.js";
import { play as google } from "../adapters/wires/google.js";
import { play as ollama } from "../adapters/wires/ollama.js";
import { playResponses as responses } from "../adapters/wires/responses.js";

/** What a request asks for, whatever the format. */
interface Asked {
  /** The first tool, where no result of it is there yet. */
  readonly tool?: { readonly name: string; readonly schema: unknown } | undefined;
  /** Of the answer. */
  readonly schema?: unknown;
}

interface House {
  readonly path: RegExp;
  readonly play: Play;
  readonly asked: (json: any) => Asked;
}

const houses: readonly House[] = [
  {
    path: /\/chat\/completions$/,
    play: chatCompletions,
    asked: ({ tools, messages, response_format: format }) => ({
      tool: unanswered(messages, "tool") &&
        tools && { name: tools[0].function.name, schema: tools[0].function.parameters },
      schema: format?.json_schema?.schema,
    }),
  },
  {
    path: /\/responses$/,
    play: responses,
    asked: ({ tools, input, text }) => ({
      tool: !JSON.stringify(input).includes("function_call_output") &&
        tools && { name: tools[0].name, schema: tools[0].parameters },
      schema: text?.format?.schema,
    }),
  },
  {
    path: /\/v1\/messages$/,
    play: anthropic,
    asked: ({ tools, messages, output_config: output }) => ({
      tool: !JSON.stringify(messages).includes('"tool_result"') &&
        tools && { name: tools[0].name, schema: tools[0].input_schema },
      schema: output?.format?.schema,
    }),
  },
  {
    path: /:(stream)?generateContent$/i,
    play: google,
    asked: ({ tools, contents, generationConfig }) => {
      const first = tools?.[0]?.functionDeclarations?.[0];
      return {
        tool: !JSON.stringify(contents).includes("functionResponse") &&
          first && { name: first.name, schema: first.parametersJsonSchema },
        schema: generationConfig?.responseJsonSchema,
      };
    },
  },
  {
    path: /\/api\/chat$/,
    play: ollama,
    asked: ({ tools, messages, format }) => ({
      tool: unanswered(messages, "tool") &&
        tools && { name: tools[0].function.name, schema: tools[0].function.parameters },
      schema: format,
    }),
  },
];

function unanswered(messages: readonly { readonly role: string }[], role: string): boolean {
  return !messages.some((message) => message.role === role);
}

/** Answers every request in the format of its path: calls the first tool once, fills a schema, else thinks and says 24. */
export const city: Handler = (request: Received, response: ServerResponse) => {
  const { pathname } = new URL(request.path, "http://localhost");
  const house = houses.find(({ path }) => path.test(pathname));
  if (house === undefined) return sendJson(response, { error: { message: `nobody lives at ${pathname}` } }, 404);
  return house.play(sceneOf(house.asked(request.json)), request, response);
};

function sceneOf({ tool, schema }: Asked): Scene {
  const usage = { inputTokens: 40, cachedInputTokens: 0, outputTokens: 12, reasoningTokens: 0 };
  if (tool !== undefined && typeof tool === "object") {
    return {
      kind: "reply",
      replies: [{ text: "", toolCalls: [{ id: "call_1", name: tool.name, input: sampleOf(tool.schema) }] }],
      usage,
    };
  }
  const text =
    schema === undefined ? "Eight legs each, so three times eight.\nAnswer: 24" : JSON.stringify(sampleOf(schema));
  return { kind: "reply", replies: Array.from({ length: 128 }, () => ({ text })), usage };
}

/** Something that fits a JSON Schema. */
export function sampleOf(schema: unknown): unknown {
  const {
    type,
    properties = {},
    enum: values,
    items,
    anyOf,
  } = (schema ?? {}) as {
    readonly type?: string;
    readonly properties?: Readonly<Record<string, unknown>>;
    readonly enum?: readonly unknown[];
    readonly items?: unknown;
    readonly anyOf?: readonly unknown[];
  };
  if (values !== undefined) return values[0];
  if (anyOf !== undefined) return sampleOf(anyOf[0]);
  switch (type) {
    case "string":
      return "24";
    case "number":
    case "integer":
      return 24;
    case "boolean":
      return true;
    case "array":
      return [sampleOf(items)];
    case "null":
      return null;
    default:
      return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, sampleOf(property)]));
  }
}

/** A `fetch` that goes to `url`, whoever is asked for. */
export function fetchTo(url: string, real: typeof fetch): typeof fetch {
  return (input, init) => {
    const asked = new URL(input instanceof Request ? input.url : input);
    // What runs here already stays here.
    if (asked.hostname === "127.0.0.1" && asked.port !== "11434") return real(input, init);
    const target = `${url}${asked.pathname}${asked.search}`;
    return input instanceof Request ? real(new Request(target, input), init) : real(target, init);
  };
}
