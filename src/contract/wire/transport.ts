import { EventEmitter } from "node:events";
import http from "node:http";
import https from "node:https";
import type { Duplex } from "node:stream";
import { rootCertificates, TLSSocket } from "node:tls";
import { HttpProxyAgent } from "http-proxy-agent";
import { HttpsProxyAgent } from "https-proxy-agent";
import { getProxyForUrl } from "proxy-from-env";
import { unknownCodingIn, withoutCodings } from "../../document/content-coding.ts";
import { type Transport, TransportError, Unreadable, type WireRequest, type WireResponse } from "./exchange.ts";
import { createHttp2Client, type Http2Client, type RawAnswer } from "./http2.ts";

/**
 * Sends over real HTTP: by HTTP/1.1, and by HTTP/2 to an origin over TLS that speaks nothing else. Not `fetch`: a header name must
 * reach the target in the letter case that a case gave it, and bytes as they are.
 */
export function createHttpTransport(options: HttpOptions): Transport & { close(): void } {
  const trust = options.ca === undefined ? {} : { ca: [...rootCertificates, options.ca] };
  const routes = createRoutes(trust);
  const tooLate = () => new TransportError(`no whole answer within ${options.timeoutMs / 1000} s`);
  const send: Transport = async (request, signal) => {
    const url = new URL(request.url);
    const route = routes.to(url);
    const fail = (error: Error): never => {
      if (error instanceof TransportError || signal.aborted) throw error;
      throw new TransportError(reasonOf(error, route.proxy));
    };
    if (route.http2) return responseOf(await route.http2.send(request, signal).catch(fail));
    const sent = await overHttp1(request, signal, { ...options, tooLate, route, trust });
    if (!route.isKnown && sent.mayBeHttp2) {
      const { tunnel } = route;
      const client = createHttp2Client(url.origin, { ...options, tooLate, trust, ...(tunnel ? { tunnel } : {}) });
      route.http2 = await client.catch(() => undefined);
    }
    route.isKnown = true;
    // What speaks no HTTP/1.1 has carried nothing out.
    if (route.http2) return send(request, signal);
    return sent.answer ? responseOf(sent.answer) : fail(sent.error);
  };
  return Object.assign(send, { close: routes.close });
}

export type HttpOptions = {
  /** The longest wait for a whole answer. */
  readonly timeoutMs: number;
  /** A certificate authority in PEM, trusted beside those that Node knows. */
  readonly ca?: string;
};

type Http1Options = {
  readonly timeoutMs: number;
  readonly tooLate: () => Error;
  readonly route: Route;
  readonly trust: Trust;
};

/** What came of a request over HTTP/1.1; and whether the target, which has not agreed to that, may speak HTTP/2 alone. */
type Sent = { readonly mayBeHttp2: boolean } & (
  | { readonly answer: RawAnswer; readonly error?: never }
  | { readonly answer?: never; readonly error: Error }
);

