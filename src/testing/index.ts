/**
 * Models for tests, a clock moved by hand, and laws that every layer and every model must keep. For any test runner.
 *
 * @packageDocumentation
 */
export {
  scripted,
  type Script,
  type ScriptedLine,
  type ScriptedModel,
  type ScriptedOptions,
  type ScriptedReply,
} from "./scripted.js";
export {
  scriptedSandbox,
  type SandboxLine,
  type SandboxRun,
  type SandboxScript,
  type ScriptedSandbox,
  type ScriptedSandboxOptions,
} from "./scripted-sandbox.js";
export { synthetic, type Distribution, type SyntheticOptions } from "./synthetic.js";
export { flaky, type FlakyOptions } from "./flaky.js";
export { virtualClock, type VirtualClock } from "./virtual-clock.js";
export { middlewareLaws, type MiddlewareLawsOptions } from "./middleware-laws.js";
export type { Law } from "./law.js";
export { modelLaws, type ModelLawsOptions } from "./model-laws.js";
export type { Scene, SceneReply, SceneUsage, Stage, Staged, StagedRequest } from "./stage.js";
