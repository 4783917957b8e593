/**
 * @module
 * OpenAI's Responses on the wire, as a server plays them.
 */
import type { Scene, SceneReply, SceneUsage } from "mull/testing";
import { breakOff, piecesOf, sendJson, type Play } from "../stage.js";
import { sendRefusal, startEvents } from "./chat-completions.js";

/** Plays a scene as OpenAI does. */
export const playResponses: Play = async (scene, { json, closed }, response) => {
  const streams = json.stream === true;
  switch (scene.kind) {
    case "reply":
    case "empty": {
      const [reply, usage] = scene.kind === "empty" ? [undefined, noUsage] : [scene.replies[0], scene.usage];
      if (!streams) {
        sendJson(response, responseOf(reply, usage));
        return;
      }
      startEvents(response);
      response.end(eventsOf(reply, usage).map(eventOf).join(""));
      return;
    }
    case "refuse":
      sendRefusal(scene, response);
      return;
    case "cut":
    case "truncate": {
      const begun = streams
        ? beginning(scene).map(eventOf).join("")
        : JSON.stringify(responseOf({ text: scene.text }, noUsage)).slice(0, 80);
      response.writeHead(200, { "content-type": streams ? "text/event-stream" : "application/json" });
      if (scene.kind === "cut") breakOff(response, begun);
      else response.end(begun);
      return;
    }
    case "hang":
      if (streams) {
        startEvents(response);
        response.write(beginning(scene).map(eventOf).join(""));
      }
      await closed;
      return;
    case "garbage":
      response.writeHead(200, { "content-type": streams ? "text/event-stream" : "application/json" });
      response.end(streams ? "event: message\ndata: The secret answer\n\n" : "<html>The secret answer</html>");
  }
};

/** An item of the output, and the events that tell of it. */
type Item = Readonly<Record<string, unknown>> & { readonly id: string };

const noUsage: SceneUsage = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 };

/** A whole response. */
export function responseOf(reply: SceneReply | undefined, usage: SceneUsage): object {
  const { finishReason = "stop" } = reply ?? {};
  const whole = finishReason === "stop" || finishReason === "tool-calls";
  return {
    id: "resp_1",
    object: "response",
    created_at: 1,
    model: "some-model-2026",
    status: whole ? "completed" : "incomplete",
    incomplete_details: whole ? null : { reason: finishReason === "length" ? "max_output_tokens" : "content_filter" },
    error: null,
    output: itemsOf(reply),
    usage: {
      input_tokens: usage.inputTokens,
      input_tokens_details: { cached_tokens: usage.cachedInputTokens },
      output_tokens: usage.outputTokens,
      output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
      total_tokens: usage.inputTokens + usage.outputTokens,
    },
  };
}

function itemsOf(reply: SceneReply | undefined): readonly Item[] {
  if (reply === undefined) return [];
  const { text, reasoning, toolCalls = [], logprobs } = reply;
  return [
    ...(reasoning === undefined
      ? []
      : [
          {
            id: "rs_1",
            type: "reasoning",
            summary: [{ type: "summary_text", text: reasoning }],
            encrypted_content: "gAAAAA==",
          },
        ]),
    ...(text === ""
      ? []
      : [
          {
            id: "msg_1",
            type: "message",
            role: "assistant",
            status: "completed",
            content: [
              {
                type: "output_text",
                text,
                annotations: [],
                logprobs: (logprobs ?? []).map(({ token, logprob, top = [] }) => ({
                  token,
                  logprob,
                  bytes: [],
                  top_logprobs: top,
                })),
              },
            ],
          },
        ]),
    ...toolCalls.map(({ id, name, input }, i) => ({
      id: `fc_${i}`,
      type: "function_call",
      status: "completed",
      call_id: id,
      name,
      arguments: JSON.stringify(input),
    })),
  ];
}

function eventsOf(reply: SceneReply | undefined, usage: SceneUsage): readonly object[] {
  const response = responseOf(reply, usage) as { readonly status: string };
  return [
    ...begun(),
    ...itemsOf(reply).flatMap((item, output_index) => itemEvents(item, output_index, reply as SceneReply)),
    { type: `response.${response.status}`, response },
  ];
}

function itemEvents(item: Item, output_index: number, reply: SceneReply): readonly object[] {
  const at = { item_id: item.id, output_index };
  // What is still to come is empty.
  const empty = item.type === "function_call" ? { arguments: "" } : { content: [], summary: [] };
  const added = { type: "response.output_item.added", output_index, item: { ...item, ...empty } };
  const done = { type: "response.output_item.done", output_index, item };
  if (item.type === "reasoning") {
    const part = { ...at, summary_index: 0 };
    const deltas = piecesOf(reply.reasoning ?? "").map((delta) => ({
      type: "response.reasoning_summary_text.delta",
      ...part,
      delta,
    }));
    return [
      added,
      { type: "response.reasoning_summary_part.added", ...part, part: { type: "summary_text", text: "" } },
      ...deltas,
      done,
    ];
  }
  if (item.type === "function_call") {
    const whole = item.arguments as string;
    const middle = Math.floor(whole.length / 2);
    const deltas = [whole.slice(0, middle), whole.slice(middle)].map((delta) => ({
      type: "response.function_call_arguments.delta",
      ...at,
      delta,
    }));
    return [added, ...deltas, { type: "response.function_call_arguments.done", ...at, arguments: whole }, done];
  }
  return [added, ...piecesOf(reply.text).map((delta) => textDelta(delta, output_index)), done];
}

function textDelta(delta: string, output_index: number = 0): object {
  return { type: "response.output_text.delta", item_id: "msg_1", output_index, content_index: 0, delta, logprobs: [] };
}

function begun(): readonly object[] {
  const response = { id: "resp_1", object: "response", status: "in_progress", output: [] };
  return ["response.created", "response.in_progress"].map((type) => ({ type, response }));
}

function beginning(scene: Extract<Scene, { readonly text: string }>): readonly object[] {
  return [...begun(), textDelta(scene.text)];
}

function eventOf(event: object, sequence_number: number): string {
  const { type } = event as { readonly type: string };
  return `event: ${type}\ndata: ${JSON.stringify({ ...event, sequence_number })}\n\n`;
}
