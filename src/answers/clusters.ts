/**
 * @module
 * Clusters: answers that say the same in other words, found one by one.
 */
import type { FeedbackContext } from "../core/feedback.js";
import type { ModelResponse } from "../core/model.js";

/** Do two samples give the same answer? */
export type Sameness<R extends ModelResponse = ModelResponse> = (
  a: R,
  b: R,
  context: FeedbackContext,
) => boolean | Promise<boolean>;

interface Cluster<R> {
  /** The key of its first sample stands for all. */
  readonly key: string;
  readonly first: R;
  size: number;
}

/** Puts samples together that say the same. Clusters only grow: no sample changes its cluster. */
export class Clusters<R> {
  private readonly _clusters: Cluster<R>[] = [];
  private readonly _byKey = new Map<string, Cluster<R>>();

  /**
   * The key of the cluster that a sample belongs to. A key that was seen before decides by itself; else `same` compares the sample with the
   * first of each cluster, the largest first, of equal ones the earliest, until one fits.
   */
  async place(sample: R, key: string, same: (first: R, sample: R) => Promise<boolean>): Promise<string> {
    let cluster = this._byKey.get(key);
    if (cluster === undefined) {
      for (const other of this._clusters.toSorted((a, b) => b.size - a.size)) {
        if (!(await same(other.first, sample))) continue;
        cluster = other;
        break;
      }
      if (cluster === undefined) this._clusters.push((cluster = { key, first: sample, size: 0 }));
      this._byKey.set(key, cluster);
    }
    cluster.size++;
    return cluster.key;
  }
}
