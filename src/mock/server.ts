import { createServer, type RequestListener } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { HttpBindings } from "@hono/node-server";
import { late, once } from "../document/late.ts";
import type { Env } from "./context.ts";
import { ListenError, type Listening, type ListenOptions } from "./listening.ts";

/** What stands between Node and the Fetch standard; to read it takes a quarter of a start. */
const adapter = late<typeof import("@hono/node-server")>("@hono/node-server");

/**
 * Replaces this process's `Request` and `Response` by lighter ones, which makes every answer faster; only for a process that is
 * a server and nothing else.
 */
export function lightenGlobals(): void {
  const { getRequestListener } = adapter();
  // Making a listener does it, whoever listens.
  getRequestListener(() => new Response(), { overrideGlobalObjects: true });
}

type AppFetch = (request: Request, env: Env["Bindings"]) => Response | Promise<Response>;

/** What answers the requests of a server of Node by an application. */
export function listenerOf(fetch: AppFetch): RequestListener {
  return adapter().getRequestListener((request, env) => fetch(request, env as HttpBindings), {
    overrideGlobalObjects: false,
    // What is no request at all, such as one to two hosts.
    errorHandler: notARequest,
  });
}

/** Serves an application; resolves once it takes requests. */
export async function listen(fetch: AppFetch, { port = 0, host = "127.0.0.1" }: ListenOptions): Promise<Listening> {
  const listener = once(() => listenerOf(fetch));
  // A header that came twice is one with both values; of two hosts, Node would take the first.
  const server = createServer({ joinDuplicateHeaders: true }, (request, response) => listener()(request, response));
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, port, host)));
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    url: `http://${name}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        // A connection that is kept alive would hold the server for seconds after its last answer, and one that a browser has
        // opened beforehand, on which nothing was ever asked, for as long as the browser likes.
        const sweep = setInterval(() => {
          server.closeIdleConnections();
          for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
        }, 20);
        server.close(() => {
          clearInterval(sweep);
          resolve();
        });
      }),
  };
}

/** The answer to what HTTP takes for a request and the Fetch standard does not: its target or its host is no part of a URL. */
function notARequest(error: unknown): Response {
  const message = `The request should name one host, and a path that begins with a slash: ${(error as Error).message}.`;
  const body = JSON.stringify({ type: "about:blank", title: "Bad Request", status: 400, detail: message, message });
  return new Response(body, { status: 400, headers: { "Content-Type": "application/problem+json" } });
}

function listenError(error: NodeJS.ErrnoException, port: number, host: string): ListenError {
  switch (error.code) {
    case "EADDRINUSE":
      return new ListenError(`Port ${port} of ${host} is taken; choose another one with --port, or 0 for any.`);
    case "EACCES":
      return new ListenError(
        `Port ${port} of ${host} may not be used by this user; choose one above 1023 with --port.`,
      );
    default:
      return new ListenError(`Cannot listen on port ${port} of ${host}: ${error.message}.`);
  }
}
