import type { Answer } from "../document/answer.ts";
import { isHeaderName, isHeaderValue } from "../document/header.ts";
import { headerOf, type RequestContext } from "./context.ts";
import { type Lines, slowly } from "./line.ts";
import { readableBy } from "./middleware/cors.ts";

/** An answer of text, of bytes, or of bytes that come little by little. */
export type Page = Omit<Answer, "body"> & {
  readonly body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
};

/** Sends an answer, as far as a fault lets it come. */
export function deliver(c: RequestContext, answer: Answer, lines: Lines): Response | Promise<Response> {
  const stream = c.get("stream");
  if (stream) return respond(c, { ...answer, body: stream });
  const fault = c.get("fault");
  if (fault?.connection) return lines.fail(c, answer, fault.connection);
  if (!fault?.bytesPerSecond || answer.body === null) return respond(c, answer);
  return respond(c, { ...answer, body: slowly(answer.body, fault.bytesPerSecond) });
}

/** Throws a `TypeError` of a header that HTTP cannot carry: a handler has answered it, or a document has it as an example. */
function checkHeaders(headers: Answer["headers"]): void {
  for (const name in headers)
    if (!isHeaderName(name) || !isHeaderValue(headers[name]!))
      throw new TypeError(
        `The answer has a header that HTTP cannot carry: ${JSON.stringify(`${name}: ${headers[name]}`)}.`,
      );
}

/** The one place where an answer becomes a response. Headers go in as a plain record, which the server writes as it is. */
export function respond(c: RequestContext, { status, headers, body }: Answer | Page): Response {
  checkHeaders(headers);
  const origin = headerOf(c, "origin");
  if (origin === undefined)
    return c.env?.responseOf?.(body, { status, headers }) ?? new Response(body, { status, headers });
  const readable = readableBy(origin, headers);
  // What was cut off on a connection that it has used before, a browser repeats by itself, and nobody sees that it was cut.
  return new Response(body, { status, headers: c.env?.outgoing ? { ...readable, Connection: "close" } : readable });
}
