import http from "node:http";
import https from "node:https";
import { rootCertificates } from "node:tls";
import { HttpProxyAgent } from "http-proxy-agent";
import { HttpsProxyAgent } from "https-proxy-agent";
import { getProxyForUrl } from "proxy-from-env";
import { withoutCodings } from "../../document/content-coding.ts";
import { type Transport, TransportError, type WireResponse } from "./exchange.ts";

/**
 * Sends over real HTTP. Not `fetch`: a header name must reach the target in the letter case that a case gave it, and bytes as
 * they are.
 */
export function createHttpTransport(options: HttpOptions): Transport & { close(): void } {
  const trust = options.ca === undefined ? {} : { ca: [...rootCertificates, options.ca] };
  const routes = createRoutes(trust);
  const send: Transport = (request, signal) =>
    new Promise((resolve, reject) => {
      const url = new URL(request.url);
      const secure = url.protocol === "https:";
      const body = request.body === undefined ? undefined : Buffer.from(request.body);
      const headers = { ...request.headers, ...(body ? { "Content-Length": String(body.length) } : {}) };
      const { agent, proxy } = routes.to(url);
      const fail = (error: Error) => {
        clearTimeout(deadline);
        reject(error instanceof TransportError || signal.aborted ? error : new TransportError(reasonOf(error, proxy)));
      };
      const outgoing = (secure ? https : http).request(
        url,
        // The agent of a proxy takes what is trusted from the request alone.
        { method: request.method, headers, signal, agent, ...trust },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
          const cutShort = () => fail(new TransportError("the connection closed in the middle of the answer"));
          incoming.on("error", (error: NodeJS.ErrnoException) =>
            error.code === "ECONNRESET" ? cutShort() : fail(error),
          );
          incoming.on("end", () => {
            clearTimeout(deadline);
            try {
              resolve(responseOf(incoming, Buffer.concat(chunks)));
            } catch (error) {
              fail(error as Error);
            }
          });
        },
      );
      // Only now: a header that HTTP cannot carry makes the request throw at once.
      const deadline = setTimeout(
        () => outgoing.destroy(new TransportError(`no whole answer within ${options.timeoutMs / 1000} s`)),
        options.timeoutMs,
      );
      outgoing.on("error", (error: NodeJS.ErrnoException) => {
        // A kept-alive connection that the target had already closed: the request never reached it.
        if (outgoing.reusedSocket && error.code === "ECONNRESET" && !signal.aborted) {
          clearTimeout(deadline);
          send(request, signal).then(resolve, reject);
        } else fail(error);
      });
      outgoing.on("proxyConnect", ({ statusCode = 200 }: http.IncomingMessage) => {
        if (statusCode !== 200)
          fail(new TransportError(`the proxy ${proxy} answered ${statusCode} where it should connect to ${url.host}`));
      });
      outgoing.end(body);
    });
  return Object.assign(send, { close: routes.close });
}

export type HttpOptions = {
  /** The longest wait for a whole answer. */
  readonly timeoutMs: number;
  /** A certificate authority in PEM, trusted beside those that Node knows. */
  readonly ca?: string;
};

/** How requests reach an origin; `proxy` as it may be told, without its password. */
type Route = { readonly agent: http.Agent; readonly proxy?: string };

/** One route for each origin: whether a proxy stands before it depends on its host (HTTPS_PROXY, HTTP_PROXY, NO_PROXY). */
function createRoutes(trust: { readonly ca?: string[] }): { to(url: URL): Route; close(): void } {
  const routes = new Map<string, Route>();
  return {
    to(url) {
      const route = routes.get(url.origin) ?? createRoute(url, trust);
      routes.set(url.origin, route);
      return route;
    },
    close() {
      for (const { agent } of routes.values()) agent.destroy();
    },
  };
}

function createRoute(url: URL, trust: { readonly ca?: string[] }): Route {
  const proxy = getProxyForUrl(url.href);
  const secure = url.protocol === "https:";
  const keepAlive = true;
  if (!proxy) return { agent: secure ? new https.Agent({ keepAlive }) : new http.Agent({ keepAlive }) };
  if (!URL.canParse(proxy) || !/^https?:$/.test(new URL(proxy).protocol)) {
    const shown = proxy.replace(/\/\/.*@/s, "//");
    throw new TransportError(
      `the environment names the proxy "${shown}"; it should be an address such as http://127.0.0.1:3128`,
    );
  }
  const agent = secure
    ? new HttpsProxyAgent(proxy, { keepAlive, ...trust })
    : new HttpProxyAgent(proxy, { keepAlive, ...trust });
  return { agent, proxy: new URL(proxy).origin };
}

/** Sends to a server in this process, by its `fetch`. Throws a `TransportError` where that throws. */
export function createFetchTransport(fetch: (request: Request) => Response | Promise<Response>): Transport {
  return async ({ method, url, headers, body }, signal) => {
    // Not handed to the request: it would leave a listener on the run's signal for each of thousands.
    signal.throwIfAborted();
    const request = new Request(url, { method, headers, ...(body === undefined ? {} : { body }) });
    try {
      const response = await fetch(request);
      return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
    } catch (error) {
      throw new TransportError(reasonOf(error as SystemError));
    }
  };
}

function responseOf(incoming: http.IncomingMessage, bytes: Buffer): WireResponse {
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
  return { status: incoming.statusCode ?? 0, headers, body: decoded(bytes, headers["content-encoding"] ?? "") };
}

function decoded(bytes: Buffer, encoding: string): string {
  try {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(withoutCodings(bytes, encoding));
  } catch {
    throw new TransportError(`the answer is not the ${encoding} that it says it is`);
  }
}

const unknownAuthority =
  "its certificate is signed by an authority that is not known here; name that with --ca to trust it";

/** An error of the operating system, as Node throws it. */
export type SystemError = Error & { readonly code?: string; readonly syscall?: string };

/** Why no answer came: a sentence without its full stop. `proxy` is what stands between. */
export function reasonOf(error: SystemError, proxy?: string): string {
  const reasons: Record<string, string> = {
    ECONNREFUSED: "nothing listens there (connection refused)",
    ENOTFOUND: "no such host",
    EAI_AGAIN: "the host's name could not be looked up",
    ECONNRESET: "the connection was closed before an answer came",
    EPIPE: "the connection was closed while the request was sent",
    HPE_INVALID_CONSTANT: "what answers there does not speak HTTP",
    EPROTO: "what answers there does not speak HTTPS",
    DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed; name it with --ca to trust it",
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
    SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  };
  // A host with several addresses fails with one error for each.
  const first = error instanceof AggregateError ? (error.errors[0] as SystemError) : error;
  const reason = reasons[first.code ?? ""] ?? first.message;
  return proxy && first.syscall && ["connect", "getaddrinfo"].includes(first.syscall)
    ? `the proxy ${proxy} before it cannot be reached: ${reason}`
    : reason;
}
