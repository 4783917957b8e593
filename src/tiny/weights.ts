/**
 * @module
 * Files of weights: fetching one and reading it. `training/export.py` writes them and says how they are laid out.
 */
import { MalformedResponseError, ProviderError } from "../core/errors.js";

/** Sizes of a network. */
export interface BlockConfig {
  /** How many tokens there are. */
  readonly vocab: number;
  /** Channels of the residual stream. */
  readonly width: number;
  readonly heads: number;
  /** Channels inside the feed-forward part. */
  readonly hidden: number;
  /** The longest text, in tokens. */
  readonly positions: number;
}

/** A matrix, or a vector as a matrix of one row, in row order. */
export interface Tensor {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float32Array;
}

/** Everything a file holds. */
export interface Weights<C extends BlockConfig> {
  readonly config: C;
  /** The tensors, by the names the trainer gave them. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/**
 * Fetches the bytes of the weights of `model`: from the file system where the module lies there, else over `fetch`.
 *
 * @throws {@link ProviderError} when they cannot be fetched
 */
export async function loadWeights(model: string, from: URL): Promise<Uint8Array> {
  try {
    if (from.protocol === "file:") {
      // Not written out in the import, because bundlers for browsers stop at modules of Node.
      const fileSystem: string = "node:fs/promises";
      const { readFile } = (await import(/* @vite-ignore */ /* webpackIgnore: true */ fileSystem)) as {
        readonly readFile: (path: URL) => Promise<Uint8Array>;
      };
      return await readFile(from);
    }
    const response = await fetch(from);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    throw new Error(`status ${response.status}`);
  } catch (cause) {
    throw new ProviderError(`${model} could not load its weights`, { cause, retryable: false });
  }
}

const magic = 0x4c4c554d; // "MULL"
const format = 1;

/**
 * Reads the bytes of the weights of `model`, which were made for the words of `vocabulary`; int8 becomes f32.
 *
 * @throws {@link MalformedResponseError} for bytes that are not such a file
 */
export function readWeights<C extends BlockConfig>(
  model: string,
  bytes: Uint8Array,
  vocabulary: readonly string[],
): Weights<C> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < 12 || view.getUint32(0, true) !== magic || view.getUint32(4, true) !== format) {
    throw new MalformedResponseError(`${model}: the weights are not a file of format ${format}`);
  }
  const start = 12 + view.getUint32(8, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(12, start))) as Header<C>;
  if (header.vocab.join(" ") !== vocabulary.join(" ")) {
    throw new MalformedResponseError(`${model}: the weights were made for another vocabulary`);
  }
  const tensors = new Map<string, Tensor>();
  for (const { name, shape, offset } of header.tensors) {
    const [rows = 0, cols] = shape;
    const at = start + offset;
    tensors.set(name, cols === undefined ? vector(view, at, rows) : matrix(view, at, rows, cols));
  }
  return { config: header.config, tensors };
}

interface Header<C> {
  readonly config: C;
  readonly vocab: readonly string[];
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[]; readonly offset: number }[];
}

function vector(view: DataView, at: number, length: number): Tensor {
  const data = new Float32Array(length);
  for (let i = 0; i < length; i++) data[i] = view.getFloat32(at + 4 * i, true);
  return { rows: 1, cols: length, data };
}

function matrix(view: DataView, at: number, rows: number, cols: number): Tensor {
  const data = new Float32Array(rows * cols);
  const whole = new Int8Array(view.buffer, view.byteOffset + at + 4 * rows, rows * cols);
  for (let row = 0, i = 0; row < rows; row++) {
    const scale = view.getFloat32(at + 4 * row, true);
    for (const end = i + cols; i < end; i++) data[i] = (whole[i] as number) * scale;
  }
  return { rows, cols, data };
}
