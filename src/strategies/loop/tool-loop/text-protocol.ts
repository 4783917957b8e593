/**
 * @module
 * The text protocol of `toolLoop`.
 */
export { textProtocol } from "../../../answers/text-protocol.js";
