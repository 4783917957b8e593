/**
 * @module
 * Following a signal: one listener for all who follow, gone with the last.
 */
import { getEventListeners } from "node:events";
import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test, vi } from "vitest";
import { follow } from "../../src/core/signal.js";

const listeners = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

describe("follow", () => {
  test("tells everybody who follows, once, with the reason", () => {
    const controller = new AbortController();
    const reason = new Error("left");
    const [one, two, gone] = [{ abort: vi.fn() }, { abort: vi.fn() }, { abort: vi.fn() }];
    follow(controller.signal, one);
    const leave = follow(controller.signal, gone);
    follow(controller.signal, two);
    leave();
    controller.abort(reason);
    expect([one, two, gone].map(({ abort }) => abort.mock.calls)).toEqual([[[reason]], [[reason]], []]);
  });

  test("one listener serves them all, so that Node does not warn of a leak", () => {
    const { signal } = new AbortController();
    const warnings: string[] = [];
    const warn = vi.spyOn(process, "emitWarning").mockImplementation((warning) => void warnings.push(String(warning)));
    const leaves = Array.from({ length: 100 }, () => follow(signal, { abort: () => {} }));
    expect([listeners(signal), warnings]).toEqual([1, []]);
    for (const leave of leaves) leave();
    expect(listeners(signal)).toBe(0);
    warn.mockRestore();
  });

  test("whoever leaves twice takes nobody else along", () => {
    const controller = new AbortController();
    const stays = { abort: vi.fn() };
    const leave = follow(controller.signal, { abort: () => {} });
    leave();
    follow(controller.signal, stays);
    leave();
    expect(listeners(controller.signal)).toBe(1);
    controller.abort("left");
    expect(stays.abort).toHaveBeenCalledExactlyOnceWith("left");
  });

  test("signals do not know of each other", () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const member = { abort: vi.fn() };
    follow(two.signal, member);
    one.abort("one");
    expect(member.abort).not.toHaveBeenCalled();
  });

  prop.prop([fc.array(fc.tuple(fc.boolean(), fc.nat(9)), { maxLength: 60 })])(
    "whoever follows at the end is told, and nobody else",
    (steps) => {
      const controller = new AbortController();
      const following: { readonly leave: () => void; readonly abort: ReturnType<typeof vi.fn> }[] = [];
      const left: ReturnType<typeof vi.fn>[] = [];
      for (const [joins, which] of steps) {
        if (joins) {
          const abort = vi.fn();
          following.push({ abort, leave: follow(controller.signal, { abort }) });
        } else {
          const [gone] = following.splice(which, 1);
          gone?.leave();
          if (gone) left.push(gone.abort);
        }
        expect(listeners(controller.signal)).toBe(following.length > 0 ? 1 : 0);
      }
      controller.abort("end");
      for (const { abort } of following) expect(abort).toHaveBeenCalledTimes(1);
      for (const abort of left) expect(abort).not.toHaveBeenCalled();
      for (const { leave } of following) leave();
      expect(listeners(controller.signal)).toBe(0);
    },
  );
});
