// A model that sometimes hangs: what takes too long is given up, and asked again.
import { CallTimeoutError, retry, run, stack, timeout } from "mull";
import { scripted } from "mull/testing";

const hanging = scripted(["too late", "in time"], { latencyMs: (index) => (index === 0 ? 60_000 : 1) });
try {
  await run(stack(hanging, timeout(50)), "Are you there?");
} catch (error) {
  if (CallTimeoutError.is(error)) console.log(`without retry: ${error.message}`);
}

const again = scripted(["too late", "in time"], { latencyMs: (index) => (index === 0 ? 60_000 : 1) });
const { text, usage } = await run(stack(again, timeout(50), retry({ baseMs: 1 })), "Are you there?");
console.log(`with retry: ${text}; ${usage.calls} call went well, ${usage.cancelled?.calls ?? 0} was given up`);
