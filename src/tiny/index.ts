/**
 * @module
 * `mull/tiny`: the embedded model, and problems for it.
 */
export { problems, type Grade, type Problem, type ProblemsOptions } from "./problems.js";
export { tiny, type TinyOptions } from "./tiny.js";
export { unknownWords } from "./tokenizer.js";
