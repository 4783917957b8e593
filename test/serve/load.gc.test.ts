/**
 * @module
 * Ten thousand requests over 500 connections, a third of them hung up: each is answered whole or given up, and nothing is left behind.
 */
import { Agent, request as httpRequest, type ClientRequest } from "node:http";
import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { Random, sleep, source, textOf, type Clock, type Reply } from "mull";
import { openaiHandler } from "mull/serve";
import { parse, until } from "./ask.js";
import { hosting, type Host } from "./host.js";

const connections = 500;
const requests = 10_000;

/** What a client does: reads to the end, or hangs up while it sends, before the first word, or after it. */
type Plan = "together" | "stream" | "whole" | "leave sending" | "leave waiting" | "leave reading";
const plans: readonly Plan[] = [
  "stream",
  "whole",
  "stream",
  "leave sending",
  "whole",
  "stream",
  "leave waiting",
  "whole",
  "leave reading",
];

/** What happened in the models. */
const runs = { started: 0, answered: 0, givenUp: 0, inFlight: 0 };
/** What the first request of every connection waits for: all the others. */
let gathering: Promise<void>;
/** Timers that are set. */
let timers = 0;
const clock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, ms) => {
    timers++;
    const timer = {
      over: false,
      id: setTimeout(() => {
        timer.over = true;
        timers--;
        callback();
      }, ms),
    };
    return timer;
  },
  clearTimeout: (timer) => {
    const { over, id } = (timer ?? { over: true }) as { over: boolean; id: NodeJS.Timeout };
    if (over) return;
    timers--;
    Object.assign(timer as object, { over: true });
    clearTimeout(id);
  },
};

/** Says back what it was asked, word by word; of somebody who will leave it waits for that. */
const model = source("echo", {}, async ({ messages }, call): Promise<Reply> => {
  runs.started++;
  runs.inFlight++;
  const text = textOf(messages[0]!);
  try {
    if (text.startsWith("together")) await gathering;
    const words = text.startsWith("leave waiting") ? [] : text.split(/(?= )/);
    for (const [i, word] of words.entries()) {
      if (i > 0) await sleep(call, 1);
      call.delta({ text: word });
      if (text.startsWith("leave reading")) break;
    }
    if (text.startsWith("leave")) {
      // It hears of the end by the signal alone.
      await new Promise((_, reject) => call.signal.addEventListener("abort", () => reject(call.signal.reason)));
    }
    runs.answered++;
    return { text, usage: { inputTokens: 1, outputTokens: 1, usd: 0 } };
  } catch (error) {
    runs.givenUp++;
    throw error;
  } finally {
    runs.inFlight--;
  }
});

/** What became of the requests, as the clients saw it. */
interface Tally {
  whole: number;
  left: number;
}

async function load({ port }: Host, agent: Agent, count: number): Promise<Tally> {
  const tally: Tally = { whole: 0, left: 0 };
  let next = 0;
  gathering = until(() => runs.inFlight === connections, "500 requests at once");
  const worker = async (): Promise<void> => {
    await one(port, agent, "together", next++, tally);
    while (next < count) {
      const index = next++;
      await one(port, agent, planOf(index), index, tally);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  return tally;
}

function planOf(index: number): Plan {
  return index < connections ? "together" : plans[index % plans.length]!;
}

function one(port: number, agent: Agent, plan: Plan, index: number, tally: Tally): Promise<void> {
  const question = `${plan}: ${index}`;
  const stream = plan === "stream" || plan === "leave reading" || index % 2 === 0;
  const body = JSON.stringify({ model: "m", stream, messages: [{ role: "user", content: question }] });
  const leaves = plan.startsWith("leave");
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const request: ClientRequest = httpRequest({
      port,
      host: "127.0.0.1",
      agent,
      method: "POST",
      path: "/v1/chat/completions",
      headers,
    });
    request.on("close", () => {
      if (leaves) {
        tally.left++;
        resolve();
      }
    });
    request.on("error", (error) => {
      if (!leaves) reject(error);
    });
    request.on("response", (response) => {
      let text = "";
      response.on("error", () => undefined);
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        if (plan === "leave reading" && text.includes('"content":"leave')) request.destroy();
      });
      response.on("end", () => {
        if (leaves) return;
        const said = stream ? parse(text) : undefined;
        const answer = said === undefined ? JSON.parse(text).choices[0].message.content : said.text;
        if (response.statusCode !== 200 || answer !== question || said?.done === false)
          reject(new Error(`not whole: ${text}`));
        else tally.whole++;
        resolve();
      });
    });
    if (plan === "leave sending") {
      request.write(body.slice(0, 10));
      setTimeout(() => request.destroy(), new Random(index).integer(5));
    } else {
      request.end(body);
      // At once, while it is on its way, or while the model thinks.
      if (plan === "leave waiting") setTimeout(() => request.destroy(), new Random(index).integer(20));
    }
  });
}

async function heap(): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 5; i++) {
    await wait(20);
    gc!();
    least = Math.min(least, process.memoryUsage().heapUsed);
  }
  return least;
}

/** Sockets, servers and timers that keep the process alive. */
function handles(): number {
  return process.getActiveResourcesInfo().filter((name) => /^(Timeout|TCP.*)$/.test(name)).length;
}

test("10,000 requests, 500 at once, a third of them hung up", { timeout: 180_000 }, async () => {
  const errors: unknown[] = [];
  const handler = openaiHandler({ models: { m: model }, clock, onError: (error) => errors.push(error) });
  const before = handles();
  await hosting(handler, async (host) => {
    const agent = new Agent({ keepAlive: true, maxSockets: connections });
    const quiet = async (): Promise<void> => {
      await until(() => runs.inFlight === 0 && timers === 0, "the runs to end");
    };
    await load(host, agent, 1_500);
    await quiet();
    const start = await heap();

    Object.assign(runs, { started: 0, answered: 0, givenUp: 0 });
    const { whole, left } = await load(host, agent, requests);
    await quiet();
    const end = await heap();

    const leaving = Array.from({ length: requests }, (_, i) => planOf(i)).filter((plan) => plan.startsWith("leave"));
    expect([whole, left]).toEqual([requests - leaving.length, leaving.length]);
    // Everybody who stayed was answered; every run that began for somebody who left was given up.
    expect(runs).toEqual({ started: whole + runs.givenUp, answered: whole, givenUp: runs.givenUp, inFlight: 0 });
    const reading = leaving.filter((plan) => plan === "leave reading").length;
    const waiting = leaving.filter((plan) => plan === "leave waiting").length;
    expect(runs.givenUp).toBeGreaterThan(reading);
    expect(runs.givenUp).toBeLessThanOrEqual(reading + waiting);
    expect(errors).toEqual([]);
    expect(end).toBeLessThan(1.1 * start);

    agent.destroy();
    await until(() => host.sockets.size === 0, "the connections to close");
  });
  await turn();
  expect(timers).toBe(0);
  // The runner may have had a timer of its own.
  expect(handles()).toBeLessThanOrEqual(before);
});
