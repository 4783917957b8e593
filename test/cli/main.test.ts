import { describe, expect, test } from "vitest";
import { main } from "../../src/cli/main.js";
import { completion, sendJson, serving, usage } from "../adapters/openai-server.js";

interface Printed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function print(
  args: readonly string[],
  {
    env = {},
    live = false,
    signal = new AbortController().signal,
  }: { env?: Record<string, string>; live?: boolean; signal?: AbortSignal } = {},
): Promise<Printed> {
  let out = "";
  let err = "";
  const terminal = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    live,
  };
  const code = await main(args, env, terminal, signal);
  return { code, out, err };
}

describe("the job", () => {
  const small = ["--problems", "3", "--samples", "4", "--seed", "7"];

  test("prints a row for each way, the stacks, a worked example, and how to put one's own model in", async () => {
    const { code, out, err } = await print(small);
    expect(code).toBe(0);
    const rows = out.split("\n").filter((line) => line.includes(" ± "));
    expect(rows.map((row) => row.split("  ")[0])).toEqual([
      "direct",
      "chain of thought",
      "… with a calculator",
      "… vote of 4",
      "… budget allocator",
    ]);
    expect(out).toContain("stack(model, chainOfThought({ answer }), sampleN(4), majorityVote())");
    expect(out).toMatch(/thought \d of \d:\n {2}\d+ [-+*/] \d+ = \d+/);
    expect(out).toMatch(/votes: .+ ×\d/);
    expect(out).toMatch(/the true answer: \d+/);
    expect(out).toContain("--base-url https://api.openai.com/v1 --model NAME");
    expect(err).toMatch(/^direct …\nchain of thought …\n/);
  });

  test("the same seed prints the same but for the time; another seed does not", { timeout: 60_000 }, async () => {
    const timeless = ({ out }: Printed): string => out.replace(/ +(?:ms|\d+)$/gm, "");
    const [first, second, other] = [
      await print(small),
      await print(small),
      await print([...small.slice(0, 4), "--seed", "8"]),
    ];
    expect(timeless(second)).toBe(timeless(first));
    expect(timeless(other)).not.toBe(timeless(first));
  });

  test("the allocator stays within its budget", async () => {
    const { out } = await print([...small, "--budget", "300"]);
    const [, most = "NaN"] = /the most it spent is (\d+)/.exec(out) ?? [];
    expect(Number(most)).toBeLessThanOrEqual(300);
    expect(Number(most)).toBeGreaterThan(0);
  });

  test("a terminal shows how far it is, on one line", async () => {
    const { err } = await print(small, { live: true });
    expect(err).toMatch(/█+░* \d+ % {2}vote of 4 3\/3/);
    expect(err).not.toMatch(/\n.+\n/);
  });

  test("an interrupt ends it", async () => {
    const controller = new AbortController();
    controller.abort(new Error("interrupted"));
    expect(await print(small, { signal: controller.signal })).toMatchObject({
      code: 130,
      err: expect.stringContaining("Given up."),
    });
  });
});

describe("a question", () => {
  test("is answered with its thought, votes and cost", async () => {
    const { code, out, err } = await print(["Tom has 12 apples.", "Tom buys 5 more. How many apples does Tom have?"]);
    expect(code).toBe(0);
    expect(out).toMatch(/12 \+ 5 = \d+/);
    expect(out).toMatch(/answer: \d+\nvotes: /);
    expect(out).toMatch(/\d+ calls, \d+ tokens; level "\w+", stopped: \w+/);
    expect(err).toBe("");
  });

  test("of other words comes with a warning", async () => {
    const { err } = await print(["Why is the sky blue?"]);
    expect(err).toContain("do not trust its answer");
    expect(err).toContain("sky");
  });
});

describe("an endpoint", () => {
  test("gets the key, and answers the question", () =>
    serving(
      (_, response) => {
        sendJson(response, completion(["The sky scatters blue light.\nAnswer: scattering"], { usage: usage(20, 9) }));
      },
      async ({ url, received }) => {
        const args = ["--base-url", `${url}/v1`, "--model", "m", "Why is the sky blue?"];
        const { code, out } = await print(args, { env: { MULL_API_KEY: "key-123456" } });
        expect(code).toBe(0);
        expect(received[0]?.headers.authorization).toBe("Bearer key-123456");
        expect(received[0]?.body).toMatchObject({ model: "m", max_tokens: 2048 });
        expect(out).toContain("answer: scattering");
      },
    ));

  test("runs the whole job", () =>
    serving(
      ({ body }, response) => {
        const asked: string = body.messages.at(-1).content;
        sendJson(response, completion([`Answer: ${asked.length}`], { usage: usage(20, 3) }));
      },
      async ({ url }) => {
        const { code, out } = await print([
          "--base-url",
          `${url}/v1`,
          "--model",
          "m",
          "--problems",
          "3",
          "--samples",
          "2",
        ]);
        expect(code).toBe(0);
        expect(out).toMatch(/… budget allocator +0\.0 ± 0\.0 %/);
        expect(out).not.toContain("Your own model");
      },
    ));

  test("that refuses is an error of one line, without the key", () =>
    serving(
      (_, response) => {
        sendJson(response, { error: { message: "Incorrect API key provided: key-123456" } }, 401);
      },
      async ({ url }) => {
        const args = ["--base-url", `${url}/v1`, "--model", "m", "Hi?"];
        const { code, err } = await print(args, { env: { OPENAI_API_KEY: "key-123456" } });
        expect(code).toBe(1);
        expect(err).toContain("ProviderError: openai-compatible:m answered 401");
        expect(err).not.toContain("key-123456");
      },
    ));
});

test.each([
  [["--samples", "0"], "npm start: --samples must be an integer of at least 1, got 0"],
  [["--samples", "many"], "npm start: --samples must be an integer of at least 1, got NaN"],
  [["--model", "m"], "npm start: --base-url must be given, too"],
  [["--base-url", "http://localhost/v1"], "npm start: --model must be given, too"],
  [["--unknown"], "Unknown option '--unknown'"],
])("%j is not understood", async (args, message) => {
  const { code, err } = await print(args);
  expect(code).toBe(2);
  expect(err).toContain(message);
  expect(err).toContain("--problems N");
});

test("--help says what there is", async () => {
  const { code, out } = await print(["--help"]);
  expect(code).toBe(0);
  expect(out).toContain("--max-tokens N");
});
