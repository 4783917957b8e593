/**
 * @module
 * Asks feedback about one reply, outside of any loop.
 */
import {
  run,
  wrap,
  type Feedback,
  type Model,
  type ModelRequest,
  type ModelResponse,
  type RunOptions,
  type Usage,
  type Verdict,
} from "mull";
import { scripted, type ScriptedReply } from "mull/testing";

/** What the feedback says of a model's answer to `prompt`, and what the run spent. */
export async function assess<R extends ModelResponse>(
  feedback: Feedback<R>,
  model: Model<R>,
  prompt: string | ModelRequest = "q",
  options: RunOptions = {},
): Promise<{ readonly verdict: Verdict; readonly usage: Usage }> {
  const assessed = wrap("assess", model, async (request, call) => {
    const response = await model.generate(request, call);
    const inner = call.child("feedback", { judging: true });
    return { ...response, verdict: await feedback(response, { request, call: inner, model, round: 0 }) };
  });
  return run(assessed, prompt, options);
}

/** What the feedback says of a reply. */
export async function verdictOn(feedback: Feedback, reply: ScriptedReply): Promise<Verdict> {
  return (await assess(feedback, scripted([reply]))).verdict;
}
