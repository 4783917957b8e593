// Preloaded into examples: every connection to another machine is refused. The loopback stays open.
import net from "node:net";

const local = new Set(["localhost", "127.0.0.1", "::1"]);
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function (...args) {
  const [first, second] = Array.isArray(args[0]) ? args[0] : args;
  const host = typeof first === "object" ? first.host : typeof second === "string" ? second : undefined;
  const path = typeof first === "object" ? first.path : typeof first === "string" ? first : undefined;
  if (path === undefined && host !== undefined && !local.has(host)) {
    throw new Error(`examples run offline, but this one wants to connect to ${host}`);
  }
  return connect.apply(this, args);
};
