/**
 * @module
 * What the looped model knows at the end of a text, as text.
 */
import { base64 } from "../core/base64.js";
import { InvalidOptionError } from "../core/errors.js";

const mark = "loop1:";

/** The text of a state; floats are little-endian in it. */
export function writeState(hidden: Float32Array): string {
  const bytes = new DataView(new ArrayBuffer(4 * hidden.length));
  hidden.forEach((value, i) => bytes.setFloat32(4 * i, value, true));
  return mark + base64(new Uint8Array(bytes.buffer));
}

/**
 * Reads what {@link writeState} wrote.
 *
 * @throws {@link InvalidOptionError} for any other text
 */
export function readState(text: string, width: number): Float32Array {
  const bytes = text.startsWith(mark) ? bytesOf(text.slice(mark.length)) : undefined;
  if (bytes?.length === 4 * width) {
    const view = new DataView(bytes.buffer);
    const state = Float32Array.from({ length: width }, (_, i) => view.getFloat32(4 * i, true));
    if (state.every(Number.isFinite)) return state;
  }
  throw new InvalidOptionError("tinyLoop", "latent.state", "a state that it gave in `response.latent`", text);
}

function bytesOf(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}
