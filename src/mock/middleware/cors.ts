import type { Answer } from "../../document/answer.ts";
import { headerOf, type RequestContext } from "../context.ts";

/**
 * Answers the question of a browser whether a page may send a request: it may, with every method and the headers it asks for.
 * `undefined` for a request that is no such question. https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function preflight(c: RequestContext): Answer | undefined {
  const method = headerOf(c, "access-control-request-method");
  if (c.req.method !== "OPTIONS" || method === undefined || headerOf(c, "origin") === undefined) return undefined;
  const asked = headerOf(c, "access-control-request-headers");
  return {
    status: 204,
    headers: {
      // What a path takes is for its answer to say, 405 included; a refused preflight would hide it from the page.
      "Access-Control-Allow-Methods": [...new Set([...usual, method.toUpperCase()])].join(", "),
      ...(asked ? { "Access-Control-Allow-Headers": asked } : {}),
      "Access-Control-Max-Age": "600",
    },
    body: null,
  };
}

const usual = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/** Lets the page of an origin read an answer with all of its headers, credentials sent or not. */
export function readableBy(origin: string, headers: Answer["headers"]): Answer["headers"] {
  return {
    ...headers,
    "Access-Control-Allow-Origin": origin,
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Expose-Headers": Object.keys(headers).join(", "),
    Vary: "Origin",
  };
}
