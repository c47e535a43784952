import type { Context } from "hono";
import type { Answer } from "../document/answer.ts";
import { splitTarget } from "../document/path.ts";
import type { Problem } from "../document/problem.ts";
import type { Fault, NearMiss } from "./store/store.ts";

/** What the mock asks of Node's own request. */
export type Incoming = {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly complete: boolean;
  readonly destroyed: boolean;
  read(): Uint8Array | null;
  on(event: string, listener: (piece: Uint8Array) => void): unknown;
};

/** What it asks of Node's own response. */
export type Outgoing = {
  readonly socket: { end(text: string): unknown; destroy(): unknown } | null;
  writeHead(status: number, headers: Record<string, string | number>): unknown;
  write(bytes: Uint8Array, written: () => void): unknown;
  destroy(): unknown;
  once(event: string, listener: () => void): unknown;
};

/**
 * Node's own request and response, where Node serves; nothing where a `Request` is handed to `fetch`. `responseOf` makes something
 * lighter than a `Response` of an answer, for a caller in this process that reads nothing else of it.
 */
export type Env = {
  Bindings: {
    readonly incoming?: Incoming;
    readonly outgoing?: Outgoing;
    readonly responseOf?: (
      body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null,
      init: ResponseInit & Pick<Answer, "headers">,
    ) => Response;
  };
  Variables: {
    /** The path parameters as they were sent, where another router than Hono's has found them. */
    path?: Readonly<Record<string, string>>;
    /** What goes wrong with the request on purpose. */
    fault?: Fault;
    /** Why the request is refused. */
    problem?: Problem | undefined;
    /** What is sent little by little, in the place of a body. */
    stream?: ReadableStream<Uint8Array>;
    /** The operation that it came nearest to, where none takes it. */
    nearest?: NearMiss | undefined;
  };
};

/** Hono's context of a request to the mock. */
export type RequestContext = Context<Env>;

/** A request as its operation declares it: parameters by name, text read as the types of their schemas. */
export type RequestInput = {
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly header: Readonly<Record<string, unknown>>;
  readonly body: unknown;
};

/** A request header by its name in small letters. Asking Node itself is many times faster than asking a `Headers`. */
export function headerOf({ env, req }: RequestContext, name: string): string | undefined {
  if (!env?.incoming) return req.raw.headers.get(name) ?? undefined;
  const value = env.incoming.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

/** The path of a request, as it was sent. */
export function pathOf(c: RequestContext): string {
  return splitTarget(targetOf(c))[0];
}

/** Path and query of a request, as they were sent. */
export function targetOf({ req }: RequestContext): string {
  return req.url.slice(req.url.indexOf("/", req.url.indexOf("://") + 3));
}
