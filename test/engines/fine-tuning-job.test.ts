/**
 * @module
 * Fine-tuning jobs, against a service on the loopback that speaks OpenAI's format; OpenAI's own client says the same to it.
 */
import OpenAI, { toFile } from "openai";
import {
  InvalidOptionError,
  MalformedResponseError,
  MullError,
  ProviderError,
  type Model,
  type PreferencePair,
  type TrainingExample,
} from "mull";
import {
  fineTuningJob,
  type FineTuningJobOptions,
  type FineTuningStatus,
  type FineTuningTrainer,
} from "mull/engines/fine-tuning-job";
import { scripted, virtualClock, type VirtualClock } from "mull/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { sendJson, withServer, type Handler, type LoopbackServer, type Received } from "../adapters/stage.js";

const examples: readonly TrainingExample[] = [
  { messages: [{ role: "user", content: "6 · 7?" }], completion: "Answer: 42", weight: 2 },
  { messages: [{ role: "user", content: "1 + 1?" }], completion: "Answer: 2" },
];
const pairs: readonly PreferencePair[] = [
  { messages: [{ role: "user", content: "6 · 7?" }], chosen: "42", rejected: "41" },
];
const apiKey = "sk-secret-of-the-loopback";
const reason = { why: "the caller left" };

/** What the service says to one request. */
type Answer = object | { readonly status: number; readonly body?: object; readonly headers?: Record<string, string> };

/** A job as the service tells it. */
function job(
  status: OpenAI.FineTuning.FineTuningJob["status"],
  fields: object = {},
): Partial<OpenAI.FineTuning.FineTuningJob> {
  return { id: "ftjob-1", object: "fine_tuning.job", status, fine_tuned_model: null, error: null, ...fields };
}
const done = job("succeeded", { fine_tuned_model: "ft:gpt:mull::1" });

interface Play {
  /** One after the other; the last for ever. */
  readonly looks?: readonly Answer[];
  readonly uploads?: readonly Answer[];
  readonly begins?: readonly Answer[];
  readonly cancels?: readonly Answer[];
  /** Called before a request is answered. */
  readonly before?: (what: string) => void | Promise<void>;
}

function kindOf({ method, path }: Pick<Received, "method" | "path">): string {
  if (method === "POST" && path === "/v1/files") return "upload";
  if (method === "POST" && path === "/v1/fine_tuning/jobs") return "begin";
  if (method === "GET" && path === "/v1/fine_tuning/jobs/ftjob-1") return "look";
  return method === "POST" && path === "/v1/fine_tuning/jobs/ftjob-1/cancel" ? "cancel" : `${method} ${path}`;
}

function service({ looks = [done], uploads, begins, cancels, before }: Play): Handler {
  const answers: Readonly<Record<string, readonly Answer[]>> = {
    look: looks,
    upload: uploads ?? [{ id: "file-1", object: "file", purpose: "fine-tune", status: "processed" }],
    begin: begins ?? [job("validating_files")],
    cancel: cancels ?? [job("cancelled")],
  };
  const asked: Record<string, number> = {};
  return async (request, response) => {
    const kind = kindOf(request);
    await before?.(kind);
    const list = answers[kind] ?? [{ status: 404, body: { error: { message: "nobody lives here" } } }];
    const index = (asked[kind] = (asked[kind] ?? -1) + 1);
    const answer = list[Math.min(index, list.length - 1)] as Extract<Answer, { readonly status: number }>;
    if (typeof answer.status !== "number") return sendJson(response, answer);
    if (answer.status === 0) return void response.destroy();
    sendJson(response, answer.body ?? { error: { message: "no" } }, answer.status, answer.headers);
  };
}

/** A trainer of the service, on a clock whose every timer rings at once; `waits` says for how long each was set. */
async function play<T>(
  what: Play,
  act: (trainer: FineTuningTrainer, seen: Seen) => Promise<T>,
  options: Partial<FineTuningJobOptions> = {},
): Promise<T> {
  return withServer(service(what), (server) => {
    const waits: number[] = [];
    const statuses: FineTuningStatus[] = [];
    const clock = {
      now: () => 0,
      setTimeout: (callback: () => void, ms: number) => {
        // How long a cancellation may take is not what is looked at here.
        if (ms === 10_000) return undefined;
        waits.push(ms);
        return setImmediate(callback);
      },
      clearTimeout: (timer: unknown) => {
        if (timer !== undefined) clearImmediate(timer as NodeJS.Immediate);
      },
    };
    const trainer = fineTuningJob({
      baseURL: `${server.url}/v1/`,
      apiKey,
      model: "gpt",
      open: (name) => scripted(["42"], { id: name }),
      pollMs: 100,
      onStatus: (status) => statuses.push(status),
      clock,
      ...options,
    });
    return act(trainer, { server, waits, statuses, kinds: () => server.received.map(kindOf) });
  });
}

