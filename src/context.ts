import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import type { Answer } from "./answer.ts";
import type { Sandbox } from "./store/store.ts";

/** What the middleware of one request hand on to each other. */
export type Env = {
  /** Node's own request, where Node serves; nothing where a `Request` is handed to `fetch`. */
  Bindings: Partial<HttpBindings>;
  Variables: {
    /** Set by `apiKey`. */
    sandbox: Sandbox;
    /** The request's body, byte for byte. Set by `readBody`. */
    bytes: Buffer;
    /** Set by `validate`. */
    input: RequestInput;
    /** The answer that `send` sent last. */
    answer: Answer;
  };
};

/** A request as its operation declares it: parameters by name, text read as the types of their schemas. */
export type RequestInput = {
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
};

/** A request header by its name in small letters. Asking Node itself is many times faster than asking a `Headers`. */
export function headerOf(c: Context<Env>, name: string): string | undefined {
  const headers = c.env.incoming?.headers;
  if (!headers) return c.req.raw.headers.get(name) ?? undefined;
  const value = headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

/** Path and query of a request, as they were sent. */
export function targetOf(c: Context<Env>): string {
  const { url } = c.req;
  return url.slice(url.indexOf("/", url.indexOf("://") + 3));
}

/**
 * Makes the response of an answer, and leaves the answer for the middleware around: reading it back out of a `Response`
 * would cost a copy. Headers go in as a plain record, which the server writes as it is.
 */
export function send(c: Context<Env>, answer: Answer): Response {
  c.set("answer", answer);
  return new Response(answer.body, { status: answer.status, headers: answer.headers });
}

/** Sends another answer than the one that a later middleware has sent. */
export function sendInstead(c: Context<Env>, answer: Answer): void {
  // Hono would merge the headers of both into a third response.
  c.res = undefined;
  c.res = send(c, answer);
}
