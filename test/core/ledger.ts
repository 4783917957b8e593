/**
 * @module
 * A provider that keeps its own books: what every request really cost, whatever the model said of it.
 */
import {
  type Budget,
  ProviderError,
  Random,
  sleep,
  source,
  wrap,
  type Amount,
  type Call,
  type Model,
  type ModelRequest,
  type Price,
  type Reply,
  type SourceCall,
} from "mull";

/** What kind of provider it is. */
export interface ProviderSpec {
  /** Seed of how long replies take. */
  readonly timing: number;
  readonly n: boolean | number;
  /** What its replies say of their usage. */
  readonly knows: "all" | "some" | "nothing";
  /** Does it count tokens before a call, or are they estimated? */
  readonly counts: boolean;
  readonly price: Price | undefined;
  /** How often a request fails, from 0 to 1. */
  readonly failing: number;
  /** Does it ignore `call.signal`, and reply all the same? */
  readonly deaf: boolean;
  /** The most words it writes, and the most ms it takes. */
  readonly longest: number;
  readonly slowest: number;
}

const figures = ["calls", "tokens", "outputTokens", "usd"] as const;
const dust = 1e-9;

export class Ledger {
  /** How many requests were sent. */
  requests = 0;
  /** The calls around every request that was made of the model. */
  readonly calls: Call[] = [];
  /** Everything the provider threw. */
  readonly thrown: unknown[] = [];
  /** What was really spent from every budget, and those around it; of requests in flight, their worst case. */
  readonly costs: Map<Budget, Amount> = new Map<Budget, Amount>();
  /** What was found wrong, while requests were in flight and after. */
  readonly overdrawn: string[] = [];
  /** Requests that the provider works on. */
  readonly live: Set<SourceCall> = new Set<SourceCall>();
  mostInFlight = 0;
  /** Told when a request begins, and before it is answered. */
  onMoment: (() => void) | undefined;

  /** The model. Audits the books at the start of every request. */
  model(spec: ProviderSpec): Model {
    const { n, price, counts } = spec;
    let index = 0;
    const provider = source("provider", { n }, (request, call) => this._serve(spec, request, call, index++), {
      price,
      ...(counts && { countTokens }),
    });
    return wrap("books", provider, (request, call) => {
      this.calls.push(call);
      return provider.generate(request, call);
    });
  }

  /** Looks whether these budgets are overdrawn: by what their own books say, or by what these say. */
  audit(budgets: Iterable<Budget> = this.costs.keys()): void {
    for (const budget of budgets) {
      const { spent, reserved, limits } = budget;
      const cost = this.costs.get(budget) ?? nothing();
      for (const name of figures) {
        const limit = limits[name] ?? Infinity;
        const booked = spent[name] + reserved[name];
        if (!(booked <= limit + dust)) this.overdrawn.push(`${name}: ${booked} spent or reserved, of ${limit}`);
        if (!(cost[name] <= limit + dust)) this.overdrawn.push(`${name}: ${cost[name]} really spent, of ${limit}`);
      }
    }
  }

  /** Enters a request with its worst case; the result corrects it. */
  private _enter(budgets: readonly Budget[], worst: Amount): (truth: Amount) => void {
    const add = (amount: Amount, sign: number): void => {
      for (const budget of budgets) {
        const sum = this.costs.get(budget) ?? nothing();
        for (const name of figures) sum[name] += sign * amount[name];
        this.costs.set(budget, sum);
      }
    };
    this.requests++;
    add(worst, 1);
    return (truth) => {
      add(worst, -1);
      add(truth, 1);
    };
  }

