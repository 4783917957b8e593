/**
 * @module
 * The inner loop of the network: a matrix times one or several vectors, in WebAssembly SIMD, or in plain TypeScript where that is missing.
 */

/** Memory, and the one operation on it. Addresses and pitches count floats. */
export interface Kernel {
  /** The memory; starts as zeros. */
  readonly floats: Float32Array;
  /**
   * `y = W x`, or `y += W x` with `add = 1`, for `count` vectors. `rows` is a multiple of 4, `cols` of 8.
   * A pitch is the way from one row of W, or one vector, to the next. Both kernels add in the same order, whatever `count` is,
   * so that they agree to the last bit.
   */
  matmul(
    w: number,
    wPitch: number,
    x: number,
    xPitch: number,
    y: number,
    yPitch: number,
    rows: number,
    cols: number,
    count: number,
    add: 0 | 1,
  ): void;
}

/** The quickest kernel there is here, with room for `size` floats. */
export function kernel(size: number): Kernel {
  return simdKernel(size) ?? plainKernel(size);
}

/** The kernel in WebAssembly; `undefined` where there is no SIMD. */
export function simdKernel(size: number): Kernel | undefined {
  if (typeof WebAssembly !== "object") return undefined;
  const code = Uint8Array.from(atob(assembled), (letter) => letter.charCodeAt(0));
  if (!WebAssembly.validate(code)) return undefined;
  const memory = new WebAssembly.Memory({ initial: Math.ceil((size * 4) / 65536) });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { mull: { memory } });
  return { floats: new Float32Array(memory.buffer), matmul: exports.matmul as Kernel["matmul"] };
}

/** The kernel in plain TypeScript: the same numbers, more slowly. */
export function plainKernel(size: number): Kernel {
  const floats = new Float32Array(size);
  const { fround } = Math;
  const at = (i: number): number => floats[i] as number;
  return {
    floats,
    matmul(w, wPitch, x, xPitch, y, yPitch, rows, cols, count, add) {
      for (let row = 0; row < rows; row++) {
        for (let vector = 0; vector < count; vector++) {
          let p = w + row * wPitch;
          let q = x + vector * xPitch;
          let a = fround(0);
          let [b, c, d, e, f, g, h] = [a, a, a, a, a, a, a];
          for (const end = p + cols; p < end; p += 8, q += 8) {
            a = fround(a + fround(at(p) * at(q)));
            b = fround(b + fround(at(p + 1) * at(q + 1)));
            c = fround(c + fround(at(p + 2) * at(q + 2)));
            d = fround(d + fround(at(p + 3) * at(q + 3)));
            e = fround(e + fround(at(p + 4) * at(q + 4)));
            f = fround(f + fround(at(p + 5) * at(q + 5)));
            g = fround(g + fround(at(p + 6) * at(q + 6)));
            h = fround(h + fround(at(p + 7) * at(q + 7)));
          }
          const left = fround(fround(a + e) + fround(b + f));
          const sum = fround(left + fround(fround(c + g) + fround(d + h)));
          const i = y + vector * yPitch + row;
          floats[i] = add === 1 ? sum + at(i) : sum;
        }
      }
    },
  };
}

/** `kernel.wat`, assembled; its first lines say how. */
const assembled =
  "AGFzbQEAAAABDgFgCn9/f39/f39/f38AAhABBG11bGwGbWVtb3J5AgABAwIBAAcKAQZtYXRtdWwAAAqeBQGbBQIJfwp7IABBAnQhACACQQJ0IQIg" +
  "BEECdCEEIAFBAnQhASADQQJ0IQMgBUECdCEFIAdBAnQhBwNAIAIhDSAEIApBAnRqIQ4gCCELA0AgACEPIA8gAWohECAQIAFqIREgESABaiES/QwA" +
  "AAAAAAAAAAAAAAAAAAAAIRUgFSEWIBUhFyAVIRggFSEZIBUhGiAVIRsgFSEcQQAhDANAIA0gDGr9AAQAIRMgDSAMav0ABBAhFCAVIBMgDyAMav0A" +
  "BAD95gH95AEhFSAWIBMgECAMav0ABAD95gH95AEhFiAXIBMgESAMav0ABAD95gH95AEhFyAYIBMgEiAMav0ABAD95gH95AEhGCAZIBQgDyAMav0A" +
  "BBD95gH95AEhGSAaIBQgECAMav0ABBD95gH95AEhGiAbIBQgESAMav0ABBD95gH95AEhGyAcIBQgEiAMav0ABBD95gH95AEhHCAMQSBqIQwgDCAH" +
  "SQ0ACyAVIBn95AEhFSAWIBr95AEhFiAXIBv95AEhFyAYIBz95AEhGCAVIBb9DQABAgMQERITBAUGBxQVFhchGSAXIBj9DQABAgMQERITBAUGBxQV" +
  "FhchGiAVIBb9DQgJCgsYGRobDA0ODxwdHh8hGyAXIBj9DQgJCgsYGRobDA0ODxwdHh8hHCAZIBr9DQABAgMEBQYHEBESExQVFhcgGSAa/Q0ICQoL" +
  "DA0ODxgZGhscHR4f/eQBIBsgHP0NAAECAwQFBgcQERITFBUWFyAbIBz9DQgJCgsMDQ4PGBkaGxwdHh/95AH95AEhEyAJBEAgEyAO/QAEAP3kASET" +
  "CyAOIBP9CwQAIA0gA2ohDSAOIAVqIQ4gC0EBayILDQALIAAgAUECdGohACAKQQRqIQogCiAGSQ0ACws=";
