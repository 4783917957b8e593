/**
 * @module
 * A server that stays up for all the tests of a file or a `describe`.
 */
import { afterAll, beforeAll } from "vitest";
import { withServer, type Handler, type LoopbackServer } from "./stage.js";

/** Puts a server up before the tests and takes it down after them; the server itself is there once they run. */
export function standingServer(handler: Handler): () => LoopbackServer {
  let server: LoopbackServer | undefined;
  let release = (): void => undefined;
  let over: Promise<void> = Promise.resolve();
  beforeAll(async () => {
    await new Promise<void>((ready, fail) => {
      over = withServer(handler, (up) => {
        server = up;
        ready();
        return new Promise<void>((resolve) => (release = resolve));
      });
      over.catch(fail);
    });
  });
  afterAll(async () => {
    release();
    await over;
  });
  return () => server as LoopbackServer;
}