interface Seen {
  readonly server: LoopbackServer;
  readonly waits: readonly number[];
  readonly statuses: readonly FineTuningStatus[];
  kinds(): readonly string[];
}

/** The fields of a form, whatever its boundary and the order of its parts. */
function formOf({ body, headers }: Received): readonly unknown[] {
  const boundary = /boundary="?([^";]+)/.exec(headers["content-type"] ?? "")?.[1] ?? "none";
  const parts = body.split(`--${boundary}`).slice(1, -1);
  return parts
    .map((part) => {
      const [head = "", ...rest] = part.split("\r\n\r\n");
      const name = /[ ;]name="([^"]*)"/.exec(head)?.[1];
      return {
        name,
        filename: /filename="([^"]*)"/.exec(head)?.[1],
        content: rest.join("\r\n\r\n").replace(/\r\n$/, ""),
      };
    })
    .sort((a, b) => String(a.name).localeCompare(String(b.name)));
}

const sft = `${[
  {
    messages: [
      { role: "user", content: "6 · 7?" },
      { role: "assistant", content: "Answer: 42" },
    ],
  },
  {
    messages: [
      { role: "user", content: "1 + 1?" },
      { role: "assistant", content: "Answer: 2" },
    ],
  },
]
  .map((line) => JSON.stringify(line))
  .join("\n")}\n`;

describe("a job", () => {
  test("is begun with the file, looked at until it is over, and its model is opened", async () => {
    const looks = [job("validating_files"), job("queued"), job("running"), job("running"), done];
    await play({ looks }, async (trainer, { server, waits, statuses, kinds }) => {
      const model = await trainer.train(examples, { round: 2 });
      expect(model.id).toBe("ft:gpt:mull::1");
      expect(kinds()).toEqual(["upload", "begin", "look", "look", "look", "look", "look"]);
      expect(waits).toEqual([100, 100, 100, 100]);
      expect(statuses.map(({ status }) => status)).toEqual(["validating_files", "queued", "running", "succeeded"]);
      expect(statuses[0]?.job).toBe("ftjob-1");
      const [upload, begin] = server.received as readonly [Received, Received];
      expect(formOf(upload)).toEqual([
        { name: "file", filename: "round-2.jsonl", content: sft },
        { name: "purpose", filename: undefined, content: "fine-tune" },
      ]);
      expect(begin.json).toEqual({ model: "gpt", training_file: "file-1" });
      expect(server.received.every(({ headers }) => headers.authorization === `Bearer ${apiKey}`)).toBe(true);
    });
  });

  test("asks as OpenAI's own client does", async () => {
    const hyperparameters = { n_epochs: 3, learning_rate_multiplier: "auto" } as const;
    const options = { hyperparameters, suffix: "mull", seed: 7 };
    await play(
      {},
      async (trainer, { server }) => {
        await trainer.train(examples);
        await trainer.trainPreferences(pairs);
        const client = new OpenAI({ apiKey, baseURL: `${server.url}/v1`, maxRetries: 0 });
        const file = await client.files.create({
          purpose: "fine-tune",
          file: await toFile(Buffer.from(sft), "round-0.jsonl"),
        });
        await client.fineTuning.jobs.create({
          ...{ model: "gpt", training_file: file.id, suffix: "mull", seed: 7 },
          method: { type: "supervised", supervised: { hyperparameters } },
        });
        await client.fineTuning.jobs.retrieve("ftjob-1");
        const seen = server.received.map((request) => [kindOf(request), request.json ?? formOf(request)]);
        expect(seen.slice(0, 3)).toEqual(seen.slice(6));
        expect(seen[4]).toEqual([
          "begin",
          {
            ...{ model: "gpt", training_file: "file-1", suffix: "mull", seed: 7 },
            method: { type: "dpo", dpo: { hyperparameters } },
          },
        ]);
      },
      options,
    );
  });

  test("of preferences sends pairs, and says so even without settings", async () => {
    await play({}, async (trainer, { server }) => {
      await trainer.trainPreferences(pairs);
      const [upload, begin] = server.received as readonly [Received, Received];
      expect(upload.body).toContain(
        '{"input":{"messages":[{"role":"user","content":"6 · 7?"}]},"preferred_output":[{"role":"assistant","content":"42"}],"non_preferred_output":[{"role":"assistant","content":"41"}]}',
      );
      expect(begin.json).toMatchObject({ method: { type: "dpo", dpo: {} } });
    });
  });

  test("at another place, with headers of its own and without a key", async () => {
    const headers = { "api-key": "mine" };
    await withServer(service({}), async ({ url, received }) => {
      const baseURL = new URL(`${url}/v1?api-version=1`);
      const trainer = fineTuningJob({ baseURL, headers, model: "gpt", open: () => scripted(["1"]), pollMs: 1 });
      await expect(trainer.train(examples)).rejects.toThrow(ProviderError);
      expect(received[0]).toMatchObject({ path: "/v1/files?api-version=1", headers: { "api-key": "mine" } });
      expect(received[0]?.headers.authorization).toBeUndefined();
    });
  });
});

