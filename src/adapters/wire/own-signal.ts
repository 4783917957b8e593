/**
 * @module
 * A signal of its own for every request.
 */
import type { Abortable } from "../../core/scope.js";
import type { SourceCall } from "../../core/source.js";

/**
 * Makes a request with a signal of its own. It is aborted with the call, and also when `act` fails: an SDK that was left in the middle of a stream
 * would otherwise keep the connection.
 *
 * Not `call.signal`: that lives as long as the run, and SDKs leave their listeners on it after every request.
 */
export async function ownSignal<T>(
  { scope }: Pick<SourceCall, "scope">,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const member: Abortable = { abort: (reason) => controller.abort(reason) };
  scope.add(member);
  try {
    return await act(controller.signal);
  } catch (error) {
    controller.abort(error);
    throw error;
  } finally {
    scope.remove(member);
  }
}
