import type { Answer } from "../../document/answer.ts";
import { Problem, show } from "../../document/problem.ts";
import type { Spec } from "../../document/spec.ts";
import { pathOf, type RequestContext, targetOf } from "../context.ts";

/** Answers where no operation does: what the path takes (204 to OPTIONS, else 405), or that there is no such path (404). */
export function noRoute(spec: Spec): (c: RequestContext) => Answer {
  return function noRoute(c) {
    const { method } = c.req;
    const path = pathOf(c);
    const match = spec.match(method, targetOf(c));
    const known = match.operation ? [match.operation.method] : match.allowed;
    if (known.length === 0) {
      throw new Problem("not_found", {
        message: `There is nothing at ${show(path)}.`,
        hint: "GET /docs shows every operation.",
      });
    }
    const takes = [...new Set([...known, ...(known.includes("GET") ? ["HEAD"] : []), "OPTIONS"])].join(", ");
    if (method === "OPTIONS") return { status: 204, headers: { Allow: takes }, body: null };
    throw new Problem("method_not_allowed", {
      message: `The path ${show(path)} should be called with ${takes.replaceAll(", ", " or ")}; received ${method}.`,
      headers: { Allow: takes },
    });
  };
}
