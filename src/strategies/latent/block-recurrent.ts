/**
 * @module
 * Block recurrence: a long text is read block by block, and what was understood is carried on.
 */
import { thinksIn } from "../../core/capabilities.js";
import { exhaustion, type Call } from "../../core/call.js";
import { withWarnings } from "../../core/continuation.js";
import { InvalidOptionError } from "../../core/errors.js";
import { extend } from "../../core/extend.js";
import { fieldsOf } from "../../core/fields.js";
import { FinalShare } from "../../core/final-share.js";
import type { Model, ModelRequest, ModelResponse, StopReason, Warning } from "../../core/model.js";
import { checkInteger, checkOptions } from "../../core/options.js";
import { wrap } from "../../core/wrap.js";
import { cutBlocks, splitQuestion, type DocumentQuestion } from "./block-recurrent/blocks.js";
import { StateCarrier, SummaryCarrier, type Carrier } from "./block-recurrent/carriers.js";
import { LongText } from "./block-recurrent/long-text.js";

export type { DocumentQuestion } from "./block-recurrent/blocks.js";

/** Options of {@link blockRecurrent}. */
export interface BlockRecurrentOptions {
  /** The most tokens of a block, estimated: whole, at least 1. */
  readonly blockTokens: number;
  /**
   * Parts the question from the document it is about. @defaultValue the last paragraph is the question, with the sentence before it where that is what asks; of a text of
   * one paragraph its last sentence
   */
  readonly question?: ((text: string) => DocumentQuestion) | undefined;
  /** Asks for the notes, of a model without a state. @defaultValue {@link notesInstruction} */
  readonly instruction?: string | undefined;
  /** The most tokens of the notes on one block, thoughts included: whole, at least 1. @defaultValue the provider's */
  readonly noteTokens?: number | undefined;
}

/** How a text was read. */
export interface BlockReport {
  /** Blocks that the text has. */
  readonly count: number;
  /** Blocks that were read: fewer where budget or time ended, or a block failed. */
  readonly read: number;
  /** What was carried from block to block: the model's own state, or a written summary in its place; `undefined` for a text of one block. */
  readonly carried: "state" | "summary" | undefined;
  /** The notes that the answer was given from, where a summary was carried. */
  readonly notes: string | undefined;
}

/** A response, and how the text was read for it. */
export type ReadInBlocks<R extends ModelResponse = ModelResponse> = R & { readonly blocks: BlockReport };

/**
 * Reads a long last user message block by block, and answers from the last block and what was carried there.
 *
 * Shape: one response in, the same out with `blocks`. A model with a state of its own (`capabilities.latent` names `state`) carries that. Any other writes notes, anew with
 * every block and with the question in view: a stand-in, marked by `blocks.carried`, a `downgrade` warning and a `downgrade` event. System messages accompany every
 * block. A text that fits one block is passed on untouched, and so is a request without a user message.
 * Cost: a call for each block; notes are read and written again with each.
 * Where the budget ends before all is read, the question is asked all the same, with what was carried so far and the last block; what that needs is kept back, of a small
 * budget half. `stopped` is then `'budget'`, and a warning (`'blocks-unread'`) says how much was read; so it is, with `'failure'`, where a block after the first fails. Where
 * budget or time ends before the question could be asked, the notes are the text (`'not-asked'`), and without notes the error is thrown. Files come with the question.
 *
 * @throws {@link InvalidOptionError} when the stack is built; at a call, for what `question` returns
 * @throws {@link MalformedResponseError} for a model that has a state and does not tell it
 * @throws what the model throws for the first block, and for the answer
 * @see Hutchins et al. 2022, arXiv:2203.07852; Bulatov et al. 2022, arXiv:2207.06881 (a state from block to block); Wu et al. 2021, arXiv:2109.10862 (summaries of a
 *   book, each with those before it in view. Deviation: one summary that rolls on, and the question is known)
 * @example
 * const solver = stack(model, blockRecurrent({ blockTokens: 4_000 }), chainOfThought({ answer: number() }));
 * const { answer, blocks } = await run(solver, `${report}\n\nHow many were sold in May?`);
 */
