// Ten questions at once, for a provider that takes four a minute, and refuses one of them. On a clock moved by hand, so that nobody waits.
import { ProviderError, rateLimit, retry, run, stack } from "mull";
import { scripted, virtualClock } from "mull/testing";

const clock = virtualClock();
const seconds = (): string => `${(clock.now() / 1000).toFixed(1).padStart(5)} s`;

const provider = scripted(
  (_, __, index) => (index === 5 ? new ProviderError("slow down", { status: 429, retryAfterMs: 20_000 }) : "done"),
  { latencyMs: 2_000 },
);
const limited = stack(provider, rateLimit({ requestsPerMinute: 4, concurrency: 2 }), retry());

const questions = Array.from({ length: 10 }, (_, i) => `question ${i}`);
const answers = questions.map(async (question) => {
  const { text } = await run(limited, question, {
    clock,
    seed: 1,
    onEvent: (event) => {
      if (event.type === "wait") console.log(`${seconds()}  ${question} waited ${event.ms} ms (${event.reason})`);
      if (event.type === "retry") console.log(`${seconds()}  ${question} was refused, and comes back`);
    },
  });
  console.log(`${seconds()}  ${question}: ${text}`);
});
await clock.until(Promise.all(answers));
console.log(`${provider.calls} requests`);