  private async _serve(
    spec: ProviderSpec,
    request: ModelRequest,
    call: SourceCall,
    index: number,
  ): Promise<readonly Reply[]> {
    const { random } = call;
    const cap = request.maxOutputTokens ?? 1e9;
    const inputTokens = spec.counts ? countTokens(request) : estimateBelow(request, random);
    const cost = (output: number, cached = 0): Amount => ({
      calls: 1,
      tokens: inputTokens + output,
      outputTokens: output,
      usd: costOf(spec.price, inputTokens, cached, output),
    });
    const budgets = around(call.budget);
    const correct = this._enter(budgets, cost(cap * call.n));
    this.live.add(call);
    this.mostInFlight = Math.max(this.mostInFlight, sum([...this.live].map(({ n }) => n)));
    try {
      this.audit(budgets);
      this.onMoment?.();
      const replies = Array.from({ length: call.n }, () => replyOf(request, spec, random));
      const failure = random.next() < spec.failing ? failureOf(random) : undefined;
      const ms = new Random(spec.timing, index).integer(spec.slowest + 1);
      if (spec.deaf) await new Promise<void>((resolve) => call.clock.setTimeout(resolve, ms));
      else await sleep(call, ms);
      this.onMoment?.();
      if (failure !== undefined) {
        // One that has a status billed nothing; of the others nobody knows, so the worst stands.
        if (ProviderError.is(failure) && failure.status !== undefined) correct({ ...nothing(), calls: 1 });
        this.thrown.push(failure);
        throw failure;
      }
      const written = replies.map(({ words }) => Math.min(words, cap));
      const cached = random.integer(inputTokens + 1);
      correct(cost(sum(written), cached));
      return replies.map(({ reply }, i) => {
        const outputTokens = written[i] ?? 0;
        const whole = { inputTokens: i === 0 ? inputTokens : 0, cachedInputTokens: i === 0 ? cached : 0, outputTokens };
        const { inputTokens: input, ...half } = whole;
        const said =
          spec.knows === "nothing"
            ? undefined
            : spec.knows === "all"
              ? whole
              : random.next() < 0.5
                ? half
                : { inputTokens: input };
        return { ...reply, usage: said };
      });
    } finally {
      this.live.delete(call);
    }
  }
}

/** A budget, and all around it. */
function around(budget: Budget): readonly Budget[] {
  const found: Budget[] = [];
  for (
    let b: Budget | undefined = budget;
    b !== undefined;
    b = (b as unknown as { _parent: Budget | undefined })._parent
  ) {
    found.push(b);
  }
  return found;
}

function nothing(): Amount {
  return { calls: 0, tokens: 0, outputTokens: 0, usd: 0 };
}

function countTokens({ messages }: ModelRequest): number {
  return sum(messages.map(({ content }) => JSON.stringify(content).length));
}

/** As many tokens as the library may estimate, or fewer: bytes / 3 is never less than what is given here. */
function estimateBelow(request: ModelRequest, random: Random): number {
  const bytes = sum(request.messages.map(({ content }) => (typeof content === "string" ? content.length : 0)));
  return random.integer(Math.floor(bytes / 3) + 1);
}

function costOf(price: Price | undefined, input: number, cached: number, output: number): number {
  if (price === undefined) return 0;
  const { inputUsd, cachedInputUsd = inputUsd, outputUsd } = price;
  return ((input - cached) * inputUsd + cached * cachedInputUsd + output * outputUsd) / 1e6;
}

function replyOf(
  request: ModelRequest,
  { longest, failing }: ProviderSpec,
  random: Random,
): { readonly reply: Reply; readonly words: number } {
  const words = 1 + random.integer(longest);
  const draw = random.next();
  if (draw < failing / 2) return { reply: { text: "" }, words };
  const { tools = [] } = request;
  const tool = tools[random.integer(tools.length)];
  if (draw > 0.6 && tool !== undefined && request.toolChoice !== "none") {
    return { reply: { text: "", toolCalls: [{ type: "tool-call", id: "1", name: tool.name, input: {} }] }, words };
  }
  return { reply: { text: draw < 0.1 ? "I give up." : `Answer: ${random.integer(3)}` }, words };
}

function failureOf(random: Random): Error {
  const draw = random.next();
  if (draw < 0.4) return new ProviderError("overloaded", { status: 503 });
  if (draw < 0.5) return new ProviderError("refused", { status: 400 });
  if (draw < 0.7) return new ProviderError("unreachable");
  return new Error("a bug of the adapter");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
