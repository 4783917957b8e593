/**
 * @module
 * Law: an abort, at any moment, rejects at once.
 */
import { open, type OpenCall } from "../../core/call.js";
import { systemClock } from "../../core/clock.js";
import type { MullEvent } from "../../core/events.js";
import { show } from "../difference.js";
import { law, must, type Law } from "../law.js";
import { answer, attempt, type ModelBench } from "../model-bench.js";
import { turn } from "../turn.js";

/** Within a tick of an abort the call has rejected with the reason itself, and tells no more words. */
export function abortRejectsAtOnce(bench: ModelBench): Law {
  return law("an abort rejects with its reason, within a tick", async () => {
    const began = systemClock.now();
    await answer(bench);
    const ms = systemClock.now() - began;
    await abortAt(bench, "at once", (abort) => abort());
    await abortAt(bench, "after a turn of the event loop", (abort) => void turn().then(abort));
    for (const part of [0.2, 0.5, 0.8]) {
      await abortAt(bench, `after ${part} of its time`, (abort) => void systemClock.setTimeout(abort, part * ms));
    }
    await abortAt(bench, "at its start", () => undefined, "start");
    await abortAt(bench, "at its first words", () => undefined, "delta");
  });
}

async function abortAt(
  bench: ModelBench,
  when: string,
  plan: (abort: () => void) => void,
  type?: MullEvent["type"],
): Promise<void> {
  const reason = { why: "the caller left" };
  let part: OpenCall | undefined;
  let aborted: true | undefined;
  let wordsAfter = 0;
  let struck = (): void => undefined;
  const strike = new Promise<void>((resolve) => (struck = resolve));
  const abort = (): void => {
    aborted = true;
    part?.abort(reason);
    struck();
  };
  const trial = await attempt(bench, {
    onEvent: (event) => {
      if (aborted === true && event.type === "delta") wordsAfter++;
      if (event.type === type && aborted === undefined) abort();
    },
    around: async (model, request, call) => {
      part = open(call, "part");
      let answered = false;
      try {
        const response = model.generate(request, part.call).finally(() => (answered = true));
        plan(() => {
          if (!answered) abort();
        });
        return await response;
      } finally {
        part.close();
      }
    },
  });
  await Promise.race([strike, trial.done]);
  if (aborted === undefined) return; // it was over before
  await turn();
  const { outcome } = trial;
  must(outcome !== undefined, `expected the call to have ended a tick after an abort ${when}, it goes on`);
  const got = "error" in outcome ? show(outcome.error) : "a response";
  must("error" in outcome && outcome.error === reason, `expected the reason of an abort ${when}, got ${got}`);
  must(wordsAfter === 0, `expected no more words after an abort ${when}, ${wordsAfter} came`);
}
