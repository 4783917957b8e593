/**
 * @module
 * A handler behind Node's http, on the loopback.
 */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { nodeListener } from "mull/serve";

/** A server that is up. */
export interface Host {
  readonly server: Server;
  readonly port: number;
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Connections that are open. */
  readonly sockets: ReadonlySet<Socket>;
  /** Opens a connection and writes this; nothing is read until somebody listens. */
  dial(text?: string): Promise<Socket>;
}

/** Starts a server on a free port, hands it to `act`, and takes it down whatever happens. */
export async function hosting<T>(
  handler: (request: Request) => Response | Promise<Response>,
  act: (host: Host) => Promise<T>,
): Promise<T> {
  const server = createServer(nodeListener(handler));
  const sockets = new Set<Socket>();
  const dialled: Socket[] = [];
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1", 1024);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const dial = async (text = ""): Promise<Socket> => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    dialled.push(socket);
    await once(socket, "connect");
    socket.write(text);
    return socket;
  };
  try {
    return await act({ server, port, url: `http://127.0.0.1:${port}`, sockets, dial });
  } finally {
    const over = once(server, "close");
    server.close();
    for (const socket of [...sockets, ...dialled]) socket.destroy();
    await over;
  }
}

/** Reads a socket until its end, or until what it said satisfies. */
export async function readUntil(socket: Socket, enough: (text: string) => boolean = () => false): Promise<string> {
  let text = "";
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (enough(text)) break;
  }
  return text;
}
