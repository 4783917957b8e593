/**
 * @module
 * Law: usage is known, or unknown, and entered in the books.
 */
import type { Usage } from "../../core/usage.js";
import { difference, show } from "../difference.js";
import { law, must, type Law } from "../law.js";
import { answer, type ModelBench } from "../model-bench.js";

/** Every figure is a number of at least 0 or `undefined`, never `NaN`; parts are not more than the whole; and the run knows of it. */
export function usageIsKept(bench: ModelBench): Law {
  return law("usage is known or undefined, and entered in the books", async () => {
    let entered: Usage | undefined;
    let usage: Usage | undefined;
    await answer(bench, {
      around: async (model, request, call) => {
        const response = await model.generate(request, call);
        entered = call.usage;
        usage = response.usage;
        return response;
      },
    });
    must(usage !== undefined && entered !== undefined, "expected a response with `usage`");
    const { calls, inputTokens, cachedInputTokens, outputTokens, reasoningTokens, usd } = usage;
    must(calls === 1, `expected \`usage.calls\` to be 1, got ${show(calls)}`);
    for (const [name, figure] of Object.entries({
      inputTokens,
      cachedInputTokens,
      outputTokens,
      reasoningTokens,
      usd,
    })) {
      const known = typeof figure === "number" && figure >= 0 && figure < Infinity;
      must(
        known || figure === undefined,
        `expected \`usage.${name}\` to be a number of at least 0, or undefined, got ${show(figure)}`,
      );
    }
    const cached = (cachedInputTokens ?? 0) <= (inputTokens ?? Infinity);
    must(cached, `expected at most all ${show(inputTokens)} input tokens to be cached, got ${show(cachedInputTokens)}`);
    const thought = (reasoningTokens ?? 0) <= (outputTokens ?? Infinity);
    must(
      thought,
      `expected at most all ${show(outputTokens)} output tokens to be reasoning, got ${show(reasoningTokens)}`,
    );
    const found = difference(usage, entered);
    must(
      found === undefined,
      `expected the run to know the usage of the response (\`source\` sees to it), they differ in ${found ?? ""}`,
    );
  });
}
