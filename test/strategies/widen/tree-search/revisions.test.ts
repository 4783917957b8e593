import {
  abMcts,
  improveInstruction,
  number,
  revisions,
  run,
  textOf,
  treeSearch,
  type RevisionsOptions,
  type Scorer,
} from "mull";
import { scripted } from "mull/testing";
import { expect, test } from "vitest";

const deeper = abMcts();
/** Likes answers that come later better, so that the search mends what it has. */
const later: Scorer = ({ text }) => ({ ok: false, score: text.length / 20, message: "too short" });

test("from the question a new answer; from an answer a better one, asked for with what the scorer said of it", async () => {
  const model = scripted((request) => `${"so ".repeat(request.messages.length)}Answer: 5`);
  const search = treeSearch({ answer: number(), scorer: later, expand: revisions(), order: deeper, maxTrials: 12 });
  const { samples, answer } = await run(search(model), "q", { seed: 2 });
  expect(answer).toBe(5);
  expect(samples).toHaveLength(12);
  const asked = model.requests.map(({ messages }) => messages.map(textOf));
  const fresh = asked.filter(({ length }) => length === 1);
  const mended = asked.filter(({ length }) => length === 3);
  expect(fresh.length + mended.length).toBe(12);
  expect(mended.length).toBeGreaterThan(2);
  expect(fresh[0]).toEqual(['q\n\nEnd with "Answer: " and the number.']);
  expect(mended[0]).toEqual([
    'q\n\nEnd with "Answer: " and the number.',
    "so Answer: 5",
    `too short\n\nScore of this answer: 0.6.\n\n${improveInstruction}`,
  ]);
});

test("a scorer that gives numbers says nothing but the number; one that fails, nothing at all", async () => {
  const model = scripted((request) => `${"so ".repeat(request.messages.length)}Answer: 5`);
  const scorer: Scorer = ({ text }) => text.length / 24;
  const options = { answer: number(), expand: revisions({ instruction: "Again." }), order: deeper, maxTrials: 12 };
  await run(treeSearch({ ...options, scorer })(model), "q", { seed: 2 });
  const said = model.requests.flatMap(({ messages }) => (messages.length === 3 ? [textOf(messages[2]!)] : []));
  expect(said[0]).toBe("Score of this answer: 0.5.\n\nAgain.");
});

test("each model is an action, and those that score better are asked more often", async () => {
  const [good, bad] = [scripted(["Answer: 1"], { repeat: true }), scripted(["Answer: 2"], { repeat: true })];
  const beneath = scripted(["never"]);
  const search = treeSearch({
    answer: number(),
    scorer: ({ text }) => (text === "Answer: 1" ? 0.9 : 0.1),
    expand: revisions({ models: [bad, good] }),
    order: abMcts(),
    maxTrials: 40,
  });
  const { answer } = await run(search(beneath), "q", { seed: 4 });
  expect(answer).toBe(1);
  expect(beneath.calls).toBe(0);
  expect(good.calls + bad.calls).toBe(40);
  expect(good.calls).toBeGreaterThan(26);
});

test.each<[options: RevisionsOptions, message: string]>([
  [{ models: [] }, "revisions: models must be a list of at least one model"],
  [{ models: [{}] as never }, "revisions: models must be a list of at least one model"],
  [{ instruction: "" }, "revisions: instruction must be a text that is not empty, got an empty string"],
  [{ model: 1 } as RevisionsOptions, 'revisions: an option must be one of models, instruction, got "model"'],
])("%j is refused", (options, message) => {
  expect(() => revisions(options)).toThrow(message);
});
