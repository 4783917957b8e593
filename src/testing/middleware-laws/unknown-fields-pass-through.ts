/**
 * @module
 * Law: unknown fields of the response pass through.
 */
import type { Reply } from "../../core/source.js";
import { succeed, type Bench } from "../bench.js";
import { show } from "../difference.js";
import { law, must, type Law } from "../law.js";

/** A field that the model beneath adds to its responses stands on the response of the layer, as one of them had it. */
export function unknownFieldsPassThrough(bench: Bench): Law {
  return law("unknown fields of the response pass through", async () => {
    const marks: string[] = [];
    const { response } = await succeed(bench, {
      replies: async (request, call, index) => {
        const said = await bench.replies(request, call, index);
        if (said instanceof Error) return said;
        const reply: Reply = typeof said === "string" ? { text: said } : said;
        const extra = `call ${index}`;
        marks.push(extra);
        return { ...reply, extra } as Reply;
      },
    });
    if (marks.length === 0) return; // it answered without asking
    const { extra } = response as { readonly extra?: unknown };
    must(
      marks.includes(extra as string),
      `expected \`extra\` of a response from beneath (${show(marks)}), got ${show(extra)}`,
    );
  });
}