describe("what may pass is tried again", () => {
  const overloaded = { status: 503 };
  const limited = { status: 429 };
  const lost = { status: 0 };
  test.each<[string, Play, readonly string[], readonly number[]]>([
    [
      "looking, after 5xx, 429 and a lost connection",
      { looks: [overloaded, limited, lost, done] },
      ["look", "look", "look", "look"],
      [100, 200, 400],
    ],
    [
      "looking, as often for each look",
      { looks: [overloaded, job("running"), overloaded, done] },
      ["look", "look", "look", "look"],
      [100, 100, 100],
    ],
    [
      "looking, when the service says",
      { looks: [{ ...limited, headers: { "retry-after": "7" } }, done] },
      ["look", "look"],
      [7000],
    ],
    [
      "looking, no sooner than it would",
      { looks: [{ ...limited, headers: { "retry-after-ms": "3" } }, done] },
      ["look", "look"],
      [100],
    ],
    ["sending, after 429", { uploads: [limited, { id: "file-1" }] }, ["upload", "upload", "begin", "look"], [100]],
    ["beginning, after 429", { begins: [limited, job("queued")] }, ["begin", "begin", "look"], [100]],
  ])("%s", async (_, what, kinds, waits) => {
    await play(what, async (trainer, seen) => {
      await trainer.train(examples);
      expect(seen.kinds().slice(-kinds.length)).toEqual(kinds);
      expect(seen.waits).toEqual(waits);
    });
  });

  test.each<[string, Play, readonly string[], Partial<ProviderError>]>([
    [
      "looking, after five attempts",
      { looks: [overloaded] },
      ["look", "look", "look", "look", "look"],
      { status: 503 },
    ],
    ["looking, after a refusal", { looks: [{ status: 404 }] }, ["begin", "look"], { status: 404 }],
    [
      "looking, where the service wants too long a pause",
      { looks: [{ ...limited, headers: { "retry-after": "86400" } }] },
      ["begin", "look"],
      { status: 429 },
    ],
    ["sending, after 503: it may be there", { uploads: [overloaded] }, ["upload"], { status: 503 }],
    ["beginning, after 503: it may have begun", { begins: [overloaded] }, ["upload", "begin"], { status: 503 }],
    ["beginning, after a lost connection", { begins: [lost] }, ["upload", "begin"], { status: undefined }],
    [
      "sending, where the money is spent",
      { uploads: [{ ...limited, body: { error: { code: "insufficient_quota" } } }] },
      ["upload"],
      { retryable: false },
    ],
  ])("but not %s", async (_, what, kinds, error) => {
    await play(what, async (trainer, seen) => {
      const thrown: unknown = await trainer.train(examples).catch((one: unknown) => one);
      expect(ProviderError.is(thrown)).toBe(true);
      expect(thrown).toMatchObject(error);
      expect(seen.kinds().slice(-kinds.length)).toEqual(kinds);
      expect(seen.kinds()).not.toContain("cancel");
      if (kinds.includes("look")) expect((thrown as Error).message).toContain("ftjob-1");
    });
  });

  test("a wait is never longer than a minute", async () => {
    await play(
      { looks: [overloaded, overloaded, overloaded, done] },
      async (trainer, { waits }) => {
        await trainer.train(examples);
        expect(waits).toEqual([40_000, 60_000, 60_000]);
      },
      { pollMs: 40_000 },
    );
  });
});

