/**
 * @module
 * The runner: runs a program, again where a function in it has to be simulated first, and tells of it.
 */
import type { Call } from "../../../core/call.js";
import type { JsonValue } from "../../../core/message.js";
import type { Model, ModelRequest, ModelResponse } from "../../../core/model.js";
import { followedBy, runProgram } from "../../../core/run-program.js";
import type { HostFunction, ProgramResult, Sandbox } from "../../../core/sandbox.js";
import { Journal } from "./journal.js";
import { Simulator, undefinedFunction } from "./simulator.js";

/** What programs find, and how far they may go. */
export interface RunnerOptions {
  readonly functions: Readonly<Record<string, HostFunction>>;
  readonly globals: Readonly<Record<string, JsonValue>>;
  readonly timeoutMs: number | undefined;
  readonly simulate: boolean;
  readonly maxSimulated: number;
}

/** What became of a program. */
export interface Outcome {
  readonly result: ProgramResult;
  /** Functions that were simulated. */
  readonly simulated: readonly string[];
  /** Why a simulation ended for good: the result does not count. */
  readonly broken: { readonly error: unknown } | undefined;
}

/** Runs the programs of one call. */
export class Runner {
  private readonly _sandbox: Sandbox;
  private readonly _call: Call;
  private readonly _options: RunnerOptions;
  private readonly _journal: Journal;
  private readonly _simulator: Simulator;

  constructor(sandbox: Sandbox, next: Model, call: Call, options: RunnerOptions) {
    this._sandbox = sandbox;
    this._call = call;
    this._options = options;
    this._journal = new Journal(options.functions, call);
    this._simulator = new Simulator(next, call, options.maxSimulated);
  }

  /** Runs a program that stands in `response` to `request`. */
  async run(program: string, request: ModelRequest, response: ModelResponse): Promise<Outcome> {
    const { _call: call, _sandbox: sandbox, _simulator: simulator } = this;
    const { globals, timeoutMs, simulate, maxSimulated } = this._options;
    const entered = definesSolution.test(program) ? followedBy(sandbox, program, "solution()") : program;
    const names = new Set<string>();
    for (;;) {
      const functions = { ...this._journal.open(), ...simulator.functions(names, request, response) };
      const began = call.clock.now();
      const result = await runProgram(sandbox, entered, call, { functions, globals, timeoutMs });
      if (call.listening) this._tell(program, result, began);
      const missing = simulate && !result.ok ? undefinedFunction(program, result.error) : undefined;
      const { broken } = simulator;
      if (missing === undefined || names.has(missing) || names.size >= maxSimulated || broken !== undefined)
        return { result, simulated: [...names], broken };
      names.add(missing);
    }
  }

  /** A run is told as a tool's is. */
  private _tell(program: string, result: ProgramResult, began: number): void {
    const { _call: call } = this;
    const { language: name } = this._sandbox;
    const output = result.ok ? result.value : result.error;
    const child = call.child(name, { thought: true });
    const ms = call.clock.now() - began;
    child.emit({ type: "tool", path: child.path, name, input: program, output, isError: !result.ok, ms });
  }
}

/** Does a program define the function that returns the answer? A variable of its name is none. */
const definesSolution =
  /\b(?:def|function)\s+solution\s*\(|\bsolution\s*=\s*(?:async\b|function\b|lambda\b|\([^()]*\)\s*=>|[\w$]+\s*=>)/;
