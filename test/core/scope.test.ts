/**
 * @module
 * Scopes: who is given up together, and what they leave behind.
 */
import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test, vi } from "vitest";
import { Scope, ScopeClosed, race, sleep, type Abortable } from "mull";
import { virtualClock } from "mull/testing";

const reason = new Error("given up");

/** How many a scope would tell. */
function members(scope: Scope): number {
  const { _members: all } = scope as unknown as { readonly _members?: Abortable | Set<Abortable> };
  return all instanceof Set ? all.size : Number(all !== undefined);
}

describe("a scope", () => {
  test("tells each member once, with the reason, before its signal", () => {
    const scope = new Scope();
    const told: unknown[] = [];
    scope.signal.addEventListener("abort", () => told.push(["signal", scope.signal.reason]));
    for (const name of ["one", "two"]) scope.add({ abort: (why) => told.push([name, why]) });
    scope.abort(reason);
    scope.abort(new Error("again"));
    expect(told).toEqual([
      ["one", reason],
      ["two", reason],
      ["signal", reason],
    ]);
    expect([scope.aborted, scope.reason]).toEqual([true, reason]);
  });

  test("tells those who come too late at once", () => {
    const scope = new Scope();
    scope.abort(reason);
    const late = { abort: vi.fn() };
    scope.add(late);
    new Scope(scope).add(late);
    expect(late.abort.mock.calls).toEqual([[reason], [reason]]);
    expect(members(scope)).toBe(0);
  });

  test("removed members are not told", () => {
    const scope = new Scope();
    const member = { abort: vi.fn() };
    scope.add(member);
    scope.remove(member);
    scope.remove(member);
    scope.abort(reason);
    expect(member.abort).not.toHaveBeenCalled();
  });

  test("makes no signal unless it is asked for, and then always the same", () => {
    const scope = new Scope();
    scope.abort(reason);
    const { signal } = scope;
    expect(signal).toBe(scope.signal);
    expect([signal.aborted, signal.reason]).toEqual([true, reason]);
  });

  test.each([undefined, null, 0, "text", { own: "reason" }])("the reason is passed on as it is: %o", (why) => {
    const scope = new Scope();
    const inner = new Scope(scope);
    scope.abort(why);
    expect(inner.aborted).toBe(true);
    expect(inner.reason).toBe(why);
  });

  test("a parent gives up what is inside it, a child only itself", () => {
    const parent = new Scope();
    const [one, two] = [new Scope(parent), new Scope(parent)];
    const deep = new Scope(two);
    one.abort("one");
    expect([parent.aborted, one.aborted, two.aborted, deep.aborted]).toEqual([false, true, false, false]);
    const { signal } = deep;
    parent.abort("all");
    expect([one.reason, two.reason, deep.reason, signal.reason]).toEqual(["one", "all", "all", "all"]);
  });

  test("made within a scope that was given up, it is given up", () => {
    const parent = new Scope();
    parent.abort(reason);
    const late = new Scope(parent);
    expect([late.aborted, late.reason, late.signal.aborted]).toEqual([true, reason, true]);
  });

  test("closed, it leaves its parent, and gives up what still runs", () => {
    const parent = new Scope();
    const scope = new Scope(parent);
    const running = { abort: vi.fn() };
    scope.add(running);
    expect(members(parent)).toBe(1);
    scope.close();
    expect(members(parent)).toBe(0);
    expect(running.abort).toHaveBeenCalledExactlyOnceWith(expect.any(ScopeClosed));
    scope.close();
    parent.abort(reason);
    expect(running.abort).toHaveBeenCalledTimes(1);
  });

  test("closed with nothing in it, it is not given up", () => {
    const scope = new Scope(new Scope());
    scope.close();
    expect(scope.aborted).toBe(false);
  });

  prop.prop([fc.array(fc.tuple(fc.constantFrom("open", "close", "add", "remove"), fc.nat(20)), { maxLength: 80 })])(
    "whatever is opened, closed, added and removed: all that is left is told, once",
    (steps) => {
      const root = new Scope();
      const scopes = [root];
      const added: { scope: Scope; told: number; removed: boolean; abort: () => void }[] = [];
      const closed = new Set<Scope>();
      for (const [step, which] of steps) {
        const scope = scopes[which % scopes.length] as Scope;
        const member = added[which % Math.max(1, added.length)];
        if (step === "open") scopes.push(new Scope(scope));
        else if (step === "close" && scope !== root) {
          scope.close();
          closed.add(scope);
        } else if (step === "add" && !scope.aborted) {
          const fresh = {
            scope,
            told: 0,
            removed: false,
            abort: () => {
              fresh.told++;
            },
          };
          added.push(fresh);
          scope.add(fresh);
        } else if (step === "remove" && member?.told === 0) {
          member.removed = true;
          member.scope.remove(member);
        }
      }
      root.abort(reason);
      for (const member of added) {
        expect(member.told).toBeLessThanOrEqual(1);
        if (member.removed) expect(member.told).toBe(0);
        else if (!closed.has(member.scope) && !within(member.scope, closed)) expect(member.told).toBe(1);
      }
    },
  );
});