describe("what does not end well", () => {
  test.each<[string, Answer, string]>([
    [
      "failed",
      job("failed", {
        error: { code: "bad", message: `Line 3 is no JSON.\nYour key ${apiKey} or sk-**et`, param: null },
      }),
      "fineTuningJob: job ftjob-1 failed: Line 3 is no JSON. Your key [key] or sk-**et",
    ],
    ["failed without a word", job("failed"), "fineTuningJob: job ftjob-1 failed"],
    ["was cancelled by somebody", job("cancelled"), "fineTuningJob: job ftjob-1 was cancelled"],
  ])("a job that %s", async (_, look, message) => {
    await play({ looks: [job("running"), look] }, async (trainer, { kinds }) => {
      const thrown: unknown = await trainer.train(examples).catch((one: unknown) => one);
      expect(MullError.is(thrown) && thrown.code).toBe("training");
      expect((thrown as Error).message).toBe(message);
      expect(kinds()).not.toContain("cancel");
    });
  });

  test("a refusal, without the key", async () => {
    const body = {
      error: { message: `Incorrect API key provided: sk-secr****back, ${apiKey}.`, code: "invalid_api_key" },
    };
    await play({ uploads: [{ status: 401, body, headers: { "x-request-id": "r1" } }] }, async (trainer) => {
      await expect(trainer.train(examples)).rejects.toMatchObject({
        message: "fineTuningJob: sending the file, the service answered 401: Incorrect API key provided: [key] [key].",
        ...{ status: 401, requestId: "r1", code: "provider" },
      });
    });
  });

  test.each<[string, Play]>([
    ["a file without an id", { uploads: [{ object: "file" }] }],
    ["a job without an id", { begins: [{ object: "fine_tuning.job" }] }],
    ["a job without a status", { looks: [{ id: "ftjob-1" }] }],
    ["a model without a name", { looks: [job("succeeded")] }],
    ["a list", { looks: [[] as object] }],
  ])("%s", async (_, what) => {
    await play(what, async (trainer) => {
      const thrown: unknown = await trainer.train(examples).catch((one: unknown) => one);
      expect(MalformedResponseError.is(thrown)).toBe(true);
    });
  });

  test("what open throws, and what is no model", async () => {
    const broken = new Error("no such model");
    await play({}, (trainer) => expect(trainer.train(examples)).rejects.toBe(broken), {
      open: () => Promise.reject(broken),
    });
    await play(
      {},
      (trainer) => expect(trainer.train(examples)).rejects.toMatchObject({ option: "what open returns" }),
      {
        open: (name) => name as never,
      },
    );
  });

  test("a listener that throws does no harm", async () => {
    const onStatus = (): never => {
      throw new Error("deaf");
    };
    await play({}, (trainer) => expect(trainer.train(examples)).resolves.toMatchObject({ id: "ft:gpt:mull::1" }), {
      onStatus,
    });
  });
});