export function blockRecurrent(
  options: BlockRecurrentOptions,
): <R extends ModelResponse>(next: Model<R>) => Model<ReadInBlocks<R>> {
  checkOptions(where, options, ["blockTokens", "question", "instruction", "noteTokens"]);
  const { blockTokens, instruction = notesInstruction, noteTokens } = options;
  checkInteger(where, "blockTokens", blockTokens, 1);
  const longest = Math.max(blockTokens, questionTokens);
  const { question: split = (text: string) => splitQuestion(text, longest) } = options;
  if (typeof split !== "function") throw new InvalidOptionError(where, "question", "a function of the text", split);
  if (typeof instruction !== "string" || instruction.trim() === "")
    throw new InvalidOptionError(where, "instruction", "a text that is not empty", instruction);
  if (noteTokens !== undefined) checkInteger(where, "noteTokens", noteTokens, 1);

  return <R extends ModelResponse>(next: Model<R>): Model<ReadInBlocks<R>> => {
    const stateful = thinksIn(next.capabilities, "state") === true;

    const read = async (request: ModelRequest, call: Call): Promise<ReadInBlocks<R>> => {
      const text = new LongText(request);
      const { document, question } = checkSplit(split(text.text));
      const blocks = cutBlocks(document, blockTokens);
      const last = blocks.at(-1) ?? "";
      if (blocks.length < 2) {
        const whole: BlockReport = { count: 1, read: 1, carried: undefined, notes: undefined };
        return extend(await next.generate(request, call), { blocks: whole });
      }

      const carrier: Carrier = stateful
        ? new StateCarrier(text, question, next.id)
        : new SummaryCarrier(text, { question, blocks: blocks.length, instruction, noteTokens });
      const warnings: Warning[] = stateful ? [] : [downgraded(next, call)];
      const count = blocks.length;
      let done = 0;
      let noted: R | undefined;
      let stopped: StopReason | undefined;
      const result = (response: R, blocksRead: number, more: object = {}): ReadInBlocks<R> => {
        const report: BlockReport = { count, read: blocksRead, carried: carrier.carries, notes: carrier.notes };
        return extend(response, {
          ...more,
          blocks: report,
          ...(stopped && { stopped }),
          ...withWarnings(response, warnings),
        });
      };

      const share = call.budget.unlimited ? undefined : new FinalShare(call, request.maxOutputTokens ?? finalTokens);
      try {
        try {
          for (const block of blocks.slice(0, -1)) {
            share?.reckon(carrier.answer(last));
            const response = await next.generate(carrier.read(block), call.child("block", { thought: true }));
            share?.note();
            carrier.take(response);
            noted = response;
            done++;
          }
        } catch (error) {
          stopped = endOf(error, call);
          if (stopped === "failure" && done === 0) throw error;
        }
        const answering = call.child("answer", share && { budget: share.budget });
        const response = await next.generate(carrier.answer(last), answering);
        if (stopped !== undefined) warnings.push(unread(done + 1, count));
        return result(response, done + 1);
      } catch (error) {
        const end = endOf(error, call);
        if (end === "failure" || noted === undefined || carrier.notes === undefined) throw error;
        stopped = end;
        warnings.push(notAsked);
        return result(noted, done, { text: carrier.notes });
      } finally {
        share?.release();
      }
    };

    return wrap(where, next, read, {
      outline: {
        detail: `blockTokens = ${blockTokens}${stateful ? "" : ", by notes"}`,
        cost: (inner, inputTokens, outputTokens) => {
          // A block is at least half as long as it may be.
          const blocks = Math.max(1, Math.ceil((2 * inputTokens) / blockTokens));
          if (blocks === 1) return inner(inputTokens);
          const { calls, tokens } = inner(blockTokens + (stateful ? 0 : outputTokens + promptTokens));
          return { calls: blocks * calls, tokens: blocks * tokens };
        },
      },
    });
  };
}

/** The default instruction. */
export const notesInstruction: string =
  "A long text is read part by part. Write the notes anew, so that they hold all that will be needed from the notes so far and from this part: names, figures and what follows " +
  "from what, exactly as they stand. Keep them short. Write nothing but the notes.";

const where = "blockRecurrent";
/** What is kept back for the answer, where the request has no output cap. */
const finalTokens = 512;
/** A longer paragraph at the end of a text, unless a block may be as long, is no question. */
const questionTokens = 256;
/** What the instruction and the question add to a prompt, for the outline. */
const promptTokens = 150;

const notAsked: Warning = {
  code: "not-asked",
  message: "budget or time ended before the question could be asked: the text is the notes so far",
};

function unread(read: number, count: number): Warning {
  return {
    code: "blocks-unread",
    message: `only ${read} of ${count} blocks were read: what stands in the others is not known`,
  };
}

function downgraded({ id }: Model, call: Call): Warning {
  const message = `${id} is not known to carry a state from block to block: it writes notes instead`;
  if (call.listening) call.emit({ type: "downgrade", path: call.path, capability: "latent", message });
  return { code: "downgrade", message, capability: "latent" };
}

/** What an error ends; one by which the call was given up, or that says that the stack was built wrong, is thrown. */
function endOf(error: unknown, call: Call): StopReason {
  const gone = call.scope.aborted && exhaustion(call.scope.reason) === undefined;
  if (gone || InvalidOptionError.is(error)) throw error;
  return exhaustion(error) ?? "failure";
}

function checkSplit(split: DocumentQuestion): DocumentQuestion {
  const { document, question } = fieldsOf(split) ?? {};
  if (typeof document !== "string" || typeof question !== "string")
    throw new InvalidOptionError(
      where,
      "what question returns",
      "an object with two texts, document and question",
      split,
    );
  return split;
}
