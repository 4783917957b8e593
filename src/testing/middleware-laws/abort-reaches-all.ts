/**
 * @module
 * Law: an abort, at any moment, ends everything at once.
 */
import { open } from "../../core/call.js";
import { ProviderError } from "../../core/errors.js";
import { Random } from "../../core/random.js";
import { begin, build, succeed, type Bench, type Trial, type TrialOptions } from "../bench.js";
import { show } from "../difference.js";
import { law, must, type Law } from "../law.js";

/** Within a tick of an abort nothing is in flight, the call has rejected with the reason itself, and nothing starts after it. */
export function abortReachesAll(bench: Bench): Law {
  return law("an abort reaches every call in flight, and nothing starts after it", async () => {
    for (const timing of [1, 2]) {
      let events = 0;
      const { witness, clock } = await succeed(bench, { timing, onEvent: () => events++ });
      const moments = momentsOf(witness.requests.length, events, clock.now(), timing);
      for (const [i, moment] of moments.entries()) {
        await abortAt(bench, moment, { timing, outside: true, reason: reasons[i % reasons.length] });
        await abortAt(bench, moment, { timing, outside: false, reason: reasons[i % reasons.length] });
      }
    }
  });
}

/** When to abort: while a call starts, just before it is answered, as an event is told, or between, when nothing moves. */
type Moment =
  { readonly start: number } | { readonly reply: number } | { readonly event: number } | { readonly time: number };

function momentsOf(calls: number, events: number, ms: number, seed: number): readonly Moment[] {
  const random = new Random(seed);
  return [
    ...some(5, calls).map((start) => ({ start })),
    ...some(5, calls).map((reply) => ({ reply })),
    ...some(10, events).map((event) => ({ event })),
    ...Array.from({ length: 8 }, () => ({ time: random.next() * ms })),
  ];
}

/** At most `most` numbers below `count`, evenly spread. */
function some(most: number, count: number): readonly number[] {
  const length = Math.min(most, count);
  return Array.from({ length }, (_, i) => Math.floor((i * count) / length));
}

/** What callers abort with: anything, the usual, and what looks as if it could be tried again. */
const reasons: readonly unknown[] = [
  { why: "the caller left" },
  new DOMException("the caller left", "AbortError"),
  new ProviderError("the caller left", { status: 503 }),
];

interface How {
  readonly timing: number;
  /** By the signal of the run, or by a layer around. */
  readonly outside: boolean;
  readonly reason: unknown;
}

async function abortAt(bench: Bench, moment: Moment, { timing, outside, reason }: How): Promise<void> {
  const controller = new AbortController();
  let abort = (): void => controller.abort(reason);
  const running: { trial?: Trial } = {};
  let startedBefore: number | undefined;
  let struck = (): void => undefined;
  const strike = new Promise<void>((resolve) => (struck = resolve));
  const now = (): void => {
    if (running.trial?.outcome !== undefined || startedBefore !== undefined) return;
    startedBefore = subject.witness.requests.length;
    abort();
    struck();
  };
  const subject = build(bench, {
    timing,
    onStart: (index) => {
      if ("start" in moment && moment.start === index) now();
    },
    onReply: (index) => {
      if ("reply" in moment && moment.reply === index) now();
    },
  });
  const inside: TrialOptions = {
    around: async (model, request, call) => {
      const part = open(call, "part");
      abort = () => part.abort(reason);
      try {
        return await model.generate(request, part.call);
      } finally {
        part.close();
      }
    },
  };
  let events = 0;
  const onEvent = (): void => {
    if ("event" in moment && moment.event === events++) now();
  };
  const trial = begin(bench, { subject, onEvent, ...(outside ? { signal: controller.signal } : inside) });
  running.trial = trial;
  if ("time" in moment) trial.clock.setTimeout(now, moment.time);

  await trial.clock.until(Promise.race([strike, trial.done]));
  if (startedBefore === undefined) return; // it was over before
  const when = `after an abort ${name(moment)}`;
  const { inFlight, requests } = subject.witness;
  must(inFlight === 0, `expected no call in flight a tick ${when}, found ${inFlight}`);
  const { outcome } = trial;
  must(outcome !== undefined, `expected the call to have ended a tick ${when}, it goes on`);
  await trial.clock.runAll();
  const later = requests.length - startedBefore;
  must(later === 0, `expected no call to start ${when}, ${later} did`);
  // Where a layer around gives up while something settles, the layer may have had its response already.
  const late = !outside && !("time" in moment) && "response" in outcome;
  const got = "error" in outcome ? show(outcome.error) : "a response";
  must(
    late || ("error" in outcome && outcome.error === reason),
    `expected the reason of the abort itself ${when}, got ${got}`,
  );
}

function name(moment: Moment): string {
  if ("start" in moment) return `while call ${moment.start} starts`;
  if ("event" in moment) return `at event ${moment.event}`;
  if ("reply" in moment) return `as call ${moment.reply} is answered`;
  return `at ${moment.time.toFixed(3)} ms`;
}
