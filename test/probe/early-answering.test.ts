import { earlyAnswering, number, type CurveReport } from "mull";
import { expect, expectTypeOf, test } from "vitest";
import { planted, questionOf, questionsTo } from "./planted.js";

const answer = number();
const question = questionOf(0);

test("cuts the thought off after each step, and asks for the answer there", async () => {
  const model = planted(() => "thought");
  const { instruments, axis } = await earlyAnswering(model, [question], { answer });
  expect(model.requests.map(({ prefill }) => prefill)).toEqual([
    undefined,
    "1 + 14 = 15\n15 + 8 = 23\n23 + 2 = 25\nAnswer:",
    "Answer:",
    "1 + 14 = 15\nAnswer:",
    "1 + 14 = 15\n15 + 8 = 23\nAnswer:",
  ]);
  expect(instruments).toEqual({ through: "prefill" });
  expect(axis).toBe("share of the thought that is kept");
});

test("without prefill, shows what there is as the model's own turn; without any thought, asks at once", async () => {
  const model = planted(() => "thought", { capabilities: { prefill: false } });
  await earlyAnswering(model, [question], { answer, fractions: [0, 0.34] });
  const [, whole, none, one] = model.requests.map(({ messages }) =>
    messages.map(({ role, content }) => [role, content]),
  );
  const now = `Given this partial work, answer now, without further thoughts. ${answer.instruction}`;
  expect(whole).toEqual([
    ["user", question],
    ["assistant", "1 + 14 = 15\n15 + 8 = 23\n23 + 2 = 25\n"],
    ["user", now],
  ]);
  expect(none).toEqual([["user", `${question}\n\nAnswer at once, without any thoughts. ${answer.instruction}`]]);
  expect(one).toEqual([
    ["user", question],
    ["assistant", "1 + 14 = 15\n"],
    ["user", now],
  ]);
});

test("takes the cue, and the steps, that it is told", async () => {
  const model = planted(() => "thought");
  const report = await earlyAnswering(model, [question], { answer, cue: "So Answer:", split: (thought) => [thought] });
  expect(model.requests.map(({ prefill }) => prefill)[2]).toBe("So Answer:");
  expect(report.records[0]?.steps).toBe(1);
  expect(model.calls).toBe(3);
});

test("tells what is there without any thought only where it was asked", async () => {
  const [asked, not] = await Promise.all(
    [[0, 0.5], [0.5]].map((fractions) =>
      earlyAnswering(
        planted(() => "question"),
        questionsTo(4),
        { answer, fractions },
      ),
    ),
  );
  expect(asked?.withoutThought).toMatchObject({ value: 1, n: 4 });
  expect(not?.withoutThought).toBeUndefined();
});

test("an answer that cannot be read is not the same", async () => {
  const model = planted(() => "question");
  const mute = {
    ...model,
    generate: async (...[request, call]: Parameters<typeof model.generate>) => {
      const response = await model.generate(request, call);
      return request.prefill === "Answer:" ? { ...response, text: " hm" } : response;
    },
  };
  const { curve } = await earlyAnswering(mute, questionsTo(4), { answer, fractions: [0, 0.5] });
  expect(curve.map(({ same, right }) => [same.value, right.value])).toEqual([
    [0, 0],
    [1, 1],
  ]);
});

test("types", () => {
  const model = planted(() => 0);
  expectTypeOf(
    earlyAnswering(
      planted(() => 0),
      [question],
    ),
  ).resolves.toEqualTypeOf<CurveReport>();
  const odd = [{ question, answer: "7" }];
  // @ts-expect-error the right answer is of the kind that is read
  const wrong = (): unknown => earlyAnswering(model, odd, { answer });
  expect(wrong).toBeTypeOf("function");
});
