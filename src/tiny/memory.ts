/**
 * @module
 * The memory of a network: first everything is given its place, then the kernel is made, with room for all of it.
 */
import { kernel, type Kernel } from "./kernel.js";
import type { BlockConfig, Tensor, Weights } from "./weights.js";

/** Makes a kernel with room for `size` floats. */
export type MakeKernel = (size: number) => Kernel;

/** Places of tensors and of working room, and the kernel that has them. */
export class Memory {
  private readonly _tensors: ReadonlyMap<string, Tensor>;
  private readonly _placed: (readonly [at: number, data: Float32Array])[] = [];
  private _size = 0;
  private _kernel: Kernel | undefined;

  constructor({ tensors }: Weights<BlockConfig>) {
    this._tensors = tensors;
  }

  /** The address of new room for so many floats. */
  place(floats: number): number {
    const at = this._size;
    this._size += upTo(floats, 4);
    return at;
  }

  /** The address of a tensor of the weights. */
  tensor(name: string): number {
    const { rows, cols, data } = this._tensors.get(name) as Tensor;
    const at = this.place(upTo(rows, 4) * cols);
    this._placed.push([at, data]);
    return at;
  }

  /** Makes the kernel; no more is placed from then on. */
  open(make: MakeKernel = kernel): Kernel {
    this._kernel = make(this._size);
    for (const [at, data] of this._placed.splice(0)) this._kernel.floats.set(data, at);
    return this._kernel;
  }

  /** The kernel that {@link open} made. */
  get kernel(): Kernel {
    return this._kernel as Kernel;
  }
}

/** The least multiple that is not below `count`. */
export function upTo(count: number, multiple: number): number {
  return Math.ceil(count / multiple) * multiple;
}
