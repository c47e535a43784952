import type { IncomingMessage } from "node:http";
import type { HttpBindings } from "@hono/node-server";
import type { Context, Handler } from "hono";
import type { ReceivedRequest } from "../document/judge-request.ts";
import type { Answer } from "./answer.ts";
import type { Sandbox } from "./store/store.ts";

/** Node's own request, where Node serves; nothing where a `Request` is handed to `fetch`. */
export type Env = { Bindings: Partial<HttpBindings> };

/** A request as its operation declares it: parameters by name, text read as the types of their schemas. */
export type RequestInput = {
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
};

/** A request as it came, whoever took it. */
export type Received = ReceivedRequest & {
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly target: string;
  /** The body on its way: Node's own request where Node serves, which costs no copy. */
  readonly source: IncomingMessage | ReadableStream<Uint8Array> | null;
};

const nothing = Buffer.alloc(0);

/** A request on its way, and what the steps hand on to each other. */
export class RequestContext {
  readonly received: Received;
  /** Set by `apiKey`. */
  sandbox!: Sandbox;
  /** The body, byte for byte. Set by `readBody`. */
  bytes: Buffer = nothing;
  /** Set by `validate`. */
  input!: RequestInput;

  constructor(received: Received) {
    this.received = received;
  }
}

/** Answers a request. */
export type Answerer = (context: RequestContext) => Promise<Answer>;

/** One step of a request's way: answers it by itself, or lets `next` answer it. What it refuses, it throws as a `Problem`. */
export type Step = (context: RequestContext, next: Answerer) => Promise<Answer>;

/** A request's way through all of the steps, in their order, to whoever carries it out. */
export function through(steps: readonly Step[], last: Answerer): Answerer {
  return steps.reduceRight<Answerer>((next, step) => (context) => step(context, next), last);
}

/** Lets an answerer answer what Hono routes to it. */
export function sending(answer: Answerer): Handler<Env> {
  return async (c) => toResponse(await answer(new RequestContext(receivedByHono(c))));
}

/** Headers go in as a plain record, which the server writes as it is. */
export function toResponse({ status, headers, body }: Answer): Response {
  return new Response(body, { status, headers });
}

function receivedByHono(c: Context<Env>): Received {
  const { req, env } = c;
  return {
    method: req.method,
    target: req.url.slice(req.url.indexOf("/", req.url.indexOf("://") + 3)),
    header: (name) => headerOf(c, name),
    path: (name) => req.param(name),
    query: (name) => req.query(name),
    queries: (name) => req.queries(name),
    // Only when it is wanted: a stream that was begun and not read to its end takes the connection with it.
    get source() {
      return env.incoming ?? req.raw.body;
    },
  };
}

/** A request header by its name in small letters. Asking Node itself is many times faster than asking a `Headers`. */
export function headerOf(c: Context<Env>, name: string): string | undefined {
  return c.env.incoming ? incomingHeader(c.env.incoming, name) : (c.req.raw.headers.get(name) ?? undefined);
}

function incomingHeader({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

/** No query, nothing encoded, no empty segment, and none of dots. */
const plainPath = /^(?:\/[\w~-][\w.~-]*)+$/;

/**
 * Whether a request is plain enough to go past Hono, which is the faster way: its target needs no reading, its body is
 * announced and short (in bytes), and no page sent it, which would need headers of its own.
 */
export function isPlain({ url = "", headers }: IncomingMessage, longestBody: number): boolean {
  return (
    plainPath.test(url) &&
    headers.origin === undefined &&
    headers["transfer-encoding"] === undefined &&
    Number(headers["content-length"] ?? 0) <= longestBody
  );
}

/** A plain request, which the document has matched to an operation with these path parameters. */
export class PlainRequest implements Received {
  readonly source: IncomingMessage;
  readonly method: string;
  readonly target: string;
  readonly #path: Readonly<Record<string, string>>;

  constructor(source: IncomingMessage, path: Readonly<Record<string, string>>) {
    this.source = source;
    this.method = source.method!;
    this.target = source.url!;
    this.#path = path;
  }

  header(name: string): string | undefined {
    return incomingHeader(this.source, name);
  }

  path(name: string): string | undefined {
    return this.#path[name];
  }

  query(): undefined {}

  queries(): undefined {}
}