describe("giving up", () => {
  /** Gives up when the service has been asked for `when`, and says what it was asked for in all. */
  async function giveUp(
    when: string,
    what: Play = {},
    options: Partial<FineTuningJobOptions> = {},
  ): Promise<readonly string[]> {
    const controller = new AbortController();
    const before = (kind: string): void => {
      if (kind === when) controller.abort(reason);
    };
    return play(
      { looks: [job("running")], ...what, before },
      async (trainer, { kinds }) => {
        await expect(trainer.train(examples, { signal: controller.signal })).rejects.toBe(reason);
        return kinds();
      },
      options,
    );
  }

  test("while the file is sent: no job is begun", async () => {
    expect(await giveUp("upload")).toEqual(["upload"]);
  });

  test("while the job is begun: it is cancelled as soon as its id is known", async () => {
    expect(await giveUp("begin")).toEqual(["upload", "begin", "cancel"]);
  });

  test("while the job is refused for now: it is not begun again", async () => {
    expect(await giveUp("begin", { begins: [{ status: 429 }, job("queued")] })).toEqual(["upload", "begin"]);
  });

  test("while the job is looked at: it is cancelled", async () => {
    expect(await giveUp("look")).toEqual(["upload", "begin", "look", "cancel"]);
  });

  test("a cancellation that fails changes nothing", async () => {
    expect(await giveUp("look", { cancels: [{ status: 500 }] })).toEqual(["upload", "begin", "look", "cancel"]);
  });

  test("between two looks, on a clock that stands still", async () => {
    const clock: VirtualClock = virtualClock();
    const controller = new AbortController();
    const onStatus = (): void => void setImmediate(() => controller.abort(reason));
    await play(
      { looks: [job("running")] },
      async (trainer, { kinds }) => {
        await expect(trainer.train(examples, { signal: controller.signal })).rejects.toBe(reason);
        expect(kinds()).toEqual(["upload", "begin", "look", "cancel"]);
        expect(clock.pending).toBe(0);
      },
      { clock, onStatus },
    );
  });

  test.each(["begin", "cancel"])(
    "a service that does not answer (%s) is not waited for longer than 10 s",
    async (silent) => {
      const clock = virtualClock();
      const controller = new AbortController();
      const asked: string[] = [];
      const fetch = (url: string, { method = "GET", signal }: RequestInit): Promise<Response> => {
        const kind = kindOf({ method, path: new URL(url).pathname });
        asked.push(kind);
        if (kind === (silent === "begin" ? "begin" : "look")) controller.abort(reason);
        if (kind !== silent)
          return Promise.resolve(Response.json(kind === "upload" ? { id: "file-1" } : job("running")));
        return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error)));
      };
      const trainer = fineTuningJob({ model: "gpt", open: () => scripted(["1"]), clock, fetch });
      let outcome: unknown = "it goes on";
      trainer.train(examples, { signal: controller.signal }).catch((error: unknown) => (outcome = error));
      await clock.advance(9_999);
      expect(outcome).toBe("it goes on");
      await clock.advance(1);
      expect(outcome).toBe(reason);
      expect(asked).toEqual(silent === "begin" ? ["upload", "begin"] : ["upload", "begin", "look", "cancel"]);
      expect(clock.pending).toBe(0);
    },
  );

  test("before it begins: nothing is sent", async () => {
    await play({}, async (trainer, { kinds }) => {
      await expect(trainer.train(examples, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      expect(kinds()).toEqual([]);
    });
  });
});

const good: FineTuningJobOptions = { model: "gpt", open: () => scripted(["1"]) };
test.each<[object, string]>([
  [{ model: "" }, "model"],
  [{ open: "gpt" }, "open"],
  [{ baseURL: "api.openai.com" }, "baseURL"],
  [{ baseURL: "ftp://api.openai.com" }, "baseURL"],
  [{ apiKey: "" }, "apiKey"],
  [{ headers: [] }, "headers"],
  [{ hyperparameters: { epochs: 3 } }, "an option"],
  [{ suffix: "" }, "suffix"],
  [{ suffix: "x".repeat(65) }, "suffix"],
  [{ seed: 0.5 }, "seed"],
  [{ pollMs: 0 }, "pollMs"],
  [{ attempts: 0 }, "attempts"],
  [{ onStatus: true }, "onStatus"],
  [{ fetch: true }, "fetch"],
  [{ method: "dpo" }, "an option"],
])("%j: %s is named at once", (options, option) => {
  expect(() => fineTuningJob({ ...good, ...options })).toThrow(InvalidOptionError);
  expect(() => fineTuningJob({ ...good, ...options })).toThrow(expect.objectContaining({ option }));
});

test.each([
  [[[]], "examples"],
  [["text"], "examples"],
  [[examples, { round: 0.5 }], "round"],
])("train(%j): %s is named, and nothing is sent", async (args, option) => {
  await play({}, async (trainer, { kinds }) => {
    const train = trainer.train as (...given: readonly unknown[]) => Promise<Model>;
    await expect(train(...args)).rejects.toMatchObject({ code: "invalid-option", option });
    expect(kinds()).toEqual([]);
  });
});

test("it is a trainer, with preferences beside", () => {
  expectTypeOf(fineTuningJob).returns.toEqualTypeOf<FineTuningTrainer>();
});
