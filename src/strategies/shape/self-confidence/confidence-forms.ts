/**
 * @module
 * The forms in which a model may say how sure it is.
 */
import { boolean } from "../../../answers/boolean.js";
import { number } from "../../../answers/number.js";

/** What the model is to reply, and how that is read. */
export interface ConfidenceForm {
  readonly instruction: string;
  /** From 0 to 1; `undefined` where it cannot be read. */
  read(text: string): number | undefined;
}

const amount = number();
const yesOrNo = boolean();

/** By method. */
export const confidenceForms: Readonly<Record<"verbal" | "binary" | "p-true", ConfidenceForm>> = {
  verbal: {
    instruction: "Reply with a whole number from 0 (certainly wrong) to 100 (certainly right), and nothing else.",
    read: (text) => {
      const value = amount.parse(text.replace(/(\d)\s*(?:\/|out of)\s*100\b/gi, "$1"));
      // A fraction may be meant on a scale to 1, or to 100.
      return value === undefined || value < 0 || value > 100 || !Number.isInteger(value) ? undefined : value / 100;
    },
  },
  binary: {
    instruction: "Reply with 1 (confident) or 0 (not confident), and nothing else.",
    read: (text) => {
      const value = amount.parse(text);
      return value === 0 || value === 1 ? value : undefined;
    },
  },
  "p-true": {
    instruction: "Reply with yes or no, and nothing else.",
    read: (text) => {
      const value = yesOrNo.parse(text);
      return value === undefined ? undefined : Number(value);
    },
  },
};
