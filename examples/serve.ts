// A vote of eight lines of thought, served as if it were one of OpenAI's models, and asked over HTTP.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { chainOfThought, majorityVote, number, sampleN, stack } from "mull";
import { nodeListener, openaiHandler } from "mull/serve";
import { problems, tiny } from "mull/tiny";

const model = await tiny();
const solver = stack(model, chainOfThought({ answer: number() }), sampleN(8), majorityVote());
const handler = openaiHandler({ models: { solver }, budget: { tokens: 20_000 }, concurrency: 4 });
const server = createServer(nodeListener(handler));
server.listen(0, "127.0.0.1");
await once(server, "listening");
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;

/** What a completion, or a chunk of one, has that is used here. */
interface Body {
  readonly choices: readonly { readonly message?: Words; readonly delta?: Words }[];
  readonly usage: { readonly total_tokens: number };
  readonly mull?: { readonly key: string; readonly confidence: number; readonly votes: readonly [string, number][] };
}
interface Words {
  readonly content?: string;
  readonly reasoning_content?: string;
}

const [problem] = problems({ seed: 6, count: 1, grade: "hard" });
const ask = (fields: object): Promise<Response> =>
  fetch(`${base}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model: "solver",
      messages: [{ role: "user", content: problem?.question }],
      seed: 1,
      ...fields,
    }),
  });

try {
  console.log(`${base} serves ${await (await fetch(`${base}/models`)).text()}\n\n${problem?.question}\n`);

  const { choices, usage, mull } = (await (await ask({})).json()) as Body;
  console.log(choices[0]?.message?.content);
  const votes = mull?.votes.map(([key, weight]) => `${key} ×${weight}`).join(", ");
  console.log(
    `(true: ${problem?.answer}) votes ${votes}, confidence ${mull?.confidence.toFixed(3)}, ${usage.total_tokens} tokens\n`,
  );

  console.log("streamed, the thoughts first:");
  const response = await ask({ stream: true });
  let rest = "";
  for await (const bytes of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const events = (rest + bytes).split("\n\n");
    rest = events.pop() ?? "";
    for (const event of events) {
      if (!event.startsWith("data: {")) continue;
      const [choice] = (JSON.parse(event.slice("data: ".length)) as Body).choices;
      const { content = "", reasoning_content: thought = "" } = choice?.delta ?? {};
      process.stdout.write(content === "" ? thought.replaceAll("\n", " | ") : `\n${content}\n`);
    }
  }

  const refused = await ask({ temperature: "warm" });
  console.log(`\nand what is wrong is named: ${refused.status} ${await refused.text()}`);
} finally {
  server.close();
  server.closeAllConnections();
}
