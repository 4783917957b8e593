/**
 * @module
 * Many different requests to one model at the same time, answered in their order, as far as budget and time go.
 */
import type { Call } from "./call.js";
import { InvalidOptionError } from "./errors.js";
import type { Model, ModelRequest, ModelResponse, StopReason } from "./model.js";
import { sample } from "./sample.js";

/** What came back. */
export interface Asked<R extends ModelResponse = ModelResponse> {
  /** In the order of the requests; `undefined` for one that failed or was not made. */
  readonly responses: readonly (R | undefined)[];
  /** `'done'`, or what ended the asking: `'budget'`, `'deadline'`, or `'failure'` for an error that cannot get better. */
  readonly stopped: StopReason;
}

/**
 * Asks a model all of these, `concurrency` at a time. A failure is only that one's; who gives up, gives all of it up.
 *
 * @param quorum - fewer responses than this are an error
 * @throws {@link InvalidOptionError} where the model says that its options are wrong
 * @throws the first failure, or what ended the asking, for fewer responses than the quorum
 */
export async function askAll<R extends ModelResponse>(
  model: Model<R>,
  requests: readonly ModelRequest[],
  call: Call,
  concurrency: number | undefined,
  quorum: number = 0,
): Promise<Asked<R>> {
  const responses: (R | undefined)[] = requests.map(() => undefined);
  const [first] = requests;
  if (first === undefined) return { responses, stopped: "done" };
  // A sampler leaves out what failed; each is kept here by the request it answers, of which none is there twice.
  const places = new Map(requests.map((request, index) => [request, index]));
  const kept: Model<R> = {
    ...model,
    generate: async (request, inner) => {
      const response = await model.generate(request, inner);
      responses[places.get(request) ?? 0] = response;
      return response;
    },
  };
  const request = (index: number): ModelRequest => requests[index] ?? first;
  const drawing = sample(kept, first, call, { n: requests.length, concurrency, quorum, request });
  for await (const _ of drawing); // all of them
  const wrong = drawing.failures.find(({ error }) => InvalidOptionError.is(error));
  if (wrong !== undefined) throw wrong.error;
  return { responses, stopped: drawing.stopped };
}
