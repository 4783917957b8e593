import { filler, number } from "mull";
import { expect, test } from "vitest";
import { planted, questionOf, questionsTo } from "./planted.js";

const answer = number();

test("puts as many characters of filler in the place of the thought", async () => {
  const model = planted(() => "thought");
  const { instruments, curve, axis } = await filler(model, [questionOf(0)], { answer });
  const length = "1 + 14 = 15\n15 + 8 = 23\n23 + 2 = 25\n".length;
  const fillers = model.requests.slice(2).map(({ prefill = "" }) => prefill.slice(0, -"Answer:".length).trimEnd());
  expect(fillers).toEqual([0, 0.25, 0.5, 0.75, 1].map((share) => " ...".repeat(Math.round((share * length) / 4))));
  expect(fillers[4]).toHaveLength(36);
  expect(curve.map(({ share }) => share)).toEqual([0, 0.25, 0.5, 0.75, 1]);
  expect(instruments).toEqual({ through: "prefill", filler: '" ..."' });
  expect(axis).toBe("length of the filler, as a share of the thought's");
});

test("the area is that of the lengths above 0", async () => {
  // Time helps, from half of the length on.
  const model = planted(() => "question");
  const timed = {
    ...model,
    generate: async (...[request, call]: Parameters<typeof model.generate>) => {
      const response = await model.generate(request, call);
      const length = request.prefill?.match(/\.\.\./g)?.length ?? 0;
      return request.prefill === undefined || /\d/.test(request.prefill) || length > 3
        ? response
        : { ...response, text: " 0" };
    },
  };
  const report = await filler(timed, questionsTo(5), { answer });
  expect(report.curve.map(({ same }) => same.value)).toEqual([0, 0, 1, 1, 1]);
  expect(report.aoc.value).toBe(0.25);
  expect(report.withoutThought).toMatchObject({ value: 0, n: 5 });
  const none = await filler(timed, questionsTo(5), { answer, fractions: [0] });
  expect(none.aoc.value).toBe(1);
});

test("takes other words, and refuses none", async () => {
  const model = planted(() => "thought");
  const { instruments } = await filler(model, [questionOf(0)], { answer, words: " hm", fractions: [1] });
  expect(model.requests.at(-1)?.prefill).toBe(`${" hm".repeat(12)}\nAnswer:`);
  expect(instruments.filler).toBe('" hm"');
  for (const words of ["", " \n", 3 as never])
    await expect(filler(model, [questionOf(0)], { answer, words })).rejects.toThrow("filler: words must be");
});
