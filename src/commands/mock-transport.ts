import { type Transport, TransportError, type WireRequest, type WireResponse } from "../contract/wire/exchange.ts";
import { reasonOf, type SystemError } from "../contract/wire/transport.ts";
import { remembering } from "../document/late.ts";
import type { Env, Incoming } from "../mock/context.ts";
import type { Mock } from "../mock/mock.ts";

/**
 * Sends to a mock in this process what a server of Node would hand it, and takes its answer as it is. Not by `fetch`: for
 * thousands of requests, making each a `Request` and each answer a `Response` takes a fifth of the time of a run.
 */
export function createMockTransport({ app }: Pick<Mock, "app">): Transport {
  const addressOf = remembering((text: string) => {
    const { href, host } = new URL(text);
    return { href, host };
  });
  return async (request, signal) => {
    signal.throwIfAborted();
    const { href, host } = addressOf(request.url);
    const incoming = incomingOf(request, host);
    const asked = { method: request.method, url: href, headers: new Map(), body: null, signal };
    try {
      const env: Env["Bindings"] = { incoming, responseOf };
      const response: Response | WireResponse = await app.fetch(asked as unknown as Request, env);
      if (!("text" in response)) return response;
      if (response.type === "error") throw new TransportError("the mock has broken the connection off");
      return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
    } catch (error) {
      throw error instanceof TransportError ? error : new TransportError(reasonOf(error as SystemError));
    }
  };
}

/** A request as Node would have read it. */
function incomingOf({ headers, body }: WireRequest, host: string): Incoming {
  const bytes = body === undefined || body === "" ? null : Buffer.from(body);
  const own: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase();
    const text = value.replace(/^[\t ]+|[\t ]+$/g, "");
    own[key] = Object.hasOwn(own, key) ? `${own[key]}, ${text}` : text;
  }
  own.host ??= host;
  if (bytes) own["content-length"] = String(bytes.length);
  return {
    headers: own,
    complete: true,
    destroyed: false,
    read: () => bytes,
    on(event, listener) {
      if (event === "end") queueMicrotask(() => listener(new Uint8Array(0)));
    },
  };
}

/** An answer of text as a run reads it; what is none of text, or says not what it is, as a `Response`. */
const responseOf: NonNullable<Env["Bindings"]["responseOf"]> = (body, { status = 200, headers }) => {
  const isText = typeof body === "string" && Object.hasOwn(headers, "Content-Type");
  if (!isText && body !== null) return new Response(body, { status, headers });
  const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const answer: WireResponse = { status, headers: own, body: body ?? "" };
  return answer as unknown as Response;
};
