/**
 * @module
 * Google's wire: `generateContent` and `streamGenerateContent`, as the Gemini API and Vertex AI speak it.
 */
import type { ServerResponse } from "node:http";
import type { Scene, SceneReply, SceneUsage } from "mull/testing";
import { breakOff, piecesOf, sendJson, type Play, type Received } from "../stage.js";

/** Signs what the model did; what comes back with another signature, or none, is refused. */
export const signature = "Q29udGV4dCBpcyBrZXB0IQ==";

/** Plays one scene. Models from the third generation on sign their first tool call, and want the signature back. */
export const play: Play = (scene, request, response) => {
  const streams = request.path.includes(":streamGenerateContent");
  const unsigned = unsignedCall(request);
  if (unsigned !== undefined) {
    refuse(response, {
      status: 400,
      message: `Function call \`${unsigned}\` is missing a thought_signature`,
      requestId: "",
    });
    return;
  }
  switch (scene.kind) {
    case "reply":
      return reply(scene.replies, scene.usage, request, response, streams);
    case "refuse":
      return refuse(response, scene);
    case "cut":
    case "truncate":
    case "hang": {
      const whole = { candidates: [candidate({ text: scene.text, finishReason: "other" }, request, false)] };
      if (streams) startStream(response);
      else response.writeHead(200, { "content-type": "application/json" });
      const begun = streams ? event(whole) : JSON.stringify(whole).slice(0, -8);
      if (scene.kind === "cut") breakOff(response, begun);
      else if (scene.kind === "truncate") response.end(begun);
      else if (streams) response.write(begun);
      return;
    }
    case "garbage":
      response.writeHead(200, { "content-type": streams ? "text/event-stream" : "application/json" });
      response.end("<html>the proxy is having lunch</html>");
      return;
    case "empty": {
      const nothing = { usageMetadata: { promptTokenCount: 5, totalTokenCount: 5 }, responseId: "r-1" };
      if (!streams) return sendJson(response, nothing);
      startStream(response);
      response.end(event(nothing));
    }
  }
};

/** The name of a tool call of the model that comes back without its signature, where the model minds. */
function unsignedCall({ json, path }: Received): string | undefined {
  if (!/gemini-[3-9]/.test(path)) return undefined;
  for (const content of json?.contents ?? []) {
    const first = content.parts.find((part: any) => part.functionCall !== undefined);
    if (first !== undefined && ![signature, "skip_thought_signature_validator"].includes(first.thoughtSignature)) {
      return first.functionCall.name;
    }
  }
  return undefined;
}

function reply(
  replies: readonly SceneReply[],
  usage: SceneUsage,
  request: Received,
  response: ServerResponse,
  streams: boolean,
): void {
  const n = request.json.generationConfig?.candidateCount ?? 1;
  const chosen = replies.slice(0, n);
  const end = { usageMetadata: usageOf(usage), modelVersion: "gemini-test-001", responseId: "r-1" };
  if (!streams) {
    const candidates = chosen.map((one, index) => at(index, candidate(one, request)));
    return sendJson(response, { candidates, ...end });
  }
  startStream(response);
  const columns = chosen.map((one) => pieces(one, request));
  const rows = Math.max(...columns.map((column) => column.length));
  const last = rows - 1;
  for (let row = 0; row < rows; row++) {
    // Each piece holds what there is of every candidate: they come side by side.
    const candidates = columns.flatMap((column, index) => column.slice(row, row + 1).map((one) => at(index, one)));
    const counted = { usageMetadata: { promptTokenCount: usage.inputTokens, totalTokenCount: usage.inputTokens } };
    response.write(event({ candidates, ...(row === last ? end : counted) }));
  }
  response.end();
}

/** JSON leaves a 0 out. */
function at(index: number, one: object): object {
  return { ...one, ...(index > 0 && { index }) };
}

function candidate(one: SceneReply, request: Received, ends = true): object {
  return {
    content: { role: "model", parts: partsOf(one, request) },
    ...(ends && { finishReason: finishOf(one) }),
    ...logprobsOf(one.logprobs, request),
  };
}

/** The same candidate in pieces: each thought, word and call by itself; the last one tells why it ends. */
function pieces(one: SceneReply, request: Received): readonly object[] {
  const parts = partsOf(one, request).flatMap((part) =>
    part.text === undefined ? [part] : piecesOf(part.text).map((text) => ({ ...part, text })),
  );
  const content = (part: object): object => ({ content: { role: "model", parts: [part] } });
  return [
    ...parts.map((part, i) => ({ ...content(part), ...logprobsOf(one.logprobs?.slice(i, i + 1), request) })),
    { content: { role: "model", parts: [{ text: "" }] }, finishReason: finishOf(one) },
  ];
}

function partsOf({ text, reasoning, toolCalls = [] }: SceneReply, request: Received): any[] {
  const shows = request.json.generationConfig?.thinkingConfig?.includeThoughts === true;
  const signs = /gemini-[3-9]/.test(request.path);
  return [
    ...(reasoning !== undefined && shows ? [{ text: reasoning, thought: true }] : []),
    ...(text === "" ? [] : [{ text }]),
    ...toolCalls.map(({ name, input }, i) => ({
      functionCall: { name, args: input },
      ...(i === 0 && signs && { thoughtSignature: signature }),
    })),
  ];
}

function finishOf({ finishReason }: SceneReply): string {
  return { stop: "STOP", length: "MAX_TOKENS", "content-filter": "SAFETY", "tool-calls": "STOP", other: "OTHER" }[
    finishReason ?? "stop"
  ];
}

function logprobsOf(logprobs: SceneReply["logprobs"], { json }: Received): object {
  const { responseLogprobs, logprobs: most = 0 } = json.generationConfig ?? {};
  if (!logprobs?.length || responseLogprobs !== true) return {};
  const wire = ({ token, logprob }: { token: string; logprob: number }): object => ({ token, logProbability: logprob });
  return {
    logprobsResult: {
      chosenCandidates: logprobs.map(wire),
      topCandidates: logprobs.map(({ top = [] }) => ({ candidates: top.slice(0, most).map(wire) })),
    },
  };
}

/** Thoughts apart from the answer; a 0 is left out. */
function usageOf({ inputTokens, cachedInputTokens, outputTokens, reasoningTokens }: SceneUsage): object {
  const counts = {
    promptTokenCount: inputTokens,
    cachedContentTokenCount: cachedInputTokens,
    candidatesTokenCount: outputTokens - reasoningTokens,
    thoughtsTokenCount: reasoningTokens,
    totalTokenCount: inputTokens + outputTokens,
  };
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

/** A `google.rpc.Status`: when to come back, and the id of the request, stand among its details. */
function refuse(response: ServerResponse, scene: Omit<Extract<Scene, { kind: "refuse" }>, "kind">): void {
  const { status: code, message, retryAfterSeconds, requestId } = scene;
  const type = (name: string): object => ({ "@type": `type.googleapis.com/google.rpc.${name}` });
  const details = [
    { ...type("RequestInfo"), requestId },
    ...(retryAfterSeconds === undefined ? [] : [{ ...type("RetryInfo"), retryDelay: `${retryAfterSeconds}s` }]),
  ];
  sendJson(response, { error: { code, message, status: "RESOURCE_EXHAUSTED", details } }, code);
}

function startStream(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
}

function event(json: object): string {
  return `data: ${JSON.stringify(json)}\r\n\r\n`;
}
