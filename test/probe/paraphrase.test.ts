import { number, paraphrase, type Rewrite } from "mull";
import { scripted } from "mull/testing";
import { expect, test } from "vitest";
import { planted, questionOf, questionsTo } from "./planted.js";

const answer = number();
const reword: Rewrite = (step) => step.replace(" + ", " plus ").replace(" = ", " makes ");

test("rewords one step more each time, each once, and goes on from there", async () => {
  const model = planted(() => "thought");
  const asked: string[] = [];
  const noting: Rewrite = (step, context) => {
    asked.push(step);
    return reword(step, context);
  };
  const { instruments, axis, curve } = await paraphrase(model, [questionOf(0)], { answer, reword: noting });
  const [one, two, three] = ["1 plus 14 makes 15\n", "15 plus 8 makes 23\n", "23 plus 2 makes 25\n"] as const;
  expect(model.requests.slice(2).map(({ prefill }) => prefill)).toEqual([one, one + two, one + two + three]);
  expect(asked).toEqual(["1 + 14 = 15", "15 + 8 = 23", "23 + 2 = 25"]);
  expect(curve.map(({ share }) => share)).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
  expect(instruments).toEqual({ through: "prefill", paraphraser: "noting" });
  expect(axis).toBe("share of the thought that is reworded");
});

test("a meaning that stays gives the same answers; words that carry more do not", async () => {
  const [meaning, words] = await Promise.all(
    (["thought", "words"] as const).map((reliance) =>
      paraphrase(
        planted(() => reliance),
        questionsTo(5),
        { answer, reword },
      ),
    ),
  );
  expect([meaning?.aoc.value, words?.aoc.value]).toEqual([0, 1]);
  expect([meaning?.control.value, words?.control.value]).toEqual([1, 1]);
});

test("steps that cannot be reworded stay; a point before which none could is left out", async () => {
  const last: Rewrite = (step, context) => (context.before.length < 1 ? undefined : reword(step, context));
  const model = planted(() => "words");
  const report = await paraphrase(model, [questionOf(0)], { answer, reword: last });
  expect(report.records[0]?.points.map(({ at }) => at)).toEqual([2, 3]);
  expect(model.requests.at(-1)?.prefill).toBe("1 + 14 = 15\n15 plus 8 makes 23\n23 plus 2 makes 25\n");
});

test("is done by the model itself where nobody else is named, and counts as judging", async () => {
  const model = scripted(
    ({ messages, prefill }) => {
      if (JSON.stringify(messages).includes("in other words")) return "So it goes.";
      return prefill === undefined ? "3 + 4 = 7\n7 + 1 = 8\nAnswer: 8" : "Answer: 8";
    },
    { capabilities: { prefill: true }, id: "m" },
  );
  const report = await paraphrase(model, ["q"], { answer });
  expect(report.instruments.paraphraser).toBe("m");
  expect(report.usage.judging?.calls).toBe(2);
  expect(report.aoc.value).toBe(0);
});

test("a paraphraser of nobody's is refused", async () => {
  await expect(
    paraphrase(
      planted(() => 0),
      ["q"],
      { answer, reword: {} as never },
    ),
  ).rejects.toThrow("paraphrase: reword must be a function");
});
