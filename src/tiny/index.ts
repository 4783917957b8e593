/**
 * @module
 * `mull/tiny`: the embedded models, and problems for them.
 */
export {
  loopProblems,
  rowProblems,
  type LoopProblem,
  type LoopProblemsOptions,
  type RowProblem,
  type RowProblemsOptions,
} from "./loop-problems.js";
export { problems, type Grade, type Problem, type ProblemsOptions } from "./problems.js";
export { tiny, type TinyOptions } from "./tiny.js";
export { tinyLoop, type TinyLoopOptions } from "./tiny-loop.js";
export { unknownWords } from "./tokenizer.js";
