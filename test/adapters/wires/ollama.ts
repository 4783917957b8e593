/**
 * @module
 * Ollama's wire: `POST /api/chat`, a JSON object on every line.
 */
import type { ServerResponse } from "node:http";
import type { SceneReply, SceneUsage } from "mull/testing";
import { breakOff, piecesOf, sendJson, type Play, type Received } from "../stage.js";

/** Plays one scene. */
export const play: Play = (scene, request, response) => {
  switch (scene.kind) {
    case "reply":
      return reply(scene.replies[0] ?? { text: "" }, scene.usage, request, response);
    case "refuse": {
      const { status, message, retryAfterSeconds, requestId } = scene;
      const headers = {
        "x-request-id": requestId,
        ...(retryAfterSeconds !== undefined && { "retry-after": String(retryAfterSeconds) }),
      };
      return sendJson(response, { error: message }, status, headers);
    }
    case "cut":
    case "truncate":
    case "hang": {
      start(response);
      const begun = piecesOf(scene.text).map((content) => line(request, { content }));
      // The last line is not whole.
      const half = [...begun, line(request, { content: " and" }).slice(0, -12)].join("");
      if (scene.kind === "cut") breakOff(response, half);
      else if (scene.kind === "truncate") response.end(half);
      else response.write(begun.join(""));
      return;
    }
    case "garbage":
      start(response);
      response.end("<html>the proxy is having lunch</html>");
      return;
    case "empty":
      start(response);
      response.end(line(request, { content: "" }, { done: true, done_reason: "stop" }));
  }
};

function reply(one: SceneReply, usage: SceneUsage, request: Received, response: ServerResponse): void {
  const { text, reasoning = "", toolCalls = [], logprobs = [], finishReason = "stop" } = one;
  const { think, logprobs: asked, top_logprobs: most = 0 } = request.json;
  start(response);
  if (think !== false)
    for (const thinking of piecesOf(reasoning)) response.write(line(request, { content: "", thinking }));
  for (const [i, content] of piecesOf(text).entries()) {
    const told = logprobs.slice(i, i + 1).map(({ token, logprob, top = [] }) => ({
      token,
      logprob,
      bytes: [...Buffer.from(token)],
      ...(most > 0 && { top_logprobs: top.slice(0, most) }),
    }));
    response.write(line(request, { content }, asked === true && told.length > 0 ? { logprobs: told } : {}));
  }
  if (toolCalls.length > 0) {
    const tool_calls = toolCalls.map(({ id, name, input }, index) => ({
      id,
      function: { index, name, arguments: input },
    }));
    response.write(line(request, { content: "", tool_calls }));
  }
  response.end(
    line(
      request,
      { content: "" },
      {
        done: true,
        done_reason: finishReason === "length" ? "length" : "stop",
        total_duration: 4_935_886_791,
        load_duration: 534_986_708,
        prompt_eval_count: usage.inputTokens,
        prompt_eval_duration: 107_345_000,
        eval_count: usage.outputTokens,
        eval_duration: 4_289_432_000,
      },
    ),
  );
}

/** A line of the stream. */
export function line({ json }: Pick<Received, "json">, message: object, rest: object = {}): string {
  const whole = {
    model: json?.model ?? "test",
    created_at: "2026-11-25T12:00:00.000000Z",
    message: { role: "assistant", ...message },
    done: false,
    ...rest,
  };
  return `${JSON.stringify(whole)}\n`;
}

function start(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/x-ndjson" });
}
