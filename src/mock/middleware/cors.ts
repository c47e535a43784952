import type { Context, MiddlewareHandler, Next } from "hono";
import type { Spec } from "../../document/spec.ts";
import { type Env, headerOf } from "../context.ts";

const ours = ["X-Mock-Idempotency", "X-Mock-Generated"];

/**
 * Lets pages of any origin call the mock, with every header that the document speaks of.
 * https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function cors(spec: Spec): MiddlewareHandler<Env> {
  const parameters = spec.operations.flatMap((operation) => operation.parameters);
  const allowedHeaders = unique([
    ...parameters.filter((parameter) => parameter.in === "header").map((parameter) => parameter.name),
    ...spec.securitySchemes.flatMap((scheme) => scheme.header ?? []),
    ...spec.operations.flatMap((operation) => operation.idempotency?.header ?? []),
    "Content-Type",
    "Prefer",
  ]).join(", ");
  const exposedHeaders = unique([
    ...spec.operations.flatMap(({ responses }) =>
      [...responses.values()].flatMap(({ headers }) => [...headers.keys()]),
    ),
    ...ours,
  ]).join(", ");

  return function cors(c, next) {
    return headerOf(c, "origin") === undefined ? next() : answerPage(c, next);
  };

  async function answerPage(c: Context<Env>, next: Next): Promise<Response | undefined> {
    if (c.req.method === "OPTIONS" && headerOf(c, "access-control-request-method") !== undefined) {
      return new Response(null, {
        status: 204,
        headers: {
          "Access-Control-Allow-Origin": "*",
          // What a path takes is for its answer to say, 405 included; a refused preflight would hide it from the page.
          "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
          "Access-Control-Allow-Headers": allowedHeaders,
          "Access-Control-Max-Age": "600",
        },
      });
    }
    await next();
    c.res.headers.set("Access-Control-Allow-Origin", "*");
    c.res.headers.set("Access-Control-Expose-Headers", exposedHeaders);
    return undefined;
  }
}

/** Header names without those that differ in letter case only. */
function unique(names: readonly string[]): string[] {
  return [...new Map(names.map((name) => [name.toLowerCase(), name])).values()];
}
