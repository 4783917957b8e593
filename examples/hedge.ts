// A provider that is sometimes slow: how long a thousand calls take, with and without a second call. On a clock moved by hand.
import { hedge, run, stack, type Model } from "mull";
import { scripted, virtualClock } from "mull/testing";

/** Mostly about a second; one in twenty takes ten times as long. */
function provider() {
  return scripted(() => "yes", {
    latencyMs: (_, { random }) => (800 + random.integer(400)) * (random.next() < 0.05 ? 10 : 1),
  });
}

async function timesOf(model: Model): Promise<number[]> {
  const clock = virtualClock();
  const times: number[] = [];
  for (let seed = 0; seed < 1_000; seed++) {
    const began = clock.now();
    await clock.until(run(model, "Are you there?", { clock, seed }));
    times.push(clock.now() - began);
  }
  return times.sort((a, b) => a - b);
}

for (const [name, policy] of [
  ["without", undefined],
  ["with hedge()", hedge()],
  ["with hedge({ percentile: 0.9 })", hedge({ percentile: 0.9 })],
] as const) {
  const model = provider();
  const times = await timesOf(policy === undefined ? model : stack(model, policy));
  const at = (part: number): string => `p${100 * part} ${times[Math.ceil(part * times.length) - 1]?.toFixed(0)} ms`;
  console.log(`${name}: ${[0.5, 0.95, 0.99].map(at).join(", ")}; ${model.calls} requests`);
}
