import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Answer } from "./answer.ts";
import type { App } from "./app.ts";
import { Problem } from "./problem.ts";

/** A port that cannot be served on; the message says which and why. */
export class ListenError extends Error {
  override name = "ListenError";
}

export type ListenOptions = {
  /** 0, the default, takes any port that is free. */
  readonly port?: number;
  /** `127.0.0.1` by default: this machine and nobody else. */
  readonly host?: string;
  /**
   * Replaces this process's `Request` and `Response` by lighter ones, which makes every answer faster; only for a process
   * that is a server and nothing else.
   */
  readonly overrideGlobalObjects?: boolean;
};

/** A server that takes requests, until it is closed; an answer under way is still sent. */
export type Listening = { readonly url: string; close(): Promise<void> };

/** Serves an application; resolves once it takes requests. What has an answerer does not go through `fetch`. */
export async function listen(
  fetch: App["fetch"],
  { port = 0, host = "127.0.0.1", overrideGlobalObjects = false }: ListenOptions,
  answererOf?: App["answererOf"],
): Promise<Listening> {
  const viaFetch = getRequestListener(
    async (request, env) => {
      const response = await fetch(request, env);
      await stage();
      return response;
    },
    { overrideGlobalObjects },
  );
  const server = createServer(async (incoming, outgoing) => {
    const answer = answererOf?.(incoming);
    if (!answer) return viaFetch(incoming, outgoing);
    await stage();
    const settled = await answer();
    await stage();
    try {
      write(outgoing, settled);
    } catch (error) {
      // A header of the document's that HTTP has no way to say.
      console.error(`${incoming.method} ${incoming.url} could not be answered: ${(error as Error).message}`);
      write(outgoing, new Problem("internal_error").toAnswer());
    }
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
        // A connection that is kept alive would hold the server for seconds after its last answer.
        const sweep = setInterval(() => server.closeIdleConnections(), 20);
        server.close(() => {
          clearInterval(sweep);
          resolve();
        });
      }),
  };
}

/**
 * The end of a stage. All requests that have come together are read, then all are carried out, then all are answered: the code
 * of a stage stays in the processor's caches from one request to the next, which nearly doubles what a busy server answers.
 */
function stage(): Promise<void> {
  stageEnd ??= new Promise((resolve) => {
    setImmediate(() => {
      stageEnd = undefined;
      resolve();
    });
  });
  return stageEnd;
}

let stageEnd: Promise<void> | undefined;

function write(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  // In the one form that Node writes as it stands.
  const fields: string[] = [];
  for (const name in headers) fields.push(name, headers[name]!);
  if (body === null) outgoing.writeHead(status, fields).end();
  else outgoing.writeHead(status, [...fields, "Content-Length", `${Buffer.byteLength(body)}`]).end(body);
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
