import type { HttpBindings } from "@hono/node-server";
import type { Context, Handler } from "hono";
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

const nothing = Buffer.alloc(0);

/** A request on its way, and what the steps hand on to each other. */
export class RequestContext {
  readonly hono: Context<Env>;
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly target: string;
  /** Set by `apiKey`. */
  sandbox!: Sandbox;
  /** The body, byte for byte. Set by `readBody`. */
  bytes: Buffer = nothing;
  /** Set by `validate`. */
  input!: RequestInput;

  constructor(hono: Context<Env>) {
    const { method, url } = hono.req;
    this.hono = hono;
    this.method = method;
    this.target = url.slice(url.indexOf("/", url.indexOf("://") + 3));
  }

  /** A request header by its name in small letters. */
  header(name: string): string | undefined {
    return headerOf(this.hono, name);
  }
}

/** Asking Node itself for a header is many times faster than asking a `Headers`. */
export function headerOf(c: Context<Env>, name: string): string | undefined {
  const headers = c.env.incoming?.headers;
  if (!headers) return c.req.raw.headers.get(name) ?? undefined;
  const value = headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

/** Answers a request. */
export type Answerer = (context: RequestContext) => Promise<Answer>;

/** One step of a request's way: answers it by itself, or lets `next` answer it. What it refuses, it throws as a `Problem`. */
export type Step = (context: RequestContext, next: Answerer) => Promise<Answer>;

/** A request's way through all of the steps, in their order, to whoever carries it out. */
export function through(steps: readonly Step[], last: Answerer): Answerer {
  return steps.reduceRight<Answerer>((next, step) => (context) => step(context, next), last);
}

/** Sends what an answerer answers. */
export function sending(answer: Answerer): Handler<Env> {
  return async (c) => toResponse(await answer(new RequestContext(c)));
}

/** Headers go in as a plain record, which the server writes as it is. */
export function toResponse({ status, headers, body }: Answer): Response {
  return new Response(body, { status, headers });
}