function overHttp1(request: WireRequest, signal: AbortSignal, options: Http1Options): Promise<Sent> {
  const { timeoutMs, tooLate, route, trust } = options;
  const { agent, proxy } = route;
  return new Promise((resolve) => {
    const url = new URL(request.url);
    const body = request.body === undefined ? undefined : Buffer.from(request.body);
    const headers = { ...request.headers, ...(body ? { "Content-Length": String(body.length) } : {}) };
    const hasAgreed = () => !(outgoing.socket instanceof TLSSocket) || outgoing.socket.alpnProtocol === "http/1.1";
    const fail = (error: Error) => {
      clearTimeout(deadline);
      resolve({ error, mayBeHttp2: !(error instanceof TransportError || signal.aborted || hasAgreed()) });
    };
    // The agent of a proxy takes what is trusted, and what is offered, from the request alone.
    const tls = { ...trust, ALPNProtocols: ["http/1.1"] };
    const outgoing = (url.protocol === "https:" ? https : http).request(
      url,
      { method: request.method, headers, signal, agent, ...tls },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        const cutShort = () => fail(new TransportError("the connection closed in the middle of the answer"));
        incoming.on("error", (error: NodeJS.ErrnoException) =>
          error.code === "ECONNRESET" ? cutShort() : fail(error),
        );
        incoming.on("end", () => {
          clearTimeout(deadline);
          const { statusCode: status = 0, headers } = incoming;
          const answer = { status, headers, bytes: Buffer.concat(chunks) };
          resolve({ answer, mayBeHttp2: status >= 400 && !hasAgreed() });
        });
      },
    );
    // Only now: a header that HTTP cannot carry makes the request throw at once.
    const deadline = setTimeout(() => outgoing.destroy(tooLate()), timeoutMs);
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      // A kept-alive connection that the target had already closed: the request never reached it.
      if (outgoing.reusedSocket && error.code === "ECONNRESET" && !signal.aborted) {
        clearTimeout(deadline);
        overHttp1(request, signal, options).then(resolve);
      } else fail(error);
    });
    outgoing.on("proxyConnect", ({ statusCode = 200 }: http.IncomingMessage) => {
      if (statusCode !== 200)
        fail(new TransportError(`the proxy ${proxy} answered ${statusCode} where it should connect to ${url.host}`));
    });
    outgoing.end(body);
  });
}

type Trust = { readonly ca?: string[] };

/** How requests reach an origin; `proxy` as it may be told, without its password. */
type Route = {
  readonly agent: http.Agent;
  readonly proxy?: string;
  /** Opens a connection through the proxy that offers HTTP/2. */
  readonly tunnel?: () => Promise<Duplex>;
  /** Whether it is known which version is spoken there. */
  isKnown: boolean;
  /** Where nothing but HTTP/2 is. */
  http2?: Http2Client | undefined;
};

/** One route for each origin: whether a proxy stands before it depends on its host (HTTPS_PROXY, HTTP_PROXY, NO_PROXY). */
function createRoutes(trust: Trust): { to(url: URL): Route; close(): void } {
  const routes = new Map<string, Route>();
  return {
    to(url) {
      const route = routes.get(url.origin) ?? createRoute(url, trust);
      routes.set(url.origin, route);
      return route;
    },
    close() {
      for (const { agent, http2 } of routes.values()) {
        agent.destroy();
        http2?.close();
      }
    },
  };
}

function createRoute(url: URL, trust: Trust): Route {
  const proxy = getProxyForUrl(url.href);
  const secure = url.protocol === "https:";
  const [keepAlive, isKnown] = [true, !secure];
  if (!proxy) return { agent: secure ? new https.Agent({ keepAlive }) : new http.Agent({ keepAlive }), isKnown };
  if (!URL.canParse(proxy) || !/^https?:$/.test(new URL(proxy).protocol)) {
    const shown = proxy.replace(/\/\/.*@/s, "//");
    throw new TransportError(
      `the environment names the proxy "${shown}"; it should be an address such as http://127.0.0.1:3128`,
    );
  }
  const told = new URL(proxy).origin;
  if (!secure) return { agent: new HttpProxyAgent(proxy, { keepAlive, ...trust }), proxy: told, isKnown };
  const agent = new HttpsProxyAgent(proxy, { keepAlive, ...trust });
  const [host, port] = [url.hostname.replace(/^\[|\]$/g, ""), Number(url.port || 443)];
  return {
    agent,
    proxy: told,
    isKnown,
    // It tells a request of what the proxy has said, and nobody listens here.
    tunnel: () =>
      agent.connect(new EventEmitter() as http.ClientRequest, {
        ...{ host, port, secureEndpoint: true, ALPNProtocols: ["h2"] },
        ...trust,
      }),
  };
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

function responseOf({ status, headers: given, bytes }: RawAnswer): WireResponse {
  const headers = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]),
  );
  return { status, headers, body: decoded(bytes, headers["content-encoding"] ?? "") };
}

function decoded(bytes: Buffer, encoding: string): string {
  const unknown = bytes.length === 0 ? undefined : unknownCodingIn(encoding);
  if (unknown !== undefined) throw new Unreadable(`the answer is coded as ${unknown}, which this program cannot read`);
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
