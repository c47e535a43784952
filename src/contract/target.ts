import { isDeepStrictEqual } from "node:util";
import { judge } from "../document/judge-answer.ts";
import { remembering } from "../document/late.ts";
import { same } from "../document/schema.ts";
import { declaredResponse, mayServe, type Operation, type Spec, type Violation } from "../document/spec.ts";
import { type Finding, findingOf } from "./findings.ts";
import type { PathValues } from "./guest.ts";
import { createSender, type SenderOptions } from "./sender.ts";
import { type Carried, type Carrier, carrierOf, carriersOf, carry, writtenFor } from "./wire/credential.ts";
import {
  type Credential,
  curlOf,
  type Exchange,
  jsonOf,
  type RequestPlan,
  type WireRequest,
  type WireResponse,
} from "./wire/exchange.ts";

export type TargetOptions = SenderOptions & {
  readonly spec: Spec;
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly apiKey: Credential;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Called before each request that may change something, with the operation that it calls and what reads its body as JSON. Throws to keep it from being sent. */
  readonly beforeWrite?: (operation: Operation | undefined, path: PathValues, body: () => unknown) => Promise<void>;
};

/** The server under test, as a guest sees it. */
export type Target = {
  readonly baseUrl: string;
  /** Sends one request, waits as the target asks, judges the answer and passes what is wrong with it to `found`. */
  send(request: RequestPlan, found: (finding: Finding) => void): Promise<Exchange>;
  /** What the last request was answered, where it was this one and nothing has happened since: to ask again would tell the same. */
  still(request: RequestPlan): Exchange | undefined;
  /** Takes note that time was let pass, which may change what is there. */
  forget(): void;
  /** How many requests went out. */
  requests(): number;
  /** How many milliseconds the target has asked to wait, in all. */
  waitedMs(): number;
  /** How often each operation answered each status. */
  readonly seen: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** The operations that have answered the run's own key with a success. */
  readonly letsIn: ReadonlySet<string>;
};

/** Makes the client of a run. */
export function createTarget(options: TargetOptions): Target {
  const { spec, baseUrl, beforeWrite } = options;
  const seen = new Map<string, Map<number, number>>();
  const letsIn = new Set<string>();
  const carrier = carrierOf(spec);
  const basePath = new URL(baseUrl).pathname.replace(/\/$/, "");
  const sender = createSender(options);
  /** What a method and a path call, as a client writes them. */
  const called = remembering((line: string) => {
    const end = line.indexOf(" ");
    const { pathname, search } = new URL(baseUrl + line.slice(end + 1));
    return spec.match(line.slice(0, end), pathname.slice(basePath.length) + search);
  });
  const carriers = remembering((operation: Operation | undefined) => carriersOf(operation, carrier));
  const read = createReader();
  const last = createLast();
  return {
    baseUrl,
    still: last.still,
    forget: last.forget,
    requests: sender.sent,
    waitedMs: sender.waitedMs,
    seen,
    letsIn,
    async send(plan, found) {
      const match = called(`${plan.method} ${plan.path}`);
      const { operation } = match;
      const { request, curl } = wireRequestOf(plan, options, carrier, carriers(operation));
      const path = match.operation ? match.path : {};
      if (mayWrite(plan.method)) await beforeWrite?.(operation, path, () => jsonOf(request.body ?? ""));
      const keep = last.sending(plan);
      const { response, durationMs } = await sender.untilServed(request);
      const { json, violations } = read(operation, response);
      const exchange: Exchange = {
        request,
        status: response.status,
        headers: response.headers,
        text: response.body,
        json,
        operation,
        durationMs,
        curl,
      };
      if (operation) {
        const statuses = seen.get(operation.id) ?? new Map<number, number>();
        seen.set(operation.id, statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1));
        if (plan.apiKey === undefined && response.status < 300) letsIn.add(operation.id);
      }
      keep(exchange);
      for (const finding of findingsIn(exchange, violations)) found(finding);
      return exchange;
    },
  };
}

/** How long what was read is taken for what is there, in milliseconds: whoever else is at work is not seen meanwhile. */
const lastsMs = 100;

/** Keeps the last answer of a run until anything is sent. */
function createLast(): Pick<Target, "still" | "forget"> & {
  sending(plan: RequestPlan): (exchange: Exchange) => void;
} {
  let sent = 0;
  let kept: { readonly plan: RequestPlan; readonly exchange: Exchange; readonly at: number } | undefined;
  const forget = () => {
    kept = undefined;
  };
  return {
    forget,
    sending(plan) {
      forget();
      const own = ++sent;
      return (exchange) => {
        if (own === sent) kept = { plan, exchange, at: performance.now() };
      };
    },
    still: (plan) =>
      kept && performance.now() - kept.at < lastsMs && isDeepStrictEqual(kept.plan, plan) ? kept.exchange : undefined,
  };
}

