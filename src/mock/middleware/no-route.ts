import type { Answer } from "../../document/answer.ts";
import { nearestTo } from "../../document/nearest.ts";
import { Problem, show } from "../../document/problem.ts";
import type { Spec } from "../../document/spec.ts";
import { pathOf, type RequestContext, targetOf } from "../context.ts";

/**
 * Answers where no operation does: what the path takes (204 to OPTIONS, else 405), or that there is no such path (404). What comes
 * nearest is left in the context, for the journal.
 */
export function noRoute(spec: Spec): (c: RequestContext) => Answer {
  return function noRoute(c) {
    const { method } = c.req;
    const path = pathOf(c);
    const match = spec.match(method, targetOf(c));
    const known = match.operation ? [match.operation.method] : match.allowed;
    const near = method === "OPTIONS" ? undefined : nearestTo(spec, method, targetOf(c));
    if (near) {
      const { id, method, path } = near.operation;
      c.set("nearest", { operationId: id, method, path, why: near.why });
    }
    if (known.length === 0) {
      throw new Problem("not_found", {
        message: `There is nothing at ${show(path)}.`,
        hint: `${near ? `${near.why} ` : ""}GET /docs shows every operation.`,
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
