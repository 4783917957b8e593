/**
 * @module
 * Texts that a model is to have written, cut into pieces.
 */

/** A piece of a given text, and its token. */
export interface Piece {
  /** `undefined` where the model has none for it. */
  readonly token: number | undefined;
  /** What stands for it, with what is left out before it, such as a space. */
  readonly text: string;
}

/**
 * Cuts a text where `pattern` matches, so that the pieces joined are the text. What stands between two matches belongs to the second, what
 * stands behind the last to the last.
 */
export function cutBy(pattern: RegExp, text: string, find: (piece: string) => number | undefined): Piece[] {
  const found = [...text.matchAll(pattern)];
  let from = 0;
  return found.map(({ 0: piece, index }, i) => {
    const end = i === found.length - 1 ? text.length : index + piece.length;
    const whole = text.slice(from, end);
    from = end;
    return { token: find(piece), text: whole };
  });
}
