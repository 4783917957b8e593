/**
 * @module
 * Bytes as text.
 */

/** The base64 text of some bytes, with padding. */
export function base64(bytes: Uint8Array): string {
  let binary = "";
  // As many arguments as every engine takes.
  for (let i = 0; i < bytes.length; i += 0x8000) binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(binary);
}
