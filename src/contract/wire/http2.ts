import http2 from "node:http2";
import type { Duplex } from "node:stream";
import type { WireRequest } from "./exchange.ts";

/** An answer as bytes, its header names in lower case. */
export type RawAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
};

export type Http2Options = {
  /** What is trusted. */
  readonly trust: { readonly ca?: string[] };
  /** Opens a connection over TLS that offers HTTP/2 and nothing else, where that is not made straight to the origin. */
  readonly tunnel?: () => Promise<Duplex>;
  /** The longest wait for a whole answer, in milliseconds. */
  readonly timeoutMs: number;
  /** What is thrown where that is over. */
  readonly tooLate: () => Error;
};

/** Sends to one origin over HTTP/2. */
export type Http2Client = {
  send(request: WireRequest, signal: AbortSignal): Promise<RawAnswer>;
  close(): void;
};

/**
 * Makes a client of an origin over HTTP/2, by one connection at a time; `undefined` where no HTTP/2 is spoken there. Names of
 * headers go in lower case, for there are no others. https://www.rfc-editor.org/rfc/rfc9113
 */
export async function createHttp2Client(origin: string, options: Http2Options): Promise<Http2Client | undefined> {
  let session = await open(origin, options);
  if (session?.alpnProtocol !== "h2") {
    session?.destroy();
    return undefined;
  }
  return {
    async send(request, signal) {
      // A target may end a connection when it likes; what has not been sent yet goes by the next one.
      if (!session || session.closed || session.destroyed) session = await open(origin, options);
      return exchange(session, request, signal, options);
    },
    close: () => session?.destroy(),
  };
}

async function open(
  origin: string,
  { trust, tunnel, timeoutMs, tooLate }: Http2Options,
): Promise<http2.ClientHttp2Session> {
  const socket = await tunnel?.();
  const session = http2.connect(origin, { ...trust, ...(socket ? { createConnection: () => socket } : {}) });
  const deadline = setTimeout(() => session.destroy(tooLate()), timeoutMs);
  await new Promise<void>((resolve, reject) => {
    session.once("connect", () => resolve());
    session.once("error", reject);
  }).finally(() => clearTimeout(deadline));
  // Each request hears of it by itself.
  session.on("error", () => {});
  return session;
}

function exchange(
  session: http2.ClientHttp2Session,
  { method, url, headers, body }: WireRequest,
  signal: AbortSignal,
  { timeoutMs, tooLate }: Http2Options,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const { pathname, search } = new URL(url);
    const stream = session.request({ ":method": method, ":path": pathname + search, ...fieldsOf(headers) }, { signal });
    const deadline = setTimeout(() => stream.destroy(tooLate()), timeoutMs);
    const chunks: Buffer[] = [];
    let head: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader = {};
    let isWhole = false;
    stream.on("response", (given) => {
      head = given;
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      isWhole = head[":status"] !== undefined;
    });
    stream.on("error", reject);
    stream.on("close", () => {
      clearTimeout(deadline);
      if (!isWhole || stream.rstCode !== http2.constants.NGHTTP2_NO_ERROR)
        return reject(Object.assign(new Error("the stream was closed"), { code: "ECONNRESET" }));
      const { ":status": status = 0, ...fields } = head;
      resolve({ status, headers: fields, bytes: Buffer.concat(chunks) });
    });
    stream.end(body === undefined ? undefined : Buffer.from(body));
  });
}

/** What says how a connection is used goes by other means here. https://www.rfc-editor.org/rfc/rfc9113#section-8.2.2 */
const ofTheConnection = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"];

function fieldsOf(headers: WireRequest["headers"]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase() === "host" ? ":authority" : given.toLowerCase();
    if (ofTheConnection.includes(name)) continue;
    fields[name] = name in fields ? `${fields[name]}, ${value}` : value;
  }
  return fields;
}