/** Is the scope inside one that was closed? What is added to such a one afterwards, nobody tells. */
function within(scope: Scope, closed: ReadonlySet<Scope>): boolean {
  for (let s: Scope | undefined = scope; s !== undefined; s = (s as unknown as { _parent?: Scope })._parent) {
    if (closed.has(s)) return true;
  }
  return false;
}

const fails = (): never => {
  throw new Error("own");
};

describe("race", () => {
  test("gives the value, or the error, and leaves nothing behind", async () => {
    const scope = new Scope();
    await expect(race({ scope }, async () => 5)).resolves.toBe(5);
    await expect(race({ scope }, () => 6)).resolves.toBe(6);
    for (const fail of [() => Promise.reject(new Error("own")), fails]) {
      await expect(race({ scope }, fail)).rejects.toThrow("own");
    }
    expect(members(scope)).toBe(0);
  });

  test("rejects with the reason at once when the call is given up, and an error that comes later is nobody's", async () => {
    const scope = new Scope();
    let fail: (error: Error) => void = () => {};
    const waiting = race({ scope }, () => new Promise((_, reject) => (fail = reject)));
    scope.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    fail(new Error("too late"));
    await new Promise((resolve) => setImmediate(resolve)); // an unhandled rejection would fail the run
  });

  test("of a call that was given up rejects, and starts nothing", async () => {
    const scope = new Scope();
    scope.abort(reason);
    const work = vi.fn(() => 5);
    await expect(race({ scope }, work)).rejects.toBe(reason);
    expect(work).not.toHaveBeenCalled();
  });

  test("work that gives its own call up", async () => {
    const scope = new Scope();
    const waiting = race({ scope }, () => {
      scope.abort(reason);
      return 5;
    });
    await expect(waiting).rejects.toBe(reason);
    expect(members(scope)).toBe(0);
  });
});

describe("sleep", () => {
  test("waits on the call's clock, and leaves nothing behind", async () => {
    const clock = virtualClock();
    const scope = new Scope();
    await clock.until(sleep({ scope, clock }, 1000));
    expect([clock.now(), members(scope), clock.pending]).toEqual([1000, 0, 0]);
  });

  test("given up, it rejects with the reason and leaves no timer", async () => {
    const clock = virtualClock();
    const scope = new Scope();
    const waiting = sleep({ scope, clock }, 1000);
    expect(clock.pending).toBe(1);
    scope.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect([clock.pending, members(scope)]).toEqual([0, 0]);
    await expect(sleep({ scope, clock }, 1)).rejects.toBe(reason);
    expect(clock.pending).toBe(0);
  });
});
