/**
 * @module
 * What stands on a tape, by run and call.
 */
import { canonical } from "../canonical.js";
import type { RunState } from "../call.js";
import { MullError } from "../errors.js";
import { fieldsOf } from "../fields.js";
import type { ModelRequest } from "../model.js";
import type { Tape } from "../tape.js";
import { firstDifference } from "./difference.js";
import type { CallLine, Line, RunLine } from "./line.js";
import { withoutSecrets } from "./secrets.js";
import { fromJson, toJson } from "./value.js";

/** One run on the tape. */
export interface Reel {
  readonly id: number;
  /** How it began; `undefined` for a run that is being recorded. */
  readonly first: RunLine;
  /** By path, in the order in which they ended. */
  readonly calls: Map<string, CallLine>;
}

/** A request as the tape knows it. */
export interface KnownRequest {
  readonly id: number;
  readonly json: unknown;
  /** Does the tape not have it yet? */
  readonly isNew: boolean;
}

/** The runs of a tape. A run that goes on now is matched to one of them by its first call: its path, its request, and its seed where one was chosen. */
export class Reels {
  readonly reels: Reel[] = [];
  private readonly _requests: unknown[] = [];
  private readonly _ids = new Map<string, number>();
  /** Those that no run of this process has taken. */
  private readonly _free: Set<Reel>;
  private readonly _taken = new WeakMap<RunState, Reel>();

  private constructor(lines: readonly Line[]) {
    for (const line of lines) {
      if (line.type === "request") this._know(line.id, line.request);
      else if (line.type === "run") this.reels[line.run] = { id: line.run, first: line, calls: new Map() };
      else if (line.type === "call") add(this.reels[line.run]?.calls, line);
    }
    this._free = new Set(this.reels.filter((reel) => reel !== undefined));
  }

  /** @throws MullError with the code `'tape'` for a line that is none of a tape */
  static async read(tape: Tape): Promise<Reels> {
    const lines: Line[] = [];
    let number = 0;
    for (const text of await tape.read()) {
      number++;
      if (text.trim() === "") continue;
      lines.push(parse(text, number));
    }
    return new Reels(lines);
  }

  /** The request without secrets, as it stands on the tape, or will. */
  request(request: ModelRequest): KnownRequest {
    const shown = withoutSecrets(request);
    const text = canonical(shown);
    const id = this._ids.get(text);
    if (id !== undefined) return { id, json: this._requests[id], isNew: false };
    const json = toJson(shown);
    const next = this._requests.length;
    this._know(next, json, text);
    return { id: next, json, isNew: true };
  }

  /** The reel of a run; takes the first free one that began in the same way. */
  of(state: RunState, path: readonly string[], request: number): Reel | undefined {
    let reel = this._taken.get(state);
    if (reel !== undefined) return reel;
    const seed = seedOf(state);
    const key = keyOf(path);
    for (const free of this._free) {
      const { first } = free;
      if (first.seed === seed && first.request === request && keyOf(first.path) === key) {
        reel = free;
        break;
      }
    }
    if (reel !== undefined) this.take(state, reel);
    return reel;
  }

  take(state: RunState, reel: Reel): void {
    this._free.delete(reel);
    this._taken.set(state, reel);
  }

  /** A new run. */
  begin(state: RunState, path: readonly string[], request: number): Reel {
    const id = this.reels.length;
    const first: RunLine = { type: "run", run: id, seed: seedOf(state), path, request };
    const reel: Reel = { id, first, calls: new Map() };
    this.reels.push(reel);
    this._taken.set(state, reel);
    return reel;
  }

  /** Why no run on the tape begins like this one. */
  whyNoRun(state: RunState, path: readonly string[], request: KnownRequest): string {
    if (this._free.size === 0) {
      return this.reels.length === 0 ? "the tape is empty" : `all ${this.reels.length} runs of the tape were played`;
    }
    const key = keyOf(path);
    const [reel] = [...this._free].filter(({ first }) => keyOf(first.path) === key);
    if (reel === undefined) {
      const [other] = this._free;
      return `no run of the tape begins at ${shown(path)}; the next one begins at ${shown(other?.first.path ?? [])}`;
    }
    const found = firstDifference(this._requests[reel.first.request], request.json);
    if (found !== undefined) return `at ${shown(path)}, ${found}`;
    return `it was recorded with seed ${reel.first.seed ?? "none"}, and is played with ${seedOf(state) ?? "none"}`;
  }

  /** Why a run on the tape has no such call. */
  whyNoCall(reel: Reel, path: readonly string[], request: KnownRequest): string {
    const call = reel.calls.get(keyOf(path));
    if (call !== undefined) {
      const found = firstDifference(this._requests[call.request], request.json);
      return `at ${shown(path)}, ${found ?? "the request differs"}`;
    }
    return `the tape has no call at ${shown(path)}; it has ${reel.calls.size} calls of this run`;
  }

  private _know(id: number, json: unknown, text: string = canonical(fromJson(json))): void {
    this._requests[id] = json;
    this._ids.set(text, id);
  }
}

/** What came later holds, and is later. */
function add(calls: Map<string, CallLine> | undefined, line: CallLine): void {
  const key = keyOf(line.path);
  calls?.delete(key);
  calls?.set(key, line);
}

/** A path as a key. */
export function keyOf(path: readonly string[]): string {
  return JSON.stringify(path);
}

function seedOf({ seeded, seed }: RunState): number | null {
  return seeded ? seed : null;
}

function shown(path: readonly string[]): string {
  return path.join("/");
}

function parse(text: string, number: number): Line {
  let fields;
  try {
    fields = fieldsOf(JSON.parse(text));
  } catch {
    // Its own error would quote the line.
  }
  const type = fields?.type;
  if (type === "tape" && fields?.version !== 1) {
    throw new MullError("tape", `the tape has version ${String(fields?.version)}; this is version 1`);
  }
  if (type === "tape" || type === "request" || type === "run" || type === "call") return fields as unknown as Line;
  throw new MullError("tape", `line ${number} of the tape is none of a tape`);
}
