import { createServer, type RequestListener, type ServerResponse, STATUS_CODES } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { HttpBindings } from "@hono/node-server";
import { textOf } from "#platform";
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

/** The bounds of what a connection takes before there is a request, whatever Node was started with. */
export const connectionLimits = {
  /** The first line and all headers of a request, in bytes. */
  headBytes: 16 * 1024,
  /** How long a client may take over its headers, and over the whole of a request, in milliseconds. */
  headMs: 60_000,
  requestMs: 300_000,
} as const;

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
  /** The answer to the latest request of a connection. */
  const latest = new WeakMap<Duplex, ServerResponse>();
  // A header that came twice is one with both values; of two hosts, Node would take the first.
  const server = createServer(
    {
      joinDuplicateHeaders: true,
      // One without is refused all the same, and told why.
      requireHostHeader: false,
      maxHeaderSize: connectionLimits.headBytes,
      headersTimeout: connectionLimits.headMs,
      requestTimeout: connectionLimits.requestMs,
    },
    (request, response) => {
      latest.set(request.socket, response);
      listener()(request, response);
    },
  );
  // Their size is bounded, and of those beyond a number Node would say nothing and drop them.
  server.maxHeadersCount = 0;
  server.on("clientError", (error, socket) => refuseBytes(error, socket, latest.get(socket)));
  server.on("checkExpectation", (request, response) => {
    latest.set(request.socket, response);
    const expected = `The header Expect should be 100-continue, or left out; received "${request.headers.expect}".`;
    const body = problemText(417, expected);
    response.writeHead(417, { "Content-Type": problemType, "Content-Length": Buffer.byteLength(body) }).end(body);
  });
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

const problemType = "application/problem+json";

/** What is told where no document has a word: there is no request yet of which it could say anything. */
function problemText(status: number, message: string): string {
  return JSON.stringify({ type: "about:blank", title: STATUS_CODES[status], status, detail: message, message });
}

/** The answer to what HTTP takes for a request and the Fetch standard does not: its target or its host is no part of a URL. */
function notARequest(error: unknown): Response {
  const message = `The request should name one host, and a path that begins with a slash: ${(error as Error).message}.`;
  return new Response(problemText(400, message), { status: 400, headers: { "Content-Type": problemType } });
}

/** What bytes that are no request are answered, by the code of Node's error. */
const unreadable: Readonly<Record<string, readonly [status: number, message: string]>> = {
  HPE_HEADER_OVERFLOW: [
    431,
    `The first line and the headers of a request should be at most ${connectionLimits.headBytes} bytes long.`,
  ],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, "The extensions of a chunk should be short; those that were sent are not."],
  ERR_HTTP_REQUEST_TIMEOUT: [
    408,
    `A request should be sent within ${connectionLimits.requestMs / 1000} s, and its headers within ${connectionLimits.headMs / 1000} s.`,
  ],
};

/** Why Node could not read a request, with the bytes that it was reading. */
type UnreadableError = NodeJS.ErrnoException & { readonly rawPacket?: Uint8Array };

/**
 * Answers bytes that are no request, with a body that says why, and lets go of the connection. What breaks off behind a request that
 * is answered belongs to it, and a second answer would be one to a request that nobody has sent; a whole one is answered first.
 */
function refuseBytes(error: UnreadableError, socket: Duplex, latest: ServerResponse | undefined): void {
  const letGo = () => socket.destroy();
  if (error.code === "ECONNRESET" || !socket.writable) return void letGo();
  const isUnderWay = latest !== undefined && !latest.writableEnded;
  if (isUnderWay && latest.req.complete)
    return void latest.once("finish", () => refuseBytes(error, socket, undefined)).once("close", letGo);
  if (latest && !latest.req.complete && latest.headersSent) return void socket.end(letGo);
  const [status, message] = unreadable[error.code ?? ""] ?? [400, `This is no request of HTTP/1.1: ${error.message}.`];
  const body = problemText(status, message);
  // As far as it can be told, for the first line may have come in an earlier packet.
  const isHead = error.rawPacket !== undefined && textOf(error.rawPacket.subarray(0, 5)) === "HEAD ";
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${problemType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${isHead ? "" : body}`, letGo);
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