/** Whether a request may change something, by its method. https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1 */
export function mayWrite(method: string): boolean {
  return !["GET", "HEAD", "OPTIONS"].includes(method);
}

/** A request as it goes over the wire, and as a line for a shell. */
export function wireRequestOf(
  plan: RequestPlan,
  { baseUrl, apiKey, headers = {} }: Pick<TargetOptions, "baseUrl" | "apiKey" | "headers">,
  usual: Carrier | undefined,
  all: readonly Carrier[] = usual ? [usual] : [],
): { readonly request: WireRequest; readonly curl: string } {
  const credential = plan.apiKey === undefined ? apiKey : plan.apiKey;
  const [carrier = usual, ...others] = all;
  const isOther = carrier !== usual && credential !== null && credential.header === undefined;
  const first = isOther && carrier ? writtenFor(credential, carrier) : credential;
  const carried = withOthers(
    carry(first, carrier, plan.path, { ...headers, ...plan.headers }),
    credential,
    others,
    plan,
  );
  const own = all.some((one) => one.in === "cookie")
    ? { ...plan.headers, ...carried.headers }
    : { ...carried.headers, ...plan.headers };
  const request: WireRequest = {
    method: plan.method,
    url: baseUrl + plan.path + carried.query,
    headers: { Accept: "application/json", ...contentTypeOf(plan, headers), ...headers, ...own },
    body: plan.text ?? (plan.json === undefined ? undefined : JSON.stringify(plan.json)),
  };
  return { request, curl: curlOf(request, carried.shellHeaders, carried.shellEnd) };
}

/** What further places carry beside the first. */
function withOthers(
  first: Carried,
  credential: Credential | null,
  others: readonly Carrier[],
  plan: RequestPlan,
): Carried {
  if (!credential || credential.header !== undefined) return first;
  return others.reduce((carried, carrier) => {
    const more = carry(writtenFor(credential, carrier), carrier, plan.path + carried.query, {
      ...plan.headers,
      ...carried.headers,
    });
    return {
      headers: { ...carried.headers, ...more.headers },
      query: carried.query + more.query,
      shellHeaders: { ...carried.shellHeaders, ...more.shellHeaders },
      ...(more.shellEnd ? { shellEnd: more.shellEnd } : carried.shellEnd ? { shellEnd: carried.shellEnd } : {}),
    };
  }, first);
}

/** JSON says that it is JSON, unless a header says what it is. */
function contentTypeOf({ json, text, headers }: RequestPlan, always: TargetOptions["headers"]): Record<string, string> {
  if (json === undefined || text !== undefined) return {};
  const isTold = Object.keys({ ...always, ...headers }).some((name) => name.toLowerCase() === "content-type");
  return isTold ? {} : { "Content-Type": "application/json" };
}

/** An answer as a case reads it, with what the document says of it. */
type ReadAnswer = {
  readonly response: WireResponse;
  readonly json: unknown;
  readonly violations: readonly Violation[];
};

/**
 * Reads and judges answers. Most reads of a run look whether something is as it was: what says the same as the last answer of its
 * operation is the same value and judged alike.
 */
function createReader(): (operation: Operation | undefined, response: WireResponse) => ReadAnswer {
  const latest = new Map<Operation | undefined, ReadAnswer>();
  return (operation, response) => {
    const known = latest.get(operation);
    if (known && saysTheSame(known.response, response)) return known;
    const { status, headers, body: text } = response;
    const json = jsonOf(text);
    const violations = operation ? judge(operation, { status, headers, text, json }) : [];
    const read = { response, json, violations };
    latest.set(operation, read);
    return read;
  };
}

function saysTheSame(one: WireResponse, other: WireResponse): boolean {
  return one.status === other.status && one.body === other.body && same(one.headers, other.headers);
}

/** What is wrong with an answer: what the document says of it, and that a server should not fail, unless it is there to fail. */
function findingsIn(exchange: Exchange, violations: readonly Violation[]): readonly Finding[] {
  const { operation, status, curl } = exchange;
  const found = violations.map((violation) => findingOf(violation, exchange));
  const isThereToFail = operation && !mayServe(operation) && declaredResponse(operation, status) !== undefined;
  if (status < 500 || isThereToFail) return found;
  const failure: Finding = {
    message: `the target failed with ${status}`,
    at: "status",
    expected: "an answer below 500",
    received: status,
    curl,
    weight: "broken",
  };
  return [...found, failure];
}
