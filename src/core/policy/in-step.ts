/**
 * @module
 * Keeping things together that began together, so that a source still sees equal requests in one tick.
 */

/** Foreign work of several calls: what begins in one tick ends in one tick, in the same order, when the last of it is done. */
export class InStep {
  private readonly _open = new Map<string, Step>();

  /** The outcome of `work`, once all other work that `group` began in this tick is done. */
  wait<T>(group: string, work: PromiseLike<T>): Promise<Awaited<T>> {
    let step = this._open.get(group);
    if (step === undefined) {
      this._open.set(group, (step = { left: 0, ends: [] }));
      queueMicrotask(() => this._open.delete(group));
    }
    const together = step;
    const place = together.ends.length++;
    together.left++;
    return new Promise<Awaited<T>>((resolve, reject) => {
      const end = (settle: () => void): void => {
        together.ends[place] = settle;
        if (--together.left === 0) for (const go of together.ends) go();
      };
      Promise.resolve(work).then(
        (value) => end(() => resolve(value)),
        (error: unknown) => end(() => reject(error)),
      );
    });
  }
}

interface Step {
  left: number;
  readonly ends: (() => void)[];
}
