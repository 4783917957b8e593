/**
 * @module
 * A turn of the event loop, in Node and in browsers.
 */

/** Taken when the module loads: fake timers of a test runner must not stop it. */
const { setImmediate: immediate, MessageChannel: Channel } = globalThis as {
  readonly setImmediate?: (callback: () => void) => unknown;
  readonly MessageChannel: typeof MessageChannel;
};

/** Waits for one turn of the event loop, at the end of which every promise that could settle has. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (immediate !== undefined) {
      immediate(resolve);
      return;
    }
    const { port1, port2 } = new Channel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
