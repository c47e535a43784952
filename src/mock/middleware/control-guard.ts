import type { MiddlewareHandler } from "hono";
import type { Answer } from "../../document/answer.ts";
import { Problem, show } from "../../document/problem.ts";
import { type Env, headerOf } from "../context.ts";

/** What a call of the control plane says of where it comes from: header values, `undefined` where one is absent. */
export type Caller = {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly secFetchSite: string | undefined;
};

/**
 * Keeps the control plane from the web: it answers only under a loopback host or one of `hosts`, and pages of loopback origins
 * only. A page that is refused may not read why.
 */
export function controlGuard(hosts: ReadonlySet<string>, refuse: (problem: Problem) => Answer): MiddlewareHandler<Env> {
  return async function controlGuard(c, next) {
    // Without a network, whoever makes the request has chosen its URL; a header `Host` says nothing there.
    const host = c.env?.incoming ? headerOf(c, "host") : new URL(c.req.url).host;
    const caller = { host, origin: headerOf(c, "origin"), secFetchSite: headerOf(c, "sec-fetch-site") };
    const problem = controlRefusal(caller, hosts);
    if (!problem) return next();
    const refusal = refuse(problem);
    return new Response(refusal.body, refusal);
  };
}

/** Why the control plane does not answer this caller; `undefined` where it does. `hosts` are the names beside the loopback ones. */
export function controlRefusal(caller: Caller, hosts: ReadonlySet<string>): Problem | undefined {
  const { host, origin, secFetchSite } = caller;
  const name = host === undefined ? undefined : hostname(host);
  if (name === undefined || !(isLoopback(name) || [...hosts].some((one) => hostname(one) === name))) {
    return new Problem("forbidden", {
      message: `The control plane answers where the header Host is a loopback one, such as 127.0.0.1:4010, or one that --host names; received ${show(host)}.`,
      hint: "Call it as 127.0.0.1, [::1] or localhost; to call it by another name, start the mock with --host and that name.",
    });
  }
  // A page of http://localhost:3000 that calls 127.0.0.1 is of another site to the browser; its origin says that it may.
  if (origin === undefined ? secFetchSite !== "cross-site" : isLoopbackOrigin(origin)) return undefined;
  const received = origin === undefined ? `Sec-Fetch-Site: ${secFetchSite} and no Origin` : `Origin: ${origin}`;
  return new Problem("forbidden", {
    message: `The control plane answers pages of loopback origins only, such as http://localhost:3000; received ${received}.`,
    hint: "Call it from a page of this machine, or from a program that is no page.",
  });
}

function isLoopbackOrigin(origin: string): boolean {
  const [, host] = /^https?:\/\/(.+)$/i.exec(origin) ?? [];
  const name = host === undefined ? undefined : hostname(host);
  return name !== undefined && isLoopback(name);
}

/** Whether a host, as a URL writes it, is this machine. */
export function isLoopback(name: string): boolean {
  return /^127\.\d+\.\d+\.\d+$/.test(name) || name === "[::1]" || name === "localhost" || name.endsWith(".localhost");
}

/** The host of `host:port` as a browser writes it, without the port; `undefined` where it is none. */
export function hostname(host: string): string | undefined {
  // A URL would take the rest as a user, a path or a query.
  if (!/^(?:\[[\da-f.:]+\]|[^\s/?#@\\:[\]]+)(?::\d*)?$/i.test(host)) return undefined;
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
