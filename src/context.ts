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
    /** What `send` adds to the headers of an answer of this status. Set by `idempotency`. */
    marks: (status: number) => Readonly<Record<string, string>> | undefined;
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
  const { status, body } = answer;
  const marks = (c.get("marks") as Env["Variables"]["marks"] | undefined)?.(status);
  const headers = marks ? { ...answer.headers, ...marks } : answer.headers;
  c.set("answer", marks ? { status, headers, body } : answer);
  return new Response(body, { status, headers });
}
