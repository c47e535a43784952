// The socket: node:http on one side, a call and its answer on the other.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import type { Answer, Behaviour, Call } from "./behaviour.ts";

/** Serves on a free port of the loopback interface until it is closed. */
export async function listen(serve: (call: Call) => Promise<Answer>, wire: Behaviour["wire"]) {
  const server = createServer((request, response) => {
    read(request)
      .then(serve)
      .then((answer) => write(answer, request, response, wire))
      .catch(() => response.destroy());
  });
  // Longer than any client keeps an idle connection, so that no request meets a closing one.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function read(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const target = request.url ?? "/";
  const mark = target.indexOf("?");
  const headers: [string, string][] = [];
  for (let n = 0; n < request.rawHeaders.length; n += 2) {
    headers.push([request.rawHeaders[n] ?? "", request.rawHeaders[n + 1] ?? ""]);
  }
  return {
    method: request.method ?? "GET",
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? "" : target.slice(mark),
    headers,
    body: Buffer.concat(chunks),
  };
}

function write(answer: Answer, request: IncomingMessage, response: ServerResponse, wire: Behaviour["wire"]): void {
  const zipped = wire.gzip && answer.body !== "" && /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  const body = zipped ? gzipSync(answer.body) : Buffer.from(answer.body);
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(zipped && { "Content-Encoding": "gzip", Vary: "Accept-Encoding" }),
    ...(!wire.keepAlive && { Connection: "close" }),
    "Content-Length": body.length,
  });
  response.end(request.method === "HEAD" ? undefined : body);
}
