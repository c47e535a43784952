import { isSure } from "../../document/judge-answer.ts";
import type { Operation } from "../../document/spec.ts";
import type { Finding } from "../findings.ts";
import type { Scene } from "../scene.ts";
import type { Exchange, RequestPlan } from "../wire/exchange.ts";

/**
 * Sends requests of methods that a path does not declare. A 405 that says which methods there are
 * (https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6) must say so truly. Many leave `Allow` out, and some carry out what they
 * do not declare, or take any method for one that they know: that only differs.
 */
export async function refusesMethods(
  scene: Scene,
  operation: Operation,
  declared: readonly string[],
  plans: readonly RequestPlan[],
): Promise<void> {
  const weight = isSure(operation) ? "broken" : "differs";
  for (const plan of plans) {
    const { exchange, findings } = await scene.probe(plan);
    // 501 is what HTTP has for a method that a server does not know.
    if (exchange.status === 501) continue;
    for (const finding of findings) scene.find(finding);
    const found = exchange.status === 405 ? wrongAllow(plan, declared, exchange) : notRefused(plan, exchange);
    if (!found) continue;
    const { certain, ...finding } = found;
    scene.find({ ...finding, curl: exchange.curl, weight: certain ? weight : "differs" });
  }
}

type Found = Omit<Finding, "curl" | "weight"> & { readonly certain: boolean };

function wrongAllow({ method }: RequestPlan, declared: readonly string[], { headers }: Exchange): Found | undefined {
  const { allow } = headers;
  const at = "header.Allow";
  const expected = declared.join(", ");
  if (allow === undefined)
    return {
      message: "a 405 does not say which methods there are",
      at,
      expected,
      received: "(absent)",
      certain: false,
    };
  const named = allow.split(",").map((one) => one.trim().toUpperCase());
  if (named.includes(method))
    return { message: "a 405 allows the method that it refuses", at, expected, received: allow, certain: true };
  const missing = declared.filter((one) => !named.includes(one));
  if (missing.length === 0) return undefined;
  return {
    message: `the Allow of a 405 leaves out ${missing.join(", ")}`,
    at,
    expected,
    received: allow,
    certain: true,
  };
}

function notRefused({ method, text }: RequestPlan, { status, text: body }: Exchange): Found | undefined {
  if (status >= 400) return undefined;
  const received = `${status} ${body}`;
  const isNonsense = text !== undefined && method !== "DELETE";
  const message = isNonsense
    ? "a method that is not declared is carried out with a body that nobody can read"
    : "the request should be refused";
  return { message, at: "status", expected: "4xx", received, certain: false };
}
